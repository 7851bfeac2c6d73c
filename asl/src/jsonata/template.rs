//! Templates: any JSON whose strings may be expressions (`Arguments`, `Output`, `Assign`, `ItemSelector`, ...). Names
//! of fields never are.

use std::{collections::BTreeSet, rc::Rc};

use serde_json::{Map, Value};

use super::{
    Bindings, Expression, Failure, FieldFailure, Limit, Limits, ParseError, ResultType, meter::Meter,
};
use crate::budget::{DEPTH_MAX, exceeds_depth, size};

/// A compiled template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    node: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Holds no expression anywhere.
    Literal(Value),
    Expression(Expression),
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
}

/// A string in a template is no expression although it is delimited as one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct TemplateError {
    /// JSON pointer below the template (empty for the template itself).
    pub location: String,
    /// What is wrong with the expression.
    pub error: ParseError,
}

impl Template {
    /// Compiles every `{% ... %}` in `value`.
    ///
    /// # Errors
    /// Every string that holds no expression between `{%` and `%}`, in order; or a value that nests too deep.
    pub fn parse(value: &Value) -> Result<Template, Vec<TemplateError>> {
        let mut errors = Vec::new();
        let node = parse_node(value, &mut Vec::new(), &mut errors);
        if errors.is_empty() { Ok(Template { node }) } else { Err(errors) }
    }

    /// The template with each expression replaced by its value.
    ///
    /// `field` is the way to the template from its state: `Output`, `Arguments`, `Choices[0]/Assign`. The bounds hold
    /// for all expressions together, and for the result as a whole.
    ///
    /// # Errors
    /// `States.QueryEvaluationError` of the first expression that fails or is undefined, named by its field:
    /// `Output/items[0]/name`.
    pub fn evaluate(
        &self,
        field: &str,
        bindings: &Bindings<'_>,
        limits: &Limits,
    ) -> Result<Value, FieldFailure> {
        let meter = Rc::new(Meter::new(*limits));
        let mut bytes_left = limits.value_bytes_max;
        evaluate_node(&self.node, &mut field.to_owned(), DEPTH_MAX, &mut bytes_left, bindings, &meter)
    }

    /// The expression that the template consists of; `None` if there is something around it, or no expression.
    pub fn as_expression(&self) -> Option<&Expression> {
        match &self.node {
            Node::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// Every expression in the template, in order.
    pub fn expressions(&self) -> Vec<&Expression> {
        let mut found = Vec::new();
        collect(&self.node, &mut found);
        found
    }

    /// The variables that the template's expressions read: AWS's `variableReferences`.
    pub fn variables(&self) -> BTreeSet<String> {
        self.expressions().into_iter().flat_map(|expression| expression.variables().iter().cloned()).collect()
    }
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a Expression>) {
    match node {
        Node::Literal(_) => {}
        Node::Expression(expression) => found.push(expression),
        Node::Object(fields) => fields.iter().for_each(|(_, node)| collect(node, found)),
        Node::Array(items) => items.iter().for_each(|node| collect(node, found)),
    }
}

/// `location` holds the way to `value`.
fn parse_node(value: &Value, location: &mut Vec<String>, errors: &mut Vec<TemplateError>) -> Node {
    if location.len() > DEPTH_MAX {
        let message = format!("A template nests at most {DEPTH_MAX} levels deep");
        errors.push(TemplateError { location: pointer(location), error: ParseError { code: None, message } });
        return Node::Literal(Value::Null);
    }
    match value {
        Value::String(string) => match Expression::delimited(string).map(Expression::parse) {
            None => Node::Literal(value.clone()),
            Some(Ok(expression)) => Node::Expression(expression),
            Some(Err(error)) => {
                errors.push(TemplateError { location: pointer(location), error });
                Node::Literal(Value::Null)
            }
        },
        Value::Array(items) => {
            let mut nodes = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                location.push(index.to_string());
                nodes.push(parse_node(item, location, errors));
                location.pop();
            }
            let fixed = nodes.iter().all(|node| matches!(node, Node::Literal(_)));
            if fixed { Node::Literal(value.clone()) } else { Node::Array(nodes) }
        }
        Value::Object(members) => {
            let mut fields = Vec::with_capacity(members.len());
            for (name, member) in members {
                location.push(name.clone());
                fields.push((name.clone(), parse_node(member, location, errors)));
                location.pop();
            }
            let fixed = fields.iter().all(|(_, node)| matches!(node, Node::Literal(_)));
            if fixed { Node::Literal(value.clone()) } else { Node::Object(fields) }
        }
        _ => Node::Literal(value.clone()),
    }
}

/// `field` holds the way to the node, `levels` how much deeper the result may nest.
fn evaluate_node(
    node: &Node,
    field: &mut String,
    levels: usize,
    bytes_left: &mut usize,
    bindings: &Bindings<'_>,
    meter: &Rc<Meter>,
) -> Result<Value, FieldFailure> {
    let length = field.len();
    match node {
        Node::Literal(value) => Ok(value.clone()),
        Node::Expression(expression) => {
            let value = expression.evaluate_field_metered(field, ResultType::Any, bindings, meter)?;
            let limit = |limit| Failure::Limit(limit).in_field(expression.text(), field);
            if exceeds_depth(&value, levels) {
                return Err(limit(Limit::Depth));
            }
            *bytes_left = bytes_left
                .checked_sub(usize::try_from(size(&value)).unwrap_or(usize::MAX))
                .ok_or_else(|| limit(Limit::Memory))?;
            Ok(value)
        }
        Node::Array(nodes) => {
            let mut items = Vec::with_capacity(nodes.len());
            for (index, node) in nodes.iter().enumerate() {
                field.push_str(&format!("[{index}]"));
                items.push(evaluate_node(
                    node,
                    field,
                    levels.saturating_sub(1),
                    bytes_left,
                    bindings,
                    meter,
                )?);
                field.truncate(length);
            }
            Ok(Value::Array(items))
        }
        Node::Object(nodes) => {
            let mut fields = Map::with_capacity(nodes.len());
            for (name, node) in nodes {
                field.push('/');
                field.push_str(name);
                let value =
                    evaluate_node(node, field, levels.saturating_sub(1), bytes_left, bindings, meter)?;
                field.truncate(length);
                fields.insert(name.clone(), value);
            }
            Ok(Value::Object(fields))
        }
    }
}

fn pointer(location: &[String]) -> String {
    location.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}
