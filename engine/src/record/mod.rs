//! What is stored: protobuf messages, one file for each family. A released field is never reused; golden files prove it.

mod activity;
mod branch;
mod call;
mod event;
mod execution;
mod express;
mod fan_out;
#[cfg(test)]
mod golden;
mod log_level;
mod map_run;
mod release;
mod request;
mod state_machine;
mod timer;

pub use activity::{Activity, WaitingTask};
pub use branch::{Branch, Variable, phase};
pub use call::{Call, CallKind, ChildResult};
pub use event::{Chunk, Event, EventDetails, EventType, PayloadRef};
pub use execution::{ExecutionStatus, Head, NameHold, ParentLink, RedriveToken};
pub use express::ExpressStart;
pub use fan_out::{Items, Results, SLICE_LEN};
pub use log_level::LogLevel;
pub use map_run::{
    ChildResults, EndCounts, FlowStep, MapItem, MapRun, MapRunLink, MapRunOutput, MapRunRedrive, MapRunSetup,
    MapRunStage, MapRunStatus, OpenBatch, RESULTS_PER_SLICE, WaitingItems,
};
pub use release::{Alias, Route, Version};
pub use request::{Outcome, outcome};
pub use state_machine::{
    Configuration, CreatedVersion, Deletion, Revision, StateMachine, StateMachineStatus, StateMachineType,
    Tag, Tags,
};
pub use timer::TimerKind;
