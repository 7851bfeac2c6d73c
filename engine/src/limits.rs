//! The bounds of an execution. AWS's quotas are the defaults; configuration can raise them.

/// See the field docs for units; the source is AWS's page "Step Functions service quotas" unless said otherwise.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest input, output or result, in bytes of UTF-8.
    pub payload_bytes_max: usize,
    /// The largest definition, in bytes of UTF-8.
    pub definition_bytes_max: usize,
    /// The most events of one history; the last of them is `ExecutionFailed`.
    pub history_events_max: u64,
    /// The longest that an execution may run, in seconds.
    pub execution_seconds_max: u64,
    /// How long a finished execution is kept, in seconds.
    pub retention_seconds: u64,
    /// How long the name of a finished execution stays taken, in seconds, even where it is deleted sooner.
    pub name_hold_seconds: u64,
    /// The most iterations of one Map that run at the same time ("Map state processing modes", Inline mode).
    pub map_concurrency_max: u64,
    /// The most children of one map run that run at the same time ("Map state processing modes", Distributed mode).
    pub map_run_concurrency_max: u64,
    /// The most state transitions in one step: ours, so that a loop can't hog a node.
    pub step_transitions_max: usize,
    /// The bytes of new events and payloads after which a step ends: ours, so that transactions stay small.
    pub step_bytes_max: usize,
    /// The bytes after which a chunk of history is closed and the next one begun: ours, so that reading one payload stays cheap.
    pub chunk_bytes_max: usize,
    /// The most state machines of one account and region.
    pub state_machines_max: usize,
    /// The most activities of one account and region.
    pub activities_max: usize,
    /// The most versions of one state machine.
    pub versions_max: usize,
    /// The most aliases of one state machine.
    pub aliases_max: usize,
    /// The most tags of one resource.
    pub tags_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes_max: 262_144,
            definition_bytes_max: 1_048_576,
            history_events_max: 25_000,
            execution_seconds_max: 31_536_000,
            retention_seconds: 90 * 86_400,
            name_hold_seconds: 90 * 86_400,
            map_concurrency_max: 40,
            map_run_concurrency_max: 10_000,
            step_transitions_max: 100,
            step_bytes_max: 512 * 1024,
            chunk_bytes_max: 64 * 1024,
            state_machines_max: 100_000,
            activities_max: 100_000,
            versions_max: 1_000,
            aliases_max: 100,
            tags_max: 50,
        }
    }
}
