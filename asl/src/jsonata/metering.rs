//! Puts a meter into an expression: the tree is rewritten once, when it is parsed, so that whatever builds large values
//! passes them through [`CHARGE`], and whatever could build one at a stroke asks [`functions::GUARD`] first.
//! Changes no result: both are functions that hand on what they are given.
//!
//! Left alone is what cannot grow: fields of values, arithmetic, comparisons, functions with small results. A call in
//! tail position of a function stays there (it loops instead of nesting); the values it hands on are metered where they
//! are built and where they arrive.

use std::collections::BTreeSet;

use jsonata_core::{
    ast::{AstNode, BinaryOp, PathStep, Stage, StepId},
    value::with_stack,
};

use super::{
    functions::{self, CHARGE, DISTINCT, GUARD, NOW, RANGE},
    syntax,
};

/// The tree with the meter in it.
pub(super) fn metered(tree: AstNode) -> AstNode {
    let mut bound = BTreeSet::new();
    collect_bound(&tree, &mut bound);
    Rewriter { bound, temporaries: 0 }.node(tree, Place::Value)
}

/// Every name that the expression binds anywhere.
fn collect_bound(node: &AstNode, bound: &mut BTreeSet<String>) {
    match node {
        AstNode::Lambda { params, .. } => bound.extend(params.iter().cloned()),
        AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } => {
            if let AstNode::Variable(name) = &**lhs {
                bound.insert(name.clone());
            }
        }
        AstNode::Path { steps } => {
            for step in steps {
                bound.extend(step.focus.iter().chain(&step.index_var).cloned());
                bound.extend(step.stages.iter().filter_map(|stage| match stage {
                    Stage::Index(name) => Some(name.clone()),
                    _ => None,
                }));
            }
        }
        _ => {}
    }
    with_stack(|| {
        for child in syntax::children(node) {
            collect_bound(child, bound);
        }
    });
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Its value is used: it may be wrapped.
    Value,
    /// Its value is a function's result: a call must stay a call.
    Tail,
    /// The evaluator looks at what kind of node it is: only what is inside may change.
    Bare,
}

struct Rewriter {
    bound: BTreeSet<String>,
    temporaries: usize,
}

impl Rewriter {
    fn node(&mut self, node: AstNode, place: Place) -> AstNode {
        with_stack(|| self.node_here(node, place))
    }

    fn boxed(&mut self, mut node: Box<AstNode>, place: Place) -> Box<AstNode> {
        let inner = std::mem::replace(&mut *node, AstNode::Undefined);
        *node = self.node(inner, place);
        node
    }

    fn values(&mut self, nodes: Vec<AstNode>) -> Vec<AstNode> {
        nodes.into_iter().map(|node| self.node(node, Place::Value)).collect()
    }

    fn pairs(&mut self, pairs: Vec<(AstNode, AstNode)>) -> Vec<(AstNode, AstNode)> {
        pairs
            .into_iter()
            .map(|(key, value)| (self.node(key, Place::Value), self.node(value, Place::Value)))
            .collect()
    }

