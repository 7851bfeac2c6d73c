//! ARNs of state machines, executions and activities: read from requests and made for answers. Never looks anything up.
//!
//! A state machine's ARN may carry a Map state's label (`NAME/LABEL`) or a version or alias (`NAME:QUALIFIER`).

use std::fmt;

use bytes::Bytes;

use crate::api_error::ApiError;
use crate::desk::Caller;
use crate::key;
use crate::record::StateMachineType;

/// Where a resource lives, as its ARN says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Such as `aws`.
    pub partition: &'a str,
    /// Such as `us-east-1`.
    pub region: &'a str,
    /// Twelve digits.
    pub account: &'a str,
}

impl Place<'_> {
    /// Whether the caller's resources live here.
    ///
    /// # Errors
    ///
    /// `AccessDeniedException` for another account's: whether such a resource exists is not told.
    fn is_callers(&self, caller: &Caller) -> Result<bool, ApiError> {
        if self.account != caller.account {
            return Err(ApiError::access_denied(caller));
        }
        Ok(self.region == caller.region)
    }
}

/// `arn:PARTITION:states:REGION:ACCOUNT:stateMachine:NAME`, with a label or a qualifier behind it where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateMachineArn<'a> {
    /// Where it lives.
    pub place: Place<'a>,
    /// The state machine's name.
    pub name: &'a str,
    /// The label of a Distributed Map state in it.
    pub label: Option<&'a str>,
    /// The number of a version, or the name of an alias.
    pub qualifier: Option<&'a str>,
}

impl<'a> StateMachineArn<'a> {
    /// Reads the ARN of a state machine.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for anything else.
    pub fn parse(text: &'a str) -> Result<Self, ApiError> {
        let (place, resource) = parse(text, &["stateMachine"])?;
        let (path, qualifier) = split_optional(resource.rest, ':');
        let (name, label) = split_optional(path, '/');
        let parts = [Some(name), label, qualifier];
        if parts.iter().flatten().any(|part| part.is_empty() || part.contains([':', '/'])) {
            return Err(ApiError::invalid_arn(format_args!("Invalid ARN: {text}")));
        }
        Ok(Self { place, name, label, qualifier })
    }

    /// The key of the state machine; `None` if it cannot exist for this caller: another region's, or a version or an alias, which are no
    /// state machines.
    ///
    /// # Errors
    ///
    /// `AccessDeniedException` for another account's; `ValidationException` for a Map state's label.
    pub fn key(&self, caller: &Caller) -> Result<Option<Bytes>, ApiError> {
        Ok(self.machine_key(caller)?.filter(|_| self.qualifier.is_none()))
    }

    /// The key of the state machine, also that of a version or an alias; `None` for another region's.
    ///
    /// # Errors
    ///
    /// As [`StateMachineArn::key`].
    pub fn machine_key(&self, caller: &Caller) -> Result<Option<Bytes>, ApiError> {
        if !self.place.is_callers(caller)? {
            return Ok(None);
        }
        if self.label.is_some() {
            return Err(ApiError {
                reason: Some("API_DOES_NOT_SUPPORT_LABELED_ARNS"),
                ..ApiError::validation("This operation does not support labeled state machine ARNs")
            });
        }
        Ok(Some(key::state_machine(self.place.account, self.place.region, self.name)))
    }

