//! The functions a path may end with (`$.list.length()`), as Jayway has them. Those with parameters other than
//! `index(n)` are not known here: AWS's own intrinsic functions do their work.

use serde_json::{Number, Value};

/// Jayway's text where a function finds nothing that it could work with.
const NOTHING_TO_AGGREGATE: &str = "Aggregation function attempted to calculate value using empty array";

/// A function at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Function {
    Length,
    Min,
    Max,
    Sum,
    Average,
    StandardDeviation,
    Concat,
    Keys,
    First,
    Last,
    Index(i64),
}

impl Function {
    /// The function of this name with this text between its parentheses.
    pub(super) fn named(name: &str, argument: &str) -> Option<Function> {
        let argument = argument.trim();
        if name == "index" {
            return argument.parse().ok().map(Function::Index);
        }
        let function = match name {
            "length" | "size" => Function::Length,
            "min" => Function::Min,
            "max" => Function::Max,
            "sum" => Function::Sum,
            "avg" => Function::Average,
            "stddev" => Function::StandardDeviation,
            "concat" => Function::Concat,
            "keys" => Function::Keys,
            "first" => Function::First,
            "last" => Function::Last,
            _ => return None,
        };
        argument.is_empty().then_some(function)
    }

    /// The function's name in a path.
    pub(super) fn name(self) -> &'static str {
        match self {
            Function::Length => "length",
            Function::Min => "min",
            Function::Max => "max",
            Function::Sum => "sum",
            Function::Average => "avg",
            Function::StandardDeviation => "stddev",
            Function::Concat => "concat",
            Function::Keys => "keys",
            Function::First => "first",
            Function::Last => "last",
            Function::Index(_) => "index",
        }
    }

    /// The function's value for all the nodes that a path with `..` leads to.
    pub(super) fn apply_to_all(self, nodes: &Value) -> Result<Value, String> {
        match self {
            Function::First | Function::Last | Function::Index(_) => Err(NOTHING_TO_AGGREGATE.to_owned()),
            _ => self.apply(nodes),
        }
    }

    /// The function's value; the error is Jayway's text.
    pub(super) fn apply(self, node: &Value) -> Result<Value, String> {
        match self {
            Function::Length => Ok(match node {
                Value::Array(items) => items.len().into(),
                Value::Object(fields) => fields.len().into(),
                _ => Value::Null,
            }),
            Function::Keys => Ok(match node {
                Value::Object(fields) => fields.keys().cloned().collect(),
                _ => Value::Null,
            }),
            Function::Concat => Ok(Value::String(match node {
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                _ => String::new(),
            })),
            Function::First => element(node, 0),
            Function::Last => element(node, -1),
            Function::Index(index) => element(node, index),
            Function::Min => aggregate(node, |numbers| numbers.iter().copied().fold(f64::INFINITY, f64::min)),
            Function::Max => {
                aggregate(node, |numbers| numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max))
            }
            Function::Sum => aggregate(node, |numbers| numbers.iter().sum()),
            Function::Average => aggregate(node, mean),
            Function::StandardDeviation => aggregate(node, |numbers| {
                let mean = mean(numbers);
                let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
                (squares / numbers.len() as f64).sqrt()
            }),
        }
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn aggregate(node: &Value, combine: impl Fn(&[f64]) -> f64) -> Result<Value, String> {
    let numbers: Vec<f64> =
        node.as_array().map(|items| items.iter().filter_map(Value::as_f64).collect()).unwrap_or_default();
    if numbers.is_empty() {
        return Err(NOTHING_TO_AGGREGATE.to_owned());
    }
    // A sum of huge numbers may be infinite, for which JSON has no number.
    Ok(Number::from_f64(combine(&numbers)).map_or(Value::Null, Value::Number))
}

fn element(node: &Value, index: i64) -> Result<Value, String> {
    let Value::Array(items) = node else {
        return Err(NOTHING_TO_AGGREGATE.to_owned());
    };
    position(index, items.len()).and_then(|position| items.get(position)).cloned().ok_or_else(|| {
        match (index, items.len()) {
            (-1, _) | (_, 0) => format!("Index {index} out of bounds for length {}", items.len()),
            (..0, count) => format!("Target index:{index} larger than object count:{count}"),
            (_, length) => format!("Index {index} out of bounds for length {length}"),
        }
    })
}

/// The place in an array of this length that an index names; negative ones count from the end.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let position = if index < 0 { index.checked_add(length)? } else { index };
    if position < 0 || position >= length { None } else { usize::try_from(position).ok() }
}
