//! `keepstep run`: runs a definition here and now, with no server and nothing stored. Tasks are answered from a file of mocks; waits and
//! retries take no time unless asked to.

mod clock;
mod mocks;
mod style;
mod trace;

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use clap::Args;
use keepstep_asl::definition::{self, Definition, Invalid, ParseOptions};
use keepstep_asl::diagnostic::Severity;
use keepstep_engine::execution::StartExecution;
use keepstep_engine::id::{ExecutionId, NodeId, RequestId, Timestamp};
use keepstep_engine::local::{Bounds, Local, Machine, RunError, run as run_local};
use keepstep_engine::query::HistoryEvent;
use keepstep_engine::record::{Configuration, ExecutionStatus, Head};
use keepstep_engine::{Caller, Limits, name};
use keepstep_proto::workflow::v1::GetExecutionHistoryResponse;
use serde_json::Value;

use crate::leader::{EVALUATION_STACK_BYTES, OsEntropy, wall_ms};
use crate::service::history_event;
use clock::{RealTime, Virtual};
use mocks::{Mocks, Unmocked};
use style::Style;
use trace::Trace;

/// An execution that didn't succeed.
const FAILED: u8 = 1;
/// Something that was given can't be used.
const UNUSABLE: u8 = 2;

/// Its flags.
#[derive(Args)]
pub(super) struct Flags {
    /// A file with a definition in Amazon States Language.
    file: PathBuf,
    /// The execution's input: JSON, or a file after `@`, or `-` for standard input.
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}")]
    input: String,
    /// A file that says what comes of tasks: a JSON object of state names, each with a response or a list of them.
    #[arg(long, value_name = "FILE")]
    mocks: Option<PathBuf>,
    /// The execution's name.
    #[arg(long, default_value = "run")]
    name: String,
    /// What expressions are written in, where the definition doesn't say.
    #[arg(long, value_name = "LANGUAGE", value_parser = ["JSONPath", "JSONata"])]
    query_language: Option<String>,
    /// Let waits, retries and the delays of mocks take as long as they say.
    #[arg(long)]
    real_time: bool,
    /// Print the history as GetExecutionHistory gives it.
    #[arg(long)]
    json: bool,
}

/// What a run needs.
struct Plan {
    definition: Arc<Definition>,
    input: Bytes,
    mocks: Mocks,
}

/// What a run came to.
struct Ran {
    arn: String,
    head: Head,
    output: Option<Bytes>,
    events: Vec<HistoryEvent>,
    /// Why it stopped before its end.
    stopped: Option<Halt>,
}

/// Why a run stopped before its end.
enum Halt {
    Unmocked(Unmocked),
    Bound(String),
}

pub(super) fn run(flags: Flags) -> anyhow::Result<ExitCode> {
    // Expressions are evaluated by recursion: on as large a stack as a server gives them.
    let thread = std::thread::Builder::new().stack_size(EVALUATION_STACK_BYTES);
    let running = thread.spawn(move || match plan(&flags).and_then(|plan| execute(&flags, plan)) {
        Ok(ran) => report(&flags, &ran),
        Err(unusable) => {
            super::print_error(&format!("keepstep: {unusable:#}\n"));
            Ok(ExitCode::from(UNUSABLE))
        }
    })?;
    running.join().map_err(|_| anyhow::anyhow!("the run panicked"))?
}

fn plan(flags: &Flags) -> anyhow::Result<Plan> {
    name::check(&flags.name).map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let file = || flags.file.display().to_string();
    let text = std::fs::read_to_string(&flags.file).with_context(file)?;
    let text = match &flags.query_language {
        Some(language) => with_language(text, language),
        None => text,
    };
    let definition =
        definition::parse(&text, &ParseOptions::default()).map_err(problems).with_context(file)?;
    let mocks = match &flags.mocks {
        None => Mocks::default(),
        Some(path) => {
            let file = || path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(file)?;
            Mocks::read(&text, &definition).map_err(anyhow::Error::msg).with_context(file)?
        }
    };
    Ok(Plan { definition: Arc::new(definition), input: input(&flags.input)?.into(), mocks })
}

