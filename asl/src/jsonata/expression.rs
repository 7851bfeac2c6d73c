//! One expression: parsed once, evaluated as often as its state runs. Knows nothing of states and fields.

use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use indexmap::IndexMap;
use jsonata_core::{
    ast::AstNode,
    evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions},
    value::JValue,
};
use serde_json::Value;

use super::{
    Bindings, Failure, FieldFailure, Limit, Limits, ParseError, ResultType, StatesMembers, functions,
    imports::Imports,
    messages,
    meter::Meter,
    metering,
    references::{self, References},
    stepping, syntax, values,
};

/// A parsed JSONata expression.
#[derive(Clone)]
pub struct Expression {
    text: String,
    tree: AstNode,
    references: References,
}

impl Expression {
    /// Parses the text between `{%` and `%}`, spaces around it included.
    ///
    /// # Errors
    /// What JSONata 2.0.6 refuses, in its words; also regular expressions that cannot be run in linear time, and texts
    /// beyond 256 KiB.
    pub fn parse(text: &str) -> Result<Expression, ParseError> {
        let internal = || ParseError { code: None, message: "The expression could not be parsed".to_owned() };
        // No input is known to make the parser panic. This is for those that aren't known.
        catch_unwind(|| {
            let tree = syntax::parse(text)?;
            let references = references::of(&tree);
            Ok(Expression {
                text: text.trim().to_owned(),
                tree: metering::metered(stepping::stepped(tree)),
                references,
            })
        })
        .unwrap_or_else(|_| Err(internal()))
    }

    /// The expression inside a string of a definition: `{% ... %}`, with nothing around it. `None` for other strings,
    /// which stand for themselves (recorded: with a space before or after they do).
    pub fn delimited(string: &str) -> Option<&str> {
        string.strip_prefix("{%")?.strip_suffix("%}")
    }

    /// The expression's text without the spaces around it, as AWS quotes it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variables that the expression reads and doesn't bind itself, without `$`: AWS's `variableReferences`.
    /// Neither `states` nor names of functions.
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.references.variables
    }

    /// Which members of `$states` the expression may read.
    pub fn states_members(&self) -> StatesMembers {
        self.references.states
    }

    /// What the expression reads of its context item, which Step Functions doesn't give it: names of fields, `*`, `**`,
    /// `$` and `$$`. AWS refuses such definitions: `UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top
    /// level is not supported.`
    pub fn top_level_references(&self) -> &BTreeSet<String> {
        &self.references.top_level
    }

    /// The expression's value; `None` if it is undefined.
    ///
    /// # Errors
    /// What JSONata or `$error` raise, and [`Failure::Limit`] when a bound is exceeded.
    pub fn evaluate(&self, bindings: &Bindings<'_>, limits: &Limits) -> Result<Option<Value>, Failure> {
        self.evaluate_metered(bindings, &Rc::new(Meter::new(*limits)))
    }

    /// As [`Expression::evaluate`], on an account that others share.
    pub(super) fn evaluate_metered(
        &self,
        bindings: &Bindings<'_>,
        meter: &Rc<Meter>,
    ) -> Result<Option<Value>, Failure> {
        let mut context = Context::new();
        if !self.references.states.is_empty() {
            context.bind("states".to_owned(), states(&self.references, bindings, meter.imports()));
        }
        for name in self.references.variables.iter().chain(&self.references.function_names) {
            if let Some(value) = bindings.variables.get(name) {
                context.bind(name.clone(), meter.imports().value(value));
            }
        }
        self.run(context, &JValue::Undefined, bindings, meter)
    }

    /// The value of the expression in a field, which must have a certain type.
    ///
    /// `field` is the way to the field from its state: `Output`, `Arguments/Input/name`, `Choices[0]/Condition`.
    ///
    /// # Errors
    /// `States.QueryEvaluationError`, also if the value is undefined or of another type.
    pub fn evaluate_field(
        &self,
        field: &str,
        result_type: ResultType,
        bindings: &Bindings<'_>,
        limits: &Limits,
    ) -> Result<Value, FieldFailure> {
        self.evaluate_field_metered(field, result_type, bindings, &Rc::new(Meter::new(*limits)))
    }

    /// As [`Expression::evaluate_field`], on an account that others share.
    pub(super) fn evaluate_field_metered(
        &self,
        field: &str,
        result_type: ResultType,
        bindings: &Bindings<'_>,
        meter: &Rc<Meter>,
    ) -> Result<Value, FieldFailure> {
        match self.evaluate_metered(bindings, meter) {
            Ok(Some(value)) => result_type.check(value, &self.text, field),
            Ok(None) => Err(FieldFailure::undefined(&self.text, field)),
            Err(failure) => Err(failure.in_field(&self.text, field)),
        }
    }

    /// Evaluates against a context item of its own.
    pub(super) fn run(
        &self,
        context: Context,
        item: &JValue,
        bindings: &Bindings<'_>,
        meter: &Rc<Meter>,
    ) -> Result<Option<Value>, Failure> {
        let limits = meter.limits();
        let random = Rc::new(functions::RandomBytes::new(bindings.entropy));
        let options = EvaluatorOptions {
            timeout_ms: Some(u64::try_from(meter.time_left().as_millis()).unwrap_or(u64::MAX)),
            max_stack_depth: Some(limits.depth_max),
            max_sequence_length: Some(limits.sequence_items_max),
            ..EvaluatorOptions::default()
        };
        // No expression is known to make the evaluator panic. This is for those that aren't known.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut evaluator = Evaluator::with_options(context, options);
            functions::install(&mut evaluator, meter, &random, bindings.now_ms)
                .and_then(|()| evaluator.evaluate(&self.tree, item))
                .map_err(|error| failure(&error, meter, &self.tree))
                .and_then(|value| export(&value, limits))
        }));
        outcome.unwrap_or(Err(Failure::Internal))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Expression({})", self.text)
    }
}

impl PartialEq for Expression {
    /// The same text means the same.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// `$states` with the members that are read and exist.
fn states(references: &References, bindings: &Bindings<'_>, imports: &Imports) -> JValue {
    let members = references.states;
    let member = |name: &str, is_read: bool, value: Option<&Value>| {
        value.filter(|_| is_read).map(|value| (name.to_owned(), imports.value(value)))
    };
    let input = members.input.then(|| ("input".to_owned(), imports.input(bindings.input, &references.input)));
    let states = [
        input,
        member("result", members.result, bindings.result),
        member("errorOutput", members.error_output, bindings.error_output),
        member("context", members.context, Some(bindings.context)),
    ];
    JValue::object(states.into_iter().flatten().collect::<IndexMap<_, _>>())
}

fn export(value: &JValue, limits: &Limits) -> Result<Option<Value>, Failure> {
    if value.is_function() {
        return Err(Failure::Thrown { code: None, message: "The result is a function".to_owned() });
    }
    values::export(value, limits.value_bytes_max).map_err(Failure::Limit)
}

fn failure(error: &EvaluatorError, meter: &Meter, tree: &AstNode) -> Failure {
    if let Some(limit) = meter.exceeded() {
        return Failure::Limit(limit);
    }
    match error.code() {
        Some("D1011" | "U1001") => Failure::Limit(Limit::Depth),
        Some("D1012" | "U1003") => Failure::Limit(Limit::Time),
        Some("D2015") => Failure::Limit(Limit::Memory),
        _ => {
            let ParseError { code, message } = messages::of(error.message(), tree);
            Failure::Thrown { code, message }
        }
    }
}
