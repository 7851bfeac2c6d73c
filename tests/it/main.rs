//! Whole-server tests: real processes, real clients. One binary, folders by behaviour.

mod faults;
mod readme;
mod recorded;
