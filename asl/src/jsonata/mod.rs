//! JSONata as Step Functions runs it: expressions between `{%` and `%}`, and templates that hold them.
//!
//! The language is JSONata 2.0.6 by the crate `jsonata-core`, which stays behind this module: none of its types shows.
//! What this module adds is the dialect (Step Functions' own functions, no `$eval`, no later syntax), the bindings
//! (`$states`, variables), AWS's error texts, and bounds: an expression, however hostile, ends within [`Limits`],
//! neither panics nor overflows the stack, and cannot fill the memory.
//!
//! What it says about AWS's texts and limits beyond the recordings comes from public reports of what AWS answered.

mod account;
mod bindings;
mod expression;
mod failure;
mod functions;
mod imports;
mod limits;
mod messages;
mod meter;
mod metering;
mod references;
mod regular_expression;
mod result_type;
mod stepping;
mod syntax;
mod template;
mod values;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod official_suite;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use bindings::Bindings;
pub use expression::Expression;
pub use failure::{Failure, FieldFailure, Limit, ParseError};
pub use limits::Limits;
pub use references::StatesMembers;
pub use result_type::ResultType;
pub use template::{Template, TemplateError};
