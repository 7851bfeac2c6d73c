//! The API model: which members a request has and what they may hold. Built once from the trimmed copy in `model/`; `model/trim.py` says
//! where that comes from. Holds no rules of its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::operation::Operation;

const SOURCE: &str = include_str!("../model/states-2016-11-23.json");

static MODEL: LazyLock<HashMap<&'static str, Structure>> = LazyLock::new(|| {
    let source: Source =
        serde_json::from_str(SOURCE).expect("the embedded model is JSON of this form, as a test shows");
    source.resolve()
});

/// A shape of the model.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Text.
    Text(Text),
    /// A 32-bit integer with its bounds.
    Integer {
        min: Option<i64>,
        max: Option<i64>,
    },
    /// A 64-bit integer with its bounds.
    Long {
        min: Option<i64>,
        max: Option<i64>,
    },
    /// A number with its bounds.
    Float {
        min: Option<i64>,
        max: Option<i64>,
    },
    Boolean,
    /// A list of one shape, with its bounds.
    List {
        member: Box<Shape>,
        min: usize,
        max: Option<usize>,
    },
    Structure(Structure),
}

/// What a text may be.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) min: usize,
    pub(crate) max: Max,
    pub(crate) pattern: Option<Pattern>,
    /// The allowed values; empty: any.
    pub(crate) values: Vec<String>,
    /// Errors don't quote the value.
    pub(crate) sensitive: bool,
}

/// The patterns in the requests. Each is matched by hand: two don't ask for a regular expression engine with look-ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Any text in ASCII.
    Ascii,
    /// The name of an alias: letters, digits and marks, and not digits alone.
    CharacterRestrictedName,
    /// Visible characters in ASCII, one at least.
    VisibleAscii,
}

impl Pattern {
    const ALL: [Self; 3] = [Self::Ascii, Self::CharacterRestrictedName, Self::VisibleAscii];

    /// As the model writes it.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::Ascii => r"\p{ASCII}*",
            Self::VisibleAscii => "[!-~]+",
            Self::CharacterRestrictedName => r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$",
        }
    }

    pub(crate) fn matches(self, text: &str) -> bool {
        let is_mark = |byte: u8| matches!(byte, b'_' | b'-' | b'.');
        match self {
            Self::Ascii => text.is_ascii(),
            Self::VisibleAscii => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()),
            Self::CharacterRestrictedName => {
                text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
                    && text.bytes().any(|byte| byte.is_ascii_alphabetic() || is_mark(byte))
            }
        }
    }
}

/// How long a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Max {
    None,
    /// This many characters.
    Characters(usize),
    /// As many bytes as configured for inputs and outputs.
    Payload,
    /// As many bytes as configured for definitions.
    Definition,
}

/// The members of a structure, in the model's order.
#[derive(Debug)]
pub(crate) struct Structure {
    pub(crate) members: Vec<Member>,
}

/// A member of a structure.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
}

impl Structure {
    /// The member of this name, if the structure has it.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// The shape of an operation's request.
pub(crate) fn request(operation: Operation) -> &'static Structure {
    MODEL.get(operation.name()).expect("the embedded model has every operation, as a test shows")
}

/// The file's own form.
#[derive(Deserialize)]
struct Source {
    operations: BTreeMap<String, String>,
    shapes: HashMap<String, SourceShape>,
}

#[derive(Deserialize)]
struct SourceShape {
    r#type: String,
    #[serde(default)]
    required: Vec<String>,
    min: Option<i64>,
    max: Option<i64>,
    pattern: Option<String>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    r#enum: Vec<String>,
    /// A map that keeps the file's order.
    #[serde(default)]
    members: serde_json::Map<String, serde_json::Value>,
    member: Option<String>,
}

impl Source {
    fn resolve(&self) -> HashMap<&'static str, Structure> {
        let mut operations = HashMap::new();
        for (name, shape) in &self.operations {
            let operation = Operation::from_target(&format!("AWSStepFunctions.{name}"))
                .expect("the embedded model has only operations that are served");
            operations.insert(operation.name(), self.structure(self.find(shape)));
        }
        operations
    }

    fn find(&self, name: &str) -> &SourceShape {
        self.shapes.get(name).expect("the embedded model has every shape that it refers to")
    }

    fn structure(&self, source: &SourceShape) -> Structure {
        let member = |(name, shape): (&String, &serde_json::Value)| Member {
            name: name.clone(),
            shape: self.shape(shape.as_str().expect("members name their shapes")),
            required: source.required.contains(name),
        };
        Structure { members: source.members.iter().map(member).collect() }
    }

    fn shape(&self, name: &str) -> Shape {
        let source = self.find(name);
        match source.r#type.as_str() {
            "string" => Shape::Text(text(name, source)),
            "integer" => Shape::Integer { min: source.min, max: source.max },
            "long" => Shape::Long { min: source.min, max: source.max },
            "float" => Shape::Float { min: source.min, max: source.max },
            "boolean" => Shape::Boolean,
            "list" => Shape::List {
                member: Box::new(self.shape(source.member.as_deref().expect("lists name a shape"))),
                min: source.min.map_or(0, length),
                max: source.max.map(length),
            },
            "structure" => Shape::Structure(self.structure(source)),
            other => unreachable!("the requests of the embedded model have no {other}"),
        }
    }
}

fn length(bound: i64) -> usize {
    usize::try_from(bound).expect("the embedded model has no negative lengths")
}

fn text(name: &str, source: &SourceShape) -> Text {
    let max = match name {
        "SensitiveData" => Max::Payload,
        "Definition" => Max::Definition,
        _ => source.max.map_or(Max::None, |max| Max::Characters(length(max))),
    };
    let pattern = source.pattern.as_deref().map(|wanted| {
        let known = Pattern::ALL.into_iter().find(|pattern| pattern.source() == wanted);
        known.expect("the embedded model has only patterns that are known")
    });
    Text {
        min: source.min.map_or(0, length),
        max,
        pattern,
        values: source.r#enum.clone(),
        sensitive: source.sensitive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_request() {
        for operation in Operation::ALL {
            request(*operation);
        }
        assert_eq!(MODEL.len(), Operation::ALL.len());
    }

    #[test]
    fn a_request_is_as_the_model_says() {
        let start = request(Operation::StartExecution);
        let members: Vec<_> =
            start.members.iter().map(|member| (member.name.as_str(), member.required)).collect();
        assert_eq!(
            members,
            [("stateMachineArn", true), ("name", false), ("input", false), ("traceHeader", false)]
        );
        let Some(Shape::Text(input)) = start.member("input").map(|member| &member.shape) else {
            panic!("input is a text");
        };
        assert_eq!((input.min, input.max, input.sensitive), (0, Max::Payload, true));
    }
}
