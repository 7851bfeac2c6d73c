//! Payload templates: `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`. A template is JSON in which each field whose name
//! ends in `.$` holds an expression. Never looks into strings without that mark.

use serde_json::{Map, Value};

use crate::{
    EvaluationError, Expression, Scope,
    budget::{Budget, DEPTH_MAX, check_depth},
    path,
};

/// A compiled payload template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    node: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Holds no expression anywhere.
    Literal(Value),
    Object(Vec<Field>),
    Array(Vec<Node>),
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    Fixed {
        name: String,
        node: Node,
    },
    Computed {
        /// Ends in `.$`.
        name: String,
        expression: Expression,
    },
}

/// Why a value is no payload template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// JSON pointer below the template (empty for the template itself).
    pub location: String,
    /// What is wrong, in AWS's words where they are known.
    pub message: String,
}

impl Template {
    /// Compiles every `"key.$"` in `value`.
    ///
    /// # Errors
    /// At the first field ending in `.$` that holds no path and no intrinsic function, or below 120 levels.
    pub fn parse(value: &Value) -> Result<Template, ParseError> {
        let mut location = Vec::new();
        match parse_node(value, &mut location) {
            Ok(node) => Ok(Template { node }),
            Err(message) => Err(ParseError { location: pointer(&location), message }),
        }
    }

    /// The template with each `"key.$"` replaced by `"key"` and the value of its expression.
    ///
    /// # Errors
    /// `States.Runtime` if a path leads nowhere, if the result nests deeper than 120 levels, or if it costs too much;
    /// `States.IntrinsicFailure` if a function refuses its arguments.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        let value = evaluate_node(&self.node, scope, &Budget::default())?;
        check_depth(&value)?;
        Ok(value)
    }
}

impl Template {
    /// Calls `visit` with each variable that the template's expressions refer to, in the order of the text.
    pub(crate) fn each_variable(&self, visit: &mut dyn FnMut(&str)) {
        each_variable(&self.node, visit);
    }
}

fn each_variable(node: &Node, visit: &mut dyn FnMut(&str)) {
    match node {
        Node::Literal(_) => {}
        Node::Array(nodes) => nodes.iter().for_each(|node| each_variable(node, visit)),
        Node::Object(fields) => {
            for field in fields {
                match field {
                    Field::Fixed { node, .. } => each_variable(node, visit),
                    Field::Computed { expression, .. } => expression.each_variable(visit),
                }
            }
        }
    }
}

/// `location` holds the way to `value`, and on an error the way to what is wrong.
fn parse_node(value: &Value, location: &mut Vec<String>) -> Result<Node, String> {
    if location.len() > DEPTH_MAX {
        return Err(format!("A payload template nests at most {DEPTH_MAX} levels deep"));
    }
    match value {
        Value::Array(items) => {
            let mut nodes = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                location.push(index.to_string());
                nodes.push(parse_node(item, location)?);
                location.pop();
            }
            let fixed = nodes.iter().all(|node| matches!(node, Node::Literal(_)));
            Ok(if fixed { Node::Literal(value.clone()) } else { Node::Array(nodes) })
        }
        Value::Object(members) => {
            let mut fields = Vec::with_capacity(members.len());
            for (name, member) in members {
                location.push(name.clone());
                fields.push(if name.ends_with(".$") {
                    let expression = member.as_str().and_then(|text| Expression::parse(text).ok());
                    let expression = expression.ok_or_else(|| {
                        format!(
                            "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function \
                             call"
                        )
                    })?;
                    Field::Computed { name: name.clone(), expression }
                } else {
                    Field::Fixed { name: name.clone(), node: parse_node(member, location)? }
                });
                location.pop();
            }
            let fixed =
                fields.iter().all(|field| matches!(field, Field::Fixed { node: Node::Literal(_), .. }));
            Ok(if fixed { Node::Literal(value.clone()) } else { Node::Object(fields) })
        }
        _ => Ok(Node::Literal(value.clone())),
    }
}

