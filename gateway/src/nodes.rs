//! Calls to the nodes: the same call again, with the same request id, while the cluster changes its leader; what a gRPC status means to
//! the client. Never asks again after an answer.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use keepstep_proto::workflow::v1::{ApiError, GetActivityTaskRequest, GetActivityTaskResponse};
use metrics::counter;
use prost::Message;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Response, Status};

use crate::fault::Fault;
use crate::operation::Operation;
use crate::{Limits, Workflow, metric};

/// The pause before the second try; each further one is twice as long.
const PAUSE_MIN: Duration = Duration::from_millis(10);
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// How long a node may be late with the empty answer of a poll.
const POLL_MARGIN: Duration = Duration::from_secs(2);

/// One try of a call. Boxed, so that the many kinds of calls share the code that tries again.
pub(crate) type Try<A> = Pin<Box<dyn Future<Output = Result<Response<A>, Status>> + Send>>;

/// The way to the nodes.
pub(crate) struct Nodes {
    workflow: Workflow,
    call_timeout: Duration,
    poll_timeout: Duration,
    drain: CancellationToken,
}

/// Says what a failed try means.
type Judge = fn(Operation, &Status) -> Failure;

/// What a failed try means.
enum Failure {
    /// The answer.
    Answer(Fault),
    /// Another try is right; if there is none, this is the answer.
    Again(Fault),
}

impl Nodes {
    pub(crate) fn new(workflow: Workflow, limits: &Limits) -> Self {
        Self {
            workflow: workflow.max_decoding_message_size(limits.answer_bytes),
            call_timeout: limits.call_timeout,
            poll_timeout: limits.poll_timeout,
            drain: CancellationToken::new(),
        }
    }

    /// Makes every poll end now, with the task that it was given or empty.
    pub(crate) fn drain(&self) {
        self.drain.cancel();
    }

    /// Asks the nodes, again while they have no leader or the outcome is unknown, until an answer or [`Limits::call_timeout`].
    ///
    /// # Errors
    ///
    /// What a node answered; ServiceUnavailableException or ThrottlingException when time is up.
    pub(crate) async fn call<Q, A, F>(&self, operation: Operation, request: Q, ask: F) -> Result<A, Fault>
    where
        Q: Clone,
        F: Fn(Workflow, Q) -> Try<A>,
    {
        self.call_long(operation, request, Duration::ZERO, ask).await
    }

    /// As [`Nodes::call`], for a call that takes its time once it is at work.
    ///
    /// # Errors
    ///
    /// As [`Nodes::call`].
    pub(crate) async fn call_long<Q, A, F>(
        &self,
        operation: Operation,
        request: Q,
        work_max: Duration,
        ask: F,
    ) -> Result<A, Fault>
    where
        Q: Clone,
        F: Fn(Workflow, Q) -> Try<A>,
    {
        self.call_judged(judge, operation, request, work_max, ask).await
    }

    /// As [`Nodes::call_long`], for a call that must not be made twice: it is made again only if a node said itself that it was not begun.
    ///
    /// # Errors
    ///
    /// As [`Nodes::call`]; InternalServerError where nobody knows whether it was begun.
    pub(crate) async fn call_once<Q, A, F>(
        &self,
        operation: Operation,
        request: Q,
        work_max: Duration,
        ask: F,
    ) -> Result<A, Fault>
    where
        Q: Clone,
        F: Fn(Workflow, Q) -> Try<A>,
    {
        self.call_judged(judge_once, operation, request, work_max, ask).await
    }

    async fn call_judged<Q, A, F>(
        &self,
        judge: Judge,
        operation: Operation,
        request: Q,
        work_max: Duration,
        ask: F,
    ) -> Result<A, Fault>
    where
        Q: Clone,
        F: Fn(Workflow, Q) -> Try<A>,
    {
        let deadline = Instant::now() + self.call_timeout;
        let ask = |_: Duration| ask(self.workflow.clone(), request.clone());
        retry(judge, operation, deadline, work_max, ask).await
    }

    /// Asks for an activity's next task and waits for it. A try after a change of leader waits for the rest of the time only.
    ///
    /// # Errors
    ///
    /// As [`Nodes::call`].
    pub(crate) async fn poll(
        &self,
        request: GetActivityTaskRequest,
    ) -> Result<GetActivityTaskResponse, Fault> {
        let deadline = Instant::now() + self.poll_timeout;
        let ask = |wait: Duration| -> Try<GetActivityTaskResponse> {
            let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
            let request = GetActivityTaskRequest { wait_ms, ..request.clone() };
            let mut workflow = self.workflow.clone();
            Box::pin(async move { workflow.get_activity_task(request).await })
        };
        let polled = retry(judge, Operation::GetActivityTask, deadline, POLL_MARGIN, ask);
        match self.drain.run_until_cancelled(polled).await {
            Some(polled) => polled,
            // The task may have been handed out a moment ago: the same poll asked again gets it.
            None => match tokio::time::timeout(POLL_MARGIN, ask(Duration::ZERO)).await {
                Ok(Ok(task)) => Ok(task.into_inner()),
                Ok(Err(_)) | Err(_) => Ok(GetActivityTaskResponse::default()),
            },
        }
    }
}

/// `ask` is told how much time is left. A single try may take that and `margin`.
async fn retry<A>(
    judge: Judge,
    operation: Operation,
    deadline: Instant,
    margin: Duration,
    ask: impl Fn(Duration) -> Try<A>,
) -> Result<A, Fault> {
    let mut pause = PAUSE_MIN;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let failure = match tokio::time::timeout(left + margin, ask(left)).await {
            Ok(Ok(answer)) => return Ok(answer.into_inner()),
            Ok(Err(status)) => judge(operation, &status),
            Err(_) => return Err(Fault::unavailable()),
        };
        let fault = match failure {
            Failure::Answer(fault) => return Err(fault),
            Failure::Again(fault) => fault,
        };
        let jittered = pause.mul_f64(jitter());
        if Instant::now() + jittered >= deadline {
            return Err(fault);
        }
        counter!(metric::RETRIES, "operation" => operation.name()).increment(1);
        tokio::time::sleep(jittered).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Between a half and one, so that the clients of a lost leader don't come back all at once.
fn jitter() -> f64 {
    // Without randomness there is no jitter, which is no harm.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX)
}

fn judge(operation: Operation, status: &Status) -> Failure {
    match status.code() {
        Code::FailedPrecondition => match ApiError::decode(status.details()) {
            Ok(error) if !error.code.is_empty() => Failure::Answer(Fault::from_node(error)),
            _ => broken(operation, status),
        },
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded | Code::Aborted => {
            Failure::Again(Fault::unavailable())
        }
        Code::ResourceExhausted => Failure::Again(Fault::throttled()),
        _ => broken(operation, status),
    }
}

/// Of a call that must not be made twice. A status that has a source is the transport's own: the node may be at work.
fn judge_once(operation: Operation, status: &Status) -> Failure {
    let is_nodes_own = status.source().is_none();
    match status.code() {
        Code::Unavailable | Code::ResourceExhausted if is_nodes_own => judge(operation, status),
        Code::FailedPrecondition => judge(operation, status),
        _ => broken(operation, status),
    }
}

fn broken(operation: Operation, status: &Status) -> Failure {
    tracing::error!(
        operation = operation.name(),
        code = ?status.code(),
        message = status.message(),
        "a node failed to do an operation"
    );
    Failure::Answer(Fault::internal())
}