    fn node_here(&mut self, node: AstNode, place: Place) -> AstNode {
        match node {
            AstNode::Variable(name) => self.variable(name),
            AstNode::Function { name, args, is_builtin } => self.function(name, args, is_builtin, place),
            AstNode::Call { procedure, args } => {
                let procedure = self.boxed(procedure, Place::Bare);
                let call = AstNode::Call { procedure, args: self.values(args) };
                if place == Place::Value { charged(call) } else { call }
            }
            AstNode::Lambda { params, body, signature, thunk } => {
                AstNode::Lambda { params, body: self.boxed(body, Place::Tail), signature, thunk }
            }
            AstNode::Block(items) => AstNode::Block(self.block(items, place)),
            AstNode::Conditional { condition, then_branch, else_branch } => AstNode::Conditional {
                condition: self.boxed(condition, Place::Value),
                then_branch: self.boxed(then_branch, place),
                else_branch: else_branch.map(|branch| self.boxed(branch, place)),
            },
            AstNode::Binary { op, lhs, rhs } => self.binary(op, lhs, rhs, place),
            AstNode::Unary { op, operand } => {
                AstNode::Unary { op, operand: self.boxed(operand, Place::Value) }
            }
            AstNode::Path { steps } => self.path(steps, place),
            AstNode::Array(items) => charged_unless_bare(AstNode::Array(self.items(items)), place),
            AstNode::ArrayGroup(items) => charged_unless_bare(AstNode::ArrayGroup(self.items(items)), place),
            AstNode::Object(pairs) => charged_unless_bare(AstNode::Object(self.pairs(pairs)), place),
            AstNode::ObjectTransform { input, pattern } => {
                let input = self.boxed(input, Place::Bare);
                let pattern = self.pairs(pattern);
                charged_unless_bare(AstNode::ObjectTransform { input, pattern }, place)
            }
            AstNode::FunctionApplication(inner) => {
                AstNode::FunctionApplication(self.boxed(inner, Place::Value))
            }
            AstNode::Sort { input, terms } => AstNode::Sort {
                input: self.boxed(input, Place::Bare),
                terms: terms
                    .into_iter()
                    .map(|(term, ascending)| (self.node(term, Place::Value), ascending))
                    .collect(),
            },
            AstNode::Transform { location, update, delete } => AstNode::Transform {
                location: self.boxed(location, Place::Bare),
                update: self.boxed(update, Place::Bare),
                delete: delete.map(|delete| self.boxed(delete, Place::Bare)),
            },
            leaf => leaf,
        }
    }

    /// The last expression of a block is the block's value.
    fn block(&mut self, mut items: Vec<AstNode>, place: Place) -> Vec<AstNode> {
        let last = items.pop();
        let mut items = self.values(items);
        items.extend(last.map(|last| self.node(last, place)));
        items
    }

    /// What an array is built of. An item that is itself an array is copied into it, as often as it is named.
    fn items(&mut self, items: Vec<AstNode>) -> Vec<AstNode> {
        items
            .into_iter()
            .map(|item| match item {
                AstNode::Array(_) | AstNode::ArrayGroup(_) => self.node(item, Place::Bare),
                AstNode::Variable(_) | AstNode::Path { .. } => charged(self.node(item, Place::Value)),
                item => self.node(item, Place::Value),
            })
            .collect()
    }

    fn binary(&mut self, op: BinaryOp, lhs: Box<AstNode>, rhs: Box<AstNode>, place: Place) -> AstNode {
        match op {
            BinaryOp::ColonEqual => AstNode::Binary { op, lhs, rhs: self.boxed(rhs, Place::Value) },
            BinaryOp::ChainPipe => match *rhs {
                // `a ~> $f(b)` is `$f(a, b)`: the guard of `$f` must see both.
                AstNode::Function { name, mut args, is_builtin }
                    if is_guarded(&name) && !args.iter().any(is_placeholder) =>
                {
                    args.insert(0, *lhs);
                    self.function(name, args, is_builtin, place)
                }
                rhs => {
                    let lhs = self.boxed(lhs, Place::Value);
                    let rhs = Box::new(self.node(rhs, Place::Bare));
                    charged_unless_bare(AstNode::Binary { op, lhs, rhs }, place)
                }
            },
            BinaryOp::Range if !(is_number(&lhs) && is_number(&rhs)) => {
                charged_unless_bare(self.guarded_range(*lhs, *rhs), place)
            }
            BinaryOp::Concatenate | BinaryOp::Range => {
                let lhs = self.boxed(lhs, Place::Value);
                let rhs = self.boxed(rhs, Place::Value);
                charged_unless_bare(AstNode::Binary { op, lhs, rhs }, place)
            }
            _ => {
                let lhs = self.boxed(lhs, Place::Value);
                AstNode::Binary { op, lhs, rhs: self.boxed(rhs, Place::Value) }
            }
        }
    }

