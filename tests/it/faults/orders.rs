//! The load of the fault tests: orders that two activity workers and a Wait state work on, and the judgement of what became of them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use keepstep_tests::persistent::Persistent;
use keepstep_tests::sdk::ACCOUNT;
use keepstep_tests::wait;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const ACTIVITIES: [&str; 2] = ["pack", "ship"];

/// What clients and workers were told, in the order in which they were told it.
#[derive(Default)]
struct Told {
    /// Execution ARNs that StartExecution acknowledged, with their input.
    started: Vec<(String, String)>,
    /// Task tokens that polls gave out.
    handed_out: Vec<String>,
    /// Results that SendTaskSuccess acknowledged, by execution.
    results: Vec<(String, String)>,
    /// What must never happen.
    violations: Vec<String>,
}

/// Orders on their way, and everybody who works on them.
pub(crate) struct Orders {
    client: Persistent,
    told: Arc<Mutex<Told>>,
    accepting: CancellationToken,
    working: CancellationToken,
    starters: Vec<JoinHandle<anyhow::Result<()>>>,
    workers: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl Orders {
    /// Creates the activities and the state machine, and starts clients and workers.
    pub(crate) async fn flow(client: Persistent, starters: usize, workers: usize) -> anyhow::Result<Self> {
        for name in ACTIVITIES {
            client.ok("CreateActivity", json!({"name": name})).await?;
        }
        let task = |name: &str, next: &str| {
            json!({
                "Type": "Task",
                "Resource": format!("arn:aws:states:us-east-1:{ACCOUNT}:activity:{name}"),
                "ResultPath": format!("$.{name}"),
                "Next": next
            })
        };
        let definition = json!({
            "StartAt": "Pack",
            "States": {
                "Pack": task("pack", "Rest"),
                "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Ship"},
                "Ship": task("ship", "Done"),
                "Done": {"Type": "Succeed"}
            }
        });
        let created = client
            .ok(
                "CreateStateMachine",
                json!({"name": "orders", "definition": definition.to_string(), "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/r")}),
            )
            .await?;
        let machine = text(&created, "stateMachineArn")?;
        let mut orders = Self {
            client,
            told: Arc::default(),
            accepting: CancellationToken::new(),
            working: CancellationToken::new(),
            starters: Vec::new(),
            workers: Vec::new(),
        };
        for starter in 0..starters {
            let (client, told, stop) = (orders.client.clone(), orders.told.clone(), orders.accepting.clone());
            orders.starters.push(tokio::spawn(start_orders(client, told, stop, machine.clone(), starter)));
        }
        for worker in 0..workers {
            let (client, told, stop) = (orders.client.clone(), orders.told.clone(), orders.working.clone());
            orders.workers.push(tokio::spawn(work(client, told, stop, ACTIVITIES[worker % 2])));
        }
        Ok(orders)
    }

    /// Waits until `more` executions were acknowledged from now on.
    pub(crate) async fn accepted(&self, more: usize) -> anyhow::Result<()> {
        let count = || self.told.lock().map(|told| told.started.len()).unwrap_or_default();
        let goal = count() + more;
        wait::until("orders are accepted", || async { (count() >= goal).then_some(()) }).await
    }

    /// Ends the load, waits until every execution has ended, and judges.
    pub(crate) async fn settle(self) -> anyhow::Result<usize> {
        self.accepting.cancel();
        for starter in self.starters {
            starter.await??;
        }
        let started = {
            let told = self.told.lock().map_err(|_| anyhow::anyhow!("a worker panicked"))?;
            told.started.clone()
        };
        let judged: Vec<_> = futures::stream::iter(started.clone())
            .map(|(arn, input)| {
                let client = self.client.clone();
                async move {
                    let facts = judge(&client, &arn, &input).await.with_context(|| arn.clone())?;
                    anyhow::Ok((arn, facts))
                }
            })
            .buffer_unordered(16)
            .collect()
            .await;
        self.working.cancel();
        for worker in self.workers {
            worker.await??;
        }

        let told = self.told.lock().map_err(|_| anyhow::anyhow!("a worker panicked"))?;
        ensure!(told.violations.is_empty(), "{:#?}", told.violations);
        let tokens: HashSet<_> = told.handed_out.iter().collect();
        ensure!(tokens.len() == told.handed_out.len(), "a task was handed to two workers");
        let mut results: HashMap<&str, Vec<&str>> = HashMap::new();
        for (arn, output) in &told.results {
            results.entry(arn).or_default().push(output);
        }
        for judgement in judged {
            let (arn, mut outputs) = judgement?;
            let mut told = results.remove(arn.as_str()).unwrap_or_default();
            told.sort_unstable();
            outputs.sort_unstable();
            ensure!(told == outputs, "{arn}: workers were told {told:?}, the history says {outputs:?}");
        }
        ensure!(results.is_empty(), "results of executions that nobody started: {results:?}");
        Ok(started.len())
    }
}

