//! Timestamps as ASL writes them: RFC 3339 with an upper-case `T` and, where there is no offset, an upper-case `Z`.

/// Reads an ASL timestamp; `None` if the text is none.
pub fn parse(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}
