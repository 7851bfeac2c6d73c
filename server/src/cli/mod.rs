//! The command line: reads arguments, calls what they ask for, and turns the result into an exit code. Does nothing by itself.

mod dev;
mod run;
mod serve;
mod status;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A highly available, drop-in AWS Step Functions server.
#[derive(Parser)]
#[command(name = "keepstep", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Run a node. This is also what happens without a command.
    Serve(Box<serve::Flags>),
    /// Show how a cluster's nodes are.
    Status(status::Flags),
    /// Run a cluster on this machine, for trying things out.
    Dev(dev::Flags),
    /// Check a definition, without a server.
    Validate(validate::Flags),
    /// Run a definition here and now, without a server.
    Run(run::Flags),
}

/// Runs what the arguments say.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(flags)) => serve::run(*flags),
        Some(Command::Status(flags)) => status::run(flags),
        Some(Command::Dev(flags)) => dev::run(flags),
        Some(Command::Validate(flags)) => Ok(validate::run(&flags)),
        Some(Command::Run(flags)) => run::run(flags),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            print_error(&format!("keepstep: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Standard output is for what was asked for.
fn print(text: &str) {
    use std::io::Write;
    // A reader that has gone, as `| head` does, wants no more.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn print_error(text: &str) {
    use std::io::Write;
    // There is nowhere left to complain to.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