    /// Which version or alias it names, if it names one.
    pub fn qualifier(&self) -> Option<Qualifier<'a>> {
        self.qualifier.map(|text| match text.parse() {
            // A number written in another way names no version, and no alias either.
            Ok(number) if number > 0 && format!("{number}") == text => Qualifier::Version(number),
            _ => Qualifier::Alias(text),
        })
    }

    /// The number of the version that it names.
    ///
    /// # Errors
    ///
    /// `InvalidArn` if it is not the ARN of a version.
    pub fn version(&self) -> Result<u64, ApiError> {
        match self.qualifier() {
            Some(Qualifier::Version(number)) => Ok(number),
            _ => Err(self.not_of("state machine version")),
        }
    }

    /// The name of the alias that it names.
    ///
    /// # Errors
    ///
    /// `InvalidArn` if it is not the ARN of an alias.
    pub fn alias(&self) -> Result<&'a str, ApiError> {
        match self.qualifier() {
            Some(Qualifier::Alias(name)) => Ok(name),
            _ => Err(self.not_of("state machine alias")),
        }
    }

    fn not_of(&self, wanted: &str) -> ApiError {
        ApiError::invalid_arn(format_args!("Not the ARN of a {wanted}: {self}"))
    }

    /// Whether both name the same state machine, or versions or aliases of it.
    pub fn is_of_same_machine(&self, other: &StateMachineArn<'_>) -> bool {
        (self.place, self.name, self.label) == (other.place, other.name, other.label)
    }

    /// Refuses a version or an alias.
    ///
    /// # Errors
    ///
    /// `InvalidArn`.
    pub fn check_unqualified(&self) -> Result<(), ApiError> {
        match self.qualifier {
            None => Ok(()),
            Some(_) => {
                Err(ApiError::invalid_arn(format_args!("Version or alias not valid in this context: {self}")))
            }
        }
    }

    /// The ARN of this state machine with the label of a Map state in it.
    pub fn labelled(&self, label: &str) -> String {
        let Place { partition, region, account } = self.place;
        format!("arn:{partition}:states:{region}:{account}:stateMachine:{}/{label}", self.name)
    }

    /// The ARN of a caller's state machine.
    pub fn format(caller: &Caller, name: &str) -> String {
        format!("arn:{}:states:{}:{}:stateMachine:{name}", caller.partition, caller.region, caller.account)
    }
}

impl fmt::Display for StateMachineArn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { partition, region, account } = self.place;
        write!(f, "arn:{partition}:states:{region}:{account}:stateMachine:{}", self.name)?;
        self.label.map_or(Ok(()), |label| write!(f, "/{label}"))?;
        self.qualifier.map_or(Ok(()), |qualifier| write!(f, ":{qualifier}"))
    }
}

/// What follows the name in the ARN of a version or an alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier<'a> {
    /// The number of a version.
    Version(u64),
    /// The name of an alias, which is no number.
    Alias(&'a str),
}

impl fmt::Display for Qualifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(number) => write!(f, "{number}"),
            Self::Alias(name) => f.write_str(name),
        }
    }
}

/// The ARN of a version or an alias of a state machine.
pub fn qualified(state_machine_arn: &str, qualifier: impl fmt::Display) -> String {
    format!("{state_machine_arn}:{qualifier}")
}

/// `arn:PARTITION:states:REGION:ACCOUNT:execution:STATE_MACHINE:NAME`, or `express:STATE_MACHINE:NAME:UUID`. The state machine's name is
/// followed by the label of a Map state where the execution is one of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionArn<'a> {
    /// Where it lives.
    pub place: Place<'a>,
    /// The state machine's name.
    pub state_machine: &'a str,
    /// The execution's name.
    pub name: &'a str,
}

impl<'a> ExecutionArn<'a> {
    /// Reads the ARN of an execution.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for anything else.
    pub fn parse(text: &'a str) -> Result<Self, ApiError> {
        let (place, resource) = parse(text, &["execution", "express"])?;
        // An Express execution's name is followed by a UUID.
        let rest = match resource.kind {
            "express" => resource.rest.rsplit_once(':').map_or("", |(front, _)| front),
            _ => resource.rest,
        };
        match split_optional(rest, ':') {
            (state_machine, Some(name))
                if !state_machine.is_empty() && !name.is_empty() && !name.contains(':') =>
            {
                Ok(Self { place, state_machine, name })
            }
            _ => Err(ApiError::invalid_arn(format_args!("Invalid ARN: {text}"))),
        }
    }

    /// Reads the ARN of a caller's execution; `None` for another region's, which this caller cannot see.
    ///
    /// # Errors
    ///
    /// As [`ExecutionArn::parse`], and `AccessDeniedException` for another account's.
    pub fn of_caller(caller: &Caller, text: &'a str) -> Result<Option<Self>, ApiError> {
        let arn = Self::parse(text)?;
        Ok(arn.place.is_callers(caller)?.then_some(arn))
    }

