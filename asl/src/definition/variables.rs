//! Which variables the states of a definition refer to and assign. Knows nothing of their values.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{
    Assign, Condition, Definition, FailText, Flow, ItemReader, Map, Number, Payload, State, StateKind, Task,
    Timeout, Until,
};
use crate::jsonata;
use crate::location::Location;
use crate::path::Path;
use crate::payload_io::Selection;
use crate::template::Template;

impl Definition {
    /// `variableReferences` of `DescribeStateMachine`: the variables that each state refers to, sorted, by the states'
    /// names in the order of the text. States inside other states stand beside them; states that refer to none aren't
    /// there.
    pub fn variable_references(&self) -> IndexMap<String, Vec<String>> {
        let mut references = IndexMap::new();
        collect(&self.flow, &mut references);
        references
    }
}

/// Recursion is bounded by the depth of the JSON text.
fn collect(flow: &Flow, references: &mut IndexMap<String, Vec<String>>) {
    for state in flow.states.values() {
        let variables = state.variables();
        if !variables.is_empty() {
            references.insert(state.name.clone(), variables.into_iter().collect());
        }
        state.kind.flows().iter().for_each(|flow| collect(flow, references));
    }
}

impl State {
    /// The variables that this state refers to, without those that the states inside it refer to.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut found = Variables::default();
        found.selection(&self.input_path);
        found.selection(&self.output_path);
        found.template(self.kind.parameters());
        found.template(self.kind.result_selector());
        found.jsonata(self.output.as_ref());
        found.kind(&self.kind);
        for catcher in self.kind.catch() {
            found.jsonata(catcher.output.as_ref());
        }
        self.each_assign(Location::Root, &mut |assign, _| found.payload(Some(&assign.values)));
        found.0
    }

    /// Calls `visit` with each `Assign` of this state and its place; `at` is the state's own. The states inside it have
    /// variables of their own.
    pub(crate) fn each_assign(&self, at: Location<'_>, visit: &mut dyn FnMut(&Assign, Location<'_>)) {
        if let StateKind::Choice(choice) = &self.kind {
            let choices = at.field("Choices");
            for (index, rule) in choice.rules.iter().enumerate() {
                if let Some(assign) = &rule.assign {
                    visit(assign, choices.index(index).field("Assign"));
                }
            }
        }
        if let Some(assign) = &self.assign {
            visit(assign, at.field("Assign"));
        }
        let catch = at.field("Catch");
        for (index, catcher) in self.kind.catch().iter().enumerate() {
            if let Some(assign) = &catcher.assign {
                visit(assign, catch.index(index).field("Assign"));
            }
        }
    }
}

/// The names found so far.
#[derive(Default)]
struct Variables(BTreeSet<String>);

impl Variables {
    fn add(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }

    fn path(&mut self, path: Option<&Path>) {
        path.and_then(Path::variable).into_iter().for_each(|name| self.add(name));
    }

    fn selection(&mut self, selection: &Selection) {
        if let Selection::Path(path) = selection {
            self.path(Some(path));
        }
    }

    fn template(&mut self, template: Option<&Template>) {
        if let Some(template) = template {
            template.each_variable(&mut |name| self.add(name));
        }
    }

    fn expression(&mut self, expression: &jsonata::Expression) {
        self.0.extend(expression.variables().iter().cloned());
    }

    fn jsonata(&mut self, template: Option<&jsonata::Template>) {
        self.0.extend(template.into_iter().flat_map(jsonata::Template::variables));
    }

    fn payload(&mut self, payload: Option<&Payload>) {
        match payload {
            Some(Payload::JsonPath(template)) => self.template(Some(template)),
            Some(Payload::Jsonata(template)) => self.jsonata(Some(template)),
            None => {}
        }
    }

    fn number<T>(&mut self, number: Option<&Number<T>>) {
        match number {
            Some(Number::Path(path)) => self.path(Some(path)),
            Some(Number::Jsonata(expression)) => self.expression(expression),
            Some(Number::Fixed(_)) | None => {}
        }
    }

    fn timeout(&mut self, timeout: Option<&Timeout>) {
        match timeout {
            Some(Timeout::Path(path)) => self.path(Some(path)),
            Some(Timeout::Jsonata(expression)) => self.expression(expression),
            Some(Timeout::Seconds(_)) | None => {}
        }
    }

    fn text(&mut self, text: Option<&FailText>) {
        match text {
            Some(FailText::Computed(expression)) => expression.each_variable(&mut |name| self.add(name)),
            Some(FailText::Jsonata(expression)) => self.expression(expression),
            Some(FailText::Literal(_)) | None => {}
        }
    }

    fn kind(&mut self, kind: &StateKind) {
        match kind {
            StateKind::Pass(_) | StateKind::Succeed => {}
            StateKind::Task(task) => self.task(task),
            StateKind::Choice(choice) => {
                for rule in &choice.rules {
                    match &rule.condition {
                        Condition::Rule(rule) => rule.each_variable(&mut |name| self.add(name)),
                        Condition::Jsonata(expression) => self.expression(expression),
                        Condition::Fixed(_) => {}
                    }
                    self.jsonata(rule.output.as_ref());
                }
            }
            StateKind::Wait(wait) => match &wait.until {
                Until::SecondsPath(path) | Until::TimestampPath(path) => self.path(Some(path)),
                Until::SecondsJsonata(expression) | Until::TimestampJsonata(expression) => {
                    self.expression(expression);
                }
                Until::Seconds(_) | Until::Timestamp { .. } => {}
            },
            StateKind::Fail(fail) => {
                self.text(fail.error.as_ref());
                self.text(fail.cause.as_ref());
            }
            StateKind::Parallel(parallel) => self.jsonata(parallel.arguments.as_ref()),
            StateKind::Map(map) => self.map(map),
        }
    }

    fn task(&mut self, task: &Task) {
        self.jsonata(task.arguments.as_ref());
        self.payload(task.credentials.as_ref());
        self.timeout(task.timeout.as_ref());
        self.timeout(task.heartbeat.as_ref());
    }

    fn map(&mut self, map: &Map) {
        self.path(map.items_path.as_ref());
        self.jsonata(map.items.as_ref());
        self.payload(map.item_selector.as_ref());
        self.number(Some(&map.max_concurrency));
        self.number(map.tolerated_failure_count.as_ref());
        self.number(map.tolerated_failure_percentage.as_ref());
        let Some(distributed) = &map.distributed else { return };
        if let Some(ItemReader { parameters, config, .. }) = &distributed.item_reader {
            self.payload(parameters.as_ref());
            self.number(config.max_items.as_ref());
        }
        if let Some(batcher) = &distributed.item_batcher {
            self.payload(batcher.batch_input.as_ref());
            self.number(batcher.max_items.as_ref());
            self.number(batcher.max_input_bytes.as_ref());
        }
        if let Some(writer) = &distributed.result_writer {
            self.payload(writer.parameters.as_ref());
        }
    }
}
