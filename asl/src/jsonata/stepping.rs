//! Puts the counter of steps into an expression: what may run more than once charges for the nodes that one run
//! evaluates, so that the same expression over the same values stops at the same place on any machine. Changes no
//! result: [`STEP`] gives nothing, or hands on what it is given.
//!
//! Left alone is what runs once, and what a loop over one sequence does natively: fields of values, and predicates that
//! only compare. Within another loop the latter are counted, too.

use jsonata_core::{
    ast::{AstNode, BinaryOp, PathStep, Stage},
    value::with_stack,
};

use super::{
    functions::{self, STEP},
    syntax,
};

/// The tree with the counter in it.
pub(super) fn stepped(mut tree: AstNode) -> AstNode {
    visit(&mut tree, false);
    tree
}

/// What is known of a part of the tree.
#[derive(Clone, Copy)]
struct Part {
    /// Its nodes, those of the functions in it included.
    nodes: u32,
    /// It has no function, no predicate and no other loop in it.
    is_plain: bool,
}

impl Part {
    const LEAF: Part = Part { nodes: 1, is_plain: true };

    fn add(&mut self, other: Part) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.is_plain &= other.is_plain;
    }
}

/// `in_loop`: the node may be evaluated more than once.
fn visit(node: &mut AstNode, in_loop: bool) -> Part {
    with_stack(|| visit_here(node, in_loop))
}

fn visit_here(node: &mut AstNode, in_loop: bool) -> Part {
    let mut part = Part::LEAF;
    match node {
        AstNode::Lambda { body, .. } => {
            let inside = visit(body, true);
            charge_first(body, inside);
            part.add(inside);
            part.is_plain = false;
        }
        AstNode::Path { steps } => {
            for (index, step) in steps.iter_mut().enumerate() {
                part.add(visit_step(step, index > 0, in_loop));
            }
        }
        AstNode::Sort { input, terms } => {
            part.add(visit(input, in_loop));
            part.is_plain = false;
            for (term, _) in terms {
                part.add(visit_repeated(term, in_loop));
            }
        }
        // Its keys are computed for each item, its values for each group.
        AstNode::ObjectTransform { input, pattern } => {
            part.add(visit(input, in_loop));
            part.is_plain = false;
            for (key, value) in pattern {
                part.add(visit_repeated(key, in_loop));
                part.add(visit(value, true));
            }
        }
        AstNode::Transform { location, update, delete } => {
            part.add(visit(location, in_loop));
            part.is_plain = false;
            for repeated in std::iter::once(update).chain(delete) {
                part.add(visit(repeated, true));
            }
        }
        AstNode::Function { name, args, .. } => {
            for arg in &mut *args {
                part.add(visit(arg, in_loop));
            }
            part.is_plain = false;
            if in_loop
                && functions::looks_through_argument(name)
                && let Some(arg) = args.first_mut()
            {
                charge_length(arg);
            }
        }
        AstNode::Binary { op: BinaryOp::In, lhs, rhs } => {
            part.add(visit(lhs, in_loop));
            part.add(visit(rhs, in_loop));
            if in_loop {
                charge_length(rhs);
            }
        }
        AstNode::Call { .. } => {
            part.is_plain = false;
            visit_children(node, in_loop, &mut part);
        }
        node => visit_children(node, in_loop, &mut part),
    }
    part
}

fn visit_children(node: &mut AstNode, in_loop: bool, part: &mut Part) {
    for child in syntax::children_mut(node) {
        part.add(visit(child, in_loop));
    }
}

/// A step but the first is evaluated for each item of the step before it, a predicate for each item of its step.
fn visit_step(step: &mut PathStep, is_repeated: bool, in_loop: bool) -> Part {
    let mut part = match &mut step.node {
        node @ (AstNode::Block(_) | AstNode::Conditional { .. }) if is_repeated && !step.inner_tuple => {
            visit_repeated(node, in_loop)
        }
        AstNode::FunctionApplication(inner) if is_repeated && !step.inner_tuple => {
            visit_repeated(inner, in_loop)
        }
        node => visit(node, in_loop || is_repeated),
    };
    for stage in &mut step.stages {
        if let Stage::Filter(predicate) = stage {
            part.add(visit_repeated(predicate, in_loop));
            part.is_plain = false;
        }
    }
    part
}

/// What is evaluated for each item of a sequence.
fn visit_repeated(node: &mut AstNode, in_loop: bool) -> Part {
    let inside = visit(node, true);
    if (in_loop || !inside.is_plain) && !is_index(node) {
        charge_first(node, inside);
    }
    inside
}

/// The evaluator looks at these itself: they are indexes, not conditions.
fn is_index(node: &AstNode) -> bool {
    match node {
        AstNode::Number(_) | AstNode::Array(_) => true,
        AstNode::Unary { operand, .. } => matches!(**operand, AstNode::Number(_)),
        _ => false,
    }
}

/// `node` becomes `(STEP(nodes); node)`.
fn charge_first(node: &mut AstNode, part: Part) {
    let charge = call(vec![AstNode::Number(f64::from(part.nodes))]);
    match node {
        AstNode::Block(items) => items.insert(0, charge),
        node => {
            let inside = std::mem::replace(node, AstNode::Undefined);
            *node = AstNode::Block(vec![charge, inside]);
        }
    }
}

/// `node` becomes `STEP(0, node)`.
fn charge_length(node: &mut AstNode) {
    if matches!(node, AstNode::Lambda { .. } | AstNode::Placeholder) {
        return;
    }
    let inside = std::mem::replace(node, AstNode::Undefined);
    *node = call(vec![AstNode::Number(0.0), inside]);
}

fn call(args: Vec<AstNode>) -> AstNode {
    AstNode::Function { name: STEP.to_owned(), args, is_builtin: true }
}
