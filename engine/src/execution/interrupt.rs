//! Why the work on a branch can't go on as it was.

use keepstep_asl::EvaluationError;
use keepstep_asl::jsonata::FieldFailure;

use crate::view::ViewError;

/// The longest error, in characters (API model, `SensitiveError`).
const ERROR_CHARACTERS_MAX: usize = 256;
/// The longest cause, in characters (API model, `SensitiveCause`).
const CAUSE_CHARACTERS_MAX: usize = 32_768;

/// An error name and a cause, as history events show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Failure {
    /// An ASL error name, or one of the workflow's own.
    pub error: Option<String>,
    /// AWS's text, or one of the workflow's own.
    pub cause: Option<String>,
    /// A heartbeat was overdue: `States.HeartbeatTimeout` matches as well.
    pub heartbeat: bool,
}

impl Failure {
    /// A failure with both.
    pub(super) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::of(Some(error.into()), Some(cause.into()))
    }

    /// A failure with what there is, cut where it is longer than AWS's API can say: a cause may quote an input, or be computed.
    pub(super) fn of(error: Option<String>, cause: Option<String>) -> Self {
        let cut = |mut text: String, characters_max: usize| {
            if let Some((end, _)) = text.char_indices().nth(characters_max) {
                text.truncate(end);
            }
            text
        };
        Self {
            error: error.map(|error| cut(error, ERROR_CHARACTERS_MAX)),
            cause: cause.map(|cause| cut(cause, CAUSE_CHARACTERS_MAX)),
            heartbeat: false,
        }
    }

    /// Whether it ends the execution wherever it happens: no retrier, no catcher and no state around it takes part (developer guide,
    /// "Error names": a `States.Runtime` error "will always cause the execution to fail").
    pub(super) fn ends_execution(&self) -> bool {
        self.error.as_deref() == Some("States.Runtime")
    }

    /// Whether something is larger than the service allows.
    pub(super) fn is_data_limit_exceeded(&self) -> bool {
        self.error.as_deref() == Some("States.DataLimitExceeded")
    }

    /// The result of a task, or the output or an input of a state, is larger than the service allows. Goes by the name of either.
    pub(super) fn data_limit_exceeded(name: &str) -> Self {
        let cause = format!(
            "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Self::new("States.DataLimitExceeded", cause)
    }

    /// What a state makes of its input, for its task or its branches, is larger than the service allows (AWS's text is quoted in
    /// github.com/mbc-net/mbc-cqrs-serverless/pull/471).
    pub(super) fn parameters_too_large(state: &str) -> Self {
        let cause = format!(
            "The state/task '{state}' provided parameters with a size exceeding the maximum number of bytes service limit."
        );
        Self::new("States.DataLimitExceeded", cause)
    }
}

/// What ends the work on a branch before its time.
#[derive(Debug)]
pub(super) enum Interrupt {
    /// The state could not be read: nothing is decided.
    View(ViewError),
    /// There is room for one more event only: the execution ends with it.
    HistoryFull,
    /// The state failed while something was evaluated; the cause still lacks the name of the state.
    Evaluation(EvaluationError),
    /// A field of a JSONata state could not be computed; the cause still lacks the name of the state.
    Query(FieldFailure),
    /// The state failed.
    Failed(Failure),
}

impl Interrupt {
    /// A run-time failure of a state (`States.Runtime`).
    pub(super) fn runtime(cause: impl Into<String>) -> Self {
        Self::Evaluation(EvaluationError::runtime(cause))
    }
}

impl From<ViewError> for Interrupt {
    fn from(error: ViewError) -> Self {
        Self::View(error)
    }
}

impl From<EvaluationError> for Interrupt {
    fn from(error: EvaluationError) -> Self {
        Self::Evaluation(error)
    }
}

impl From<FieldFailure> for Interrupt {
    fn from(failure: FieldFailure) -> Self {
        Self::Query(failure)
    }
}

impl From<Failure> for Interrupt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
