//! The names of the node's metrics and what they mean. No other file spells one out. Raft's and the gateway's are in their crates.

use keepstep_engine::record::ExecutionStatus;
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

/// Counter: executions started.
pub(crate) const EXECUTIONS_STARTED: &str = "keepstep_executions_started_total";
/// Counter: executions redriven.
pub(crate) const EXECUTIONS_REDRIVEN: &str = "keepstep_executions_redriven_total";
/// Counter `{status}`: executions ended, by AWS's status.
pub(crate) const EXECUTIONS_FINISHED: &str = "keepstep_executions_finished_total";
/// Gauge: executions that run, as the leader counts them; 0 on other nodes.
pub(crate) const EXECUTIONS_OPEN: &str = "keepstep_executions_open";
/// Gauge: Express executions that run on this node.
pub(crate) const EXPRESS_RUNNING: &str = "keepstep_express_executions_running";
/// Gauge: memory that they use, in bytes.
pub(crate) const EXPRESS_BYTES: &str = "keepstep_express_memory_bytes";
/// Counter: states entered.
pub(crate) const TRANSITIONS: &str = "keepstep_transitions_total";
/// Counter `{resource, result}`: task attempts that this node's scheduler carried out: calls made and activity tasks handed out.
pub(crate) const TASKS: &str = "keepstep_tasks_total";
/// Gauge: activity polls held.
pub(crate) const POLLERS: &str = "keepstep_activity_pollers";
/// Gauge: waiting activity tasks that are in memory, where pollers of their activity were there lately.
pub(crate) const TASKS_LOADED: &str = "keepstep_activity_tasks_loaded";
/// Gauge: timers that are in memory because they are due soon.
pub(crate) const TIMERS_LOADED: &str = "keepstep_timers_loaded";
/// Gauge: calls to others that wait or are under way.
pub(crate) const CALLS: &str = "keepstep_calls";
/// Gauge: executions that have something to do or are at it.
pub(crate) const MAILBOXES: &str = "keepstep_mailboxes";
/// Counter: steps of executions that arrivals led to; several arrivals can share one.
pub(crate) const STEPS: &str = "keepstep_steps_total";
/// Counter: transactions that a guard refused, and that were decided again.
pub(crate) const GUARD_REFUSALS: &str = "keepstep_guard_refusals_total";
/// Histogram: seconds that a decision took on the evaluation pool, waiting not included.
pub(crate) const DECISION_DURATION: &str = "keepstep_decision_duration_seconds";
/// Gauge: decisions that wait for a thread of the evaluation pool.
pub(crate) const EVALUATION_QUEUE: &str = "keepstep_evaluation_queue";
/// Gauge: definitions in the cache, in bytes of their texts.
pub(crate) const DEFINITION_CACHE_BYTES: &str = "keepstep_definition_cache_bytes";
/// Counter `{target, result}`: changes of executions' statuses that targets were told of, by what became of it: `told`, `failed` (it is
/// tried again), `given-up` (refused too often), `overflowed` (the outbox was full).
pub(crate) const STATUS_CHANGES: &str = "keepstep_status_changes_total";
/// Gauge `{target}`: changes of executions' statuses that wait for a target, as the leader counts them; 0 on other nodes.
pub(crate) const OUTBOX: &str = "keepstep_status_changes_waiting";
/// Gauge: milliseconds by which this node's clock is ahead of the median of the cluster.
pub(crate) const CLOCK_OFFSET: &str = "keepstep_clock_offset_milliseconds";
/// Counter: events written to execution logs.
pub(crate) const LOG_EVENTS: &str = "keepstep_execution_log_events_total";
/// Counter: events that execution logs lack, since too many waited or they couldn't be written.
pub(crate) const LOG_EVENTS_LOST: &str = "keepstep_execution_log_events_lost_total";
/// Counter: executions whose trace a collector took.
pub(crate) const TRACES: &str = "keepstep_traces_total";
/// Counter: executions whose trace no collector took, or only in part.
pub(crate) const TRACES_LOST: &str = "keepstep_traces_lost_total";
/// Gauge `{version}`: always 1.
pub(crate) const BUILD_INFO: &str = "keepstep_build_info";

/// Bounds of the buckets of histograms of times, in seconds.
pub(crate) const DURATION_BUCKETS: [f64; 14] =
    [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 10.0];

