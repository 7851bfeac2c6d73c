//! JSONPath as AWS runs it: Jayway's dialect, in which a definite path gives a value and an indefinite one a list,
//! `$$` starts at the context object and `$name` at a variable. Knows nothing of intrinsic functions.

mod evaluator;
mod filter;
mod function;
mod parser;
mod reference;
mod segment;

use std::borrow::Cow;

use serde_json::Value;

pub use self::reference::ReferencePath;
use self::{evaluator::Failure, parser::Names, segment::Segment};
use crate::{EvaluationError, Scope, budget::Budget, java_text};

/// A compiled path, such as `$.a.b[0]`, `$..book[?(@.price < 10)]` or `$$.Execution.Id`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    text: String,
    root: Root,
    segments: Vec<Segment>,
}

/// Where a path starts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Root {
    /// `$`
    Input,
    /// `$$`
    Context,
    /// `$name`
    Variable(String),
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
    /// dialect lacks (`$[(...)]`, parameters of functions, look-around in regular expressions).
    pub fn parse(text: &str) -> Result<Path, ParseError> {
        let (root, segments) = parser::parse(text, Names::Any)?;
        Ok(Path { text: text.to_owned(), root, segments })
    }

    /// Compiles a path that names a single node, as the fields that stand for one value want it. Unlike a
    /// [`ReferencePath`] it may start at the context object.
    ///
    /// # Errors
    /// As [`Path::parse`], and if the path is no reference path.
    pub fn parse_reference(text: &str) -> Result<Path, ParseError> {
        reference::require_dollar(text)?;
        let (root, segments) = parser::parse(text, Names::Plain)?;
        let path = Path { text: text.to_owned(), root, segments };
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

    /// The variable that the path starts at, without its `$`.
    pub fn variable(&self) -> Option<&str> {
        match &self.root {
            Root::Variable(name) => Some(name),
            Root::Input | Root::Context => None,
        }
    }

    /// Whether the path is a Reference Path: names and indexes only, so that it names one node whatever the document.
    pub fn is_reference(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Child(_) | Segment::Index(_)))
    }

    /// The document the path starts at, as AWS's causes show it: with the spacing that it came with, if it came as a text.
    pub(crate) fn document_text(&self, scope: &Scope<'_>) -> String {
        let document = self.document(scope);
        match scope.input_text {
            Some(text) if std::ptr::eq(document, scope.input) => String::from_utf8_lossy(text).into_owned(),
            _ => java_text::json(document),
        }
    }

    /// The document the path starts at. A variable that nothing was assigned to has none: there it is the input.
    fn document<'a>(&self, scope: &Scope<'a>) -> &'a Value {
        match &self.root {
            Root::Input => scope.input,
            Root::Context => scope.context,
            Root::Variable(name) => scope.variables.get(name).unwrap_or(scope.input),
        }
    }

    /// Whether the path starts at a document that is `null`, to which AWS applies none. A variable may be `null`.
    pub(crate) fn starts_at_null(&self, scope: &Scope<'_>) -> bool {
        self.variable().is_none() && self.document(scope).is_null()
    }

    pub(crate) fn evaluate_within(
        &self,
        scope: &Scope<'_>,
        budget: &Budget,
    ) -> Result<Value, EvaluationError> {
        if self.starts_at_null(scope) {
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
        let document = match &self.root {
            Root::Variable(name) => scope.variables.get(name).ok_or_else(|| {
                Failure::Nowhere(format!("No value has been assigned to the variable '${name}'"))
            })?,
            Root::Input | Root::Context => self.document(scope),
        };
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