fn evaluate_node(node: &Node, scope: &Scope<'_>, budget: &Budget) -> Result<Value, EvaluationError> {
    match node {
        Node::Literal(value) => budget.copy(value),
        Node::Array(nodes) => nodes.iter().map(|node| evaluate_node(node, scope, budget)).collect(),
        Node::Object(fields) => {
            let mut object = Map::with_capacity(fields.len());
            for field in fields {
                match field {
                    Field::Fixed { name, node } => {
                        object.insert(name.clone(), evaluate_node(node, scope, budget)?);
                    }
                    Field::Computed { name, expression } => {
                        let key = name.strip_suffix(".$").unwrap_or(name);
                        object.insert(key.to_owned(), evaluate_field(name, expression, scope, budget)?);
                    }
                }
            }
            Ok(Value::Object(object))
        }
    }
}

fn evaluate_field(
    name: &str,
    expression: &Expression,
    scope: &Scope<'_>,
    budget: &Budget,
) -> Result<Value, EvaluationError> {
    match expression {
        Expression::Intrinsic(call) => call.evaluate_within(scope, budget),
        Expression::Path(path) if path.starts_at_null(scope) => Err(path::null_document()),
        Expression::Path(path) => path.find_within(scope, budget)?.ok_or_else(|| {
            EvaluationError::runtime(format!(
                "The JSONPath '{}' specified for the field '{name}' could not be found in the input '{}'",
                path.text(),
                path.document_text(scope),
            ))
        }),
    }
}