    fn path(&mut self, steps: Vec<PathStep>, place: Place) -> AstNode {
        let grows = steps.iter().enumerate().any(|(index, step)| step_grows(index, step));
        let joins = steps.iter().any(|step| step.focus.is_some() || step.index_var.is_some());
        let steps =
            steps.into_iter().enumerate().map(|(index, step)| self.step(index, step, joins)).collect();
        let path = AstNode::Path { steps };
        if grows || joins { charged_unless_bare(path, place) } else { path }
    }

    fn step(&mut self, index: usize, mut step: PathStep, joins: bool) -> PathStep {
        let leads = index == 0;
        step.node = match step.node {
            // `%` looks through such a step for the rows of the path inside it.
            AstNode::FunctionApplication(inner) if step.inner_tuple => {
                AstNode::FunctionApplication(self.boxed(inner, Place::Bare))
            }
            node @ (AstNode::Variable(_)
            | AstNode::FunctionApplication(_)
            | AstNode::Block(_)
            | AstNode::Conditional { .. })
                if !leads && !step.inner_tuple =>
            {
                self.repeated(node)
            }
            // A join pairs each of its rows with each item of the step.
            node @ AstNode::Name(_) if joins && !leads => rows_charged(node),
            node @ AstNode::Function { .. } => {
                self.node(node, if leads { Place::Bare } else { Place::Value })
            }
            node => self.node(node, Place::Bare),
        };
        step.stages = step
            .stages
            .into_iter()
            .map(|stage| match stage {
                Stage::Filter(predicate) => {
                    let place =
                        if matches!(*predicate, AstNode::Array(_)) { Place::Bare } else { Place::Value };
                    Stage::Filter(self.boxed(predicate, place))
                }
                stage => stage,
            })
            .collect();
        // The evaluator caches steps by this.
        step.id = StepId::default();
        step
    }

    /// What is evaluated for each item of the step before: `$x.($x)` multiplies, though neither `$x` grows.
    fn repeated(&mut self, node: AstNode) -> AstNode {
        match node {
            AstNode::FunctionApplication(inner) => {
                AstNode::FunctionApplication(Box::new(self.repeated(*inner)))
            }
            AstNode::Block(mut items) => {
                let last = items.pop();
                let mut items = self.values(items);
                items.extend(last.map(|last| self.repeated(last)));
                AstNode::Block(items)
            }
            AstNode::Conditional { condition, then_branch, else_branch } => AstNode::Conditional {
                condition: self.boxed(condition, Place::Value),
                then_branch: Box::new(self.repeated(*then_branch)),
                else_branch: else_branch.map(|branch| Box::new(self.repeated(*branch))),
            },
            node if is_context(&node) => node,
            node @ (AstNode::Variable(_) | AstNode::Path { .. }) => charged(self.node(node, Place::Value)),
            node => self.node(node, Place::Value),
        }
    }

    fn function(&mut self, name: String, args: Vec<AstNode>, is_builtin: bool, place: Place) -> AstNode {
        let is_bound = self.bound.contains(&name);
        if is_builtin && is_guarded(&name) {
            if args.iter().any(is_placeholder) {
                return self.guarded_partial(name, args);
            }
            let call = self.guarded(name, args);
            return charged_unless_bare(call, place);
        }
        let args = if name == "zip" {
            args.into_iter().map(|arg| charged(self.node(arg, Place::Value))).collect()
        } else {
            self.values(args)
        };
        let small = !is_bound && functions::has_small_result(&name);
        let calls_back = !is_bound && functions::calls_back(&name);
        let call = AstNode::Function { name, args, is_builtin };
        match place {
            Place::Bare => call,
            Place::Tail if calls_back => charged(call),
            Place::Tail => call,
            Place::Value if small => call,
            Place::Value => charged(call),
        }
    }

