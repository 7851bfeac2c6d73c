//! What the formats have in common: an object's window goes in, one item after another comes out.

use bytes::Bytes;

use super::object::Object;
use super::source::Format;
use super::{ITEM_BYTES_MAX, csv, json, lines};
use crate::s3::Failure;

/// What is at the beginning of a window.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An item, within so many bytes.
    Item { value: Bytes, key: Option<String>, used: usize },
    /// So many bytes that are no item, and at least one.
    Skip(usize),
    /// It isn't known before there is more.
    More,
    /// No item comes any more.
    End,
}

/// Splits one object into its items.
#[derive(Debug)]
pub(super) enum Splitter {
    Json(json::Container),
    Lines,
    Csv(csv::Rows),
}

impl Splitter {
    /// At the beginning of an object: moves on to its first item.
    pub(super) async fn begin(format: &Format, object: &mut Object) -> Result<Self, Failure> {
        skip_byte_order_mark(object).await?;
        let splitter = match format {
            Format::Json { pointer } => Self::Json(json::Container::find(object, pointer).await?),
            Format::JsonLines => Self::Lines,
            Format::Csv { delimiter, headers: Some(headers) } => Self::given(object, *delimiter, headers)?,
            Format::Csv { delimiter, headers: None } => Self::Csv(csv::Rows::find(object, *delimiter).await?),
        };
        Ok(splitter)
    }

    /// At `offset` in the object, where [`Self::state`] was `state`.
    pub(super) async fn resume(
        format: &Format,
        object: Object,
        offset: u64,
        state: u32,
    ) -> Result<(Self, Object), Failure> {
        let mut object = object;
        let splitter = match format {
            Format::Json { pointer } => json::Container::of_state(state, pointer)
                .map(Self::Json)
                .ok_or_else(|| Failure::reader("The cursor is none of this reader's"))?,
            Format::JsonLines => Self::Lines,
            Format::Csv { delimiter, headers: Some(headers) } => Self::given(&object, *delimiter, headers)?,
            // The names of the columns are in the object, not in the cursor.
            Format::Csv { headers: None, .. } => Self::begin(format, &mut object).await?,
        };
        Ok((splitter, object.seek(offset).await?))
    }

    fn given(object: &Object, delimiter: u8, headers: &[String]) -> Result<Self, Failure> {
        csv::Rows::new(delimiter, headers).map(Self::Csv).map_err(|text| malformed(object, &text))
    }

    /// Whether resuming needs the object's beginning.
    pub(super) fn resumes_from_start(format: &Format) -> bool {
        matches!(format, Format::Csv { headers: None, .. })
    }

    /// What there is to know beside the offset.
    pub(super) fn state(&self) -> u32 {
        match self {
            Self::Json(container) => container.state(),
            Self::Lines | Self::Csv(_) => 0,
        }
    }

    /// What is at the beginning of the window. An error is the text of what is wrong there.
    pub(super) fn step(&mut self, window: &[u8], is_ended: bool) -> Result<Step, String> {
        let step = match self {
            Self::Json(container) => container.step(window, is_ended)?,
            Self::Lines => lines::step(window, is_ended)?,
            Self::Csv(rows) => rows.step(window, is_ended)?,
        };
        match &step {
            Step::Item { value, .. } if value.len() > ITEM_BYTES_MAX => Err(too_long()),
            Step::More if is_ended => Err("The object ends within an item".to_owned()),
            Step::More if window.len() > 2 * ITEM_BYTES_MAX => Err(too_long()),
            _ => Ok(step),
        }
    }
}

async fn skip_byte_order_mark(object: &mut Object) -> Result<(), Failure> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    while object.window().len() < MARK.len() && object.more().await? {}
    if object.window().starts_with(MARK) {
        object.consume(MARK.len());
    }
    Ok(())
}

/// The failure for what is wrong at the beginning of the object's window.
pub(super) fn malformed(object: &Object, text: &str) -> Failure {
    Failure::reader(format!("{text} (at byte {} of {})", object.offset(), object.pinned.uri()))
}

fn too_long() -> String {
    format!("An item is longer than {ITEM_BYTES_MAX} bytes")
}

/// Bytes that have to be JSON text.
pub(super) fn checked_json(bytes: &[u8]) -> Result<Bytes, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "An item is no UTF-8".to_owned())?;
    keepstep_asl::jackson::check(text).map_err(|error| format!("An item is no JSON: {error}"))?;
    Ok(Bytes::copy_from_slice(bytes))
}

/// How many of the first bytes are JSON's white space.
pub(super) fn white_space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}
