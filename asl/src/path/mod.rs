//! JSONPath as AWS runs it: Jayway's dialect, in which a definite path gives a value and an indefinite one a list,
//! and `$$` starts at the context object. Knows nothing of intrinsic functions.

mod evaluator;
mod filter;
mod function;
mod parser;
mod reference;
mod segment;

use std::borrow::Cow;

use serde_json::Value;

pub use self::reference::ReferencePath;
use self::{evaluator::Failure, segment::Segment};
use crate::{EvaluationError, Scope, budget::Budget};

/// A compiled path, such as `$.a.b[0]`, `$..book[?(@.price < 10)]` or `$$.Execution.Id`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    text: String,
    root: Root,
    segments: Vec<Segment>,
}

/// Where a path starts. Variables (`$name`) will be another root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    /// `$`
    Input,
    /// `$$`
    Context,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, and where in the text.
    pub message: String,
}

impl ParseError {
    fn new(message: impl Into<String>) -> Self {
        ParseError { message: message.into() }
    }
}

impl Path {
    /// Compiles a path.
    ///
    /// # Errors
    /// If the text is no path, has more than 256 steps, nests filters more than 16 levels deep, or uses what this
    /// dialect lacks (a slice's step, `$[(...)]`, look-around in regular expressions).
    pub fn parse(text: &str) -> Result<Path, ParseError> {
        let (root, segments) = parser::parse(text)?;
        Ok(Path { text: text.to_owned(), root, segments })
    }

    /// Compiles a path that names a single node, as the fields that stand for one value want it. Unlike a
    /// [`ReferencePath`] it may start at the context object.
    ///
    /// # Errors
    /// As [`Path::parse`], and if the path is no reference path.
    pub fn parse_reference(text: &str) -> Result<Path, ParseError> {
        reference::require_dollar(text)?;
        let path = Path::parse(text)?;
        if path.is_reference() {
            Ok(path)
        } else {
            Err(ParseError::new(format!("'{text}' can name more than one node")))
        }
    }

    /// The value of a definite path, or the list of an indefinite one's values.
    ///
    /// # Errors
    /// `States.Runtime`, cause `Invalid path '...' : ...`, where a definite path leads nowhere; `States.Runtime` if
    /// the document is `null`, or the path visits or produces too much.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        self.evaluate_within(scope, &Budget::default())
    }

    /// As [`Path::evaluate`], but `None` where a definite path leads nowhere: for callers with their own text for it.
    ///
    /// # Errors
    /// `States.Runtime` if it visits or produces too much.
    pub fn find(&self, scope: &Scope<'_>) -> Result<Option<Value>, EvaluationError> {
        self.find_within(scope, &Budget::default())
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the path starts at the context object (`$$`).
    pub fn is_context(&self) -> bool {
        self.root == Root::Context
    }

    /// Whether the path is a Reference Path: names and indexes only, so that it names one node whatever the document.
    pub fn is_reference(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Child(_) | Segment::Index(_)))
    }

    /// The document the path starts at.
    pub(crate) fn document<'a>(&self, scope: &Scope<'a>) -> &'a Value {
        match self.root {
            Root::Input => scope.input,
            Root::Context => scope.context,
        }
    }

    pub(crate) fn evaluate_within(
        &self,
        scope: &Scope<'_>,
        budget: &Budget,
    ) -> Result<Value, EvaluationError> {
        if self.document(scope).is_null() {
            return Err(null_document());
        }
        match self.look_up(scope, budget) {
            Ok(value) => owned(value, budget),
            Err(Failure::Stopped(error)) => Err(error),
            Err(Failure::Nowhere(reason)) => {
                Err(EvaluationError::runtime(format!("Invalid path '{}' : {reason}", self.text)))
            }
        }
    }

    pub(crate) fn find_within(
        &self,
        scope: &Scope<'_>,
        budget: &Budget,
    ) -> Result<Option<Value>, EvaluationError> {
        self.find_borrowed(scope, budget)?.map(|value| owned(value, budget)).transpose()
    }

    /// As [`Path::find`], without a copy where the value stands in the document as it is.
    pub(crate) fn find_borrowed<'a>(
        &self,
        scope: &Scope<'a>,
        budget: &Budget,
    ) -> Result<Option<Cow<'a, Value>>, EvaluationError> {
        match self.look_up(scope, budget) {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Nowhere(_)) => Ok(None),
            Err(Failure::Stopped(error)) => Err(error),
        }
    }

    fn look_up<'a>(&self, scope: &Scope<'a>, budget: &Budget) -> Result<Cow<'a, Value>, Failure> {
        let document = self.document(scope);
        evaluator::evaluate(&self.segments, document, document, budget)
    }
}

/// AWS applies no path, not even `$`, to a document that is `null`.
pub(crate) fn null_document() -> EvaluationError {
    EvaluationError::runtime("Unable to apply Path transformation to null or empty input.")
}

/// What the evaluator made is already paid for; what it found is paid for when it is copied.
fn owned(value: Cow<'_, Value>, budget: &Budget) -> Result<Value, EvaluationError> {
    match value {
        Cow::Borrowed(value) => budget.copy(value),
        Cow::Owned(value) => Ok(value),
    }
}

#[cfg(test)]
mod tests;
