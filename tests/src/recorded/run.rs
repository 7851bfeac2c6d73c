//! Runs one case against a server.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::compare::{Bindings, differences};
use super::{Case, Step};
use crate::api::{Answer, Api};

/// How long a read may go on differing before it is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the steps in order; the differences found, each with its step. Empty when the case passes.
pub async fn run(api: &Api, case: &Case) -> anyhow::Result<Vec<String>> {
    let renamed = Renamed::of(case);
    let mut bindings = Bindings::new();
    let mut answers: Vec<Value> = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        let caller = step.account.as_deref().map_or_else(|| api.clone(), |account| api.with_account(account));
        let request = fill(&renamed.request(&step.request), &answers)
            .with_context(|| format!("step {index} refers to what isn't there"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = call(&caller, step, &request).await?;
            let mut tried = bindings.clone();
            let found = judge(step, &answer, &renamed, &mut tried);
            let reads = ["Describe", "List", "Get"].iter().any(|verb| step.operation.starts_with(verb));
            if found.is_empty() {
                bindings = tried;
                answers.push(answer.body);
                break;
            }
            if !reads || step.expect.is_none() || Instant::now() > deadline {
                return Ok(found
                    .into_iter()
                    .map(|text| format!("step {index} {}: {text}", step.operation))
                    .collect());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(Vec::new())
}

async fn call(api: &Api, step: &Step, request: &Value) -> anyhow::Result<Answer> {
    let mut answer = api.call(&step.operation, request).await?;
    if step.operation == "GetExecutionHistory"
        && answer.status == 200
        && answer.body.get("nextToken").is_some()
    {
        let arn = request.get("executionArn").and_then(Value::as_str).context("no executionArn")?;
        answer.body = json!({"events": api.history(arn).await?});
    }
    Ok(answer)
}

fn judge(step: &Step, answer: &Answer, renamed: &Renamed, bindings: &mut Bindings) -> Vec<String> {
    if (answer.status != 200) != step.fails {
        return vec![format!("status {}: {}", answer.status, answer.body)];
    }
    let Some(expect) = &step.expect else { return Vec::new() };
    let mut found = Vec::new();
    for (member, recorded) in expect {
        let mut recorded = renamed.request(&own_account(recorded));
        settle_map_exits(&mut recorded);
        let actual = match member.as_str() {
            "*" if step.fails => error_as_recorded(answer),
            "*" => sorted_references(answer.body.clone()),
            "exception" => {
                let message = answer.body.get("message").and_then(Value::as_str).unwrap_or_default();
                let typename = answer.error_code().unwrap_or_default();
                let prefix = recorded
                    .get("exception_value")
                    .and_then(Value::as_str)
                    .and_then(|text| text.split_once("operation: "))
                    .map_or("", |(prefix, _)| prefix);
                json!({
                    "exception_typename": typename,
                    "exception_value": format!("{prefix}operation: {message}"),
                })
            }
            other => answer.body.get(other).cloned().unwrap_or_default(),
        };
        found.extend(differences(&recorded, &actual, bindings));
    }
    found
}

/// An error in the shape in which errors were recorded.
fn error_as_recorded(answer: &Answer) -> Value {
    let message = answer.body.get("message").cloned().unwrap_or_default();
    let mut recorded = json!({
        "Error": {"Code": answer.error_code(), "Message": message},
        "message": message,
    });
    if let (Some(all), Some(body)) = (recorded.as_object_mut(), answer.body.as_object()) {
        for (key, value) in body {
            if key != "__type" && key != "message" {
                all.insert(key.clone(), value.clone());
            }
        }
    }
    recorded
}

/// AWS isn't consistent in what a distributed map's `MapStateExited` follows: mostly `MapRunSucceeded`, and `MapRunStarted` in two of the
/// recordings, which say either. Here it is always the first.
fn settle_map_exits(recorded: &mut Value) {
    let Some(events) = recorded.get_mut("events").and_then(Value::as_array_mut) else { return };
    let id_of = |event: &Value, kind: &str| event.get("id").filter(|_| event["type"] == kind).cloned();
    let runs: Vec<_> = events
        .windows(2)
        .filter_map(|pair| Some((id_of(&pair[0], "MapRunStarted")?, id_of(&pair[1], "MapRunSucceeded")?)))
        .collect();
    for event in events.iter_mut().filter(|event| event["type"] == "MapStateExited") {
        if let Some((_, succeeded)) = runs.iter().find(|(started, _)| event["previousEventId"] == *started) {
            event["previousEventId"] = succeeded.clone();
        }
    }
}

fn sorted_references(mut body: Value) -> Value {
    if let Some(references) = body.get_mut("variableReferences").and_then(Value::as_object_mut) {
        for names in references.values_mut().filter_map(Value::as_array_mut) {
            names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
    body
}

/// Replaces `{"$from": [STEP, MEMBER, ...]}` by that part of an earlier answer.
fn fill(request: &Value, answers: &[Value]) -> Option<Value> {
    Some(match request {
        Value::Object(members) => match members.get("$from").and_then(Value::as_array) {
            Some(path) => {
                let (step, path) = path.split_first()?;
                let mut found = answers.get(usize::try_from(step.as_u64()?).ok()?)?;
                for part in path {
                    found = match part {
                        Value::String(name) => found.get(name)?,
                        index => found.get(usize::try_from(index.as_u64()?).ok()?)?,
                    };
                }
                found.clone()
            }
            None => Value::Object(
                members
                    .iter()
                    .map(|(key, value)| Some((key.clone(), fill(value, answers)?)))
                    .collect::<Option<_>>()?,
            ),
        },
        Value::Array(values) => {
            Value::Array(values.iter().map(|value| fill(value, answers)).collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}

/// State machine names made unique, so that a case can run again on the same data.
struct Renamed(Vec<(String, String)>);

impl Renamed {
    fn of(case: &Case) -> Self {
        let mut names: Vec<(String, String)> = Vec::new();
        for step in case.steps.iter().filter(|step| step.operation == "CreateStateMachine") {
            let Some(name) = step.request.get("name").and_then(Value::as_str) else { continue };
            // A wrong name is the point of its case.
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            if plain && (6..=60).contains(&name.len()) && !names.iter().any(|(old, _)| old == name) {
                let unique = uuid::Uuid::new_v4().simple().to_string();
                names.push((name.to_owned(), format!("{name}-{}", &unique[..12])));
            }
        }
        Self(names)
    }

    fn request(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let mut text = text.clone();
                for (old, new) in &self.0 {
                    text = text.replace(old.as_str(), new);
                }
                Value::String(text)
            }
            Value::Array(values) => Value::Array(values.iter().map(|value| self.request(value)).collect()),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(key, value)| (key.clone(), self.request(value))).collect())
            }
            other => other.clone(),
        }
    }
}

/// In recordings, account 111111111111 is the server's own.
fn own_account(recorded: &Value) -> Value {
    let own = Renamed(vec![("111111111111".to_owned(), crate::sdk::ACCOUNT.to_owned())]);
    own.request(recorded)
}
