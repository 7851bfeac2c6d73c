//! AWS's `LogLevel`: which events of an execution's history are logged (developer guide, "Log levels for Step Functions execution events").

use super::EventType;

/// From the fewest events to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// None.
    Off,
    /// Ends of executions that aren't successes.
    Fatal,
    /// Failures, aborts and timeouts of anything.
    Error,
    /// All.
    All,
}

impl LogLevel {
    /// The level of this name; the empty one means OFF.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "" | "OFF" => Some(Self::Off),
            "FATAL" => Some(Self::Fatal),
            "ERROR" => Some(Self::Error),
            "ALL" => Some(Self::All),
            _ => None,
        }
    }

    /// Whether an event is logged at this level.
    pub fn logs(self, event: EventType) -> bool {
        self >= Self::least(event)
    }

    /// The least level at which an event is logged. The guide's table has no activities, no map runs and no evaluations of JSONata: they are
    /// taken as the tasks are.
    fn least(event: EventType) -> Self {
        use EventType as Type;
        match event {
            Type::ExecutionAborted | Type::ExecutionFailed | Type::ExecutionTimedOut => Self::Fatal,
            Type::FailStateEntered
            | Type::TaskStateAborted
            | Type::WaitStateAborted
            | Type::ParallelStateAborted
            | Type::ParallelStateFailed
            | Type::MapStateAborted
            | Type::MapStateFailed
            | Type::MapIterationAborted
            | Type::MapIterationFailed
            | Type::MapRunAborted
            | Type::MapRunFailed
            | Type::ActivityFailed
            | Type::ActivityScheduleFailed
            | Type::ActivityTimedOut
            | Type::LambdaFunctionFailed
            | Type::LambdaFunctionScheduleFailed
            | Type::LambdaFunctionStartFailed
            | Type::LambdaFunctionTimedOut
            | Type::TaskFailed
            | Type::TaskStartFailed
            | Type::TaskSubmitFailed
            | Type::TaskTimedOut
            | Type::EvaluationFailed => Self::Error,
            _ => Self::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All event types; their numbers have no gaps.
    fn all() -> impl Iterator<Item = EventType> {
        (0..).map_while(|number| EventType::try_from(number).ok())
    }

    fn logged(level: LogLevel) -> Vec<&'static str> {
        let mut names: Vec<_> = all().filter(|event| level.logs(*event)).map(EventType::api_name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn levels_log_what_the_developer_guide_says() {
        let fatal = ["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"];
        let error = [
            "ActivityFailed",
            "ActivityScheduleFailed",
            "ActivityTimedOut",
            "EvaluationFailed",
            "ExecutionAborted",
            "ExecutionFailed",
            "ExecutionTimedOut",
            "FailStateEntered",
            "LambdaFunctionFailed",
            "LambdaFunctionScheduleFailed",
            "LambdaFunctionStartFailed",
            "LambdaFunctionTimedOut",
            "MapIterationAborted",
            "MapIterationFailed",
            "MapRunAborted",
            "MapRunFailed",
            "MapStateAborted",
            "MapStateFailed",
            "ParallelStateAborted",
            "ParallelStateFailed",
            "TaskFailed",
            "TaskStartFailed",
            "TaskStateAborted",
            "TaskSubmitFailed",
            "TaskTimedOut",
            "WaitStateAborted",
        ];
        assert_eq!(logged(LogLevel::Off), [""; 0]);
        assert_eq!(logged(LogLevel::Fatal), fatal);
        assert_eq!(logged(LogLevel::Error), error);
        assert_eq!(logged(LogLevel::All).len(), all().count());
    }
}