/// Gives the recorder the texts. Called once, after it is installed.
pub(crate) fn describe() {
    describe_counter!(EXECUTIONS_STARTED, Unit::Count, "Executions started.");
    describe_counter!(EXECUTIONS_REDRIVEN, Unit::Count, "Executions redriven.");
    describe_counter!(EXECUTIONS_FINISHED, Unit::Count, "Executions ended, by status.");
    describe_gauge!(EXECUTIONS_OPEN, Unit::Count, "Executions that run, as the leader counts them.");
    describe_gauge!(EXPRESS_RUNNING, Unit::Count, "Express executions that run on this node.");
    describe_gauge!(EXPRESS_BYTES, Unit::Bytes, "Memory that Express executions use on this node.");
    describe_counter!(TRANSITIONS, Unit::Count, "States entered.");
    describe_counter!(
        TASKS,
        Unit::Count,
        "Calls made and activity tasks handed out, by resource and result."
    );
    describe_gauge!(POLLERS, Unit::Count, "Activity polls held.");
    describe_gauge!(TASKS_LOADED, Unit::Count, "Waiting activity tasks in memory.");
    describe_gauge!(TIMERS_LOADED, Unit::Count, "Timers in memory.");
    describe_gauge!(CALLS, Unit::Count, "Calls to others that wait or are under way.");
    describe_gauge!(MAILBOXES, Unit::Count, "Executions that have something to do.");
    describe_counter!(STEPS, Unit::Count, "Steps of executions that arrivals led to.");
    describe_counter!(GUARD_REFUSALS, Unit::Count, "Transactions refused by a guard and decided again.");
    describe_histogram!(DECISION_DURATION, Unit::Seconds, "Time that a decision took.");
    describe_gauge!(EVALUATION_QUEUE, Unit::Count, "Decisions that wait for a thread.");
    describe_gauge!(DEFINITION_CACHE_BYTES, Unit::Bytes, "Definitions in the cache.");
    describe_counter!(
        STATUS_CHANGES,
        Unit::Count,
        "Status changes that targets were told of, by target and result."
    );
    describe_gauge!(OUTBOX, Unit::Count, "Status changes that wait for a target.");
    describe_gauge!(
        CLOCK_OFFSET,
        Unit::Milliseconds,
        "How far this node's clock is ahead of the cluster's median."
    );
    describe_counter!(LOG_EVENTS, Unit::Count, "Events written to execution logs.");
    describe_counter!(
        LOG_EVENTS_LOST,
        Unit::Count,
        "Events that execution logs lack, since too many waited or they couldn't be written."
    );
    describe_counter!(TRACES, Unit::Count, "Executions whose trace a collector took.");
    describe_counter!(TRACES_LOST, Unit::Count, "Executions whose trace no collector took, or only in part.");
    describe_gauge!(BUILD_INFO, Unit::Count, "The version of the binary.");
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Handles of the metrics that every request touches, so that none is looked up by name each time.
pub(crate) struct Meters {
    pub(crate) started: Counter,
    pub(crate) redriven: Counter,
    pub(crate) open: Gauge,
    pub(crate) transitions: Counter,
    pub(crate) steps: Counter,
    pub(crate) guard_refusals: Counter,
    pub(crate) decision_duration: Histogram,
}

impl Meters {
    /// Call it after the recorder is installed: handles made before record nothing.
    pub(crate) fn new() -> Self {
        Self {
            started: counter!(EXECUTIONS_STARTED),
            redriven: counter!(EXECUTIONS_REDRIVEN),
            open: gauge!(EXECUTIONS_OPEN),
            transitions: counter!(TRANSITIONS),
            steps: counter!(STEPS),
            guard_refusals: counter!(GUARD_REFUSALS),
            decision_duration: histogram!(DECISION_DURATION),
        }
    }

    /// An execution ended.
    pub(crate) fn finished(&self, status: ExecutionStatus) {
        counter!(EXECUTIONS_FINISHED, "status" => status.api_name()).increment(1);
        self.open.decrement(1.0);
    }

    /// A task attempt was carried out.
    pub(crate) fn task(&self, resource: &'static str, result: &'static str) {
        counter!(TASKS, "resource" => resource, "result" => result).increment(1);
    }
}