    /// The call after a look at its arguments: `($1 := a; $2 := b; GUARD("name", $, $1, $2); $name($1, $2))`.
    fn guarded(&mut self, name: String, args: Vec<AstNode>) -> AstNode {
        if name == "distinct" && args.len() == 1 && !self.bound.contains(&name) {
            return call(DISTINCT, self.values(args));
        }
        if name == "now" && args.len() <= 2 && !self.bound.contains(&name) {
            let args = std::iter::once(call(NOW, Vec::new())).chain(args).collect();
            return self.guarded_call("fromMillis", "fromMillis".to_owned(), args);
        }
        self.guarded_call(&name, name.clone(), args)
    }

    /// `callee` is the function's own name, or a variable that may hold it.
    fn guarded_call(&mut self, name: &str, callee: String, args: Vec<AstNode>) -> AstNode {
        let names: Vec<String> = args.iter().map(|_| self.temporary()).collect();
        let mut block: Vec<AstNode> =
            names.iter().zip(args).map(|(name, arg)| bind(name, self.node(arg, Place::Value))).collect();
        let mut arguments: Vec<AstNode> = names.into_iter().map(AstNode::Variable).collect();
        block.push(guard(name, &arguments));
        if name == "replace"
            && let Some(replacement) = arguments.get_mut(2)
        {
            *replacement = charged_replacement(replacement.clone());
        }
        block.push(AstNode::Function { name: callee, args: arguments, is_builtin: true });
        AstNode::Block(block)
    }

    /// `($1 := from; $2 := to; GUARD("..", $, $1, $2); $1..$2)`.
    fn guarded_range(&mut self, from: AstNode, to: AstNode) -> AstNode {
        let ends = [self.temporary(), self.temporary()];
        let mut block: Vec<AstNode> = (ends.iter().zip([from, to]))
            .map(|(name, end)| bind(name, self.node(end, Place::Value)))
            .collect();
        let [from, to] = ends.map(AstNode::Variable);
        block.push(guard(RANGE, &[from.clone(), to.clone()]));
        block.push(AstNode::Binary { op: BinaryOp::Range, lhs: Box::new(from), rhs: Box::new(to) });
        AstNode::Block(block)
    }

    /// `$join(?, e)` is `($1 := e; function($2){ $join($2, $1) })`, with the guard inside.
    fn guarded_partial(&mut self, name: String, args: Vec<AstNode>) -> AstNode {
        let mut block = Vec::new();
        let mut params = Vec::new();
        let mut arguments = Vec::new();
        for arg in args {
            let temporary = self.temporary();
            if is_placeholder(&arg) {
                params.push(temporary.clone());
            } else {
                block.push(bind(&temporary, self.node(arg, Place::Value)));
            }
            arguments.push(AstNode::Variable(temporary));
        }
        let body = Box::new(self.guarded(name, arguments));
        block.push(AstNode::Lambda { params, body, signature: None, thunk: false });
        AstNode::Block(block)
    }

    /// A guarded function used as a value becomes a function that asks the guard; one of Step Functions' own becomes a
    /// function with its number of parameters, since functions are called back with as many arguments as they take.
    fn variable(&mut self, name: String) -> AstNode {
        let is_bound = self.bound.contains(&name);
        if let Some(arity) = functions::own_arity(&name).filter(|_| !is_bound) {
            let params: Vec<String> = (0..arity).map(|_| self.temporary()).collect();
            let args = params.iter().cloned().map(AstNode::Variable).collect();
            let body = Box::new(call(&name, args));
            return AstNode::Lambda { params, body, signature: None, thunk: false };
        }
        let Some(arity) = functions::guarded_arity(&name).filter(|arity| *arity > 0) else {
            return AstNode::Variable(name);
        };
        let params: Vec<String> = (0..arity).map(|_| self.temporary()).collect();
        let arguments = params.iter().cloned().map(AstNode::Variable).collect();
        if !is_bound {
            let body = Box::new(self.guarded(name, arguments));
            return AstNode::Lambda { params, body, signature: None, thunk: false };
        }
        // The name may stand for something else here: `($1 := $join; $type($1) = "function" ? function... : $1)`.
        let value = self.temporary();
        let body = Box::new(self.guarded_call(&name, value.clone(), arguments));
        let guarded = AstNode::Lambda { params, body, signature: None, thunk: false };
        AstNode::Block(vec![
            bind(&value, AstNode::Variable(name)),
            AstNode::Conditional {
                condition: Box::new(is_a_function(AstNode::Variable(value.clone()))),
                then_branch: Box::new(guarded),
                else_branch: Some(Box::new(AstNode::Variable(value))),
            },
        ])
    }

