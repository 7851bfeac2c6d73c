//! Finds names that two states of one flow share. `serde_json` keeps the last of two equal keys, so they can
//! only be seen while the text is read; elsewhere in a definition the last one counts, as in Jackson.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;

use crate::diagnostic::{Code, Problems};
use crate::location::Location;
use crate::wording;

/// Reports each such name. `text` is a JSON value within the depth limit: its recursion is bounded.
pub(super) fn check(text: &str, problems: &Problems) {
    let walk = Walk { part: Part::Flow, at: Location::Root, problems };
    // An error would mean that the text is no JSON, which has been ruled out.
    let _ = walk.deserialize(&mut Deserializer::from_str(text));
}

/// What a value stands for.
#[derive(Clone, Copy)]
enum Part {
    Flow,
    States,
    State,
    Branches,
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    part: Part,
    at: Location<'a>,
    problems: &'a Problems,
}

impl Walk<'_> {
    /// What the field `name` of this part stands for, if states can be in it.
    fn inner(&self, name: &str) -> Option<Part> {
        match (self.part, name) {
            (Part::Flow, "States") => Some(Part::States),
            (Part::States, _) => Some(Part::State),
            (Part::State, "Branches") => Some(Part::Branches),
            (Part::State, "ItemProcessor" | "Iterator") => Some(Part::Flow),
            _ => None,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let at = self.at.field(&name);
            match self.inner(&name) {
                Some(part) => map.next_value_seed(Walk { part, at, problems: self.problems })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if matches!(self.part, Part::States) && seen.contains(&name) {
                self.problems.report(
                    Code::DuplicateStateName,
                    Some(&at),
                    wording::duplicate_state_name(&name),
                );
            }
            seen.insert(name);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if !matches!(self.part, Part::Branches) {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut index = 0;
        while items
            .next_element_seed(Walk { part: Part::Flow, at: self.at.index(index), problems: self.problems })?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
