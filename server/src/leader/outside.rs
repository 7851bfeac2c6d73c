//! What the leader calls beyond the cluster: Lambda functions, and objects of map runs.

use crate::items::Reader;
use crate::lambda;
use crate::results::Writer;
use crate::s3::Stores;

/// Clients, each with its own connections.
pub(crate) struct Outside {
    /// Lambda functions.
    pub(crate) lambda: lambda::Client,
    /// Items of map runs.
    pub(crate) items: Reader,
    /// Results of map runs.
    pub(crate) results: Writer,
}

impl Outside {
    /// Calls these functions, and reads and writes these object stores.
    pub(crate) fn new(lambda: lambda::Client, stores: Stores) -> Self {
        Self { lambda, items: Reader::new(stores.clone()), results: Writer::new(stores) }
    }
}
