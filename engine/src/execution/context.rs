//! The context object (`$$`), as the developer guide's page "Accessing execution data from the Context object" describes it.

use std::sync::Arc;

use bytes::Bytes;
use keepstep_asl::Scope;
use keepstep_asl::definition::{State, StateKind};
use keepstep_asl::jsonata::Bindings;
use serde_json::{Map, Value, json};

use super::interrupt::Interrupt;
use super::run::{Active, Run};
use super::variables::Variables;
use crate::desk::Desk;
use crate::id::BranchId;
use crate::record::Branch;
use crate::record::phase::Phase;
use crate::view::ViewError;

/// What the expressions of one stage of a state see.
pub(super) struct Frame {
    /// What `$` stands for.
    pub input: Arc<Value>,
    /// The text of `input` where it is as it came, and causes may show it.
    pub input_text: Option<Bytes>,
    /// What `$$` stands for.
    pub context: Value,
    /// The variables that the state refers to.
    pub variables: Variables,
    /// `$states.result`
    pub result: Option<Arc<Value>>,
    /// `$states.errorOutput`
    pub error_output: Option<Arc<Value>>,
}

impl Frame {
    /// The scope that expressions are evaluated in.
    pub(super) fn scope<'s>(&'s self, desk: &Desk<'s>) -> Scope<'s> {
        Scope::new(&self.input, &self.context, desk.entropy)
            .with_variables(&self.variables)
            .with_input_text(self.input_text.as_deref())
    }

    /// What JSONata expressions see.
    pub(super) fn bindings<'s>(&'s self, desk: &Desk<'s>) -> Bindings<'s> {
        Bindings {
            input: &self.input,
            result: self.result.as_deref(),
            error_output: self.error_output.as_deref(),
            context: &self.context,
            variables: &self.variables,
            entropy: desk.entropy,
            now_ms: desk.now.0,
        }
    }
}

/// The item of a Map iteration: `$$.Map.Item`.
pub(super) struct Item {
    /// Its index.
    pub position: u64,
    /// Its value; of a Map over the members of an object, a pair.
    pub value: Arc<Value>,
    /// Whether it is such a pair.
    pub is_member: bool,
}

impl Item {
    fn member(&self) -> Value {
        let Self { position, value, is_member } = self;
        let of_pair = |name: &str| value.get(name).filter(|_| *is_member);
        match (of_pair("Key"), of_pair("Value")) {
            (Some(key), Some(value)) => json!({ "Index": position, "Key": key, "Value": value }),
            _ => json!({ "Index": position, "Value": &**value }),
        }
    }
}

impl Run<'_> {
    /// A frame for a state and one of its stages. The context goes back with [`Run::done`].
    pub(super) fn frame(
        &mut self,
        active: &Active,
        state: &State,
        input: Arc<Value>,
    ) -> Result<Frame, Interrupt> {
        let item = self.enclosing_item(active)?;
        self.frame_with(active, state, input, item, None)
    }

    /// As [`Run::frame`], for an iteration that is about to start, or a task with a token.
    pub(super) fn frame_with(
        &mut self,
        active: &Active,
        state: &State,
        input: Arc<Value>,
        item: Option<Item>,
        token: Option<&str>,
    ) -> Result<Frame, Interrupt> {
        let mut context = match self.context.take() {
            Some(context) => context,
            None => self.lasting_context()?,
        };
        if let Some(members) = context.as_object_mut() {
            members.insert("State".to_owned(), state_member(active, state));
            match item {
                Some(item) => members.insert("Map".to_owned(), json!({ "Item": item.member() })),
                None => members.shift_remove("Map"),
            };
            match token {
                Some(token) => members.insert("Task".to_owned(), json!({ "Token": token })),
                None => members.shift_remove("Task"),
            };
        }
        self.overlay(&mut context);
        let variables = self.variables(active, state)?;
        Ok(Frame { input, input_text: None, context, variables, result: None, error_output: None })
    }

    /// Gives the context back for the next frame.
    pub(super) fn done(&mut self, frame: Frame) {
        self.context = Some(frame.context);
    }

    /// What stays the same through the whole execution.
    fn lasting_context(&mut self) -> Result<Value, ViewError> {
        let input = self.value(self.head.input)?;
        let head = &self.head;
        let name = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
        let mut execution = Map::new();
        execution.insert("Id".to_owned(), head.arn.clone().into());
        execution.insert("Input".to_owned(), Value::clone(&input));
        execution.insert("StartTime".to_owned(), time(head.started_ms).into());
        execution.insert("Name".to_owned(), name(&head.arn).into());
        execution.insert("RoleArn".to_owned(), head.role_arn.clone().into());
        execution.insert("RedriveCount".to_owned(), head.redrive_count.into());
        if let Some(redriven_ms) = head.redriven_ms {
            execution.insert("RedriveTime".to_owned(), time(redriven_ms).into());
        }
        let machine = json!({ "Id": head.state_machine_arn, "Name": name(&head.state_machine_arn) });
        Ok(json!({ "Execution": execution, "StateMachine": machine }))
    }

    /// The item of the innermost Map iteration that a branch lies in.
    fn enclosing_item(&mut self, active: &Active) -> Result<Option<Item>, ViewError> {
        let found = |branch: &Branch| (branch.item, branch.position, branch.parent);
        let (mut item, mut position, mut parent) = found(&active.branch);
        while item.is_none() {
            let Some(id) = parent else { break };
            let Some(branch) = self.branch(BranchId(id))? else { break };
            (item, position, parent) = found(branch);
        }
        match item {
            Some(payload) => {
                let map = parent.map(|id| self.branch(BranchId(id))).transpose()?.flatten();
                let phase = map.and_then(|map| map.phase.as_ref());
                let is_member = matches!(phase, Some(Phase::FannedOut(fan_out)) if fan_out.over_members);
                Ok(Some(Item { position, value: self.value(payload)?, is_member }))
            }
            None => Ok(None),
        }
    }
}

fn state_member(active: &Active, state: &State) -> Value {
    let mut member = json!({ "Name": state.name, "EnteredTime": time(active.branch.entered_ms) });
    let can_retry = matches!(state.kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_));
    if let (true, Some(member)) = (can_retry, member.as_object_mut()) {
        let retries: u64 = active.branch.retries.iter().sum();
        member.insert("RetryCount".to_owned(), retries.into());
    }
    member
}

/// A time as AWS writes it: RFC 3339 in UTC with exactly three digits of a second's fraction.
pub(crate) fn time(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    format!("{time:.3}")
}
