//! The table of intrinsic functions: names, numbers of arguments, and which file does the work.

use serde_json::Value;

use super::{
    Arguments, arguments::Refusal, array, array_contains, array_get_item, array_length, array_partition,
    array_range, array_unique, base64_decode, base64_encode, format, hash, json_merge, json_to_string,
    math_add, math_random, string_split, string_to_json, uuid,
};
use crate::Entropy;

/// An intrinsic function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Array,
    ArrayContains,
    ArrayGetItem,
    ArrayLength,
    ArrayPartition,
    ArrayRange,
    ArrayUnique,
    Base64Decode,
    Base64Encode,
    Format,
    Hash,
    JsonMerge,
    JsonToString,
    MathAdd,
    MathRandom,
    StringSplit,
    StringToJson,
    Uuid,
}

/// Name, fewest and most arguments (`usize::MAX`: as many as one likes).
const TABLE: &[(&str, Function, usize, usize)] = &[
    ("States.Array", Function::Array, 0, usize::MAX),
    ("States.ArrayContains", Function::ArrayContains, 2, 2),
    ("States.ArrayGetItem", Function::ArrayGetItem, 2, 2),
    ("States.ArrayLength", Function::ArrayLength, 1, 1),
    ("States.ArrayPartition", Function::ArrayPartition, 2, 2),
    ("States.ArrayRange", Function::ArrayRange, 3, 3),
    ("States.ArrayUnique", Function::ArrayUnique, 1, 1),
    ("States.Base64Decode", Function::Base64Decode, 1, 1),
    ("States.Base64Encode", Function::Base64Encode, 1, 1),
    ("States.Format", Function::Format, 1, usize::MAX),
    ("States.Hash", Function::Hash, 2, 2),
    ("States.JsonMerge", Function::JsonMerge, 3, 3),
    ("States.JsonToString", Function::JsonToString, 1, 1),
    ("States.MathAdd", Function::MathAdd, 2, 2),
    ("States.MathRandom", Function::MathRandom, 2, 3),
    ("States.StringSplit", Function::StringSplit, 2, 2),
    ("States.StringToJson", Function::StringToJson, 1, 1),
    ("States.UUID", Function::Uuid, 0, 0),
];

impl Function {
    /// The function of this name, with its fewest and most arguments.
    pub(super) fn named(name: &str) -> Option<(Function, usize, usize)> {
        let (_, function, fewest, most) = TABLE.iter().find(|(known, ..)| *known == name)?;
        Some((*function, *fewest, *most))
    }

    pub(super) fn apply(self, arguments: Arguments, entropy: &dyn Entropy) -> Result<Value, Refusal> {
        match self {
            Function::Array => Ok(array::apply(arguments)),
            Function::ArrayContains => array_contains::apply(arguments),
            Function::ArrayGetItem => array_get_item::apply(arguments),
            Function::ArrayLength => array_length::apply(arguments),
            Function::ArrayPartition => array_partition::apply(arguments),
            Function::ArrayRange => array_range::apply(arguments),
            Function::ArrayUnique => array_unique::apply(arguments),
            Function::Base64Decode => base64_decode::apply(arguments),
            Function::Base64Encode => base64_encode::apply(arguments),
            Function::Format => format::apply(arguments),
            Function::Hash => hash::apply(arguments),
            Function::JsonMerge => json_merge::apply(arguments),
            Function::JsonToString => json_to_string::apply(arguments),
            Function::MathAdd => math_add::apply(arguments),
            Function::MathRandom => math_random::apply(arguments, entropy),
            Function::StringSplit => string_split::apply(arguments),
            Function::StringToJson => string_to_json::apply(arguments),
            Function::Uuid => Ok(uuid::apply(entropy)),
        }
    }
}
