//! State machines, their revisions and their tags.

use bytes::Bytes;

use super::LogLevel;
use crate::id::MachineId;

/// AWS's `StateMachineType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum StateMachineType {
    /// Durable, with a history.
    Standard = 0,
    /// In memory, without one.
    Express = 1,
}

/// AWS's `StateMachineStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum StateMachineStatus {
    /// Executions can be started.
    Active = 0,
    /// Running executions end at their next transition; then it is gone.
    Deleting = 1,
}

/// The lifecycle record of a state machine: whoever starts an execution of it guards this. Whoever changes what versions and aliases
/// there are writes it as well, even if nothing in it differs, so that its guard holds for them all ('no alias refers to it').
#[derive(Clone, PartialEq, prost::Message)]
pub struct StateMachine {
    /// The [`crate::id::MachineId`].
    #[prost(bytes = "bytes", tag = "1")]
    pub id: Bytes,
    /// Its ARN, in the partition that it was created in.
    #[prost(string, tag = "2")]
    pub arn: String,
    /// See the enumeration.
    #[prost(enumeration = "StateMachineType", tag = "3")]
    pub kind: i32,
    /// See the enumeration.
    #[prost(enumeration = "StateMachineStatus", tag = "4")]
    pub status: i32,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "5")]
    pub created_ms: i64,
    /// The number of the current revision, from 1.
    #[prost(uint64, tag = "6")]
    pub revision: u64,
    /// The number of the version that was published last, also if it is gone: numbers are never used again. 0 for none.
    #[prost(uint64, tag = "7")]
    pub last_version: u64,
    /// The first version, if its publication was part of the creation: creating it again is the same request only if this is the same.
    #[prost(message, optional, tag = "8")]
    pub created_version: Option<CreatedVersion>,
}

/// What CreateStateMachine asked of the first version.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreatedVersion {
    /// As given; empty for none.
    #[prost(string, tag = "1")]
    pub description: String,
}

impl StateMachine {
    /// Its id; `None` if the record is damaged.
    pub fn machine_id(&self) -> Option<MachineId> {
        MachineId::from_slice(&self.id)
    }
}

/// A definition and its configuration: immutable, and what running executions refer to.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Revision {
    /// The ASL text, as it was given.
    #[prost(bytes = "bytes", tag = "1")]
    pub definition: Bytes,
    /// The execution role's ARN.
    #[prost(string, tag = "2")]
    pub role_arn: String,
    /// AWS's revision id: a UUID; empty for the first revision.
    #[prost(string, tag = "3")]
    pub revision_id: String,
    /// When it became the current one: milliseconds since the epoch.
    #[prost(int64, tag = "4")]
    pub updated_ms: i64,
    /// Logging, tracing and the like.
    #[prost(message, required, tag = "5")]
    pub configuration: Configuration,
}

/// What stands beside a definition.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Configuration {
    /// AWS's `LogLevel`; empty means OFF.
    #[prost(string, tag = "1")]
    pub log_level: String,
    /// Of the logging configuration.
    #[prost(bool, tag = "2")]
    pub log_execution_data: bool,
    /// CloudWatch log groups; at most one, as on AWS.
    #[prost(string, repeated, tag = "3")]
    pub log_group_arns: Vec<String>,
    /// Of the tracing configuration.
    #[prost(bool, tag = "4")]
    pub tracing_enabled: bool,
}

impl Configuration {
    /// Which events are logged.
    pub fn level(&self) -> LogLevel {
        LogLevel::from_name(&self.log_level).unwrap_or(LogLevel::Off)
    }

    /// This, if it asks that anybody be told of executions.
    pub fn if_observed(&self) -> Option<Self> {
        (self.tracing_enabled || self.level() != LogLevel::Off).then(|| self.clone())
    }
}

/// A state machine whose deletion goes on.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Deletion {
    /// The key of its [`StateMachine`].
    #[prost(bytes = "bytes", tag = "1")]
    pub state_machine_key: Bytes,
}

/// The tags of a resource, in the order of their keys.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Tags {
    /// At most 50.
    #[prost(message, repeated, tag = "1")]
    pub tags: Vec<Tag>,
}

/// One tag.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Tag {
    /// Unique within the resource.
    #[prost(string, tag = "1")]
    pub key: String,
    /// May be empty.
    #[prost(string, tag = "2")]
    pub value: String,
}
