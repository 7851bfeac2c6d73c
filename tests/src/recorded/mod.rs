//! Recorded AWS behaviour: cases of calls and of what AWS itself answered, run against a server.

mod case;
mod compare;
mod run;
mod texts;

pub use case::{Case, Step, load};
pub use compare::{Bindings, differences};
pub use run::run;
