//! What an expression refers to outside itself: variables, members of `$states`, fields of a context it doesn't have.
//! Only reads the tree.

use std::collections::BTreeSet;

use jsonata_core::{
    ast::{AstNode, BinaryOp, PathStep, Stage},
    value::with_stack,
};

use super::{functions, syntax};

/// The members of `$states` that an expression may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatesMembers {
    /// `$states.input`.
    pub input: bool,
    /// `$states.result`.
    pub result: bool,
    /// `$states.errorOutput`.
    pub error_output: bool,
    /// `$states.context`.
    pub context: bool,
}

impl StatesMembers {
    const ALL: StatesMembers = StatesMembers { input: true, result: true, error_output: true, context: true };

    /// Whether it reads none.
    pub fn is_empty(self) -> bool {
        self == StatesMembers::default()
    }
}

/// How much of `$states.input` an expression can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InputUse {
    /// These fields, if it is an object.
    Fields(BTreeSet<String>),
    /// All of it.
    Whole,
}

impl Default for InputUse {
    fn default() -> Self {
        InputUse::Fields(BTreeSet::new())
    }
}

/// What an expression refers to outside itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct References {
    /// Free variables by name, without `$`, without `states` and without the names of functions.
    pub variables: BTreeSet<String>,
    /// Free names of functions used as values: a variable of that name would be meant.
    pub function_names: BTreeSet<String>,
    pub states: StatesMembers,
    pub input: InputUse,
    /// Names of fields of the context item, and `$` and `$$` for the item itself.
    pub top_level: BTreeSet<String>,
}

pub(super) fn of(tree: &AstNode) -> References {
    let mut walk = Walk { found: References::default(), bound: vec![BTreeSet::new()] };
    walk.node(tree, true);
    walk.found
}

struct Walk {
    found: References,
    /// Names bound in each scope around the place of the walk.
    bound: Vec<BTreeSet<String>>,
}

impl Walk {
    /// `at_top`: whether the node is evaluated against the context item of the whole expression.
    fn node(&mut self, node: &AstNode, at_top: bool) {
        with_stack(|| self.node_here(node, at_top));
    }

    fn node_here(&mut self, node: &AstNode, at_top: bool) {
        match node {
            AstNode::Variable(name) if name.is_empty() => self.context_item("$", at_top),
            AstNode::Variable(name) => self.variable(name),
            // `$$` is the context item of the whole expression wherever it stands.
            AstNode::ParentVariable(_) => self.context_item("$$", true),
            AstNode::Name(name) => self.context_item(name, at_top),
            AstNode::Path { steps } => self.path(steps, at_top),
            AstNode::Block(_) => self.scope(|walk| walk.children(node, at_top)),
            AstNode::Lambda { params, body, .. } => self.scope(|walk| {
                params.iter().for_each(|param| walk.bind(param));
                walk.node(body, at_top);
            }),
            AstNode::Binary { op: BinaryOp::ColonEqual, lhs, rhs } => {
                let AstNode::Variable(name) = &**lhs else { return self.children(node, at_top) };
                // A function may call itself.
                if matches!(**rhs, AstNode::Lambda { .. }) {
                    self.bind(name);
                }
                self.node(rhs, at_top);
                self.bind(name);
            }
            AstNode::ObjectTransform { input, pattern } => {
                self.node(input, at_top);
                for (key, value) in pattern {
                    self.node(key, false);
                    self.node(value, false);
                }
            }
            AstNode::Sort { input, terms } => {
                self.node(input, at_top);
                terms.iter().for_each(|(term, _)| self.node(term, false));
            }
            AstNode::Transform { .. } => self.children(node, false),
            // From a field back to the input.
            AstNode::Parent(_) => self.found.input = InputUse::Whole,
            AstNode::Wildcard => self.context_item("*", at_top),
            AstNode::Descendant => self.context_item("**", at_top),
            _ => self.children(node, at_top),
        }
    }

    fn children(&mut self, node: &AstNode, at_top: bool) {
        for child in syntax::children(node) {
            self.node(child, at_top);
        }
    }

    fn path(&mut self, steps: &[PathStep], at_top: bool) {
        self.scope(|walk| {
            let is_states =
                |step: &PathStep| matches!(&step.node, AstNode::Variable(name) if name == "states");
            let member = match steps {
                [states, member, ..]
                    if is_states(states) && states.stages.is_empty() && !walk.is_bound("states") =>
                {
                    walk.input_use(member, steps.get(2));
                    walk.states_member(member)
                }
                _ => false,
            };
            for (index, step) in steps.iter().enumerate() {
                if !(member && index == 0) {
                    walk.node(&step.node, at_top && index == 0);
                }
                if let Some(name) = step.focus.as_deref() {
                    walk.bind(name);
                }
                if let Some(name) = step.index_var.as_deref() {
                    walk.bind(name);
                }
                for stage in &step.stages {
                    match stage {
                        Stage::Filter(predicate) => walk.node(predicate, false),
                        Stage::Index(name) => walk.bind(name),
                        Stage::KeepArray => {}
                    }
                }
            }
        });
    }

    /// Notes what of the input a step on `$states` reads, with the step behind it.
    fn input_use(&mut self, member: &PathStep, next: Option<&PathStep>) {
        let is_plain = member.stages.is_empty() && member.focus.is_none() && member.index_var.is_none();
        match (&member.node, next.map(|next| &next.node)) {
            (AstNode::Name(member), _) if member != "input" => {}
            (AstNode::Name(_), Some(AstNode::Name(field))) if is_plain => {
                if let InputUse::Fields(fields) = &mut self.found.input {
                    fields.insert(field.clone());
                }
            }
            _ => self.found.input = InputUse::Whole,
        }
    }

    /// Notes which member a step on `$states` reads; `false` if it may be any.
    fn states_member(&mut self, step: &PathStep) -> bool {
        let AstNode::Name(name) = &step.node else { return false };
        let states = &mut self.found.states;
        match name.as_str() {
            "input" => states.input = true,
            "result" => states.result = true,
            "errorOutput" => states.error_output = true,
            "context" => states.context = true,
            // Nothing has this name.
            _ => {}
        }
        true
    }

    fn variable(&mut self, name: &str) {
        if self.is_bound(name) {
            return;
        }
        let found = &mut self.found;
        if name == "states" {
            found.states = StatesMembers::ALL;
            found.input = InputUse::Whole;
        } else if functions::is_function(name) {
            found.function_names.insert(name.to_owned());
        } else {
            found.variables.insert(name.to_owned());
        }
    }

    fn context_item(&mut self, name: &str, at_top: bool) {
        if at_top {
            self.found.top_level.insert(name.to_owned());
        }
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|scope| scope.contains(name))
    }

    fn bind(&mut self, name: &str) {
        if let Some(scope) = self.bound.last_mut() {
            scope.insert(name.to_owned());
        }
    }

    fn scope(&mut self, walk: impl FnOnce(&mut Self)) {
        self.bound.push(BTreeSet::new());
        walk(self);
        self.bound.pop();
    }
}
