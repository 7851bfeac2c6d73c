//! `keepstep serve`: runs a node until it is told to stop.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::config::{self, Settings};
use crate::node;

/// Its flags: all settings, and where the rest of them are.
#[derive(Args)]
pub(super) struct Flags {
    /// A TOML file with any of these settings: `api-listen = ["127.0.0.1:8083"]` is `--api-listen 127.0.0.1:8083`.
    #[arg(long, env = "KEEPSTEP_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(flags: Flags) -> anyhow::Result<ExitCode> {
    let file = flags.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    let config = config::Node::new(flags.settings.over(&file)?, |name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("keepstep")
        .enable_all()
        .build()
        .context("the runtime doesn't start")?;
    runtime.block_on(node::serve(config))?;
    // What is left is polls and calls of others, which wait for nothing that comes.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}
