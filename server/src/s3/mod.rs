//! Object stores: Amazon S3, or whatever speaks its API behind a configured endpoint. Knows buckets and objects; nothing of items or results.

mod bucket;
mod config;
mod failure;
mod http;
mod list;
mod stores;

pub(crate) use self::http::{Connector, client};
pub(crate) use bucket::{Bucket, Listed};
pub(crate) use config::Config;
pub(crate) use failure::{Failure, service_text};
pub(crate) use stores::{BucketName, Stores};

#[cfg(test)]
pub(crate) mod memory;
#[cfg(test)]
mod tests;
