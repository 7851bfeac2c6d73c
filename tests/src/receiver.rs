//! One who is told of executions' status changes: a webhook and an EventBridge-compatible endpoint at one URL, served by a test.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::lambda::{Invocation, LambdaEndpoint, Reply};

/// An event as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// `webhook-id`; `None` of an entry of PutEvents.
    pub id: Option<String>,
    /// The event's member `detail`.
    pub detail: Value,
    /// Whether the receiver took it.
    pub taken: bool,
}

impl Told {
    /// A member of the detail that is a text.
    pub fn text(&self, member: &str) -> &str {
        self.detail.get(member).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The receiver. Dropping it ends it.
pub struct Receiver {
    // Nothing about that server is Lambda's but its default answer's headers.
    http: LambdaEndpoint,
    takes: Arc<AtomicBool>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Receiver {
    /// Starts it: `takes` says whether it takes events at first.
    pub async fn start(takes: bool) -> anyhow::Result<Self> {
        let takes = Arc::new(AtomicBool::new(takes));
        let told: Arc<Mutex<Vec<Told>>> = Arc::default();
        let (taking, log) = (takes.clone(), told.clone());
        let http = LambdaEndpoint::start(move |call| {
            let taken = taking.load(Ordering::SeqCst);
            let events = events(call, taken);
            let count = events.len();
            if let Ok(mut log) = log.lock() {
                log.extend(events);
            }
            match taken {
                true => {
                    let entries = vec![json!({"EventId": "id"}); count];
                    Reply::payload(json!({"FailedEntryCount": 0, "Entries": entries}).to_string())
                }
                false => Reply::service_error(503, "ServiceUnavailable", "later"),
            }
        })
        .await?;
        Ok(Self { http, takes, told })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        self.http.url()
    }

    /// Takes events from now on, or refuses them.
    pub fn set_takes(&self, takes: bool) {
        self.takes.store(takes, Ordering::SeqCst);
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Invocation> {
        self.http.seen()
    }

    /// What it was told so far.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().map(|told| told.clone()).unwrap_or_default()
    }

    /// The statuses of an execution that it took, in order.
    pub fn statuses(&self, execution: &str) -> Vec<String> {
        let told = self.told();
        let of_it = told.iter().filter(|told| told.taken && told.text("executionArn") == execution);
        of_it.map(|told| told.text("status").to_owned()).collect()
    }
}

fn events(call: &Invocation, taken: bool) -> Vec<Told> {
    let member = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    if call.header("x-amz-target") != Some("AWSEvents.PutEvents") {
        let id = call.header("webhook-id").map(str::to_owned);
        return vec![Told { id, detail: member(&call.payload, "detail"), taken }];
    }
    let entries = member(&call.payload, "Entries");
    let told = |entry: &Value| {
        let detail = member(entry, "Detail").as_str().and_then(|text| serde_json::from_str(text).ok());
        Told { id: None, detail: detail.unwrap_or_default(), taken }
    };
    entries.as_array().map(|entries| entries.iter().map(told).collect()).unwrap_or_default()
}
