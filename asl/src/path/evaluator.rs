//! Walks a document along a path's steps. Works on lists of nodes, not by recursion over steps; only filters nest,
//! and the parser bounds those.

use std::{borrow::Cow, ops::Range};

use serde_json::{Map, Value};

use super::{
    filter::{Filter, is_definite},
    function::{Function, position},
    segment::{Segment, normal_form, token_form},
};
use crate::{EvaluationError, budget::Budget, java_text};

/// Why a path has no value.
#[derive(Debug)]
pub(super) enum Failure {
    /// A definite path leads nowhere; the text is Jayway's.
    Nowhere(String),
    /// The evaluation costs too much.
    Stopped(EvaluationError),
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        Failure::Stopped(error)
    }
}

/// A last step that makes a new value of each node it is applied to.
#[derive(Clone, Copy)]
enum End<'s> {
    /// `['a','b']`
    Merge(&'s [String]),
    /// `.length()`
    Apply(Function),
}

/// The value of the path that has these steps: the node of a definite path, the list of an indefinite one's nodes.
/// `start` is where the path starts, `root` what `$` stands for inside filters.
pub(super) fn evaluate<'v>(
    segments: &[Segment],
    start: &'v Value,
    root: &'v Value,
    budget: &Budget,
) -> Result<Cow<'v, Value>, Failure> {
    let (steps, end) = match segments.split_last() {
        Some((Segment::Children(names), steps)) => (steps, Some(End::Merge(names))),
        Some((Segment::Function(function), steps)) => (steps, Some(End::Apply(*function))),
        _ => (segments, None),
    };
    let nodes = Walk { segments, steps, root, budget }.from(start)?;
    match end {
        None if is_definite(segments) => match nodes.first() {
            Some(node) => Ok(Cow::Borrowed(*node)),
            None => Err(nowhere(segments)),
        },
        None => Ok(Cow::Owned(list(&nodes, budget)?)),
        // Jayway turns `$..price.sum()` round: the function sees the list, not each of its items; `length()` counts what
        // is below all of them.
        Some(End::Apply(Function::Length)) if matches!(steps.first(), Some(Segment::Descend)) => {
            let mut below = Vec::new();
            nodes.iter().for_each(|node| children(node, &mut below));
            Ok(Cow::Owned(below.len().into()))
        }
        Some(End::Apply(function)) if matches!(steps.first(), Some(Segment::Descend)) => {
            Ok(Cow::Owned(function.apply_to_all(&list(&nodes, budget)?).map_err(Failure::Nowhere)?))
        }
        Some(end) => {
            let mut made = Vec::with_capacity(nodes.len());
            for node in nodes {
                made.extend(finish(end, node, steps, budget)?);
            }
            if !steps.iter().all(|step| step.is_definite(false)) {
                return Ok(Cow::Owned(Value::Array(made)));
            }
            made.pop().map(Cow::Owned).ok_or_else(|| nowhere(segments))
        }
    }
}

fn nowhere(segments: &[Segment]) -> Failure {
    Failure::Nowhere(format!("No results for path: {}", normal_form(segments)))
}

fn list(nodes: &[&Value], budget: &Budget) -> Result<Value, Failure> {
    let mut items = Vec::with_capacity(nodes.len());
    for node in nodes {
        items.push(budget.copy(node)?);
    }
    Ok(Value::Array(items))
}

fn finish(end: End<'_>, node: &Value, steps: &[Segment], budget: &Budget) -> Result<Option<Value>, Failure> {
    match (end, node) {
        (End::Apply(function), node) => {
            budget.visit(node.as_array().map_or(1, Vec::len))?;
            let value = function.apply(node).map_err(Failure::Nowhere)?;
            budget.produce(&value)?;
            Ok(Some(value))
        }
        // `$..['a','b']` is about the objects that have all of the fields.
        (End::Merge(names), Value::Object(fields))
            if matches!(steps.last(), Some(Segment::Descend))
                && !names.iter().all(|name| fields.contains_key(name)) =>
        {
            Ok(None)
        }
        (End::Merge(names), Value::Object(fields)) => {
            let mut merged = Map::new();
            for name in names {
                if let Some(field) = fields.get(name) {
                    merged.insert(name.clone(), budget.copy(field)?);
                }
            }
            Ok(Some(Value::Object(merged)))
        }
        (End::Merge(names), node) if steps.iter().all(|step| step.is_definite(false)) => {
            Err(no_object(&Segment::Children(names.to_vec()), node, steps))
        }
        (End::Merge(_), _) => Ok(None),
    }
}

