//! The cases as they lie on disk.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value};

/// A sequence of calls and their recorded answers.
#[derive(Clone, Debug)]
pub struct Case {
    /// Names it in reports.
    pub id: String,
    /// What it is about.
    pub group: String,
    /// In order.
    pub steps: Vec<Step>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Step {
    /// Such as `StartExecution`.
    pub operation: String,
    /// Another account that makes the call.
    pub account: Option<String>,
    /// With `{"$from": [STEP, MEMBER, ...]}` for parts of earlier answers.
    pub request: Value,
    /// What was recorded; under `*` the whole answer.
    pub expect: Option<Map<String, Value>>,
    /// The call is an error.
    pub fails: bool,
}

/// Where the recordings lie: `KEEPSTEP_RECORDED`, or beside the repository. `None` where they are not installed.
fn folder() -> Option<PathBuf> {
    let path = std::env::var_os("KEEPSTEP_RECORDED")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recorded"));
    path.join("cases").is_dir().then_some(path)
}

/// All cases, in the order of their file names; `None` where the recordings are not installed.
pub fn load() -> anyhow::Result<Option<Vec<Case>>> {
    let Some(folder) = folder() else { return Ok(None) };
    let mut paths: Vec<_> = std::fs::read_dir(folder.join("cases"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
        .iter()
        .map(|path| read(path).with_context(|| path.display().to_string()))
        .collect::<anyhow::Result<_>>()
        .map(Some)
}

fn read(path: &Path) -> anyhow::Result<Case> {
    let value: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let steps = value.get("steps").and_then(Value::as_array).context("no steps")?;
    Ok(Case {
        id: text(&value, "id").context("no id")?,
        group: text(&value, "group").context("no group")?,
        steps: steps
            .iter()
            .map(|step| {
                Ok(Step {
                    operation: text(step, "operation").context("no operation")?,
                    account: text(step, "account"),
                    request: step.get("request").cloned().unwrap_or_else(|| Value::Object(Map::new())),
                    expect: step.get("expect").and_then(Value::as_object).cloned(),
                    fails: step.get("fails").and_then(Value::as_bool).unwrap_or(false),
                })
            })
            .collect::<anyhow::Result<_>>()?,
    })
}
