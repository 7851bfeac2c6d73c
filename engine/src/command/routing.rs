//! The routing configuration of an alias: one or two versions of one state machine.

use super::release::Owner;
use crate::api_error::{ApiError, Refusal};
use crate::arn::StateMachineArn;
use crate::draft::Draft;
use crate::key;
use crate::record::{Route, Version};

/// The most versions of one alias (API reference, "RoutingConfigurationListItem").
const ROUTES_MAX: usize = 2;

/// A route, as a request gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteGiven {
    /// The ARN of a version.
    pub version_arn: String,
    /// In percent.
    pub weight: u32,
}

/// A routing configuration that holds together. Whether its versions are there is not known yet.
pub(super) struct Routing<'a> {
    /// The ARN of its first version: every other one is of the same state machine.
    pub arn: StateMachineArn<'a>,
    /// In the order that they were given in.
    pub routes: Vec<Route>,
}

impl<'a> Routing<'a> {
    /// Reads a routing configuration.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for what is no version; `ValidationException` for anything else. The texts are the API reference's.
    pub(super) fn read(given: &'a [RouteGiven]) -> Result<Self, ApiError> {
        let arns: Vec<StateMachineArn<'_>> =
            given.iter().map(|route| StateMachineArn::parse(&route.version_arn)).collect::<Result<_, _>>()?;
        let routes: Vec<Route> = arns
            .iter()
            .zip(given)
            .map(|(arn, route)| Ok(Route { version: arn.version()?, weight: route.weight }))
            .collect::<Result<_, ApiError>>()?;
        let Some(arn) = arns.first().filter(|_| arns.len() <= ROUTES_MAX) else {
            return Err(invalid("A routing configuration specifies one or two state machine versions."));
        };
        if !arns.iter().all(|other| other.is_of_same_machine(arn)) {
            return Err(invalid(
                "The second version must belong to the same state machine as the first version.",
            ));
        }
        if let [first, second] = routes.as_slice()
            && first.version == second.version
        {
            return Err(invalid("The versions of a routing configuration must differ."));
        }
        if routes.iter().map(|route| u64::from(route.weight)).sum::<u64>() != 100 {
            return Err(invalid("The sum of the weights in the routing configuration must be equal to 100."));
        }
        Ok(Self { arn: *arn, routes })
    }

    /// Checks that its versions belong to the state machine of an alias.
    ///
    /// # Errors
    ///
    /// `ValidationException`.
    pub(super) fn check_machine(&self, alias: &StateMachineArn<'_>) -> Result<(), ApiError> {
        if self.arn.is_of_same_machine(alias) {
            return Ok(());
        }
        Err(invalid("The versions of an alias must belong to the state machine of the alias."))
    }

    /// Checks that its versions are there.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`.
    pub(super) fn check_versions(&self, draft: &mut Draft<'_>, owner: &Owner) -> Result<(), Refusal> {
        for route in &self.routes {
            if draft.get::<Version>(&key::version(owner.id, route.version))?.is_none() {
                let arn = crate::arn::qualified(&owner.machine.arn, route.version);
                return Err(ApiError::resource_does_not_exist(&arn).into());
            }
        }
        Ok(())
    }
}

/// Whether two lists of routes split executions in the same way, in whatever order.
pub(super) fn same(left: &[Route], right: &[Route]) -> bool {
    left.len() == right.len() && left.iter().all(|route| right.contains(route))
}

fn invalid(message: &str) -> ApiError {
    ApiError { reason: Some("INVALID_ROUTING_CONFIGURATION"), ..ApiError::validation(message) }
}
