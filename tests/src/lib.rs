//! What whole-cluster tests are made of: real `keepstep` processes, real clients, proxies that can cut the network between nodes, and the
//! runner for recorded behaviour. Talks to the server through its public surfaces only.

pub mod api;
pub mod cloud_watch;
pub mod cluster;
pub mod collector;
pub mod history;
pub mod lambda;
pub mod moto;
pub mod persistent;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod recorded;
pub mod s3;
pub mod sdk;
pub mod stage;
pub mod wait;
