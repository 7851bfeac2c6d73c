//! JSON Lines: a JSON value in each line. Lines without one are skipped.

use super::format::{Step, checked_json, white_space};

/// What is at the beginning of a window.
pub(super) fn step(window: &[u8], is_ended: bool) -> Result<Step, String> {
    let blank = white_space(window);
    if blank > 0 {
        return Ok(Step::Skip(blank));
    }
    let line = match window.iter().position(|byte| *byte == b'\n') {
        Some(end) => window.get(..end).unwrap_or_default(),
        None if is_ended && window.is_empty() => return Ok(Step::End),
        None if is_ended => window,
        None => return Ok(Step::More),
    };
    let value = checked_json(line.trim_ascii_end())?;
    Ok(Step::Item { value, key: None, used: line.len() })
}
