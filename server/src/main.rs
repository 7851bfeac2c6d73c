//! The `keepstep` binary: one node, and the commands around it.
//!
//! Read in this order: [`cli`] and [`config`] (what is asked for), [`node`] (how a node starts and stops), [`leader`] (what it does while it
//! leads), [`service`] (how it is asked), [`lambda`] and [`aws`] (whom it calls), [`status_changes`] (whom it tells), [`items`] and
//! [`results`] (what it reads from and writes to S3).

mod aws;
mod cli;
mod config;
mod express;
mod http_client;
#[cfg(test)]
mod http_stub;
mod items;
mod lambda;
mod leader;
mod metric;
mod node;
mod results;
mod run_clock;
mod s3;
mod sdk_answer;
mod service;
mod status_changes;
mod url;

/// Steps allocate many small values on many threads.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
