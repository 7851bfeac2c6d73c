//! What `ValidateStateMachineDefinition` says of a definition: everything that [`parse`](super::parse) finds, and
//! warnings beside.

use super::{ParseOptions, read};
use crate::diagnostic::{Diagnostic, Problems, Severity};

/// What was found in a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// Errors, then warnings, each in the order of the text and at most [`crate::limits::DIAGNOSTICS_MAX`] of each.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether there was more than is listed.
    pub truncated: bool,
}

impl Validation {
    /// `result` is `OK`: the definition can be used.
    pub fn is_ok(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error)
    }

    /// What is listed for `severity` (the least that is asked for) and `maxResults`.
    #[must_use]
    pub fn limited(self, least: Severity, results_max: usize) -> Validation {
        let Validation { mut diagnostics, mut truncated } = self;
        diagnostics.retain(|diagnostic| diagnostic.severity >= least);
        truncated |= diagnostics.len() > results_max;
        diagnostics.truncate(results_max);
        Validation { diagnostics, truncated }
    }
}

/// Finds all that is wrong, or doubtful, with a definition. Costs as much as [`parse`](super::parse).
pub fn validate(text: &str, options: &ParseOptions) -> Validation {
    let problems = Problems::default();
    read(text, options, &problems);
    let (diagnostics, truncated) = problems.into_list();
    Validation { diagnostics, truncated }
}