fn pointer(location: &[String]) -> String {
    location.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scope::NoEntropy;

    fn evaluate(template: &Value, input: &Value) -> Result<Value, EvaluationError> {
        let context = json!({"Execution": {"Name": "run"}});
        let template = Template::parse(template).expect("a template");
        template.evaluate(&Scope::new(input, &context, &NoEntropy))
    }

    #[test]
    fn marked_fields_are_computed() {
        let input = json!({"flagged": 7, "vals": [0, 10, 20, 30, 40, 50], "null": null});
        for (template, expected) in [
            (json!({}), json!({})),
            (json!("$.vals"), json!("$.vals")),
            (json!({"a": "$.vals", "b": [1, {"c": "$"}]}), json!({"a": "$.vals", "b": [1, {"c": "$"}]})),
            (
                json!({"flagged": true, "parts": {"first.$": "$.vals[0]", "last3.$": "$.vals[3:]"}}),
                json!({"flagged": true, "parts": {"first": 0, "last3": [30, 40, 50]}}),
            ),
            (json!({"all.$": "$"}), json!({"all": input})),
            (json!({"n.$": "$.null"}), json!({"n": null})),
            (json!({"name.$": "$$.Execution.Name"}), json!({"name": "run"})),
            (json!([{"a.$": "$.flagged"}, 2, ["$.flagged"]]), json!([{"a": 7}, 2, ["$.flagged"]])),
            (
                json!({"a.$": "States.Array($.flagged, States.Format('{}', $.vals[1]))"}),
                json!({"a": [7, "10"]}),
            ),
            (
                json!({"list.$": "$.vals[?(@ > 30)]", "none.$": "$..none"}),
                json!({"list": [40, 50], "none": []}),
            ),
            (json!({"z.$": "$.flagged", "a": 1, "m.$": "$.null"}), json!({"z": 7, "a": 1, "m": null})),
        ] {
            let result = evaluate(&template, &input);
            assert_eq!(result, Ok(expected.clone()), "{template}");
            assert_eq!(
                result.map(|value| value.to_string()),
                Ok(expected.to_string()),
                "the order of {template}"
            );
        }
    }

    /// A Step Functions status event shows it: `... could not be found in the input '{\n    "Comment": "Insert your JSON here"\n}'`.
    #[test]
    fn an_input_that_came_as_a_text_is_shown_as_it_came() {
        let (input, context) = (json!({"a": 1}), json!({"b": 2}));
        let scope = Scope::new(&input, &context, &NoEntropy).with_input_text(Some(br#"{ "a":  1 }"#));
        for (template, shown) in [
            (json!({"x.$": "$.none"}), r#"{ "a":  1 }"#),
            (json!({"x.$": "States.MathAdd($.none, 1)"}), r#"{ "a":  1 }"#),
            (json!({"x.$": "$$.none"}), r#"{"b":2}"#),
        ] {
            let error =
                Template::parse(&template).expect("a template").evaluate(&scope).expect_err("no value");
            let expected = format!("could not be found in the input '{shown}'");
            assert!(error.cause.ends_with(&expected), "{template}: {}", error.cause);
        }
    }

    #[test]
    fn paths_that_lead_nowhere_are_named_with_their_field() {
        for (template, error) in [
            (
                json!({"nested": {"address.$": "$.application.address"}}),
                EvaluationError::runtime(
                    "The JSONPath '$.application.address' specified for the field 'address.$' could not be found in \
                     the input '{\"flagged\":false}'",
                ),
            ),
            (
                json!({"id.$": "$$.Execution.Id"}),
                EvaluationError::runtime(
                    "The JSONPath '$$.Execution.Id' specified for the field 'id.$' could not be found in the input \
                     '{\"Execution\":{\"Name\":\"run\"}}'",
                ),
            ),
            (
                json!({"n.$": "States.MathAdd($.none, 1)"}),
                EvaluationError::runtime(
                    "The JsonPath argument for the field '$.none' could not be found in the input \
                     '{\"flagged\":false}'",
                ),
            ),
            (
                json!({"n.$": "States.ArrayLength($)"}),
                EvaluationError::intrinsic_failure(
                    "The function 'States.ArrayLength($)' had the following error: Argument 1 must be an array, but \
                     was {\"flagged\":false}",
                ),
            ),
        ] {
            assert_eq!(evaluate(&template, &json!({"flagged": false})), Err(error), "{template}");
        }
    }

    #[test]
    fn paths_need_a_document() {
        for path in ["$", "$.a"] {
            let error =
                EvaluationError::runtime("Unable to apply Path transformation to null or empty input.");
            assert_eq!(evaluate(&json!({"Input.$": path}), &json!(null)), Err(error), "{path}");
        }
        assert_eq!(
            evaluate(&json!({"name.$": "$$.Execution.Name"}), &json!(null)),
            Ok(json!({"name": "run"}))
        );
        assert_eq!(
            evaluate(&json!({"text.$": "States.Format('{}', $)"}), &json!(null)),
            Ok(json!({"text": "null"}))
        );
    }

    #[test]
    fn what_is_no_template_is_refused_with_its_place() {
        for (template, location, field) in [
            (json!({"a.$": "x"}), "/a.$", "a.$"),
            (json!({"a.$": 1}), "/a.$", "a.$"),
            (json!({"a.$": {"b": 1}}), "/a.$", "a.$"),
            (json!({"a": [{}, {"b~/.$": "$["}]}), "/a/1/b~0~1.$", "b~/.$"),
            (json!({"a.$": "States.Nope()"}), "/a.$", "a.$"),
        ] {
            let message = format!(
                "The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call"
            );
            assert_eq!(
                Template::parse(&template),
                Err(ParseError { location: location.to_owned(), message }),
                "{template}"
            );
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = (0..DEPTH_MAX + 1).fold(json!(1), |inner, _| json!([inner]));
        assert!(Template::parse(&json!([deep])).is_err());

        let input = (0..DEPTH_MAX).fold(json!(1), |inner, _| json!([inner]));
        assert!(evaluate(&json!({"a.$": "$[0]"}), &input).is_ok());
        assert_eq!(
            evaluate(&json!({"a.$": "$"}), &input),
            Err(EvaluationError::runtime("The result nests deeper than 120 levels."))
        );

        let fields: Map<String, Value> = (0..1000).map(|n| (format!("f{n}.$"), json!("$"))).collect();
        assert_eq!(
            evaluate(&Value::Object(fields), &json!("x".repeat(250_000))),
            Err(EvaluationError::runtime("The expression produces more than 16777216 bytes."))
        );
    }
}
