//! JSON: the items are the elements of a list, or the members of an object, that is the whole document or within it. Only one item at a
//! time is looked at; what stands before the list is passed over byte by byte.

use bytes::Bytes;

use super::format::{Step, checked_json, malformed, white_space};
use super::object::Object;
use crate::s3::Failure;

/// AWS: the list's "starting position must be within the first 16 MB".
const START_MAX: u64 = 16 << 20;
/// No member's name on the way may be longer.
const NAME_BYTES_MAX: usize = 64 << 10;

/// The list or object whose items are read, and where in it the window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Container {
    is_object: bool,
    /// Something other than its end comes after it.
    is_within: bool,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// After the opening bracket.
    Start,
    /// After an item.
    AfterItem,
    /// After a comma.
    AfterComma,
    /// After the closing bracket.
    Closed,
}

impl Container {
    /// Finds the container that a JSON pointer (RFC 6901) leads to, and goes past its opening bracket.
    pub(super) async fn find(object: &mut Object, pointer: &str) -> Result<Self, Failure> {
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let found = match next(object).await? {
                Some(b'{') => enter_object(object, &token).await?,
                Some(b'[') => enter_list(object, &token).await?,
                _ => false,
            };
            if !found {
                let text = format!("The ItemsPointer '{pointer}' leads to nothing");
                return Err(malformed(object, &text));
            }
        }
        let is_object = match next(object).await? {
            Some(b'{') => true,
            Some(b'[') => false,
            Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                return Err(Failure::reader("Attempting to map over non-iterable node."));
            }
            _ => return Err(malformed(object, "The object is no JSON")),
        };
        object.consume(1);
        Ok(Self { is_object, is_within: !pointer.is_empty(), place: Place::Start })
    }

    /// The container in this state; `None` if there is no such state.
    pub(super) fn of_state(state: u32, pointer: &str) -> Option<Self> {
        let place = match state >> 1 {
            0 => Place::Start,
            1 => Place::AfterItem,
            2 => Place::AfterComma,
            3 => Place::Closed,
            _ => return None,
        };
        Some(Self { is_object: state & 1 == 1, is_within: !pointer.is_empty(), place })
    }

    /// What there is to know beside the offset.
    pub(super) fn state(self) -> u32 {
        let place = match self.place {
            Place::Start => 0,
            Place::AfterItem => 1,
            Place::AfterComma => 2,
            Place::Closed => 3,
        };
        place << 1 | u32::from(self.is_object)
    }

    /// What is at the beginning of a window.
    pub(super) fn step(&mut self, window: &[u8], is_ended: bool) -> Result<Step, String> {
        if self.place == Place::Closed && self.is_within {
            return Ok(Step::End);
        }
        let blank = white_space(window);
        if blank > 0 {
            return Ok(Step::Skip(blank));
        }
        let Some(&byte) = window.first() else {
            return Ok(if is_ended && self.place == Place::Closed { Step::End } else { Step::More });
        };
        let close = if self.is_object { b'}' } else { b']' };
        match self.place {
            Place::Closed => Err("Something comes after the end of the JSON document".to_owned()),
            Place::Start | Place::AfterItem if byte == close => {
                self.place = Place::Closed;
                Ok(Step::Skip(1))
            }
            Place::AfterItem if byte == b',' => {
                self.place = Place::AfterComma;
                Ok(Step::Skip(1))
            }
            Place::AfterItem => Err(format!("A comma or '{}' is missing", char::from(close))),
            Place::Start | Place::AfterComma => {
                let item = if self.is_object { member(window)? } else { element(window)? };
                if matches!(item, Step::Item { .. }) {
                    self.place = Place::AfterItem;
                }
                Ok(item)
            }
        }
    }
}

fn element(window: &[u8]) -> Result<Step, String> {
    let Some(used) = value_len(window) else { return Ok(Step::More) };
    let value = checked_json(window.get(..used).unwrap_or_default())?;
    Ok(Step::Item { value, key: None, used })
}

fn member(window: &[u8]) -> Result<Step, String> {
    if window.first() != Some(&b'"') {
        return Err("The name of a member is missing".to_owned());
    }
    let Some(name_len) = value_len(window) else { return Ok(Step::More) };
    let (name, rest) = window.split_at(name_len);
    let key: String =
        serde_json::from_slice(name).map_err(|_| "The name of a member is no text".to_owned())?;
    let colon = white_space(rest);
    let Some(after) = rest.get(colon + 1..) else { return Ok(Step::More) };
    if rest.get(colon) != Some(&b':') {
        return Err("The colon after the name of a member is missing".to_owned());
    }
    let blank = white_space(after);
    let value = after.get(blank..).unwrap_or_default();
    let Some(value_len) = value_len(value) else { return Ok(Step::More) };
    let used = name_len + colon + 1 + blank + value_len;
    let value: Bytes = checked_json(value.get(..value_len).unwrap_or_default())?;
    Ok(Step::Item { value, key: Some(key), used })
}

