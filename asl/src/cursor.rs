//! A place in a text that a parser reads from left to right. Knows no grammar.

/// How much of a text an error repeats, in characters.
const SHOWN_MAX: usize = 256;

/// A text and what is left of it.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Cursor<'t> {
    /// At the start of `rest`, the end of `text`.
    pub(crate) fn new(text: &'t str, rest: &'t str) -> Self {
        Cursor { text, rest }
    }

    /// What has not been taken yet.
    pub(crate) fn rest(&self) -> &'t str {
        self.rest
    }

    /// Goes back to what was [`Cursor::rest`] before.
    pub(crate) fn reset(&mut self, rest: &'t str) {
        self.rest = rest;
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes the first `bytes` of the rest. They must end between characters; otherwise the rest ends here.
    pub(crate) fn advance(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes `token` if it comes next.
    pub(crate) fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the longest start of the rest whose characters all satisfy `accept`.
    pub(crate) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        self.advance(self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len()))
    }

    pub(crate) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// `what`, and where the cursor is.
    pub(crate) fn describe(&self, what: &str) -> String {
        let at = self.text.len() - self.rest.len();
        let shown: String = self.text.chars().take(SHOWN_MAX).collect();
        let dots = if shown.len() < self.text.len() { "..." } else { "" };
        format!("{what} at position {at} of '{shown}{dots}'")
    }
}
