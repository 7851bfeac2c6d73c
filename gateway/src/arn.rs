//! The syntax of ARNs in requests. Whether the named thing exists, and is the caller's, is the nodes' to judge.

use crate::fault::Fault;

/// The kinds of resources that requests name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    StateMachine,
    /// A version or an alias of a state machine.
    QualifiedStateMachine,
    /// Of a state machine of the type STANDARD, or of such a Map state.
    Execution,
    /// The same, or a child of the type EXPRESS of a Map state.
    AnyExecution,
    MapRun,
    Activity,
    /// A state machine or an activity.
    Taggable,
}

impl Kind {
    fn allows(self, kind: &str) -> bool {
        match self {
            Self::StateMachine | Self::QualifiedStateMachine => kind == "stateMachine",
            Self::Execution => kind == "execution",
            Self::AnyExecution => kind == "execution" || kind == "express",
            Self::MapRun => kind == "mapRun",
            Self::Activity => kind == "activity",
            Self::Taggable => kind == "stateMachine" || kind == "activity",
        }
    }
}

/// Checks that `arn` names a thing of this kind.
///
/// # Errors
///
/// InvalidArn, with what is wrong with it.
pub(crate) fn check(arn: &str, kind: Kind) -> Result<(), Fault> {
    parse(arn, kind).map_err(|problem| Fault::modelled("InvalidArn", format!("Invalid Arn: '{problem}'")))
}

fn parse(arn: &str, kind: Kind) -> Result<(), String> {
    let Some(rest) = arn.strip_prefix("arn:") else {
        return Err(format!("Invalid ARN prefix: {arn}"));
    };
    let malformed = || format!("Invalid ARN format: {arn}");
    let mut parts = rest.splitn(6, ':');
    let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or_else(malformed);
    let (_partition, service, _region, account) = (next()?, next()?, next()?, next()?);
    let (found, name) = (next()?, next()?);
    if service != "states" {
        return Err(format!("Invalid ARN service: {service}"));
    }
    if !(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(malformed());
    }
    // Executions of an EXPRESS state machine are not kept: only those that a Map Run dispatched can be asked for (API reference,
    // DescribeExecution). Those have the label of their Map state in the ARN.
    let is_unkept = kind == Kind::AnyExecution && found == "express" && !name.contains('/');
    if is_unkept || !kind.allows(found) {
        return Err(format!("Resource type not valid in this context: {found}"));
    }
    let sections = name.split(':').collect::<Vec<_>>();
    let expected = match kind {
        // A version or an alias may follow the name.
        Kind::StateMachine => sections.len() <= 2,
        Kind::AnyExecution if found == "express" => sections.len() == 3,
        Kind::QualifiedStateMachine | Kind::Execution | Kind::AnyExecution | Kind::MapRun => {
            sections.len() == 2
        }
        Kind::Activity => sections.len() == 1,
        Kind::Taggable => sections.len() == 1,
    };
    if !expected || sections.iter().any(|section| section.is_empty()) {
        return Err(malformed());
    }
    Ok(())
}

/// Checks that `arn` names a role. No role is ever assumed: the ARN is kept and shown.
///
/// # Errors
///
/// InvalidArn.
pub(crate) fn check_role(arn: &str) -> Result<(), Fault> {
    let mut parts = arn.splitn(6, ':');
    let good = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| !partition.is_empty())
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(|account| !account.is_empty())
        && parts
            .next()
            .and_then(|resource| resource.strip_prefix("role/"))
            .is_some_and(|name| !name.is_empty());
    if good { Ok(()) } else { Err(Fault::modelled("InvalidArn", format!("Invalid Role Arn: '{arn}'"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
        let execution = "arn:aws:states:us-east-1:123456789012:execution:m:e";
        let activity = "arn:aws-cn:states:cn-north-1:123456789012:activity:a";
        let table: &[(&str, Kind, Result<(), &str>)] = &[
            (machine, Kind::StateMachine, Ok(())),
            (machine, Kind::Taggable, Ok(())),
            ("arn:aws:states:us-east-1:123456789012:stateMachine:m:2", Kind::StateMachine, Ok(())),
            ("arn:aws:states:us-east-1:123456789012:stateMachine:m:2", Kind::QualifiedStateMachine, Ok(())),
            (
                machine,
                Kind::QualifiedStateMachine,
                Err("Invalid ARN format: arn:aws:states:us-east-1:123456789012:stateMachine:m"),
            ),
            (execution, Kind::Execution, Ok(())),
            (activity, Kind::Activity, Ok(())),
            (activity, Kind::Taggable, Ok(())),
            ("not_a_valid_arn", Kind::StateMachine, Err("Invalid ARN prefix: not_a_valid_arn")),
            ("", Kind::StateMachine, Err("Invalid ARN prefix: ")),
            (execution, Kind::StateMachine, Err("Resource type not valid in this context: execution")),
            (machine, Kind::Execution, Err("Resource type not valid in this context: stateMachine")),
            (
                "arn:aws:states:us-east-1:123456789012:express:m:e:u",
                Kind::Execution,
                Err("Resource type not valid in this context: express"),
            ),
            ("arn:aws:states:us-east-1", Kind::Activity, Err("Invalid ARN format: arn:aws:states:us-east-1")),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:f",
                Kind::Activity,
                Err("Invalid ARN service: lambda"),
            ),
            (
                "arn:aws:states:us-east-1:123456789012:execution:m",
                Kind::Execution,
                Err("Invalid ARN format: arn:aws:states:us-east-1:123456789012:execution:m"),
            ),
            (
                "arn:aws:states:us-east-1:1234:activity:a",
                Kind::Activity,
                Err("Invalid ARN format: arn:aws:states:us-east-1:1234:activity:a"),
            ),
        ];
        for (arn, kind, expected) in table {
            let expected = expected
                .map_err(|problem| Fault::modelled("InvalidArn", format!("Invalid Arn: '{problem}'")));
            assert_eq!(check(arn, *kind), expected, "{arn} as {kind:?}");
        }
    }

    #[test]
    fn roles() {
        assert_eq!(check_role("arn:aws:iam::123456789012:role/service-role/r"), Ok(()));
        for arn in ["r", "arn:aws:iam::123456789012:user/u", "arn:aws:iam::123456789012:role/", "arn:aws:iam"]
        {
            let fault = Fault::modelled("InvalidArn", format!("Invalid Role Arn: '{arn}'"));
            assert_eq!(check_role(arn), Err(fault));
        }
    }
}