/// How long the value at the beginning is, if it is one; `None` if its end isn't there.
fn value_len(bytes: &[u8]) -> Option<usize> {
    let mut skipper = Skipper::default();
    let end = bytes.iter().position(|byte| skipper.is_after(*byte))?;
    // What is no value is as long as it takes to say so.
    Some(end.max(1))
}

/// Finds the end of a value, byte by byte. Checks nothing of it beside brackets and quotation marks.
#[derive(Default)]
struct Skipper {
    depth: u64,
    is_text: bool,
    is_escaped: bool,
    /// Nothing but the value's end can come.
    is_whole: bool,
    is_begun: bool,
}

impl Skipper {
    /// Whether this byte comes after the value; if not, it is a part of it.
    fn is_after(&mut self, byte: u8) -> bool {
        if self.is_whole {
            return true;
        }
        if self.is_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.is_text = false;
                    self.is_whole = self.depth == 0;
                }
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' if self.depth > 0 || !self.is_begun => self.is_text = true,
            b'{' | b'[' if self.depth > 0 || !self.is_begun => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                self.is_whole = self.depth == 0;
            }
            b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return true,
            _ => {}
        }
        self.is_begun = true;
        false
    }
}

/// The next byte that is no white space, if there is one. It isn't consumed.
async fn next(object: &mut Object) -> Result<Option<u8>, Failure> {
    loop {
        let blank = white_space(object.window());
        object.consume(blank);
        if object.offset() > START_MAX {
            let text = "The list that ItemsPointer leads to has to begin within the first 16 MB";
            return Err(malformed(object, text));
        }
        if let Some(byte) = object.window().first() {
            return Ok(Some(*byte));
        }
        if !object.more().await? {
            return Ok(None);
        }
    }
}

/// Goes past the bracket and up to the value of the member of this name.
async fn enter_object(object: &mut Object, name: &str) -> Result<bool, Failure> {
    object.consume(1);
    while next(object).await? == Some(b'"') {
        let key = member_name(object).await?;
        if next(object).await? != Some(b':') {
            return Err(malformed(object, "The colon after the name of a member is missing"));
        }
        object.consume(1);
        if key == name {
            return Ok(true);
        }
        skip_value(object).await?;
        if next(object).await? != Some(b',') {
            break;
        }
        object.consume(1);
    }
    Ok(false)
}

/// Goes past the bracket and up to the element of this index.
async fn enter_list(object: &mut Object, index: &str) -> Result<bool, Failure> {
    object.consume(1);
    let Some(index) = index.parse::<u64>().ok().filter(|parsed| parsed.to_string() == index) else {
        return Ok(false);
    };
    for _ in 0..index {
        skip_value(object).await?;
        if next(object).await? != Some(b',') {
            return Ok(false);
        }
        object.consume(1);
    }
    Ok(next(object).await? != Some(b']'))
}

async fn member_name(object: &mut Object) -> Result<String, Failure> {
    loop {
        if let Some(len) = value_len(object.window()) {
            let name = serde_json::from_slice(object.window().get(..len).unwrap_or_default());
            let name = name.map_err(|_| malformed(object, "The name of a member is no text"))?;
            object.consume(len);
            return Ok(name);
        }
        if object.window().len() > NAME_BYTES_MAX || !object.more().await? {
            return Err(malformed(object, "The name of a member doesn't end"));
        }
    }
}

async fn skip_value(object: &mut Object) -> Result<(), Failure> {
    if matches!(next(object).await?, None | Some(b',' | b':' | b']' | b'}')) {
        return Err(malformed(object, "A value is missing"));
    }
    let mut skipper = Skipper::default();
    loop {
        let end = object.window().iter().position(|byte| skipper.is_after(*byte));
        object.consume(end.unwrap_or(object.window().len()));
        if end.is_some() {
            return Ok(());
        }
        if object.offset() > START_MAX || !object.more().await? {
            return Err(malformed(object, "A value before the list doesn't end within the first 16 MB"));
        }
    }
}
