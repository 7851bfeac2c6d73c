//! Where in a definition a value stands, as AWS writes it: `/States/Choose/Choices[0]/Next`.
//!
//! A location is a chain of borrowed steps and becomes text only when there is something to report, so that
//! following it costs nothing in a definition without problems.

use std::fmt;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Location<'a> {
    Root,
    Field(&'a Location<'a>, &'a str),
    Index(&'a Location<'a>, usize),
    /// A part below that its own parser has already written out, beginning with `/` or `[`.
    Below(&'a Location<'a>, &'a str),
}

impl<'a> Location<'a> {
    pub(crate) fn field(&'a self, name: &'a str) -> Location<'a> {
        Location::Field(self, name)
    }

    pub(crate) fn index(&'a self, index: usize) -> Location<'a> {
        Location::Index(self, index)
    }

    pub(crate) fn below(&'a self, rest: &'a str) -> Location<'a> {
        Location::Below(self, rest)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Recursion is bounded by the nesting of the JSON text that the location points into.
        match self {
            Location::Root => Ok(()),
            Location::Field(parent, name) => {
                parent.write(f)?;
                write!(f, "/{name}")
            }
            Location::Index(parent, index) => {
                parent.write(f)?;
                write!(f, "[{index}]")
            }
            Location::Below(parent, rest) => {
                parent.write(f)?;
                f.write_str(rest)
            }
        }
    }
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Root => f.write_str("/"),
            other => other.write(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn is_written_as_aws_writes_it() {
        let root = Location::Root;
        assert_eq!(root.to_string(), "/");
        let states = root.field("States");
        let state = states.field("Choose one");
        let choices = state.field("Choices");
        let rule = choices.index(0);
        assert_eq!(
            rule.below("/And[1]/Variable").to_string(),
            "/States/Choose one/Choices[0]/And[1]/Variable"
        );
        assert_eq!(rule.field("Next").to_string(), "/States/Choose one/Choices[0]/Next");
    }
}
