//! TestState. It runs on the node that is asked: in memory, on the evaluation pool, with time as it passes. Only the start of an execution
//! that a task without a mock makes goes to the leader.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use keepstep_asl::Entropy as _;
use keepstep_engine::execution::Waypoint;
use keepstep_engine::id::RequestId;
use keepstep_engine::local::{Stopped, Work};
use keepstep_engine::stimulus::CallResult;
use keepstep_engine::test_state::{
    Configuration, FieldValidation, Inspected, Level, Mock, MockError, Next, Outcome, Request, TestState,
};
use keepstep_engine::{ApiError, Caller};
use keepstep_proto::workflow::v1 as proto;

use super::work::{self, Identity};
use super::{WorkflowService, caller};
use crate::leader::{Failure, OsEntropy, aws_request_id};
use crate::run_clock::RunClock;

pub(super) async fn call(
    service: &WorkflowService,
    request: proto::TestStateRequest,
) -> Result<proto::TestStateResponse, Failure> {
    let (caller, _) = caller::of(request.caller.clone())?;
    let request = read(request, caller.clone())?;
    let engine = service.engine();
    let _leave = engine.begin_test()?;
    let clock = RunClock::start();
    let (limits, now) = (engine.limits().clone(), clock.now());
    let begin = move || TestState::begin(&request, &limits, Arc::new(OsEntropy), now);
    let mut test = engine.evaluate(begin).await??;
    let mut calling: Option<Calling<'_>> = None;
    loop {
        let (gone_on, next) = engine
            .evaluate(move || {
                let next = test.proceed();
                (test, next)
            })
            .await?;
        test = gone_on;
        match next.map_err(stopped)? {
            Next::Done(outcome) => return Ok(answer(*outcome)),
            Next::Do(work) => calling = Some(perform(service, &caller, work).boxed()),
            Next::Wait(due) => {
                let sleep = tokio::time::sleep_until(clock.instant(due).into());
                let finished = match &mut calling {
                    None => {
                        sleep.await;
                        None
                    }
                    Some(calling) => tokio::select! {
                        finished = calling => Some(finished),
                        () = sleep => None,
                    },
                };
                test.advance(clock.now());
                if let Some(finished) = finished {
                    calling = None;
                    let (work, result) = finished?;
                    test = engine
                        .evaluate(move || test.answer(&work, result).map(|()| test))
                        .await?
                        .map_err(stopped)?;
                }
            }
        }
    }
}

type Calling<'a> = BoxFuture<'a, Result<(Work, CallResult), Failure>>;

/// A bound is no answer that AWS knows, and none that a test of one state can reach.
fn stopped(stopped: Stopped) -> Failure {
    match stopped {
        Stopped::View(error) => error.into(),
        Stopped::Steps(_) | Stopped::Transitions(_) | Stopped::Bytes(_) => {
            Failure::Internal(stopped.to_string())
        }
    }
}

/// Makes the call of a task. Nothing repeats it.
async fn perform(
    service: &WorkflowService,
    caller: &Caller,
    work: Work,
) -> Result<(Work, CallResult), Failure> {
    let mut request = [0; 16];
    OsEntropy.fill(&mut request);
    let identity = Identity { request: RequestId::from_bytes(request), idempotency_id: aws_request_id() };
    let result = work::perform(service, caller, &work, identity).await?;
    Ok((work, result))
}

fn read(request: proto::TestStateRequest, caller: Caller) -> Result<Request, Failure> {
    let configuration = request.configuration.unwrap_or_default();
    Ok(Request {
        caller,
        definition: request.definition,
        role_arn: request.role_arn,
        input: text(request.input)?,
        level: match request.inspection_level.as_str() {
            "DEBUG" => Level::Debug,
            "TRACE" => Level::Trace,
            _ => Level::Info,
        },
        reveal_secrets: request.reveal_secrets,
        variables: text(request.variables)?,
        state_name: request.state_name,
        mock: request.mock.map(read_mock).transpose()?,
        context: text(request.context)?,
        configuration: Configuration {
            retrier_retry_count: configuration.retrier_retry_count.map(u64::from),
            error_caused_by_state: configuration.error_caused_by_state,
            map_iteration_failure_count: configuration.map_iteration_failure_count.map(u64::from),
            map_item_reader_data: text(configuration.map_item_reader_data)?,
        },
    })
}

fn read_mock(mock: proto::TestStateMock) -> Result<Mock, Failure> {
    Ok(Mock {
        result: text(mock.result)?,
        error_output: mock
            .error_output
            .map(|proto::TestStateError { error, cause }| MockError { error, cause }),
        validation: match mock.field_validation_mode.as_str() {
            "PRESENT" => FieldValidation::Present,
            "NONE" => FieldValidation::None,
            _ => FieldValidation::Strict,
        },
    })
}

fn text(payload: Option<Bytes>) -> Result<Option<String>, Failure> {
    let text = payload.map(|payload| String::from_utf8(payload.into())).transpose();
    text.map_err(|_| ApiError::validation("The request holds a text that is not UTF-8").into())
}

fn answer(outcome: Outcome) -> proto::TestStateResponse {
    proto::TestStateResponse {
        status: outcome.status.api_name().to_owned(),
        output: outcome.output,
        error: outcome.error,
        cause: outcome.cause,
        next_state: outcome.next_state,
        inspection_data: outcome.inspection.map(inspected),
    }
}

fn inspected(Inspected { input, mut seen, variables }: Inspected) -> proto::InspectionData {
    let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let mut document = |waypoint| seen.documents.remove(&waypoint);
    proto::InspectionData {
        input,
        after_arguments: document(Waypoint::AfterArguments),
        after_input_path: document(Waypoint::AfterInputPath),
        after_parameters: document(Waypoint::AfterParameters),
        result: document(Waypoint::Result),
        after_result_selector: document(Waypoint::AfterResultSelector),
        after_result_path: document(Waypoint::AfterResultPath),
        variables,
        after_items_path: document(Waypoint::AfterItemsPath),
        after_items_pointer: document(Waypoint::AfterItemsPointer),
        after_item_selector: document(Waypoint::AfterItemSelector),
        after_item_batcher: document(Waypoint::AfterItemBatcher),
        max_concurrency: seen.max_concurrency,
        tolerated_failure_count: seen.tolerated_failure_count,
        tolerated_failure_percentage: seen.tolerated_failure_percentage,
        retry_index: seen.retry.map(|(index, _)| place(index)),
        retry_backoff_interval_seconds: seen.retry.map(|(_, delay_ms)| delay_ms / 1000),
        catch_index: seen.catch.map(place),
    }
}