    /// The ARN of an execution of a state machine, in the place of that state machine.
    pub fn format(state_machine: &StateMachineArn<'_>, name: &str) -> String {
        let Place { partition, region, account } = state_machine.place;
        format!("arn:{partition}:states:{region}:{account}:execution:{}:{name}", state_machine.name)
    }

    /// The ARN of an Express execution: names of those may recur, so that something unique follows.
    pub fn format_express(state_machine: &StateMachineArn<'_>, name: &str, unique: &str) -> String {
        let Place { partition, region, account } = state_machine.place;
        format!("arn:{partition}:states:{region}:{account}:express:{}:{name}:{unique}", state_machine.name)
    }
}

/// Whether an execution is of the type `EXPRESS`, as its ARN says.
pub fn is_express(execution_arn: &str) -> bool {
    execution_arn.split(':').nth(5) == Some("express")
}

/// `arn:PARTITION:states:REGION:ACCOUNT:mapRun:STATE_MACHINE/LABEL:NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapRunArn<'a> {
    /// Where it lives.
    pub place: Place<'a>,
    /// The name of the state machine.
    pub state_machine: &'a str,
    /// The label of the Map state.
    pub label: &'a str,
    /// A UUID.
    pub name: &'a str,
}

impl<'a> MapRunArn<'a> {
    /// Reads the ARN of a map run.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for anything else.
    pub fn parse(text: &'a str) -> Result<Self, ApiError> {
        let (place, resource) = parse(text, &["mapRun"])?;
        let parts = resource.rest.split_once(':').and_then(|(path, name)| {
            let (state_machine, label) = path.split_once('/')?;
            Some((state_machine, label, name))
        });
        match parts {
            Some((state_machine, label, name))
                if [state_machine, label, name]
                    .iter()
                    .all(|part| !part.is_empty() && !part.contains([':', '/'])) =>
            {
                Ok(Self { place, state_machine, label, name })
            }
            _ => Err(ApiError::invalid_arn(format_args!("Invalid ARN: {text}"))),
        }
    }

    /// Reads the ARN of a caller's map run; `None` for another region's, which this caller cannot see.
    ///
    /// # Errors
    ///
    /// As [`MapRunArn::parse`], and `AccessDeniedException` for another account's.
    pub fn of_caller(caller: &Caller, text: &'a str) -> Result<Option<Self>, ApiError> {
        let arn = Self::parse(text)?;
        Ok(arn.place.is_callers(caller)?.then_some(arn))
    }

    /// The ARN of a map run of a state machine.
    pub fn format(state_machine: &StateMachineArn<'_>, label: &str, name: &str) -> String {
        let Place { partition, region, account } = state_machine.place;
        format!("arn:{partition}:states:{region}:{account}:mapRun:{}/{label}:{name}", state_machine.name)
    }

    /// The ARN of a child: of an execution of the type `STANDARD` or `EXPRESS`.
    pub fn child(&self, kind: StateMachineType, name: &str) -> String {
        let Place { partition, region, account } = self.place;
        let Self { state_machine, label, .. } = self;
        match kind {
            StateMachineType::Standard => {
                format!("arn:{partition}:states:{region}:{account}:execution:{state_machine}/{label}:{name}")
            }
            // An Express execution's ARN ends with a UUID of its own, the child's name is one already.
            StateMachineType::Express => format!(
                "arn:{partition}:states:{region}:{account}:express:{state_machine}/{label}:{name}:{name}"
            ),
        }
    }
}

/// `arn:PARTITION:states:REGION:ACCOUNT:activity:NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityArn<'a> {
    /// Where it lives.
    pub place: Place<'a>,
    /// The activity's name.
    pub name: &'a str,
}

impl<'a> ActivityArn<'a> {
    /// Reads the ARN of an activity.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for anything else.
    pub fn parse(text: &'a str) -> Result<Self, ApiError> {
        let (place, resource) = parse(text, &["activity"])?;
        if resource.rest.is_empty() || resource.rest.contains([':', '/']) {
            return Err(ApiError::invalid_arn(format_args!("Invalid ARN: {text}")));
        }
        Ok(Self { place, name: resource.rest })
    }

