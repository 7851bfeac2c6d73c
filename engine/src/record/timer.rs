//! Timers.

/// What a timer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TimerKind {
    /// A step ended at its bound: run on.
    Resume = 0,
    /// A Wait state is over.
    Wait = 1,
    /// A retry is due.
    Retry = 2,
    /// A task's TimeoutSeconds has passed.
    TaskTimeout = 3,
    /// A task's HeartbeatSeconds has passed without a heartbeat.
    Heartbeat = 4,
    /// The state machine's own TimeoutSeconds has passed.
    ExecutionTimeout = 5,
}
