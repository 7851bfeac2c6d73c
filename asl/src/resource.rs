//! What a Task's `Resource` names: an activity, a Lambda function, or a call to a service. Never calls
//! anything.

use crate::integrations;

/// How an optimised service integration waits for its result (developer guide, "Service integration
/// patterns").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// No suffix: the result is the service's answer to the call.
    RequestResponse,
    /// `.sync`: waits until the job has ended. A nested execution's output stays text in this one.
    Sync,
    /// `.sync:2`: as `.sync`, but a nested execution's output becomes JSON.
    Sync2,
    /// `.waitForTaskToken`: waits until the task token comes back.
    WaitForTaskToken,
}

impl Pattern {
    /// The suffix in the ARN: empty, `.sync`, `.sync:2` or `.waitForTaskToken`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::RequestResponse => "",
            Self::Sync => ".sync",
            Self::Sync2 => ".sync:2",
            Self::WaitForTaskToken => ".waitForTaskToken",
        }
    }
}

/// A kind of Task that this server can run. Whether the named activity or function exists is only known when
/// the task runs: AWS accepts ARNs of those that don't exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `arn:PARTITION:states:REGION:ACCOUNT:activity:NAME`
    Activity {
        /// The whole ARN.
        arn: String,
        /// The ARN's region.
        region: String,
        /// The ARN's account.
        account: String,
        /// The activity's name.
        name: String,
    },
    /// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`
    LambdaFunction {
        /// The whole ARN.
        arn: String,
        /// The ARN's region.
        region: String,
        /// The ARN's account.
        account: String,
        /// The function's name.
        name: String,
        /// A version, an alias or `$LATEST`.
        qualifier: Option<String>,
    },
    /// `arn:PARTITION:states:::lambda:invoke[.waitForTaskToken]`
    LambdaInvoke {
        /// `RequestResponse` or `WaitForTaskToken`.
        pattern: Pattern,
    },
    /// `arn:PARTITION:states:::states:startExecution[.sync|.sync:2|.waitForTaskToken]`
    StartExecution {
        /// Any of the four.
        pattern: Pattern,
    },
}

/// Why a `Resource` is refused. The texts are AWS's: the first as in
/// github.com/aws/aws-sam-cli-app-templates/issues/185, the second without a public record to point to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not an ARN at all, or one without the parts that every ARN has.
    #[error("Value is not a valid resource ARN")]
    NotAnArn,
    /// An ARN of something that a Task can't run, or that this server can't run.
    #[error(
        "The resource provided {0} is not recognized. The value is not a valid resource ARN, or the resource is not \
         available in this region."
    )]
    NotRecognized(String),
    /// A call to a service that AWS knows, and this server doesn't.
    #[error(
        "The resource provided {0} is not supported by this server. It runs activities, Lambda functions, and the service \
         integrations lambda:invoke and states:startExecution."
    )]
    NotHere(String),
}

impl Resource {
    /// Reads an ARN of any AWS partition.
    ///
    /// # Errors
    ///
    /// A text that is no ARN, or an ARN of no kind that [`Resource`] knows.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or(ParseError::NotAnArn);
        let (scheme, partition, service, region, account, rest) =
            (next()?, next()?, next()?, next()?, next()?, next()?);
        let is_partition = partition == "aws" || partition.starts_with("aws-");
        if scheme != "arn" || !is_partition || service.is_empty() || rest.is_empty() {
            return Err(ParseError::NotAnArn);
        }
        let known = match (service, region.is_empty() && account.is_empty()) {
            ("states", true) => integration(rest),
            ("states", false) => activity(text, region, account, rest),
            ("lambda", _) => function(text, region, account, rest),
            _ => None,
        };
        known.ok_or_else(|| {
            let is_known_to_aws = service == "states" && region.is_empty() && account.is_empty();
            if is_known_to_aws && integrations::exist_on_aws(rest) {
                ParseError::NotHere(text.to_owned())
            } else {
                ParseError::NotRecognized(text.to_owned())
            }
        })
    }

    /// For a call to a service: the service and the action with its pattern, as history events name them in
    /// `resourceType` and `resource`: `("states", "startExecution.sync:2")`.
    pub fn integration(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Activity { .. } | Self::LambdaFunction { .. } => None,
            Self::LambdaInvoke { pattern } => Some(("lambda", format!("invoke{}", pattern.suffix()))),
            Self::StartExecution { pattern } => {
                Some(("states", format!("startExecution{}", pattern.suffix())))
            }
        }
    }

    /// How a call to a service waits; `None` for an activity or a function by its ARN.
    pub fn pattern(&self) -> Option<Pattern> {
        match self {
            Self::Activity { .. } | Self::LambdaFunction { .. } => None,
            Self::LambdaInvoke { pattern } | Self::StartExecution { pattern } => Some(*pattern),
        }
    }
}

fn integration(rest: &str) -> Option<Resource> {
    Some(match rest {
        "lambda:invoke" => Resource::LambdaInvoke { pattern: Pattern::RequestResponse },
        "lambda:invoke.waitForTaskToken" => Resource::LambdaInvoke { pattern: Pattern::WaitForTaskToken },
        "states:startExecution" => Resource::StartExecution { pattern: Pattern::RequestResponse },
        "states:startExecution.sync" => Resource::StartExecution { pattern: Pattern::Sync },
        "states:startExecution.sync:2" => Resource::StartExecution { pattern: Pattern::Sync2 },
        "states:startExecution.waitForTaskToken" => {
            Resource::StartExecution { pattern: Pattern::WaitForTaskToken }
        }
        _ => return None,
    })
}

