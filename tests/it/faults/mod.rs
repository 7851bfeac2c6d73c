//! Whole clusters that lose nodes and networks under load.

mod all_nodes_killed;
mod leader_cut_off;
mod leader_killed;
mod node_wiped;
mod orders;
