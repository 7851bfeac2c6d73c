//! Reads the JSON of a choice rule, reporting all that is wrong with it.

use serde_json::{Map, Value};

use super::{
    Node, ParseError,
    comparison::{Comparison, Constant, Family, Kind, Relation},
    wildcard::Wildcard,
};
use crate::{path::Path, wording};

/// How deep `And`, `Or` and `Not` may nest.
const NESTING_MAX: usize = 32;

/// Fields of a rule that are read elsewhere. AWS allows them at the top of a rule only.
const TOP_FIELDS: [&str; 2] = ["Next", "Assign"];

/// What a rule can be: it has one of these fields.
const FORMS: [&str; 4] = ["And", "Or", "Not", "Variable"];

/// Reads a rule.
pub(super) fn parse(value: &Value) -> Result<Node, Vec<ParseError>> {
    let mut errors = Vec::new();
    match rule(value, "", 0, &mut errors) {
        Some(node) if errors.is_empty() => Ok(node),
        _ => Err(errors),
    }
}

/// Reads the rule at `location`. `None` only after an error was added.
fn rule(value: &Value, location: &str, level: usize, errors: &mut Vec<ParseError>) -> Option<Node> {
    let mut fail = |location: String, message: String| {
        errors.push(ParseError { location, message });
        None
    };
    if level > NESTING_MAX {
        return fail(location.to_owned(), format!("Choice rules nest at most {NESTING_MAX} levels deep"));
    }
    let Value::Object(fields) = value else {
        return fail(location.to_owned(), wording::expected("Object"));
    };
    let comparisons: Vec<&str> =
        fields.keys().map(String::as_str).filter(|name| is_comparison(name)).collect();
    for name in fields.keys() {
        let known = operator(name).is_some()
            || name == "Variable"
            || name == "Comment"
            || (level == 0 && TOP_FIELDS.contains(&name.as_str()));
        if !known {
            fail(location.to_owned(), wording::not_supported(name));
        }
    }
    let mut forms = FORMS.into_iter().filter(|name| fields.contains_key(*name));
    let (Some(form), None) = (forms.next(), forms.next()) else {
        return fail(location.to_owned(), wording::CHOICE_RULE_FORMS.to_owned());
    };
    let name = match (form, comparisons.as_slice()) {
        ("Variable", [name]) => *name,
        ("Variable", []) => {
            return fail(location.to_owned(), "A Choice Rule must have a comparison operator".to_owned());
        }
        ("Variable", several) => return fail(location.to_owned(), wording::at_most_one_of(several)),
        (combination, []) => combination,
        (_, [stray, ..]) => return fail(location.to_owned(), wording::not_supported(stray)),
    };
    let operator = operator(name)?;
    let place = field_location(location, name);
    let operand = fields.get(name)?;
    match operator {
        Operator::And | Operator::Or => {
            let rules = match operand {
                Value::Array(rules) if !rules.is_empty() => rules,
                Value::Array(_) => {
                    return fail(place, wording::EMPTY_LIST.to_owned());
                }
                _ => return fail(place, wording::expected("Array")),
            };
            let parsed: Vec<Option<Node>> = rules
                .iter()
                .enumerate()
                .map(|(index, value)| rule(value, &format!("{place}/{index}"), level + 1, errors))
                .collect();
            let nodes = parsed.into_iter().collect::<Option<Vec<Node>>>()?;
            Some(if matches!(operator, Operator::And) { Node::And(nodes) } else { Node::Or(nodes) })
        }
        Operator::Not => rule(operand, &place, level + 1, errors).map(|node| Node::Not(Box::new(node))),
        operator => {
            let variable = variable(fields, location, errors);
            let comparison = match comparison(operator, operand) {
                Ok(comparison) => Some(comparison),
                Err(message) => {
                    errors.push(ParseError { location: place, message });
                    None
                }
            };
            Some(Node::Test { variable: variable?, comparison: comparison? })
        }
    }
}

