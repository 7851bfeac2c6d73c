//! The compiled form of a path: what each of its steps selects. Never evaluates anything.

use std::fmt;

use super::{filter::Filter, function::Function};

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Segment {
    /// `.name`, `['name']`
    Child(String),
    /// `['a','b']`. As the last step it gives one object with those of the fields that exist.
    Children(Vec<String>),
    /// `[0]`, `[-1]`
    Index(i64),
    /// `[0,1]`
    Indexes(Vec<i64>),
    /// `[1:3]`, `[-2:]`, `[:2]`
    Slice {
        /// The first index; negative ones count from the end.
        from: Option<i64>,
        /// The index behind the last; negative ones count from the end.
        to: Option<i64>,
    },
    /// `.*`, `[*]`
    Wildcard,
    /// `[?(@.a > 1)]`
    Filter(Filter),
    /// `..`: the node and all below it, for the next step to choose from. Never the last step.
    Descend,
    /// `.length()`. Always the last step.
    Function(Function),
}

impl Segment {
    /// Whether the step leads from one node to at most one. `last` tells if the path ends with it.
    pub(super) fn is_definite(&self, last: bool) -> bool {
        match self {
            Segment::Child(_) | Segment::Index(_) | Segment::Function(_) => true,
            Segment::Children(_) => last,
            Segment::Indexes(_)
            | Segment::Slice { .. }
            | Segment::Wildcard
            | Segment::Filter(_)
            | Segment::Descend => false,
        }
    }
}

/// Jayway's normal form of a step, as it stands in AWS's error texts: `['name']`, `[0]`, `[?]`.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn join<T: ToString>(items: &[T]) -> String {
            items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
        fn bound(bound: Option<i64>) -> String {
            bound.map(|index| index.to_string()).unwrap_or_default()
        }
        match self {
            Segment::Child(name) => write!(f, "['{name}']"),
            Segment::Children(names) => write!(f, "['{}']", names.join("','")),
            Segment::Index(index) => write!(f, "[{index}]"),
            Segment::Indexes(indexes) => write!(f, "[{}]", join(indexes)),
            Segment::Slice { from, to } => write!(f, "[{}:{}]", bound(*from), bound(*to)),
            Segment::Wildcard => f.write_str("[*]"),
            Segment::Filter(_) => f.write_str("[?]"),
            Segment::Descend => f.write_str(".."),
            Segment::Function(function) => write!(f, ".{}()", function.name()),
        }
    }
}

/// The normal form of a path's first steps.
pub(super) fn normal_form(segments: &[Segment]) -> String {
    "$".to_owned() + &token_form(segments)
}

/// Steps as they stand in Jayway's texts about the first of them.
pub(super) fn token_form(segments: &[Segment]) -> String {
    segments.iter().map(Segment::to_string).collect()
}