fn text(value: &Value, member: &str) -> anyhow::Result<String> {
    value
        .get(member)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("no {member} in {value}"))
}

fn tell(told: &Mutex<Told>, what: impl FnOnce(&mut Told)) {
    if let Ok(mut told) = told.lock() {
        what(&mut told);
    }
}

async fn start_orders(
    client: Persistent,
    told: Arc<Mutex<Told>>,
    stop: CancellationToken,
    machine: String,
    starter: usize,
) -> anyhow::Result<()> {
    for number in 0.. {
        if stop.is_cancelled() {
            break;
        }
        let input = json!({"order": format!("{starter}-{number}")}).to_string();
        let request =
            json!({"stateMachineArn": machine, "name": format!("order-{starter}-{number}"), "input": input});
        // The same question asked again after a lost answer must get the first answer, never ExecutionAlreadyExists.
        let answer = client.call("StartExecution", &request).await?;
        if answer.status == 200 {
            let arn = text(&answer.body, "executionArn")?;
            tell(&told, |told| told.started.push((arn, input)));
        } else {
            tell(&told, |told| told.violations.push(format!("{request}: {answer:?}")));
        }
    }
    Ok(())
}

async fn work(
    client: Persistent,
    told: Arc<Mutex<Told>>,
    stop: CancellationToken,
    activity: &'static str,
) -> anyhow::Result<()> {
    let arn = format!("arn:aws:states:us-east-1:{ACCOUNT}:activity:{activity}");
    loop {
        // A worker that leaves between a hand-out and its reply would lose the task: it waits for the reply of its last poll.
        if stop.is_cancelled() {
            return Ok(());
        }
        let request = json!({"activityArn": arn, "workerName": activity});
        let poll = client.call("GetActivityTask", &request);
        let answer = tokio::select! {
            answer = poll => answer?,
            // All executions have ended by now, so that no task can be on its way.
            () = stop.cancelled() => return Ok(()),
        };
        if answer.status != 200 {
            tell(&told, |told| told.violations.push(format!("{request}: {answer:?}")));
            continue;
        }
        let Some(token) =
            answer.body.get("taskToken").and_then(Value::as_str).filter(|token| !token.is_empty())
        else {
            continue;
        };
        let input: Value = serde_json::from_str(&text(&answer.body, "input")?)?;
        let order = text(&input, "order")?;
        tell(&told, |told| told.handed_out.push(token.to_owned()));
        let output =
            json!({"by": activity, "order": order, "hand_out": uuid::Uuid::new_v4().to_string()}).to_string();
        let done = client.call("SendTaskSuccess", &json!({"taskToken": token, "output": output})).await?;
        let execution = format!("arn:aws:states:us-east-1:{ACCOUNT}:execution:orders:order-{order}");
        tell(&told, |told| match done.status {
            200 => told.results.push((execution, output)),
            // Nothing times out here: the first try of this very call must be what completed the task.
            _ => told.violations.push(format!("SendTaskSuccess of order {order}: {done:?}")),
        });
    }
}

/// Waits for the execution's end and checks its history; the outputs of its tasks.
async fn judge(client: &Persistent, arn: &str, input: &str) -> anyhow::Result<Vec<String>> {
    let description = wait::until("the execution has ended", || async {
        let description = client.ok("DescribeExecution", json!({"executionArn": arn})).await.ok()?;
        (description.get("status")? != "RUNNING").then_some(description)
    })
    .await?;
    ensure!(description.get("status").is_some_and(|status| status == "SUCCEEDED"), "{description}");
    ensure!(text(&description, "input")? == input, "its input is not what was acknowledged: {description}");
    let events = client.history(arn).await?;
    let kinds: Vec<_> = events.iter().filter_map(|event| event.get("type")?.as_str()).collect();
    let expected = [
        "ExecutionStarted",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "WaitStateEntered",
        "WaitStateExited",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ];
    ensure!(kinds == expected, "unexpected events: {kinds:?}");
    for (index, event) in events.iter().enumerate() {
        ensure!(event.get("id").and_then(Value::as_u64) == Some(index as u64 + 1), "a gap at {event}");
    }
    let time = |index: usize| events[index].get("timestamp").and_then(Value::as_f64).context("no timestamp");
    ensure!(time(7)? - time(6)? >= 1.0, "the Wait state ended early: {events:?}");
    events
        .iter()
        .filter_map(|event| event.get("activitySucceededEventDetails"))
        .map(|details| text(details, "output"))
        .collect()
}
