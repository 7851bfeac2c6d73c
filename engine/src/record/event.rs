//! History: events and the payloads that they and the branches refer to, in chunks of one step or less.

use bytes::Bytes;

use super::Variable;

/// Where a payload lies: within the execution, in the chunk with this first event id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct PayloadRef {
    /// The id of the chunk's first event.
    #[prost(uint64, tag = "1")]
    pub chunk: u64,
    /// The place among the chunk's payloads, from 0.
    #[prost(uint32, tag = "2")]
    pub index: u32,
}

/// The events of one step (or of a part of it, where a step writes much), and the payloads that first appeared in it. Immutable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Chunk {
    /// In the order of their ids, without gaps. Never empty.
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<Event>,
    /// JSON texts in UTF-8, as they stand in the API's answers.
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub payloads: Vec<Bytes>,
}

/// One event.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    /// From 1, without gaps.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// 0 for none.
    #[prost(uint64, tag = "2")]
    pub previous_id: u64,
    /// Milliseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub timestamp_ms: i64,
    /// See the enumeration.
    #[prost(enumeration = "EventType", tag = "4")]
    pub kind: i32,
    /// What the kind has.
    #[prost(message, required, tag = "5")]
    pub details: EventDetails,
}

/// The members of all kinds' details; each kind uses those that AWS's `HistoryEvent` gives it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EventDetails {
    /// A state's, iteration's or worker's name.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// An input, or a task's parameters.
    #[prost(message, optional, tag = "2")]
    pub input: Option<PayloadRef>,
    /// An output.
    #[prost(message, optional, tag = "3")]
    pub output: Option<PayloadRef>,
    /// An error name.
    #[prost(string, optional, tag = "4")]
    pub error: Option<String>,
    /// An error's cause.
    #[prost(string, optional, tag = "5")]
    pub cause: Option<String>,
    /// An ARN (activities, Lambda functions) or the action of a service integration, such as `startExecution.sync`.
    #[prost(string, optional, tag = "6")]
    pub resource: Option<String>,
    /// The service of a service integration, such as `states`.
    #[prost(string, optional, tag = "7")]
    pub resource_type: Option<String>,
    /// The region of a service integration's call.
    #[prost(string, optional, tag = "8")]
    pub region: Option<String>,
    /// In seconds.
    #[prost(uint64, optional, tag = "9")]
    pub timeout_seconds: Option<u64>,
    /// In seconds.
    #[prost(uint64, optional, tag = "10")]
    pub heartbeat_seconds: Option<u64>,
    /// The number of a Map's items.
    #[prost(uint64, optional, tag = "11")]
    pub length: Option<u64>,
    /// A Map iteration's index.
    #[prost(uint64, optional, tag = "12")]
    pub index: Option<u64>,
    /// An execution's or a task's role.
    #[prost(string, optional, tag = "13")]
    pub role_arn: Option<String>,
    /// The variables that a state sets when it is left, in the order of its `Assign`.
    #[prost(message, repeated, tag = "14")]
    pub assigned: Vec<Variable>,
    /// The way from a state to the field that could not be evaluated.
    #[prost(string, optional, tag = "15")]
    pub location: Option<String>,
    /// A map run's ARN.
    #[prost(string, optional, tag = "16")]
    pub map_run_arn: Option<String>,
    /// How often an execution or a map run was redriven, this redrive included.
    #[prost(uint32, optional, tag = "20")]
    pub redrive_count: Option<u32>,
}

macro_rules! event_types {
    ($($name:ident = $number:literal,)*) => {
        /// AWS's `HistoryEventType`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
        #[repr(i32)]
        #[allow(missing_docs, reason = "the names are AWS's, and say it all")]
        pub enum EventType { $($name = $number,)* }

        impl EventType {
            /// The name that the API uses.
            pub fn api_name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

event_types! {
    ExecutionStarted = 0,
    ExecutionSucceeded = 1,
    ExecutionFailed = 2,
    ExecutionAborted = 3,
    ExecutionTimedOut = 4,
    PassStateEntered = 5,
    PassStateExited = 6,
    TaskStateEntered = 7,
    TaskStateExited = 8,
    TaskStateAborted = 9,
    ChoiceStateEntered = 10,
    ChoiceStateExited = 11,
    WaitStateEntered = 12,
    WaitStateExited = 13,
    WaitStateAborted = 14,
    SucceedStateEntered = 15,
    SucceedStateExited = 16,
    FailStateEntered = 17,
    ParallelStateEntered = 18,
    ParallelStateExited = 19,
    ParallelStateStarted = 20,
    ParallelStateSucceeded = 21,
    ParallelStateFailed = 22,
    ParallelStateAborted = 23,
    MapStateEntered = 24,
    MapStateExited = 25,
    MapStateStarted = 26,
    MapStateSucceeded = 27,
    MapStateFailed = 28,
    MapStateAborted = 29,
    MapIterationStarted = 30,
    MapIterationSucceeded = 31,
    MapIterationFailed = 32,
    MapIterationAborted = 33,
    ActivityScheduled = 34,
    ActivityScheduleFailed = 35,
    ActivityStarted = 36,
    ActivitySucceeded = 37,
    ActivityFailed = 38,
    ActivityTimedOut = 39,
    LambdaFunctionScheduled = 40,
    LambdaFunctionScheduleFailed = 41,
    LambdaFunctionStarted = 42,
    LambdaFunctionStartFailed = 43,
    LambdaFunctionSucceeded = 44,
    LambdaFunctionFailed = 45,
    LambdaFunctionTimedOut = 46,
    TaskScheduled = 47,
    TaskStarted = 48,
    TaskStartFailed = 49,
    TaskSubmitted = 50,
    TaskSubmitFailed = 51,
    TaskSucceeded = 52,
    TaskFailed = 53,
    TaskTimedOut = 54,
    EvaluationFailed = 55,
    MapRunStarted = 56,
    MapRunSucceeded = 57,
    MapRunFailed = 58,
    MapRunAborted = 59,
    ExecutionRedriven = 60,
    MapRunRedriven = 61,
}
