//! Which calls of executions are work for the caller, and which are between executions of the same map.

use bytes::Bytes;

use super::{Job, Local, Stopped, Work, WorkKey};
use crate::draft::Draft;
use crate::execution::read_payload;
use crate::id::ExecutionId;
use crate::key::{CallKey, Waiting};
use crate::record::outcome::Answer;
use crate::record::{Call, CallKind};
use crate::stimulus::{CallResult, Stimulus};

impl Local {
    /// A call that an execution has stored. `None` if it isn't the caller's to make.
    pub(super) fn call(&mut self, key: CallKey, call: Box<Call>) -> Result<Option<Work>, Stopped> {
        let stored: Option<Call> = Draft::new(&self.memory).peek(&key.key())?;
        if stored.is_none_or(|stored| stored.attempt != call.attempt) {
            return Ok(None);
        }
        let CallKey { execution, branch, kind } = key;
        let attempt = call.attempt;
        match kind {
            CallKind::Lambda | CallKind::StartExecution => {
                let payload = match call.payload {
                    Some(payload) => read_payload(&self.memory, execution, payload)?,
                    None => Bytes::from_static(b"{}"),
                };
                let key = WorkKey { execution, branch, attempt };
                Ok(Some(Work { key, job: Job::Call { kind, call, payload } }))
            }
            CallKind::MapRun => {
                self.arrivals.push_back((ExecutionId::of_arn(&call.target), Stimulus::Advance));
                Ok(None)
            }
            CallKind::ReadItems | CallKind::WriteResults => {
                let error = match kind {
                    CallKind::ReadItems => "States.ItemReaderFailed",
                    _ => "States.ResultWriterFailed",
                };
                let cause = "There is no object store where an execution runs over a map in memory.";
                let result = CallResult::Failed { error: error.to_owned(), cause: cause.to_owned() };
                let finished = Stimulus::CallFinished { branch, kind, attempt, result };
                self.arrivals.push_back((execution, finished));
                Ok(None)
            }
            CallKind::StopExecution => {
                let child = ExecutionId::of_arn(&call.target);
                self.arrivals.push_back((child, Stimulus::stopping(&call)));
                let result = CallResult::Succeeded(Bytes::from_static(b"{}"));
                let finished = Stimulus::CallFinished { branch, kind, attempt, result };
                self.arrivals.push_back((execution, finished));
                Ok(None)
            }
        }
    }

    /// Takes a task that waits in an activity's queue. `None` if it no longer does.
    pub(super) fn take(&mut self, waiting: Waiting, attempt: u64) -> Result<Option<Work>, Stopped> {
        let Waiting { execution, branch, .. } = waiting;
        let taken = self.deliver(execution, Stimulus::HandOut { branch, attempt, worker_name: None })?;
        let Ok(Answer::HandedOut(handed_out)) = taken else { return Ok(None) };
        let input = read_payload(&self.memory, execution, handed_out.input)?;
        Ok(Some(Work { key: WorkKey { execution, branch, attempt }, job: Job::Activity { input } }))
    }
}
