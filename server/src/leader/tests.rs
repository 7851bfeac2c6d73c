//! The scheduler over a map in memory and a step of the test's own: what is answered, when, and what is carried out.