/// The walk along a path's steps, all of which lead to nodes of the document.
struct Walk<'w, 'v> {
    /// The whole path: the steps and, perhaps, what an [`End`] was made of.
    segments: &'w [Segment],
    steps: &'w [Segment],
    root: &'v Value,
    budget: &'w Budget,
}

impl<'v> Walk<'_, 'v> {
    /// The nodes that the steps lead to.
    fn from(&self, start: &'v Value) -> Result<Vec<&'v Value>, Failure> {
        let mut nodes = vec![start];
        let mut definite = true;
        for (at, step) in self.steps.iter().enumerate() {
            let last = at + 1 == self.segments.len();
            let mut next = Vec::new();
            for node in nodes {
                self.budget.visit(1)?;
                self.follow(at, node, definite, last, &mut next)?;
            }
            nodes = next;
            definite = definite && step.is_definite(last);
        }
        Ok(nodes)
    }

    /// Adds the nodes that step `at` leads to from `node`. If all steps before it are `definite`, a node that the
    /// step does not fit is a failure; otherwise it is passed over.
    fn follow(
        &self,
        at: usize,
        node: &'v Value,
        definite: bool,
        last: bool,
        next: &mut Vec<&'v Value>,
    ) -> Result<(), Failure> {
        let Some((step, before)) = self.steps.get(..=at).and_then(<[Segment]>::split_last) else {
            return Ok(());
        };
        match (step, node) {
            (Segment::Child(name), Value::Object(fields)) => match fields.get(name) {
                Some(field) => next.push(field),
                None if definite && !last => {
                    let path = normal_form(before) + &step.to_string();
                    return Err(Failure::Nowhere(format!("Missing property in path {path}")));
                }
                None => {}
            },
            (Segment::Child(_) | Segment::Children(_), node) if definite && !node.is_object() => {
                return Err(no_object(step, node, before));
            }
            (Segment::Children(names), Value::Object(fields)) => {
                next.extend(names.iter().filter_map(|name| fields.get(name)));
            }
            // Jayway looks for arrays behind `..`, and goes on with all of their items.
            (Segment::Index(_) | Segment::Indexes(_) | Segment::Slice { .. }, Value::Array(items))
                if !last && matches!(before.last(), Some(Segment::Descend)) =>
            {
                self.budget.visit(items.len())?;
                next.extend(items);
            }
            (Segment::Index(_) | Segment::Indexes(_) | Segment::Slice { .. }, Value::Array(items)) => {
                select(step, items, next, self.budget)?;
            }
            (Segment::Index(_) | Segment::Indexes(_) | Segment::Slice { .. }, node) if definite => {
                return Err(no_array(self.rest(at), node, before));
            }
            (Segment::Wildcard, node) => {
                let found = next.len();
                children(node, next);
                self.budget.visit(next.len() - found)?;
            }
            (Segment::Descend, node) => descend(node, next, self.budget)?,
            (Segment::Filter(filter), node) => {
                let below = matches!(before.last(), Some(Segment::Descend));
                self.filter(filter, node, below, definite.then_some(at), next)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The step and all behind it, which Jayway's texts show together.
    fn rest(&self, at: usize) -> &[Segment] {
        self.segments.get(at..).unwrap_or_default()
    }

    /// Jayway tests each item of an array, but an object itself, not its fields. After `..` the items are nodes of
    /// their own. `definite_at` is the place of the filter if all steps before it are definite.
    fn filter(
        &self,
        filter: &Filter,
        node: &'v Value,
        below: bool,
        definite_at: Option<usize>,
        next: &mut Vec<&'v Value>,
    ) -> Result<(), Failure> {
        let candidates = match node {
            Value::Array(items) if !below => items.as_slice(),
            Value::Object(_) => std::slice::from_ref(node),
            Value::Array(_) => &[],
            _ => match definite_at {
                Some(at) => {
                    return Err(Failure::Nowhere(format!(
                        "Filter: {} can not be applied to primitives. Current context is: {}",
                        token_form(self.rest(at)),
                        java_text::display(node)
                    )));
                }
                None => &[],
            },
        };
        for candidate in candidates {
            if filter.accepts(candidate, self.root, self.budget)? {
                next.push(candidate);
            }
        }
        Ok(())
    }
}

fn select<'v>(
    step: &Segment,
    items: &'v [Value],
    next: &mut Vec<&'v Value>,
    budget: &Budget,
) -> Result<(), Failure> {
    let mut pick = |index| next.extend(position(index, items.len()).and_then(|at| items.get(at)));
    match step {
        Segment::Index(index) => pick(*index),
        Segment::Indexes(indexes) => {
            budget.visit(indexes.len())?;
            indexes.iter().copied().for_each(pick);
        }
        Segment::Slice { from, to } => {
            let indexes = slice(*from, *to, items.len());
            budget.visit(usize::try_from(indexes.end - indexes.start).unwrap_or_default())?;
            indexes.for_each(pick);
        }
        _ => {}
    }
    Ok(())
}

/// The indexes that a slice goes through. Jayway counts from the first to the last and reads each of them by itself, so
/// that a slice from the end to an index from the start wraps around: `[-2:1]` is the last two and the first.
fn slice(from: Option<i64>, to: Option<i64>, length: usize) -> Range<i64> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_start =
        |index: i64| if index < 0 { (length + index.max(-length)).max(0) } else { index.min(length) };
    let (start, end) = match (from, to) {
        (Some(from), Some(to)) => (from.max(-length), to.min(length)),
        (Some(from), None) => (from_start(from), length),
        (None, to) => (0, to.map_or(length, from_start)),
    };
    start..end.max(start)
}

fn children<'v>(node: &'v Value, next: &mut Vec<&'v Value>) {
    match node {
        Value::Array(items) => next.extend(items),
        Value::Object(fields) => next.extend(fields.values()),
        _ => {}
    }
}

