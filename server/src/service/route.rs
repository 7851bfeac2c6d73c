//! Routing configurations of aliases, between the contract and the engine.

use keepstep_engine::arn;
use keepstep_engine::command::RouteGiven;
use keepstep_engine::record;
use keepstep_proto::workflow::v1 as proto;

/// From the contract, as given.
pub(super) fn from_proto(routes: Vec<proto::Route>) -> Vec<RouteGiven> {
    let route = |route: proto::Route| RouteGiven {
        version_arn: route.state_machine_version_arn,
        weight: route.weight,
    };
    routes.into_iter().map(route).collect()
}

/// To the contract: the routes of an alias of this state machine.
pub(super) fn to_proto(state_machine_arn: &str, routes: &[record::Route]) -> Vec<proto::Route> {
    let route = |route: &record::Route| proto::Route {
        state_machine_version_arn: arn::qualified(state_machine_arn, route.version),
        weight: route.weight,
    };
    routes.iter().map(route).collect()
}
