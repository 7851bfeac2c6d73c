//! A state: what all types of states have, and which type it is.

use serde_json::Value;

use super::fields::Fields;
use super::{
    Assign, Catcher, Choice, Fail, Flow, Machine, Map, Parallel, Pass, QueryLanguage, Retrier, Task,
    Transition, Wait, assign, choice, fail, language, map, parallel, pass, succeed, task, wait,
};
use crate::diagnostic::Problems;
use crate::jsonata;
use crate::location::Location;
use crate::payload_io::{ResultPath, Selection};
use crate::template::Template;

/// The names that `Type` can have, in the order in which the specification describes them.
const TYPES: [&str; 8] = ["Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed", "Fail"];

/// A compiled state.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its name, unique in the definition.
    pub name: String,
    /// `Comment`
    pub comment: Option<String>,
    /// What its expressions are written in.
    pub query_language: QueryLanguage,
    /// `InputPath`; a Fail state has none and takes the whole input.
    pub input_path: Selection,
    /// `OutputPath`; a Fail state has none.
    pub output_path: Selection,
    /// `Assign`; Succeed and Fail have none. A Choice's is for when no rule holds.
    pub assign: Option<Assign>,
    /// `Output` of a JSONata state; a Fail state has none. Without it, the result is the output, or the input where
    /// there is no result. A Choice's is for when no rule holds.
    pub output: Option<jsonata::Template>,
    /// What it does.
    pub kind: StateKind,
}

/// The eight types of states.
#[derive(Debug, Clone, PartialEq)]
pub enum StateKind {
    /// Passes its input on, or a result that stands in the definition.
    Pass(Pass),
    /// Has work done.
    Task(Box<Task>),
    /// Branches.
    Choice(Choice),
    /// Waits for a time.
    Wait(Wait),
    /// Ends its flow with success.
    Succeed,
    /// Ends the execution with failure.
    Fail(Fail),
    /// Runs several flows at the same time.
    Parallel(Box<Parallel>),
    /// Runs one flow for each item of a list.
    Map(Box<Map>),
}

impl StateKind {
    /// The value of `Type`, which also begins the names of history events (`TaskStateEntered`).
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Pass(_) => "Pass",
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail(_) => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
        }
    }

    /// Where the flow goes on after this state; `None` for those that end it or choose.
    pub fn transition(&self) -> Option<&Transition> {
        match self {
            Self::Pass(pass) => Some(&pass.transition),
            Self::Task(task) => Some(&task.transition),
            Self::Wait(wait) => Some(&wait.transition),
            Self::Parallel(parallel) => Some(&parallel.transition),
            Self::Map(map) => Some(&map.transition),
            Self::Choice(_) | Self::Succeed | Self::Fail(_) => None,
        }
    }

    /// `Parameters` (of a Map: none, its `ItemSelector` is no template of its input).
    pub fn parameters(&self) -> Option<&Template> {
        match self {
            Self::Pass(pass) => pass.parameters.as_ref(),
            Self::Task(task) => task.parameters.as_ref(),
            Self::Parallel(parallel) => parallel.parameters.as_ref(),
            _ => None,
        }
    }

    /// `ResultSelector`
    pub fn result_selector(&self) -> Option<&Template> {
        match self {
            Self::Task(task) => task.result_selector.as_ref(),
            Self::Parallel(parallel) => parallel.result_selector.as_ref(),
            Self::Map(map) => map.result_selector.as_ref(),
            _ => None,
        }
    }

    /// `ResultPath`; `None` for types of states that have no result.
    pub fn result_path(&self) -> Option<&ResultPath> {
        match self {
            Self::Pass(pass) => Some(&pass.result_path),
            Self::Task(task) => Some(&task.result_path),
            Self::Parallel(parallel) => Some(&parallel.result_path),
            Self::Map(map) => Some(&map.result_path),
            _ => None,
        }
    }

    /// `Retry`, in its order.
    pub fn retry(&self) -> &[Retrier] {
        match self {
            Self::Task(task) => &task.retry,
            Self::Parallel(parallel) => &parallel.retry,
            Self::Map(map) => &map.retry,
            _ => &[],
        }
    }

    /// `Catch`, in its order.
    pub fn catch(&self) -> &[Catcher] {
        match self {
            Self::Task(task) => &task.catch,
            Self::Parallel(parallel) => &parallel.catch,
            Self::Map(map) => &map.catch,
            _ => &[],
        }
    }

    /// The flows inside this state: the branches of a Parallel, the processor of a Map.
    pub fn flows(&self) -> &[Flow] {
        match self {
            Self::Parallel(parallel) => &parallel.branches,
            Self::Map(map) => std::slice::from_ref(&map.item_processor),
            _ => &[],
        }
    }

    /// The flow with this index in a Parallel; the processor of a Map, for index 0.
    pub fn branch(&self, index: u32) -> Option<&Flow> {
        self.flows().get(usize::try_from(index).ok()?)
    }
}

/// Reads one state. `None` only if something was reported.
pub(super) fn read(
    name: &str,
    value: &Value,
    at: Location<'_>,
    problems: &Problems,
    machine: Machine,
) -> Option<State> {
    let fields = Fields::new(value, at, problems)?;
    let query_language = language::read_state(&fields, machine.language);
    let fields = fields.in_language(query_language);
    fields.require(&["Type"]);
    let type_name = fields.one_of("Type", &TYPES)?;
    let kind = match type_name {
        "Pass" => pass::read(&fields).map(StateKind::Pass),
        "Task" => task::read(&fields, machine).map(Box::new).map(StateKind::Task),
        "Choice" => choice::read(&fields).map(StateKind::Choice),
        "Wait" => wait::read(&fields).map(StateKind::Wait),
        "Succeed" => succeed::read(&fields),
        "Fail" => fail::read(&fields).map(StateKind::Fail),
        "Parallel" => parallel::read(&fields, machine).map(Box::new).map(StateKind::Parallel),
        _ => map::read(&fields, machine).map(Box::new).map(StateKind::Map),
    };
    fields.check_delimiters();
    Some(State {
        name: name.to_owned(),
        comment: fields.text("Comment").map(str::to_owned),
        query_language,
        input_path: fields.selection("InputPath"),
        output_path: fields.selection("OutputPath"),
        assign: assign::read(&fields).filter(|_| !matches!(type_name, "Succeed" | "Fail")),
        output: fields.jsonata("Output").filter(|_| type_name != "Fail"),
        kind: kind?,
    })
}

/// Reports fields that neither every state has nor this type (`own`). `Fail` has no paths: it doesn't call
/// this.
pub(super) fn allow(fields: &Fields<'_>, own: &[&str]) {
    let mut names = vec!["Type", "Comment", "QueryLanguage", "InputPath", "OutputPath", "Output"];
    names.extend_from_slice(own);
    fields.allow(&names);
}
