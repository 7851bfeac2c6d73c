//! A request's body to typed members, led by the API model. What the model doesn't know is skipped; what has another type is
//! AWS's SerializationException. Bounds of values are `validate`'s.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::fault::Fault;
use crate::model::{Shape, Structure};

/// A member's value. `null` is as absent.
#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i32),
    Long(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Value>),
    Structure(Members),
}

/// The members of a structure that were given, in the request's order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Members(Vec<(&'static str, Value)>);

impl Members {
    /// The value of a member, if given.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(member, _)| *member == name).map(|(_, value)| value)
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(member, _)| *member == name)?;
        Some(self.0.swap_remove(index).1)
    }

    /// Takes a text out. `None` if it wasn't given.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Takes a text out that the validation has found to be there.
    pub(crate) fn required_text(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    /// An integer. `None` if it wasn't given.
    pub(crate) fn integer(&self, name: &str) -> Option<i32> {
        match self.get(name) {
            Some(Value::Integer(integer)) => Some(*integer),
            _ => None,
        }
    }

    /// A 64-bit integer. `None` if it wasn't given.
    pub(crate) fn long(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Value::Long(long)) => Some(*long),
            _ => None,
        }
    }

    /// A number. `None` if it wasn't given.
    pub(crate) fn float(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(Value::Float(float)) => Some(*float),
            _ => None,
        }
    }

    /// A boolean. `None` if it wasn't given.
    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(Value::Boolean(boolean)) => Some(*boolean),
            _ => None,
        }
    }

    /// Takes a structure out. `None` if it wasn't given.
    pub(crate) fn structure(&mut self, name: &str) -> Option<Members> {
        match self.take(name) {
            Some(Value::Structure(members)) => Some(members),
            _ => None,
        }
    }

    /// Takes a list out; empty if it wasn't given.
    pub(crate) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            Some(Value::List(values)) => values,
            _ => Vec::new(),
        }
    }
}

/// Reads a body.
///
/// # Errors
///
/// SerializationException: no UTF-8, no JSON object, nested beyond serde_json's 128 levels, a member twice or of a wrong type.
pub(crate) fn decode(structure: &'static Structure, body: &[u8]) -> Result<Members, Fault> {
    let body = std::str::from_utf8(body).map_err(|_| Fault::serialization(None))?;
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let read = deserializer.deserialize_any(StructureVisitor(structure));
    let members = read.and_then(|members| deserializer.end().map(|()| members)).map_err(|error| {
        let text = error.to_string();
        // Of a wrong type, AWS says which; of a wrong syntax, nothing.
        let known = error
            .is_data()
            .then(|| text.rsplit_once(" at line ").map_or(&*text, |(said, _)| said).to_owned());
        Fault::serialization(known)
    })?;
    Ok(members)
}

struct StructureVisitor(&'static Structure);

impl<'de> Visitor<'de> for StructureVisitor {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a structure")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Members, A::Error> {
        Err(A::Error::custom("Start of list found where not expected"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            let Some(member) = self.0.member(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if members.get(&member.name).is_some() {
                return Err(A::Error::custom(format_args!("Duplicate member: {}", member.name)));
            }
            if let Some(value) = map.next_value_seed(ValueSeed(&member.shape))? {
                members.0.push((&member.name, value));
            }
        }
        Ok(members)
    }
}

/// A member's name: borrowed where the JSON has no escapes in it.
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = std::borrow::Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = std::borrow::Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member's name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(name.into())
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(name.to_owned().into())
    }
}

/// Reads a value of a shape; `None` of `null`.
#[derive(Clone, Copy)]
struct ValueSeed(&'static Shape);

impl ValueSeed {
    /// AWS's word for the type that was wanted.
    fn wanted(self) -> &'static str {
        match self.0 {
            Shape::Text(_) => "a String",
            Shape::Integer { .. } => "an Integer",
            Shape::Long { .. } => "a Long",
            Shape::Float { .. } => "a Float",
            Shape::Boolean => "a Boolean",
            Shape::List { .. } => "a List",
            Shape::Structure(_) => "a Structure",
        }
    }

    fn mismatch<T, E: Error>(self, found: &str) -> Result<T, E> {
        Err(E::custom(format_args!("{found} can not be converted to {}", self.wanted())))
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Option<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.wanted())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<Self::Value, E> {
        match self.0 {
            Shape::Boolean => Ok(Some(Value::Boolean(boolean))),
            _ => self.mismatch(if boolean { "TRUE_VALUE" } else { "FALSE_VALUE" }),
        }
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<Self::Value, E> {
        match (self.0, i32::try_from(integer)) {
            (Shape::Integer { .. }, Ok(integer)) => Ok(Some(Value::Integer(integer))),
            (Shape::Long { .. }, _) => Ok(Some(Value::Long(integer))),
            #[allow(clippy::cast_precision_loss, reason = "no bound of the model is beyond 2^53")]
            (Shape::Float { .. }, _) => Ok(Some(Value::Float(integer as f64))),
            _ => self.mismatch("NUMBER_VALUE"),
        }
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Self::Value, E> {
        match i64::try_from(integer) {
            Ok(integer) => self.visit_i64(integer),
            Err(_) => self.mismatch("NUMBER_VALUE"),
        }
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Self::Value, E> {
        match self.0 {
            Shape::Float { .. } => Ok(Some(Value::Float(float))),
            _ => self.mismatch("DECIMAL_VALUE"),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match self.0 {
            Shape::Text(_) => Ok(Some(Value::Text(text.to_owned()))),
            _ => self.mismatch("STRING_VALUE"),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let Shape::List { member, .. } = self.0 else {
            return Err(A::Error::custom("Start of list found where not expected"));
        };
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(ValueSeed(member))? {
            values.extend(value);
        }
        Ok(Some(Value::List(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        match self.0 {
            Shape::Structure(structure) => {
                StructureVisitor(structure).visit_map(map).map(|members| Some(Value::Structure(members)))
            }
            _ => Err(A::Error::custom("Start of structure or map found where not expected")),
        }
    }
}
