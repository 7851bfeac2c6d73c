//! What the leader calls beyond the cluster: Lambda functions, objects of map runs, and who is told of executions.

use crate::items::Reader;
use crate::lambda;
use crate::logs::Logs;
use crate::results::Writer;
use crate::s3::Stores;
use crate::status_changes::Target;
use crate::traces::Traces;

/// Clients, each with its own connections.
pub(crate) struct Outside {
    /// Lambda functions.
    pub(crate) lambda: lambda::Client,
    /// Items of map runs.
    pub(crate) items: Reader,
    /// Results of map runs.
    pub(crate) results: Writer,
    /// Who is told of status changes.
    pub(crate) targets: Vec<Target>,
    /// Execution logs.
    pub(crate) logs: Logs,
    /// Traces of executions.
    pub(crate) traces: Traces,
}

impl Outside {
    /// Calls these functions, reads and writes these object stores, and tells these of executions.
    pub(crate) fn new(
        lambda: lambda::Client,
        stores: Stores,
        targets: Vec<Target>,
        logs: Logs,
        traces: Traces,
    ) -> Self {
        let (items, results) = (Reader::new(stores.clone()), Writer::new(stores));
        Self { lambda, items, results, targets, logs, traces }
    }

    /// Calls no function, stores objects in memory, and tells executions to these targets only, and to standard output.
    #[cfg(test)]
    pub(crate) fn nowhere(targets: Vec<Target>) -> Self {
        let runtime = tokio::runtime::Handle::current();
        let logs = Logs::start(crate::logs::Destination::Stdout, &runtime);
        let (logs, _) = logs.expect("no credentials are needed");
        let (traces, _) = Traces::start(None, &runtime);
        let lambda = lambda::Client::new(lambda::Endpoints::default());
        Self::new(lambda, Stores::memory(Vec::new()), targets, logs, traces)
    }
}