fn variable(fields: &Map<String, Value>, location: &str, errors: &mut Vec<ParseError>) -> Option<Path> {
    match path(fields.get("Variable")?) {
        Ok(path) => Some(path),
        Err(message) => {
            errors.push(ParseError { location: field_location(location, "Variable"), message });
            None
        }
    }
}

fn path(value: &Value) -> Result<Path, String> {
    let Value::String(text) = value else {
        return Err(wording::expected("String"));
    };
    Path::parse_reference(text).map_err(wording::no_reference_path)
}

/// A comparison operator or a combination of rules, by its field name.
#[derive(Clone, Copy)]
pub(super) enum Operator {
    And,
    Or,
    Not,
    Present,
    Is(Kind),
    Matches,
    Compare { family: Family, relation: Relation, path: bool },
}

pub(super) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "And" => Operator::And,
        "Or" => Operator::Or,
        "Not" => Operator::Not,
        "IsPresent" => Operator::Present,
        "IsNull" => Operator::Is(Kind::Null),
        "IsString" => Operator::Is(Kind::String),
        "IsNumeric" => Operator::Is(Kind::Numeric),
        "IsBoolean" => Operator::Is(Kind::Boolean),
        "IsTimestamp" => Operator::Is(Kind::Timestamp),
        "StringMatches" => Operator::Matches,
        name => {
            let (name, path) = match name.strip_suffix("Path") {
                Some(name) => (name, true),
                None => (name, false),
            };
            let families = [
                ("String", Family::String),
                ("Numeric", Family::Numeric),
                ("Boolean", Family::Boolean),
                ("Timestamp", Family::Timestamp),
            ];
            let (family, relation) = families
                .into_iter()
                .find_map(|(prefix, family)| Some((family, name.strip_prefix(prefix)?)))?;
            let relation = match (relation, family) {
                ("Equals", _) => Relation::Equals,
                // Truth values have no order.
                (_, Family::Boolean) => return None,
                ("LessThan", _) => Relation::LessThan,
                ("LessThanEquals", _) => Relation::LessThanEquals,
                ("GreaterThan", _) => Relation::GreaterThan,
                ("GreaterThanEquals", _) => Relation::GreaterThanEquals,
                _ => return None,
            };
            Operator::Compare { family, relation, path }
        }
    })
}

/// Whether the field compares a variable with something, rather than combining rules.
fn is_comparison(name: &str) -> bool {
    operator(name).is_some_and(|operator| !matches!(operator, Operator::And | Operator::Or | Operator::Not))
}

fn comparison(operator: Operator, operand: &Value) -> Result<Comparison, String> {
    let flag = || operand.as_bool().ok_or_else(|| wording::expected("Boolean"));
    match operator {
        Operator::Present => flag().map(Comparison::Present),
        Operator::Is(kind) => flag().map(|expected| Comparison::Is(kind, expected)),
        Operator::Matches => match operand {
            Value::String(pattern) => Ok(Comparison::Matches(Wildcard::new(pattern))),
            _ => Err(wording::expected("String")),
        },
        Operator::Compare { family, relation, path: true } => {
            path(operand).map(|path| Comparison::WithPath(relation, family, path))
        }
        Operator::Compare { family, relation, path: false } => Constant::of(family, operand)
            .map(|constant| Comparison::With(relation, constant))
            .ok_or_else(|| {
                let expected = match family {
                    Family::String => "String",
                    Family::Numeric => "Number",
                    Family::Boolean => "Boolean",
                    Family::Timestamp => "Timestamp",
                };
                wording::expected(expected)
            }),
        Operator::And | Operator::Or | Operator::Not => Err("Expected a comparison operator".to_owned()),
    }
}

fn field_location(location: &str, field: &str) -> String {
    format!("{location}/{}", field.replace('~', "~0").replace('/', "~1"))
}
