//! What the leader calls beyond the cluster: Lambda functions, objects of map runs, and who is told of status changes.

use crate::items::Reader;
use crate::lambda;
use crate::results::Writer;
use crate::s3::Stores;
use crate::status_changes::Target;

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
}

impl Outside {
    /// Calls these functions, reads and writes these object stores, and tells these targets.
    pub(crate) fn new(lambda: lambda::Client, stores: Stores, targets: Vec<Target>) -> Self {
        Self { lambda, items: Reader::new(stores.clone()), results: Writer::new(stores), targets }
    }
}