/// The node and all below it, parents before their children, in the document's order.
fn descend<'v>(node: &'v Value, next: &mut Vec<&'v Value>, budget: &Budget) -> Result<(), Failure> {
    let mut pending = vec![node];
    let mut below = Vec::new();
    while let Some(node) = pending.pop() {
        budget.visit(1)?;
        next.push(node);
        children(node, &mut below);
        pending.extend(below.drain(..).rev());
    }
    Ok(())
}

fn no_object(step: &Segment, node: &Value, before: &[Segment]) -> Failure {
    Failure::Nowhere(format!(
        "Expected to find an object with property {step} in path {} but found '{}'. This is not a json object \
         according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.",
        normal_form(before),
        java_class(node),
    ))
}

fn no_array(rest: &[Segment], node: &Value, before: &[Segment]) -> Failure {
    Failure::Nowhere(match node {
        Value::Null => format!("The path {} is null", normal_form(before)),
        _ => format!(
            "Filter: {} can only be applied to arrays. Current context is: {}",
            token_form(rest),
            java_text::display(node)
        ),
    })
}

fn java_class(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "java.lang.Boolean",
        Value::Number(number) if number.is_f64() => "java.lang.Double",
        Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {
            "java.lang.Integer"
        }
        Value::Number(number) if number.is_i64() => "java.lang.Long",
        Value::Number(_) => "java.math.BigInteger",
        Value::String(_) => "java.lang.String",
        Value::Array(_) => "java.util.ArrayList",
        Value::Object(_) => "java.util.LinkedHashMap",
    }
}
