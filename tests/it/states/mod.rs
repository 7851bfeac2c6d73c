//! Every type of state, with the whole history that it leaves. What fails and is retried or caught in Task states is in `tasks`.

mod choice;
mod context;
mod distributed_map;
mod ends;
mod limits;
mod map;
mod parallel;
mod pass;
mod wait;