    /// Its key; `None` for another region's, which this caller cannot see.
    ///
    /// # Errors
    ///
    /// `AccessDeniedException` for another account's.
    pub fn key(&self, caller: &Caller) -> Result<Option<Bytes>, ApiError> {
        let callers = self.place.is_callers(caller)?;
        Ok(callers.then(|| key::activity(self.place.account, self.place.region, self.name)))
    }

    /// The ARN of a caller's activity.
    pub fn format(caller: &Caller, name: &str) -> String {
        format!("arn:{}:states:{}:{}:activity:{name}", caller.partition, caller.region, caller.account)
    }
}

/// A resource that can be tagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaggableArn<'a> {
    /// A state machine.
    StateMachine(StateMachineArn<'a>),
    /// An activity.
    Activity(ActivityArn<'a>),
}

impl<'a> TaggableArn<'a> {
    /// Reads the ARN of a state machine or an activity.
    ///
    /// # Errors
    ///
    /// `InvalidArn` for anything else.
    pub fn parse(text: &'a str) -> Result<Self, ApiError> {
        match parse(text, &["stateMachine", "activity"])?.1.kind {
            "activity" => ActivityArn::parse(text).map(Self::Activity),
            _ => StateMachineArn::parse(text).map(Self::StateMachine),
        }
    }
}

/// `arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME:*`: a CloudWatch log group, with all its streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogGroupArn<'a> {
    /// Where it lives.
    pub place: Place<'a>,
    /// The group's name.
    pub name: &'a str,
}

impl<'a> LogGroupArn<'a> {
    /// Reads the ARN of a log group; `None` for anything else.
    pub fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "logs", region, account, "log-group", name, "*"] = *parts.as_slice() else {
            return None;
        };
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/#".contains(&byte);
        let valid = is_region(partition)
            && is_region(region)
            && is_account(account)
            && (1..=512).contains(&name.len())
            && name.bytes().all(is_of_name);
        valid.then_some(Self { place: Place { partition, region, account }, name })
    }
}

/// Checks that a text is the ARN of an IAM role. Whether the role exists is not known here.
///
/// # Errors
///
/// `InvalidArn`.
pub fn check_role(text: &str) -> Result<(), ApiError> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let valid = matches!(
        parts.as_slice(),
        ["arn", partition, "iam", "", account, resource]
            if !partition.is_empty() && is_account(account)
                && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
    );
    if valid { Ok(()) } else { Err(ApiError::new("InvalidArn", format!("Invalid Role Arn: '{text}'"))) }
}

struct Resource<'a> {
    kind: &'a str,
    rest: &'a str,
}

fn parse<'a>(text: &'a str, kinds: &[&str]) -> Result<(Place<'a>, Resource<'a>), ApiError> {
    let invalid = || ApiError::invalid_arn(format_args!("Invalid ARN: {text}"));
    let rest = text
        .strip_prefix("arn:")
        .ok_or_else(|| ApiError::invalid_arn(format_args!("Invalid ARN prefix: {text}")))?;
    let mut parts = rest.splitn(6, ':');
    let mut next = || parts.next().ok_or_else(invalid);
    let (partition, service, region, account, kind) = (next()?, next()?, next()?, next()?, next()?);
    if service != "states" {
        return Err(ApiError::invalid_arn(format_args!("Service not valid in this context: {service}")));
    }
    if !is_region(partition) || !is_region(region) || !is_account(account) {
        return Err(invalid());
    }
    if !kinds.contains(&kind) {
        return Err(ApiError::invalid_arn(format_args!("Resource type not valid in this context: {kind}")));
    }
    let rest = next()?;
    Ok((Place { partition, region, account }, Resource { kind, rest }))
}

