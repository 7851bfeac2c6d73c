//! The outcomes of recent requests, so that a retry after an unknown result gets the first one.

use bytes::Bytes;

/// What a request came to. Only successes are kept: a refusal changed nothing and is decided again.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Outcome {
    /// The answer.
    #[prost(oneof = "outcome::Answer", tags = "1, 2, 3, 4, 5, 6, 10")]
    pub answer: Option<outcome::Answer>,
}

/// The answers of mutations.
pub mod outcome {
    use super::Bytes;

    /// One for each shape of answer.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Answer {
        /// Of mutations with an empty answer.
        #[prost(message, tag = "1")]
        Done(Done),
        /// Of CreateStateMachine, CreateActivity, CreateStateMachineAlias and PublishStateMachineVersion.
        #[prost(message, tag = "2")]
        Created(Created),
        /// Of UpdateStateMachine and UpdateStateMachineAlias.
        #[prost(message, tag = "3")]
        Updated(Updated),
        /// Of StopExecution.
        #[prost(message, tag = "4")]
        Stopped(Stopped),
        /// Of GetActivityTask: a poll asked again gets the same task.
        #[prost(message, tag = "5")]
        HandedOut(HandedOut),
        /// Of StartExecution of a state machine of the type EXPRESS.
        #[prost(message, tag = "6")]
        Started(Started),
        /// Of RedriveExecution.
        #[prost(message, tag = "10")]
        Redriven(Redriven),
    }

    /// Nothing to say.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Done {}

    /// A resource was created.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Created {
        /// Its ARN.
        #[prost(string, tag = "1")]
        pub arn: String,
        /// Milliseconds since the epoch.
        #[prost(int64, tag = "2")]
        pub created_ms: i64,
        /// The ARN of the version that was published with it; empty for none.
        #[prost(string, tag = "3")]
        pub version_arn: String,
    }

    /// A state machine or an alias was updated.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Updated {
        /// Milliseconds since the epoch.
        #[prost(int64, tag = "1")]
        pub updated_ms: i64,
        /// The state machine's revision id.
        #[prost(string, tag = "2")]
        pub revision_id: String,
        /// The ARN of the version that was published with it; empty for none.
        #[prost(string, tag = "3")]
        pub version_arn: String,
    }

    /// An execution was stopped.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Stopped {
        /// Milliseconds since the epoch.
        #[prost(int64, tag = "1")]
        pub stopped_ms: i64,
    }

    /// An execution was redriven.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Redriven {
        /// Milliseconds since the epoch.
        #[prost(int64, tag = "1")]
        pub redriven_ms: i64,
    }

    /// An Express execution was started.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Started {
        /// Its ARN.
        #[prost(string, tag = "1")]
        pub arn: String,
        /// Milliseconds since the epoch.
        #[prost(int64, tag = "2")]
        pub started_ms: i64,
    }

    /// An activity task was handed out.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct HandedOut {
        /// The token, as the worker gets it.
        #[prost(string, tag = "1")]
        pub task_token: String,
        /// The execution's id.
        #[prost(bytes = "bytes", tag = "2")]
        pub execution: Bytes,
        /// Where the task's input lies.
        #[prost(message, required, tag = "3")]
        pub input: crate::record::PayloadRef,
    }
}
