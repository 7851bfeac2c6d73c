//! What is wrong, or doubtful, in a definition, in the shape of AWS's
//! `ValidateStateMachineDefinitionDiagnostic`.

use std::cell::{Cell, RefCell};
use std::fmt;

use crate::limits::{DIAGNOSTIC_TEXT_BYTES_MAX, DIAGNOSTICS_MAX};
use crate::location::Location;

/// Whether a diagnostic prevents the definition from being used.
/// Ordered by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The definition is accepted.
    Warning,
    /// The definition is refused.
    Error,
}

impl Severity {
    /// The name that the API uses: `ERROR` or `WARNING`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
        }
    }
}

/// The error codes of `ValidateStateMachineDefinition` that this crate gives (API reference,
/// "ValidateStateMachineDefinitionDiagnostic").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The text is no JSON.
    InvalidJsonDescription,
    /// A field is missing, unknown, or holds what it can't hold.
    SchemaValidationFailed,
    /// A transition leads to no state, or no transition leads to a state.
    MissingTransitionTarget,
    /// A flow can't end.
    MissingEndState,
    /// Two states have the same name, at whatever nesting.
    DuplicateStateName,
    /// A state's name is empty or too long.
    InvalidStateName,
    /// Two Map states have the same `Label`.
    DuplicateLabelName,
    /// A `Label` is empty, too long or has characters that it can't have.
    InvalidLabelName,
    /// A text between `{%` and `%}` is no JSONata. Not in the API reference, but seen on AWS
    /// (github.com/floci-io/floci/issues/2670).
    InvalidJsonataExpression,
    /// A JSONata expression looks at something that Step Functions doesn't give it. Seen on AWS (as above).
    UnsupportedJsonataExpression,
    /// `Assign` sets the variable that belongs to Step Functions. This and the next one are not in the API reference, but
    /// measured (see the module `wording`).
    ReservedVariableName,
    /// A name that no variable can have.
    InvalidVariableName,
    /// A warning: a field of a payload template holds what looks like an expression, but its name lacks `.$`.
    NoDollar,
    /// A warning: a field holds what looks like a path, but its name doesn't end in `Path`.
    NoPath,
    /// A warning: `Result` holds what looks like an expression, and never evaluates it.
    PassResultIsStatic,
}

impl Code {
    /// The code's text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingTransitionTarget => "MISSING_TRANSITION_TARGET",
            Self::MissingEndState => "MISSING_END_STATE",
            Self::DuplicateStateName => "DUPLICATE_STATE_NAME",
            Self::InvalidStateName => "INVALID_STATE_NAME",
            Self::DuplicateLabelName => "DUPLICATE_LABEL_NAME",
            Self::InvalidLabelName => "INVALID_LABEL_NAME",
            Self::InvalidJsonataExpression => "INVALID_JSONATA_EXPRESSION",
            Self::UnsupportedJsonataExpression => "UNSUPPORTED_JSONATA_EXPRESSION",
            Self::ReservedVariableName => "RESERVED_VARIABLE_NAME",
            Self::InvalidVariableName => "INVALID_VARIABLE_NAME",
            Self::NoDollar => "NO_DOLLAR",
            Self::NoPath => "NO_PATH",
            Self::PassResultIsStatic => "PASS_RESULT_IS_STATIC",
        }
    }
}

/// One problem of a definition. Displayed as AWS joins it into an `InvalidDefinition` message:
/// `CODE: message at location`, with `null` for an absent location (AWS was seen to answer
/// `MISSING_END_STATE: Workflow has no terminal state at null`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the definition is refused for it.
    pub severity: Severity,
    /// The kind of problem.
    pub code: Code,
    /// AWS's text, in English.
    pub message: String,
    /// Where in the definition: `/States/NAME/FIELD`, with `[INDEX]` behind arrays; `/` is the whole. For
    /// malformed JSON, Jackson's description of the place.
    pub location: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_deref().unwrap_or("null");
        write!(f, "{}: {} at {location}", self.code.as_str(), self.message)
    }
}

/// Collects diagnostics while a definition is read, within the bounds of [`crate::limits`]. Shared by the
/// readers of one definition, hence the inner mutability.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    errors: RefCell<Vec<Diagnostic>>,
    warnings: RefCell<Vec<Diagnostic>>,
    truncated: Cell<bool>,
}

impl Problems {
    pub(crate) fn schema(&self, at: Location<'_>, message: impl Into<String>) {
        self.report(Code::SchemaValidationFailed, Some(&at), message);
    }

    pub(crate) fn report(&self, code: Code, at: Option<&dyn fmt::Display>, message: impl Into<String>) {
        self.add(&self.errors, Severity::Error, code, at, message.into());
    }

    pub(crate) fn warn(&self, code: Code, at: Location<'_>, message: impl Into<String>) {
        self.add(&self.warnings, Severity::Warning, code, Some(&at), message.into());
    }

    /// Whether there is no error.
    pub(crate) fn is_empty(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// The errors, then the warnings, and whether there were more of either than are kept.
    pub(crate) fn into_list(self) -> (Vec<Diagnostic>, bool) {
        let mut list = self.errors.into_inner();
        list.append(&mut self.warnings.into_inner());
        (list, self.truncated.get())
    }

    fn add(
        &self,
        list: &RefCell<Vec<Diagnostic>>,
        severity: Severity,
        code: Code,
        at: Option<&dyn fmt::Display>,
        mut message: String,
    ) {
        let mut list = list.borrow_mut();
        if list.len() >= DIAGNOSTICS_MAX {
            self.truncated.set(true);
            return;
        }
        shorten(&mut message);
        let location = at.map(|at| {
            let mut text = at.to_string();
            shorten(&mut text);
            text
        });
        list.push(Diagnostic { severity, code, message, location });
    }
}

fn shorten(text: &mut String) {
    if text.len() > DIAGNOSTIC_TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(DIAGNOSTIC_TEXT_BYTES_MAX));
        text.push_str("...");
    }
}