fn activity(arn: &str, region: &str, account: &str, rest: &str) -> Option<Resource> {
    let name = rest.strip_prefix("activity:")?;
    if name.is_empty() || name.contains(':') || !is_place(region, account) {
        return None;
    }
    Some(Resource::Activity {
        arn: arn.to_owned(),
        region: region.to_owned(),
        account: account.to_owned(),
        name: name.to_owned(),
    })
}

fn function(arn: &str, region: &str, account: &str, rest: &str) -> Option<Resource> {
    let rest = rest.strip_prefix("function:")?;
    let (name, qualifier) = match rest.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (rest, None),
    };
    let is_name = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | '.'))
    };
    if !is_name(name) || !qualifier.is_none_or(is_name) || !is_place(region, account) {
        return None;
    }
    Some(Resource::LambdaFunction {
        arn: arn.to_owned(),
        region: region.to_owned(),
        account: account.to_owned(),
        name: name.to_owned(),
        qualifier: qualifier.map(str::to_owned),
    })
}

fn is_place(region: &str, account: &str) -> bool {
    let is_region = !region.is_empty() && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_region && account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{ParseError, Pattern, Resource};

    fn check(text: &str, expected: Result<Resource, ParseError>) {
        assert_eq!(Resource::parse(text), expected, "{text}");
    }

    fn activity(arn: &str, region: &str, name: &str) -> Resource {
        let (arn, region, name) = (arn.to_owned(), region.to_owned(), name.to_owned());
        Resource::Activity { arn, region, account: "123456789012".to_owned(), name }
    }

    fn function(arn: &str, region: &str, name: &str, qualifier: Option<&str>) -> Resource {
        let (arn, region, name) = (arn.to_owned(), region.to_owned(), name.to_owned());
        let qualifier = qualifier.map(str::to_owned);
        Resource::LambdaFunction { arn, region, account: "123456789012".to_owned(), name, qualifier }
    }

    #[test]
    fn arns_that_a_task_can_run() {
        let arn = "arn:aws:states:us-east-1:123456789012:activity:ship.it_v2";
        check(arn, Ok(activity(arn, "us-east-1", "ship.it_v2")));
        let arn = "arn:aws-cn:states:cn-north-1:123456789012:activity:a";
        check(arn, Ok(activity(arn, "cn-north-1", "a")));
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:Hello-World_1";
        check(arn, Ok(function(arn, "eu-west-1", "Hello-World_1", None)));
        let arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:$LATEST";
        check(arn, Ok(function(arn, "us-gov-west-1", "f", Some("$LATEST"))));
        let invoke = |pattern| Ok(Resource::LambdaInvoke { pattern });
        check("arn:aws:states:::lambda:invoke", invoke(Pattern::RequestResponse));
        check("arn:aws:states:::lambda:invoke.waitForTaskToken", invoke(Pattern::WaitForTaskToken));
        let start = |pattern| Ok(Resource::StartExecution { pattern });
        check("arn:aws-cn:states:::states:startExecution", start(Pattern::RequestResponse));
        check("arn:aws:states:::states:startExecution.sync", start(Pattern::Sync));
        check("arn:aws:states:::states:startExecution.sync:2", start(Pattern::Sync2));
        check("arn:aws:states:::states:startExecution.waitForTaskToken", start(Pattern::WaitForTaskToken));
    }

    #[test]
    fn texts_that_are_no_arn() {
        for text in [
            "",
            "create",
            "arn:aws:states",
            "arn:aws:states:::",
            "urn:aws:states:::lambda:invoke",
            "arn:gcp:x:::y",
        ] {
            check(text, Err(ParseError::NotAnArn));
        }
    }

    #[test]
    fn arns_that_no_task_can_run() {
        for text in [
            "arn:aws:states:::lambda:invoke.sync",
            "arn:aws:states:::states:startExecution.sync:3",
            "arn:aws:states:::sqs:sendMassage",
            "arn:aws:states:::sqs:sendMessage.sync",
            "arn:aws:states:us-east-1:123456789012:stateMachine:x",
            "arn:aws:states:us-east-1:123456789012:activity:",
            "arn:aws:states:us-east-1:12345:activity:a",
            "arn:aws:lambda:us-east-1:123456789012:layer:x",
            "arn:aws:lambda:us-east-1:123456789012:function:f:1:2",
            "arn:aws:lambda:::function:f",
            "arn:aws:s3:::bucket",
        ] {
            check(text, Err(ParseError::NotRecognized(text.to_owned())));
        }
    }

    #[test]
    fn calls_that_only_aws_makes() {
        for text in [
            "arn:aws:states:::sqs:sendMessage",
            "arn:aws-cn:states:::ecs:runTask.sync",
            "arn:aws:states:::aws-sdk:s3:listBuckets",
        ] {
            check(text, Err(ParseError::NotHere(text.to_owned())));
        }
    }

    #[test]
    fn names_in_history() {
        let name = |text| Resource::parse(text).ok().and_then(|resource| resource.integration());
        let expected = Some(("states", "startExecution.sync:2".to_owned()));
        assert_eq!(name("arn:aws:states:::states:startExecution.sync:2"), expected);
        assert_eq!(name("arn:aws:states:::lambda:invoke"), Some(("lambda", "invoke".to_owned())));
        assert_eq!(name("arn:aws:lambda:us-east-1:123456789012:function:f"), None);
    }
}
