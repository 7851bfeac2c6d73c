//! One API request from its headers to its answer: finds the operation, bounds the work, reads the body, verifies the caller, checks the
//! members, has the operation done, and shapes the answer. Knows no operation by name but those that are held.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use keepstep_proto::workflow::v1::Caller;
use metrics::{counter, gauge, histogram};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::caller::{self, Scope};
use crate::credentials::{CredentialsFile, is_account};
use crate::fault::Fault;
use crate::gateway::Error;
use crate::nodes::Nodes;
use crate::operation::Operation;
use crate::sigv4::{self, Policy, Signed};
use crate::throttle::Throttle;
use crate::{Options, Workflow, check, metric, operations, request_id};

const TARGET: &str = "x-amz-target";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// Heartbeats and results of tasks may be so many times fewer on top of all requests at work.
const RESULTS_PART: usize = 4;

/// What answers API requests.
pub(crate) struct Api {
    options: Options,
    nodes: Nodes,
    credentials: Option<Arc<CredentialsFile>>,
    in_flight: Arc<Semaphore>,
    polls: Arc<Semaphore>,
    sync_executions: Arc<Semaphore>,
    /// What heartbeats and results of tasks have for themselves when everything else is taken.
    results: Arc<Semaphore>,
    throttle: Throttle,
}

impl Api {
    /// Checks the settings and reads the credentials.
    pub(crate) fn new(options: Options, workflow: Workflow) -> Result<Self, Error> {
        if !is_account(&options.default_account) {
            return Err(Error::Setting("the default account must be twelve digits"));
        }
        if !sigv4::is_region(&options.default_region) {
            return Err(Error::Setting("the default region must be lower-case letters, digits and hyphens"));
        }
        let credentials = options.credentials.clone().map(|path| {
            CredentialsFile::open(path.clone()).map_err(|source| Error::Credentials { path, source })
        });
        if credentials.is_none() {
            tracing::warn!("no credentials are configured: every request is accepted, signed or not");
        }
        Ok(Self {
            credentials: credentials.transpose()?.map(Arc::new),
            in_flight: Arc::new(Semaphore::new(options.limits.in_flight)),
            polls: Arc::new(Semaphore::new(options.limits.polls)),
            sync_executions: Arc::new(Semaphore::new(options.limits.sync_executions)),
            results: Arc::new(Semaphore::new(options.limits.in_flight / RESULTS_PART)),
            throttle: Throttle::new(&options.throttling),
            nodes: Nodes::new(workflow, &options.limits),
            options,
        })
    }

    /// Ends the long polls: the server is about to stop.
    pub(crate) fn drain(&self) {
        self.nodes.drain();
    }

    /// Reads the credentials again whenever they change.
    pub(crate) async fn watch_credentials(&self, shutdown: CancellationToken) {
        if let Some(file) = &self.credentials {
            Arc::clone(file).watch(shutdown).await;
        }
    }

    async fn answer(&self, operation: Operation, request: Request) -> Result<Vec<u8>, Fault> {
        let _room = Room::enter(self, operation)?;
        let (parts, body) = request.into_parts();
        let body = self.read(&parts.headers, body).await?;
        let scope = self.scope(&parts, &body)?;
        self.throttle.take(operation, &scope)?;
        let members = check::members(operation, &body, &self.options.limits)?;
        drop(body);
        let id = request_id::of(&parts.headers, &scope.account, &scope.region, operation.name());
        let partition = self.options.partition.as_deref().unwrap_or_else(|| caller::partition(&scope.region));
        let caller = Caller {
            partition: partition.to_owned(),
            account: scope.account,
            region: scope.region,
            request_id: Bytes::copy_from_slice(&id),
        };
        operations::perform(&self.nodes, operation, members, caller).await
    }

    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
        let limits = &self.options.limits;
        let declared =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|length| length > limits.request_bytes) {
            return Err(Fault::too_large(limits.request_bytes));
        }
        let collected =
            tokio::time::timeout(limits.body_timeout, Limited::new(body, limits.request_bytes).collect());
        match collected.await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Fault::too_large(limits.request_bytes)),
            Ok(Err(_)) | Err(_) => Err(Fault::body_timeout()),
        }
    }

    /// Whose request this is. With credentials configured, the signature must hold.
    fn scope(&self, parts: &Parts, body: &[u8]) -> Result<Scope, Fault> {
        let Some(file) = &self.credentials else {
            return Ok(caller::unverified(&parts.headers, &self.options));
        };
        let signed = Signed {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            authority: parts.uri.authority().map(http::uri::Authority::as_str),
            body,
        };
        let skew = self.options.limits.clock_skew.as_secs();
        let policy = Policy {
            regions: &self.options.allowed_regions,
            skew_seconds: i64::try_from(skew).unwrap_or(i64::MAX),
        };
        let credentials = file.current();
        match sigv4::verify(signed, &credentials, policy, sigv4::Instant::of(SystemTime::now())) {
            Ok(credential) => Ok(Scope {
                account: credential.account.clone(),
                region: caller::region(&parts.headers, &self.options),
            }),
            Err(error) => {
                counter!(metric::AUTH_FAILURES, "result" => error.code()).increment(1);
                Err(Fault::authentication(error.code(), error.to_string()))
            }
        }
    }
}

/// A request's place among those at work; given back when the request is answered or its client has gone.
struct Room {
    _permit: OwnedSemaphorePermit,
    gauge: &'static str,
}

impl Room {
    fn enter(api: &Api, operation: Operation) -> Result<Self, Fault> {
        let (semaphore, gauge) = match operation {
            Operation::GetActivityTask => (&api.polls, metric::POLLS),
            Operation::StartSyncExecution => (&api.sync_executions, metric::SYNC_EXECUTIONS),
            _ => (&api.in_flight, metric::IN_FLIGHT),
        };
        let permit = Arc::clone(semaphore).try_acquire_owned();
        let permit = match permit {
            Err(_) if operation.goes_on() => Arc::clone(&api.results).try_acquire_owned(),
            permit => permit,
        };
        let permit = permit.map_err(|_| Fault::throttled())?;
        gauge!(gauge).increment(1.0);
        Ok(Self { _permit: permit, gauge })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        gauge!(self.gauge).decrement(1.0);
    }
}

/// Answers `POST /`.
pub(crate) async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let started = Instant::now();
    let target = request.headers().get(TARGET).and_then(|target| target.to_str().ok());
    let operation = target.and_then(Operation::from_target);
    let answered = match operation {
        Some(operation) => Box::pin(api.answer(operation, request)).await,
        None => Err(Fault::unknown_operation()),
    };
    let name = operation.map_or("Unknown", Operation::name);
    let result = answered.as_ref().map_or_else(|fault| fault.code().to_owned(), |_| "ok".to_owned());
    counter!(metric::REQUESTS, "operation" => name, "result" => result).increment(1);
    histogram!(metric::REQUEST_DURATION, "operation" => name).record(started.elapsed().as_secs_f64());
    respond(answered)
}

fn respond(answered: Result<Vec<u8>, Fault>) -> Response {
    let (status, body, error) = match answered {
        Ok(body) => (StatusCode::OK, body, None),
        Err(fault) => (fault.status, fault.body(), HeaderValue::from_str(fault.code()).ok()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(error) = error {
        headers.insert(ERROR_TYPE, error);
    }
    response
}
