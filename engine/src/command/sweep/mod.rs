//! What goes away by itself: finished executions after their retention, state machines being deleted, outcomes of old requests. Each
//! sweep does a bounded piece of work at a time and says whether there is more; the leader's scheduler calls it again. Nothing is
//! remembered between calls but what is stored.

pub mod deletion;
mod map_run;
mod purge;
pub mod request_outcomes;
pub mod retention;

/// How far a sweep came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left to do now.
    Idle,
    /// It stopped at its bound: call again.
    More,
}

#[cfg(test)]
mod tests;
