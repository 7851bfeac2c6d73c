//! The request of TestState.

use bytes::Bytes;

use crate::desk::Caller;

/// The request, as given.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// A state, or a whole state machine where `state_name` is given.
    pub definition: Bytes,
    /// The execution's role.
    pub role_arn: Option<String>,
    /// JSON; `{}` where none was given.
    pub input: Option<String>,
    /// How much the answer tells.
    pub level: Level,
    /// Of HTTP tasks, which this server has none of.
    pub reveal_secrets: bool,
    /// A JSON object: names and values.
    pub variables: Option<String>,
    /// Which state of the definition.
    pub state_name: Option<String>,
    /// What the state comes to, instead of its real work.
    pub mock: Option<Mock>,
    /// A JSON object.
    pub context: Option<String>,
    /// What happened before.
    pub configuration: Configuration,
}

/// AWS's `InspectionLevel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// The outcome.
    #[default]
    Info,
    /// Beside it, the data on its way.
    Debug,
    /// Beside those, the HTTP exchange of an HTTP task.
    Trace,
}

/// AWS's `MockResponseValidationMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// Required members are there, and all members conform.
    #[default]
    Strict,
    /// Members that are there conform.
    Present,
    /// Nothing is checked.
    None,
}

/// A mocked result, or a mocked error.
#[derive(Clone, Debug, Default)]
pub struct Mock {
    /// JSON.
    pub result: Option<String>,
    /// An error and its cause.
    pub error_output: Option<MockError>,
    /// How the result is checked.
    pub validation: FieldValidation,
}

/// A mocked error.
#[derive(Clone, Debug, Default)]
pub struct MockError {
    /// Required by AWS.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
}

/// `stateConfiguration`.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// How often the retrier that takes the mocked error was used.
    pub retrier_retry_count: Option<u64>,
    /// The state inside a Map or Parallel that the mocked error comes from.
    pub error_caused_by_state: Option<String>,
    /// How many iterations of a Map have failed.
    pub map_iteration_failure_count: Option<u64>,
    /// What the ItemReader has read.
    pub map_item_reader_data: Option<String>,
}
