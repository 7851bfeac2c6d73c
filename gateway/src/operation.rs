//! The operations of the AWS Step Functions API that are served, by their names in `X-Amz-Target`.

/// What `X-Amz-Target` starts with.
const PREFIX: &str = "AWSStepFunctions.";

macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        /// One operation of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operation {
            $($name),*
        }

        impl Operation {
            /// Every operation.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in the API.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name)),*
                }
            }

            /// The operation of this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

operations! {
    CreateActivity,
    CreateStateMachine,
    CreateStateMachineAlias,
    DeleteActivity,
    DeleteStateMachine,
    DeleteStateMachineAlias,
    DeleteStateMachineVersion,
    DescribeActivity,
    DescribeExecution,
    DescribeMapRun,
    DescribeStateMachine,
    DescribeStateMachineAlias,
    DescribeStateMachineForExecution,
    GetActivityTask,
    GetExecutionHistory,
    ListActivities,
    ListExecutions,
    ListMapRuns,
    ListStateMachineAliases,
    ListStateMachineVersions,
    ListStateMachines,
    ListTagsForResource,
    PublishStateMachineVersion,
    RedriveExecution,
    SendTaskFailure,
    SendTaskHeartbeat,
    SendTaskSuccess,
    StartExecution,
    StartSyncExecution,
    StopExecution,
    TagResource,
    TestState,
    UntagResource,
    UpdateMapRun,
    UpdateStateMachine,
    UpdateStateMachineAlias,
    ValidateStateMachineDefinition,
}

impl Operation {
    /// Whether it carries on what was begun, and comes before what begins anew when there is too much to do: what a task came to, and
    /// that it goes on.
    pub(crate) fn goes_on(self) -> bool {
        matches!(self, Self::SendTaskFailure | Self::SendTaskHeartbeat | Self::SendTaskSuccess)
    }

    /// The operation that a value of `X-Amz-Target` names, if it is served.
    pub(crate) fn from_target(target: &str) -> Option<Self> {
        target.strip_prefix(PREFIX).and_then(Self::named)
    }
}
