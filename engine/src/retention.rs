//! How long what has ended is kept: as configured, or as a tag of the state machine says. The tag as it is when something ends decides;
//! one that says a longer time later on holds for what is still there, too.

use crate::api_error::ApiError;
use crate::draft::Draft;
use crate::id::MachineId;
use crate::key;
use crate::limits::Limits;
use crate::record::{Tag, Tags};
use crate::view::ViewError;

/// The tag's key. Its value is a number of seconds.
pub const TAG: &str = "keepstep:retention-seconds";
/// A hundred years.
const SECONDS_MAX: u64 = 100 * 31_536_000;

/// How long executions and map runs of a state machine are kept when they have ended, in seconds.
///
/// # Errors
///
/// Where the tags can't be read.
pub(crate) fn seconds(
    draft: &Draft<'_>,
    machine: Option<MachineId>,
    limits: &Limits,
) -> Result<u64, ViewError> {
    let tags: Option<Tags> = match machine {
        Some(machine) => draft.peek(&key::machine_tags(machine))?,
        None => None,
    };
    let said = tags.iter().flat_map(|tags| &tags.tags).find(|tag| tag.key == TAG);
    Ok(said.and_then(|tag| read(&tag.value)).unwrap_or(limits.retention_seconds))
}

/// Checks the value of the tag, if it is this one.
///
/// # Errors
///
/// `ValidationException`.
pub(crate) fn check(tag: &Tag) -> Result<(), ApiError> {
    if tag.key != TAG || read(&tag.value).is_some() {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "The value of the tag '{TAG}' must be a whole number of seconds from 1 to {SECONDS_MAX}, but is '{}'",
        tag.value
    )))
}

fn read(value: &str) -> Option<u64> {
    value.parse().ok().filter(|seconds| (1..=SECONDS_MAX).contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::World;

    #[test]
    fn a_tag_says_how_long() {
        let mut world = World::new();
        let machine = MachineId::from_bytes([1; 16]);
        let limits = Limits { retention_seconds: 7, ..Limits::default() };
        let said =
            |world: &World, machine| seconds(&Draft::new(&world.memory), machine, &limits).expect("readable");
        assert_eq!(said(&world, Some(machine)), 7);
        assert_eq!(said(&world, None), 7);
        for (value, expected) in [("1", 1), ("3153600000", 3_153_600_000), ("x", 7), ("0", 7)] {
            let tags =
                [("a", "5"), (TAG, value)].map(|(key, value)| Tag { key: key.into(), value: value.into() });
            world.put(key::machine_tags(machine), &Tags { tags: tags.to_vec() });
            assert_eq!(said(&world, Some(machine)), expected, "{value}");
        }
    }

    #[test]
    fn only_seconds_are_accepted() {
        let said = |key: &str, value: &str| {
            check(&Tag { key: key.into(), value: value.into() }).map_err(|error| error.message)
        };
        assert_eq!(said("other", "x"), Ok(()));
        assert_eq!(said(TAG, "86400"), Ok(()));
        for value in ["", "0", "-1", "1.5", "7d", "3153600001"] {
            let expected = format!(
                "The value of the tag 'keepstep:retention-seconds' must be a whole number of seconds from 1 to 3153600000, but is '{value}'"
            );
            assert_eq!(said(TAG, value), Err(expected));
        }
    }
}
