//! Whole-server tests: real processes, real clients. One binary, folders by behaviour.

mod express;
mod faults;
mod operations;
mod readme;
mod recorded;
mod run;
mod serve;
mod states;
mod status_changes;
mod tasks;
mod telling;
mod validate;
