//! Executions from their start to their end, through the engine's public doors and over a map in memory.

mod activity;
mod distributed;
mod errors;
mod fan_out;
mod flow;
mod generator;
mod harness;
mod jsonata;
mod lambda;
mod limits;
mod map;
mod map_run_schedules;
mod nested;
mod observed;
mod redrive;
mod redrive_map_run;
mod schedules;
mod start;
mod status_changes;
mod variables;
