//! What a `ResultWriter`'s `WriterConfig` makes of the results (developer guide, "ResultWriter (Map)"): the same for the files in S3 and
//! for the state's result. Pure text in, pure text out.

use serde_json::value::RawValue;

use super::{ResultTransformation, ResultType};

/// How a child execution ended, as JSON texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildResult<'t> {
    /// It succeeded.
    Succeeded {
        /// Its output.
        output: &'t str,
        /// Its metadata, its output included as a text.
        metadata: &'t str,
    },
    /// It failed, timed out, was aborted or never began.
    Other {
        /// Its metadata.
        metadata: &'t str,
    },
}

/// What stands around and between the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Before the first.
    pub start: &'static str,
    /// Between two.
    pub between: &'static str,
    /// After the last.
    pub end: &'static str,
}

impl ResultTransformation {
    /// What is written of a child execution: JSON texts, of which `FLATTEN` may make any number.
    ///
    /// "If a child workflow execution fails, Step Functions returns its execution result unchanged": as with `NONE`.
    pub fn apply<'t>(self, result: ChildResult<'t>) -> Vec<&'t str> {
        match (self, result) {
            (Self::None, ChildResult::Succeeded { metadata, .. }) | (_, ChildResult::Other { metadata }) => {
                vec![metadata]
            }
            (Self::Compact, ChildResult::Succeeded { output, .. }) => vec![output],
            (Self::Flatten, ChildResult::Succeeded { output, .. }) => {
                match serde_json::from_str::<Vec<&RawValue>>(output) {
                    Ok(items) => items.into_iter().map(RawValue::get).collect(),
                    Err(_) => vec![output],
                }
            }
        }
    }
}

impl ResultType {
    /// What stands around and between results in this format.
    pub fn frame(self) -> Frame {
        match self {
            Self::Json => Frame { start: "[", between: ",", end: "]" },
            Self::JsonLines => Frame { start: "", between: "\n", end: "\n" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_succeeded_is_transformed() {
        let check = |transformation: ResultTransformation, output: &str, expected: &[&str]| {
            let succeeded = ChildResult::Succeeded { output, metadata: "{\"m\":1}" };
            assert_eq!(transformation.apply(succeeded), expected, "{transformation:?} {output}");
            let other = ChildResult::Other { metadata: "{\"m\":2}" };
            assert_eq!(transformation.apply(other), ["{\"m\":2}"], "{transformation:?}");
        };
        check(ResultTransformation::None, "[1,2]", &["{\"m\":1}"]);
        check(ResultTransformation::Compact, "[1, 2]", &["[1, 2]"]);
        check(ResultTransformation::Compact, "{}", &["{}"]);
        check(ResultTransformation::Flatten, " [1, [2 ,3], {\"a\":[]}] ", &["1", "[2 ,3]", "{\"a\":[]}"]);
        check(ResultTransformation::Flatten, "[]", &[]);
        check(ResultTransformation::Flatten, "{\"a\":[1]}", &["{\"a\":[1]}"]);
        check(ResultTransformation::Flatten, "\"[1]\"", &["\"[1]\""]);
    }
}
