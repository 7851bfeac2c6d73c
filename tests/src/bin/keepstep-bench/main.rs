//! Benchmarks of a whole server, run by hand: `cargo run --release --package keepstep-tests --bin keepstep-bench -- --help`. Prints Markdown
//! rows for BENCHMARKS.md. Servers are real processes with fsync on; the load comes from this process.
#![allow(clippy::print_stdout, reason = "the figures are the output")]

mod activities;
mod express;
mod failover;
mod load;
mod map;
mod parked;
mod starts;
mod target;

use clap::{Parser, Subcommand};

/// Measures a server.
#[derive(Parser)]
struct Cli {
    /// Nodes of the cluster, all on loopback.
    #[arg(long, default_value_t = 1, global = true)]
    nodes: usize,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 10, global = true)]
    seconds: u64,
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Subcommand)]
enum Measurement {
    /// Executions of a one-Pass workflow, started and finished, by number of clients.
    Starts {
        /// Numbers of clients.
        #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
        clients: Vec<usize>,
    },
    /// Express executions of a one-Pass workflow: synchronous ones, and asynchronous ones until they are accepted.
    Express {
        /// Numbers of clients.
        #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
        clients: Vec<usize>,
    },
    /// State transitions of a chain of 20 Pass states.
    Chain {
        /// Numbers of clients.
        #[arg(long, value_delimiter = ',', default_value = "64")]
        clients: Vec<usize>,
    },
    /// Activity round trips, and the time from an execution's start to its task's hand-out.
    Activities {
        /// Workers that poll.
        #[arg(long, default_value_t = 32)]
        workers: usize,
    },
    /// Memory and time for executions parked in Wait.
    Parked {
        /// How many.
        #[arg(long, default_value_t = 100_000)]
        executions: usize,
    },
    /// One run of a distributed Map over many items, with moto's server (`tests/run` installs it) as the object store.
    Map {
        /// Numbers of items.
        #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
        items: Vec<usize>,
    },
    /// Time from the leader's SIGKILL to the next acknowledged StartExecution; needs `--nodes 3`.
    Failover {
        /// How often.
        #[arg(long, default_value_t = 10)]
        rounds: usize,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.measurement {
        Measurement::Starts { clients } => starts::one_pass(cli.nodes, cli.seconds, &clients).await,
        Measurement::Express { clients } => express::run(cli.nodes, cli.seconds, &clients).await,
        Measurement::Chain { clients } => starts::chain(cli.nodes, cli.seconds, &clients).await,
        Measurement::Activities { workers } => activities::run(cli.nodes, cli.seconds, workers).await,
        Measurement::Parked { executions } => parked::run(cli.nodes, executions).await,
        Measurement::Map { items } => map::run(&items).await,
        Measurement::Failover { rounds } => failover::run(cli.nodes, rounds).await,
    }
}
