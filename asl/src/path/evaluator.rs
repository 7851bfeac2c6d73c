//! Walks a document along a path's steps. Works on lists of nodes, not by recursion over steps; only filters nest,
//! and the parser bounds those.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    filter::is_definite,
    function::position,
    segment::{Segment, normal_form},
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

/// The value of the path that has these steps: the node of a definite path, the list of an indefinite one's nodes.
/// `start` is where the path starts, `root` what `$` stands for inside filters.
pub(super) fn evaluate<'v>(
    segments: &[Segment],
    start: &'v Value,
    root: &'v Value,
    budget: &Budget,
) -> Result<Cow<'v, Value>, Failure> {
    let (steps, end) = match segments.split_last() {
        Some((last @ (Segment::Children(_) | Segment::Function(_)), steps)) => (steps, Some(last)),
        _ => (segments, None),
    };
    let nodes = walk(steps, end.is_some(), start, root, budget)?;
    match end {
        None if is_definite(segments) => match nodes.first() {
            Some(node) => Ok(Cow::Borrowed(*node)),
            None => Err(nowhere(segments)),
        },
        None => Ok(Cow::Owned(list(&nodes, budget)?)),
        // Jayway turns `$..price.sum()` round: the function sees the list, not each of its items.
        Some(Segment::Function(function)) if matches!(steps.first(), Some(Segment::Descend)) => {
            Ok(Cow::Owned(function.apply(&list(&nodes, budget)?).map_err(Failure::Nowhere)?))
        }
        Some(last) => {
            let mut made = Vec::with_capacity(nodes.len());
            for node in nodes {
                if let Some(value) = finish(last, node, steps, budget)? {
                    made.push(value);
                }
            }
            if !is_definite(steps) {
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

/// Applies a last step that makes a new value of a node.
fn finish(
    last: &Segment,
    node: &Value,
    steps: &[Segment],
    budget: &Budget,
) -> Result<Option<Value>, Failure> {
    match last {
        Segment::Function(function) => {
            budget.produce(node)?;
            function.apply(node).map(Some).map_err(Failure::Nowhere)
        }
        Segment::Children(names) => {
            let Value::Object(fields) = node else {
                return if is_definite(steps) { Err(no_object(last, node, steps)) } else { Ok(None) };
            };
            let mut merged = Map::new();
            for name in names {
                if let Some(field) = fields.get(name) {
                    merged.insert(name.clone(), budget.copy(field)?);
                }
            }
            Ok(Some(Value::Object(merged)))
        }
        _ => budget.copy(node).map(Some).map_err(Failure::from),
    }
}

/// The nodes that the steps lead to. `more` tells that another step follows them.
fn walk<'v>(
    steps: &[Segment],
    more: bool,
    start: &'v Value,
    root: &'v Value,
    budget: &Budget,
) -> Result<Vec<&'v Value>, Failure> {
    let mut nodes = vec![start];
    let mut definite = true;
    for (at, step) in steps.iter().enumerate() {
        let before = steps.get(..at).unwrap_or_default();
        let last = !more && at + 1 == steps.len();
        let mut next = Vec::new();
        for node in nodes {
            budget.visit(1)?;
            match step {
                Segment::Child(name) => match node {
                    Value::Object(fields) => match fields.get(name) {
                        Some(field) => next.push(field),
                        None if definite && !last => {
                            let path = normal_form(steps.get(..=at).unwrap_or_default());
                            return Err(Failure::Nowhere(format!("Missing property in path {path}")));
                        }
                        None => {}
                    },
                    _ if definite => return Err(no_object(step, node, before)),
                    _ => {}
                },
                Segment::Children(names) => {
                    if let Value::Object(fields) = node {
                        next.extend(names.iter().filter_map(|name| fields.get(name)));
                    }
                }
                Segment::Index(_) | Segment::Indexes(_) | Segment::Slice { .. } => match node {
                    Value::Array(items) => select(step, items, &mut next, budget)?,
                    _ if definite => return Err(no_array(step, node, before)),
                    _ => {}
                },
                Segment::Wildcard => {
                    children(node, &mut next);
                    budget.visit(next.len())?;
                }
                Segment::Descend => descend(node, &mut next, budget)?,
                Segment::Filter(filter) => match node {
                    Value::Array(items) if !matches!(before.last(), Some(Segment::Descend)) => {
                        for item in items {
                            if filter.accepts(item, root, budget)? {
                                next.push(item);
                            }
                        }
                    }
                    // Jayway tests an object itself, not its fields.
                    Value::Object(_) => {
                        if filter.accepts(node, root, budget)? {
                            next.push(node);
                        }
                    }
                    Value::Array(_) => {}
                    _ if definite => {
                        return Err(Failure::Nowhere(format!(
                            "Filter: [?] can not be applied to primitives. Current context is: {}",
                            java_text::display(node)
                        )));
                    }
                    _ => {}
                },
                Segment::Function(_) => {}
            }
        }
        nodes = next;
        definite = definite && step.is_definite(last);
    }
    Ok(nodes)
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
            let bound = |index: i64| {
                let length = items.len() as u64;
                let from_end = || length.saturating_sub(index.unsigned_abs());
                usize::try_from(u64::try_from(index).map_or_else(|_| from_end(), |index| index.min(length)))
                    .unwrap_or(items.len())
            };
            let selected = from.map_or(0, bound)..to.map_or(items.len(), bound);
            let selected = items.get(selected).unwrap_or_default();
            budget.visit(selected.len())?;
            next.extend(selected);
        }
        _ => {}
    }
    Ok(())
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

fn no_array(step: &Segment, node: &Value, before: &[Segment]) -> Failure {
    Failure::Nowhere(match node {
        Value::Null => format!("The path {} is null", normal_form(before)),
        _ => format!(
            "Filter: {step} can only be applied to arrays. Current context is: {}",
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
