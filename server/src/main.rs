//! The `keepstep` binary: one node, and the commands around it.
//!
//! Read in this order: [`cli`] and [`config`] (what is asked for), [`node`] (how a node starts and stops), [`leader`] (what it does while it
//! leads), [`service`] (how it is asked), [`lambda`] and [`aws`] (whom it calls), [`status_changes`], [`logs`] and [`traces`] (what it tells of
//! executions), [`items`] and [`results`] (what it reads from and writes to S3).

mod aws;
mod backlog;
mod cli;
mod config;
mod express;
mod http_client;
#[cfg(test)]
mod http_stub;
mod items;
mod lambda;
mod leader;
mod logs;
mod metric;
mod node;
mod places;
mod results;
mod run_clock;
mod s3;
mod sdk_answer;
mod service;
mod status_changes;
mod traces;
mod url;

/// Steps allocate many small values on many threads.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
