//! The service integrations of AWS Step Functions (developer guide, "Integrating services", as of 2026): so that a call that
//! AWS knows and this server doesn't is told from one that nobody knows. Runs none of them.

use Waits::{Job, JobOrToken, Never, Token};

/// How the call of an action can be waited for, beside not at all.
#[derive(Clone, Copy, PartialEq)]
enum Waits {
    Never,
    /// `.sync`
    Job,
    /// `.waitForTaskToken`
    Token,
    /// Either.
    JobOrToken,
}

/// By service, each action with how it can be waited for.
const OPTIMISED: &[(&str, &[(&str, Waits)])] = &[
    ("apigateway", &[("invoke", Token)]),
    (
        "athena",
        &[
            ("getQueryExecution", Never),
            ("getQueryResults", Never),
            ("startQueryExecution", Job),
            ("stopQueryExecution", Never),
        ],
    ),
    ("batch", &[("submitJob", Job)]),
    ("bedrock", &[("createModelCustomizationJob", Job), ("invokeModel", Token)]),
    (
        "codebuild",
        &[
            ("batchDeleteBuilds", Never),
            ("batchGetReports", Never),
            ("startBuild", Job),
            ("startBuildBatch", Job),
            ("stopBuild", Never),
            ("stopBuildBatch", Never),
            ("retryBuildBatch", Job),
            ("deleteBuildBatch", Never),
        ],
    ),
    ("databrew", &[("startJobRun", Job)]),
    ("dynamodb", &[("deleteItem", Never), ("getItem", Never), ("putItem", Never), ("updateItem", Never)]),
    ("ecs", &[("runTask", JobOrToken)]),
    (
        "eks",
        &[
            ("call", Token),
            ("createCluster", Job),
            ("createFargateProfile", Job),
            ("createNodegroup", Job),
            ("deleteCluster", Job),
            ("deleteFargateProfile", Job),
            ("deleteNodegroup", Job),
            ("runJob", JobOrToken),
        ],
    ),
    (
        "elasticmapreduce",
        &[
            ("addStep", Job),
            ("cancelStep", Never),
            ("createCluster", Job),
            ("modifyInstanceFleetByName", Never),
            ("modifyInstanceGroupByName", Never),
            ("setClusterTerminationProtection", Never),
            ("terminateCluster", Job),
        ],
    ),
    (
        "emr-containers",
        &[("createVirtualCluster", Never), ("deleteVirtualCluster", Job), ("startJobRun", Job)],
    ),
    (
        "emr-serverless",
        &[
            ("cancelJobRun", Job),
            ("createApplication", Job),
            ("deleteApplication", Job),
            ("startApplication", Job),
            ("startJobRun", Job),
            ("stopApplication", Job),
        ],
    ),
    ("events", &[("putEvents", Token)]),
    ("glue", &[("startJobRun", Job)]),
    ("http", &[("invoke", Never)]),
    ("lambda", &[("invoke", Token)]),
    ("mediaconvert", &[("createJob", Job)]),
    (
        "sagemaker",
        &[
            ("createEndpoint", Never),
            ("createEndpointConfig", Never),
            ("createHyperParameterTuningJob", Job),
            ("createLabelingJob", Job),
            ("createModel", Never),
            ("createProcessingJob", Job),
            ("createTrainingJob", Job),
            ("createTransformJob", Job),
            ("updateEndpoint", Never),
        ],
    ),
    ("sns", &[("publish", Token)]),
    ("sqs", &[("sendMessage", Token)]),
    ("states", &[("startExecution", JobOrToken)]),
];

/// Whether AWS knows what stands behind `arn:PARTITION:states:::`, such as `sqs:sendMessage.waitForTaskToken`. Of the calls
/// by AWS's SDK (`aws-sdk:SERVICE:ACTION`), only the form is looked at: there are more than 10,000.
pub(crate) fn exist_on_aws(call: &str) -> bool {
    let Some((service, action)) = call.split_once(':') else { return false };
    let (action, wait) = match action.split_once('.') {
        Some((action, wait)) => (action, Some(wait)),
        None => (action, None),
    };
    if service == "aws-sdk" {
        return is_sdk_action(action) && matches!(wait, None | Some("waitForTaskToken"));
    }
    let actions = OPTIMISED.iter().find(|(name, _)| *name == service).map_or(&[][..], |(_, actions)| actions);
    let Some((_, waits)) = actions.iter().find(|(name, _)| *name == action) else { return false };
    match wait {
        None => true,
        Some("sync") => matches!(waits, Job | JobOrToken),
        // The only action with a second form.
        Some("sync:2") => (service, action) == ("states", "startExecution"),
        Some("waitForTaskToken") => matches!(waits, Token | JobOrToken),
        Some(_) => false,
    }
}

fn is_sdk_action(call: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
    };
    call.split_once(':').is_some_and(|(service, action)| is_name(service) && is_name(action))
}

#[cfg(test)]
mod tests {
    use super::exist_on_aws;

    #[test]
    fn actions_are_waited_for_as_aws_can() {
        for call in [
            "sqs:sendMessage",
            "sqs:sendMessage.waitForTaskToken",
            "ecs:runTask.sync",
            "ecs:runTask.waitForTaskToken",
            "states:startExecution.sync:2",
            "dynamodb:getItem",
            "http:invoke",
            "aws-sdk:s3:listBuckets",
            "aws-sdk:sfn:startSyncExecution.waitForTaskToken",
        ] {
            assert!(exist_on_aws(call), "{call}");
        }
        for call in [
            "",
            "sqs",
            "sqs:",
            "sqs:sendMessage.sync",
            "sqs:sendmessage",
            "sqs:sendMessage.",
            "ecs:runTask.sync:2",
            "dynamodb:getItem.waitForTaskToken",
            "lambda:invoke.sync",
            "nothing:here",
            "aws-sdk:s3",
            "aws-sdk:s3:listBuckets.sync",
            "aws-sdk:S3:ListBuckets",
            "aws-sdk::listBuckets",
        ] {
            assert!(!exist_on_aws(call), "{call}");
        }
    }
}
