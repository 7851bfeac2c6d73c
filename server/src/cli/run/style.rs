//! Colours, where they are wanted.

/// What a piece of text is, to the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing special.
    Plain,
    /// Of little importance.
    Dim,
    /// It went well.
    Good,
    /// It went wrong, and goes on.
    Warning,
    /// It went wrong.
    Bad,
}

/// Whether to colour.
pub(super) struct Style {
    is_coloured: bool,
}

impl Style {
    pub(super) fn new(is_coloured: bool) -> Self {
        Self { is_coloured }
    }

    /// A text in its tone.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Dim => "2",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
            Tone::Plain => return text.to_owned(),
        };
        if self.is_coloured && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