    /// A name that no expression can spell.
    fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!(" {}", self.temporaries)
    }
}

fn is_guarded(name: &str) -> bool {
    functions::guarded_arity(name).is_some()
}

fn is_placeholder(node: &AstNode) -> bool {
    matches!(node, AstNode::Placeholder)
}

/// A number in the expression's text that the evaluator can count from and to.
fn is_number(node: &AstNode) -> bool {
    matches!(node, AstNode::Number(number) if number.abs() < 1e9)
}

fn is_context(node: &AstNode) -> bool {
    matches!(node, AstNode::Variable(name) if name.is_empty())
}

/// Whether a path's result may be larger than what the path started from.
fn step_grows(index: usize, step: &PathStep) -> bool {
    match &step.node {
        AstNode::Name(_) | AstNode::Wildcard | AstNode::Parent(_) | AstNode::ParentVariable(_) => false,
        AstNode::Variable(name) => index > 0 && !name.is_empty(),
        _ => true,
    }
}

fn call(name: &str, args: Vec<AstNode>) -> AstNode {
    AstNode::Function { name: name.to_owned(), args, is_builtin: true }
}

/// `GUARD("name", $, arguments...)`.
fn guard(name: &str, arguments: &[AstNode]) -> AstNode {
    let checked = [AstNode::String(name.to_owned()), AstNode::Variable(String::new())];
    call(GUARD, checked.into_iter().chain(arguments.iter().cloned()).collect())
}

fn bind(name: &str, value: AstNode) -> AstNode {
    AstNode::Binary {
        op: BinaryOp::ColonEqual,
        lhs: Box::new(AstNode::Variable(name.to_owned())),
        rhs: Box::new(value),
    }
}

fn charged(node: AstNode) -> AstNode {
    call(CHARGE, vec![node])
}

/// Each item of the step makes a row of a join, which costs more than the item.
fn rows_charged(node: AstNode) -> AstNode {
    call(CHARGE, vec![node, AstNode::Boolean(true)])
}

fn charged_unless_bare(node: AstNode, place: Place) -> AstNode {
    if place == Place::Bare { node } else { charged(node) }
}

fn is_a_function(node: AstNode) -> AstNode {
    AstNode::Binary {
        op: BinaryOp::Equal,
        lhs: Box::new(call("type", vec![node])),
        rhs: Box::new(AstNode::String("function".to_owned())),
    }
}

/// A function that computes replacements is charged for each: the same long text can be used for every match.
fn charged_replacement(replacement: AstNode) -> AstNode {
    let AstNode::Variable(name) = &replacement else { return replacement };
    let param = format!("{name} match");
    let body = charged(AstNode::Function {
        name: name.clone(),
        args: vec![AstNode::Variable(param.clone())],
        is_builtin: true,
    });
    AstNode::Conditional {
        condition: Box::new(is_a_function(replacement.clone())),
        then_branch: Box::new(AstNode::Lambda {
            params: vec![param],
            body: Box::new(body),
            signature: None,
            thunk: false,
        }),
        else_branch: Some(Box::new(replacement)),
    }
}