fn split_optional(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(front, back)| (front, Some(back)))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { partition: "aws", region: "us-east-1", account: "123456789012" };

    fn caller() -> Caller {
        Caller { account: "123456789012".into(), region: "us-east-1".into(), partition: "aws".into() }
    }

    #[test]
    fn state_machine_arns_are_read() {
        let named = |name, label, qualifier| StateMachineArn { place: PLACE, name, label, qualifier };
        let check = |text: &str, expected: Result<StateMachineArn<'_>, &str>| {
            let found = StateMachineArn::parse(text).map_err(|error| error.message);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        };
        check("arn:aws:states:us-east-1:123456789012:stateMachine:a.b", Ok(named("a.b", None, None)));
        check("arn:aws:states:us-east-1:123456789012:stateMachine:a/m", Ok(named("a", Some("m"), None)));
        check("arn:aws:states:us-east-1:123456789012:stateMachine:a:2", Ok(named("a", None, Some("2"))));
        check("not_a_valid_arn", Err("Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'"));
        check(
            "arn:aws:states:us-east-1:123456789012:execution:a:b",
            Err("Invalid Arn: 'Resource type not valid in this context: execution'"),
        );
        check(
            "arn:aws:lambda:us-east-1:123456789012:function:a",
            Err("Invalid Arn: 'Service not valid in this context: lambda'"),
        );
        let labelled = named("a", Some("m"), Some("2"));
        check("arn:aws:states:us-east-1:123456789012:stateMachine:a/m:2", Ok(labelled));
        assert_eq!(labelled.to_string(), "arn:aws:states:us-east-1:123456789012:stateMachine:a/m:2");
        for text in [
            "arn:aws:states:us-east-1:123456789012:stateMachine:",
            "arn:aws:states:us-east-1:123456789012:stateMachine",
            "arn:aws:states:us-east-1:123456789012:stateMachine:a:b:c",
            "arn:aws:states:us-east-1:123456789012:stateMachine:a:",
            "arn:aws:states:us/east-1:123456789012:stateMachine:a",
            "arn:aws:states:us-east-1:12345678901:stateMachine:a",
            "arn:aws:states",
        ] {
            check(text, Err(&format!("Invalid Arn: 'Invalid ARN: {text}'")));
        }
    }

    #[test]
    fn versions_are_numbers_and_aliases_are_not() {
        fn named(qualifier: Option<&str>) -> StateMachineArn<'_> {
            StateMachineArn { place: PLACE, name: "a", label: None, qualifier }
        }
        let check = |text: &str, expected: Qualifier<'_>| {
            let arn = named(Some(text));
            assert_eq!(arn.qualifier(), Some(expected));
            let text = format!("arn:aws:states:us-east-1:123456789012:stateMachine:a:{text}");
            let refused = |kind| format!("Invalid Arn: 'Not the ARN of a state machine {kind}: {text}'");
            let version = arn.version().map_err(|error| error.message);
            let alias = arn.alias().map_err(|error| error.message);
            match expected {
                Qualifier::Version(number) => {
                    assert_eq!((version, alias), (Ok(number), Err(refused("alias"))));
                }
                Qualifier::Alias(name) => assert_eq!((version, alias), (Err(refused("version")), Ok(name))),
            }
        };
        check("1", Qualifier::Version(1));
        check("18446744073709551615", Qualifier::Version(u64::MAX));
        for text in ["0", "01", "+1", "1a", "18446744073709551616", "PROD"] {
            check(text, Qualifier::Alias(text));
        }
        let plain = named(None);
        assert_eq!(plain.qualifier(), None);
        assert!(plain.version().is_err() && plain.alias().is_err() && plain.check_unqualified().is_ok());
        assert_eq!(
            named(Some("1")).check_unqualified().map_err(|error| error.message),
            Err("Invalid Arn: 'Version or alias not valid in this context: arn:aws:states:us-east-1:123456789012:stateMachine:a:1'".to_owned())
        );
    }

    #[test]
    fn keys_are_for_callers_of_the_same_account_and_region() {
        let check = |text: &str, expected: Result<bool, &str>| {
            let arn = StateMachineArn::parse(text).expect("a valid ARN");
            let found = arn.key(&caller()).map(|key| key.is_some()).map_err(|error| error.code);
            assert_eq!(found, expected, "{text}");
            let found = arn.machine_key(&caller()).map(|key| key.is_some()).map_err(|error| error.code);
            assert_eq!(found, expected.map(|found| found || arn.qualifier.is_some()), "{text}");
        };
        check("arn:aws:states:us-east-1:123456789012:stateMachine:a", Ok(true));
        check("arn:aws:states:us-east-1:123456789012:stateMachine:a:1", Ok(false));
        check("arn:aws:states:us-west-2:123456789012:stateMachine:a", Ok(false));
        check("arn:aws:states:us-east-1:123456789013:stateMachine:a", Err("AccessDeniedException"));
        check("arn:aws:states:us-east-1:123456789012:stateMachine:a/m", Err("ValidationException"));
    }

    #[test]
    fn execution_arns_are_read_and_made() {
        let machine = StateMachineArn { place: PLACE, name: "m", label: None, qualifier: None };
        let text = ExecutionArn::format(&machine, "e");
        assert_eq!(text, "arn:aws:states:us-east-1:123456789012:execution:m:e");
        assert_eq!(
            ExecutionArn::parse(&text),
            Ok(ExecutionArn { place: PLACE, state_machine: "m", name: "e" })
        );
        let nameless = "arn:aws:states:us-east-1:123456789012:execution:m";
        let message = format!("Invalid Arn: 'Invalid ARN: {nameless}'");
        assert_eq!(ExecutionArn::parse(nameless).map_err(|error| error.message), Err(message));
    }

    #[test]
    fn children_of_map_runs_have_arns_with_labels() {
        let machine = StateMachineArn { place: PLACE, name: "m", label: None, qualifier: None };
        assert_eq!(machine.labelled("l"), "arn:aws:states:us-east-1:123456789012:stateMachine:m/l");
        let text = MapRunArn::format(&machine, "l", "n");
        assert_eq!(text, "arn:aws:states:us-east-1:123456789012:mapRun:m/l:n");
        let arn = MapRunArn::parse(&text).expect("it was made");
        assert_eq!(arn, MapRunArn { place: PLACE, state_machine: "m", label: "l", name: "n" });
        let check = |kind, expected: &str| {
            let child = arn.child(kind, "c");
            assert_eq!(child, expected);
            let expected = ExecutionArn { place: PLACE, state_machine: "m/l", name: "c" };
            assert_eq!(ExecutionArn::parse(&child), Ok(expected));
        };
        check(StateMachineType::Standard, "arn:aws:states:us-east-1:123456789012:execution:m/l:c");
        check(StateMachineType::Express, "arn:aws:states:us-east-1:123456789012:express:m/l:c:c");
        for text in [
            "arn:aws:states:us-east-1:123456789012:mapRun:m:n",
            "arn:aws:states:us-east-1:123456789012:mapRun:m/l",
            "arn:aws:states:us-east-1:123456789012:mapRun:m/:n",
            "arn:aws:states:us-east-1:123456789012:mapRun:m/l/k:n",
            "arn:aws:states:us-east-1:123456789012:mapRun:m/l:n:o",
            "arn:aws:states:us-east-1:123456789012:express:m:e",
        ] {
            assert!(MapRunArn::parse(text).is_err(), "{text}");
            assert!(ExecutionArn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn log_group_arns_are_read() {
        let group = |name| Some(LogGroupArn { place: PLACE, name });
        for (text, expected) in [
            ("arn:aws:logs:us-east-1:123456789012:log-group:g:*", group("g")),
            (
                "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/a_b-c.d#1:*",
                group("/aws/vendedlogs/states/a_b-c.d#1"),
            ),
            ("arn:aws:logs:us-east-1:123456789012:log-group:g", None),
            ("arn:aws:logs:us-east-1:123456789012:log-group::*", None),
            ("arn:aws:logs:us-east-1:123456789012:log-group:g h:*", None),
            ("arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s:*", None),
            ("arn:aws:logs:us-east-1:1:log-group:g:*", None),
            ("arn:aws:s3:::bucket:*", None),
            ("", None),
        ] {
            assert_eq!(LogGroupArn::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn roles_are_checked() {
        for (text, valid) in [
            ("arn:aws:iam::123456789012:role/r", true),
            ("arn:aws-cn:iam::123456789012:role/path/r", true),
            ("arn:aws:iam::123456789012:role/", false),
            ("arn:aws:iam::123456789012:user/u", false),
            ("arn:aws:iam:us-east-1:123456789012:role/r", false),
            ("role", false),
        ] {
            assert_eq!(check_role(text).is_ok(), valid, "{text}");
        }
    }
}
