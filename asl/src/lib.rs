//! Amazon States Language: parses, validates and evaluates definitions.
//!
//! Pure: no I/O, no clock, no randomness of its own. Hostile input neither panics nor overflows the stack; every
//! evaluation is bounded in steps, bytes and depth.

mod budget;
pub mod choice;
mod cursor;
pub mod definition;
pub mod diagnostic;
mod evaluation_error;
mod expression;
mod integrations;
pub mod intrinsics;
pub mod jackson;
mod java_text;
pub mod jsonata;
pub mod limits;
mod location;
mod number;
pub mod path;
pub mod payload_io;
pub mod positions;
pub mod resource;
mod scope;
pub mod template;
pub mod timestamp;
mod validation;
mod variable_name;
mod wording;

pub use evaluation_error::EvaluationError;
pub use expression::{Expression, ParseError as ExpressionParseError};
pub use scope::{Entropy, Scope};
