//! The bounds that a definition is held to, each with its source. Holds numbers only.

/// Longest name of a state, in Unicode characters (Amazon States Language specification, "States").
pub const STATE_NAME_CHARACTERS_MAX: usize = 80;

/// Longest name of a variable, in Unicode characters (developer guide, "Variable name syntax").
pub const VARIABLE_NAME_CHARACTERS_MAX: usize = 80;

/// Largest variable, and largest sum of the variables that one `Assign` sets, in bytes of JSON (developer guide,
/// "Variable limits"). Checked when they are assigned.
pub const ASSIGN_BYTES_MAX: usize = 262_144;

/// Largest sum of all variables of an execution, in bytes of JSON (developer guide, "Variable limits"). Checked when
/// they are assigned.
pub const VARIABLES_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Longest `Label` of a Map (developer guide, "Using Map state in Distributed mode").
pub const LABEL_CHARACTERS_MAX: usize = 40;

/// Largest `MaxItems` in a definition. A path or an expression may yield more (seen on AWS).
pub const MAX_ITEMS_MAX: u64 = 100_000_000;

/// Largest `MaxInputBytesPerBatch`: a child's input is no larger than any payload.
pub const BATCH_BYTES_MAX: u64 = 262_144;

/// Largest number of seconds in `Seconds`, `TimeoutSeconds`, `HeartbeatSeconds` and `IntervalSeconds`, and
/// largest `MaxAttempts` (developer guide: "maximum value is 99999999").
pub const NUMBER_MAX: u64 = 99_999_999;

/// Largest `MaxDelaySeconds`: a year with a day to spare. The developer guide ("Retrying after an error") wants less than
/// this, but AWS takes it (measured; see the module `wording`).
pub const MAX_DELAY_SECONDS_MAX: u64 = 31_622_400;

/// Deepest nesting of arrays and objects in a JSON text that is accepted, definitions and payloads alike. It
/// keeps every recursive walk of a JSON value within a small stack.
pub const JSON_DEPTH_MAX: usize = 127;

/// Most problems that are listed for one definition (`ValidateStateMachineDefinition` returns at most 100).
pub const DIAGNOSTICS_MAX: usize = 100;

/// Longest message and longest location of one diagnostic, in bytes: definitions can hold texts of a
/// megabyte, and each could be quoted many times. A place in malformed JSON quotes 500 characters.
pub const DIAGNOSTIC_TEXT_BYTES_MAX: usize = 4096;