/// A definition that says nothing of its language is given one. Any other text is left as it is, for its problems to be shown in place.
fn with_language(text: String, language: &str) -> String {
    match serde_json::from_str(&text) {
        Ok(Value::Object(mut members)) if !members.contains_key("QueryLanguage") => {
            members.insert("QueryLanguage".to_owned(), language.into());
            Value::Object(members).to_string()
        }
        _ => text,
    }
}

fn problems(invalid: Invalid) -> anyhow::Error {
    let errors = invalid.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let lines: Vec<_> = errors.map(|diagnostic| format!("\n  {diagnostic}")).collect();
    anyhow::anyhow!("the definition is not valid:{}", lines.concat())
}

fn input(argument: &str) -> anyhow::Result<String> {
    if argument == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
        return Ok(text);
    }
    match argument.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).with_context(|| path.to_owned()),
        None => Ok(argument.to_owned()),
    }
}

/// Where executions on a laptop are.
fn owner() -> Caller {
    Caller { account: "123456789012".to_owned(), region: "us-east-1".to_owned(), partition: "aws".to_owned() }
}

fn execute(flags: &Flags, plan: Plan) -> anyhow::Result<Ran> {
    let Plan { definition, input, mut mocks } = plan;
    let started = Timestamp(wall_ms());
    let mut local = Local::new(Limits::default(), Bounds::default(), Arc::new(OsEntropy), started);
    let machine = Machine {
        owner: owner(),
        name: "local".to_owned(),
        definition,
        role_arn: format!("arn:aws:iam::{}:role/local", owner().account),
        configuration: Configuration::default(),
    };
    let request = StartExecution {
        caller: owner(),
        state_machine_arn: machine.arn(),
        name: flags.name.clone(),
        input,
        trace_header: String::new(),
        request: RequestId::from_bytes([0; 16]),
        parent: None,
        node: NodeId(0),
    };
    local.create(machine);
    let arn = local.start(&request).map_err(|refusal| anyhow::anyhow!("{refusal}"))?.arn;
    let execution = ExecutionId::of_arn(&arn);
    let ended = if flags.real_time {
        run_local(&mut local, execution, &mut mocks, &mut RealTime)
    } else {
        run_local(&mut local, execution, &mut mocks, &mut Virtual)
    };
    let stopped = match ended {
        Ok(()) => None,
        Err(RunError::Unanswered(unmocked)) => Some(Halt::Unmocked(unmocked)),
        Err(RunError::Stopped(stopped)) => Some(Halt::Bound(stopped.to_string())),
    };
    let events = local.history(&owner(), &arn).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    Ok(Ran { head: local.head(execution)?, output: local.output(execution)?, arn, events, stopped })
}

fn report(flags: &Flags, ran: &Ran) -> anyhow::Result<ExitCode> {
    if flags.json {
        let events = ran.events.iter().cloned().map(history_event::to_proto).collect();
        let answer = GetExecutionHistoryResponse { events, next_token: String::new() };
        let answer: Value = serde_json::from_slice(&keepstep_gateway::history_json(&answer))?;
        super::print(&format!("{answer:#}\n"));
    } else {
        let is_terminal = std::io::stdout().is_terminal();
        let style =
            Style::new(is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()));
        super::print(&Trace::of(&ran.events, &ran.arn).show(&style));
        if ran.stopped.is_none() {
            super::print(&trace::ending(&ran.head, ran.output.as_deref(), &style));
        }
    }
    Ok(ExitCode::from(match &ran.stopped {
        Some(Halt::Unmocked(unmocked)) => {
            super::print_error(&format!("keepstep: {unmocked}\n"));
            UNUSABLE
        }
        Some(Halt::Bound(bound)) => {
            super::print_error(&format!("keepstep: {bound}\n"));
            FAILED
        }
        None if ran.head.status() == ExecutionStatus::Succeeded => 0,
        None => FAILED,
    }))
}
