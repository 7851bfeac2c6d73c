//! JSONata expressions and templates.

use std::time::Duration;

use divan::{Bencher, black_box};
use indexmap::IndexMap;
use keepstep_asl::jsonata::{Bindings, Expression, Limits, Template};
use serde_json::{Value, json};

use crate::{
    Fixed,
    documents::{context, order},
};

const EXPRESSIONS: &[&str] = &[
    "$states.input.customer.address.city",
    "$states.input.total > 1000 and $states.input.customer.tier = 'gold'",
    "'Order ' & $states.input.orderId & ' of ' & $states.input.customer.name",
    "$states.input.items[category = 'books' and price > 20].sku",
    "$sum($states.input.items.(price * quantity))",
    "$map($states.input.items, function($item) { {'id': $item.sku, 'cost': $item.price * $item.quantity} })",
    "$states.input.items{category: $sum(price)}",
    "$sort($states.input.items, function($left, $right) { $left.price > $right.price }).sku",
    "$replace($states.input.orderId, /[0-9a-f]{4}-/, 'x')",
    "$count($filter($states.input.items, function($item) { $item.quantity in [1, 3, 5] }))",
];

#[divan::bench(args = EXPRESSIONS)]
fn parse(expression: &str) -> Expression {
    Expression::parse(black_box(expression)).expect("an expression")
}

#[divan::bench(args = EXPRESSIONS)]
fn evaluate_10_items(bencher: Bencher<'_, '_>, expression: &str) {
    evaluate(bencher, expression, 10);
}

#[divan::bench(args = EXPRESSIONS)]
fn evaluate_2000_items(bencher: Bencher<'_, '_>, expression: &str) {
    evaluate(bencher, expression, 2_000);
}

fn evaluate(bencher: Bencher<'_, '_>, expression: &str, items: usize) {
    let (input, context, variables) = (order(items), context(), IndexMap::new());
    let expression = Expression::parse(expression).expect("an expression");
    bencher.bench_local(|| {
        expression.evaluate(&bindings(black_box(&input), &context, &variables), &Limits::default())
    });
}

#[divan::bench]
fn template(bencher: Bencher<'_, '_>) {
    let arguments = json!({
        "TableName": "orders",
        "Key": {"id": {"S": "{% $states.input.orderId %}"}},
        "Item": {"city": "{% $states.input.customer.address.city %}", "skus": "{% $states.input.items.sku %}"},
        "Message": "{% 'Order ' & $states.input.orderId & ' in ' & $states.context.State.Name %}",
        "ExecutionId": "{% $states.context.Execution.Id %}",
    });
    let (input, context, variables) = (order(10), context(), IndexMap::new());
    let template = Template::parse(&arguments).expect("a template");
    bencher.bench_local(|| {
        template.evaluate("Arguments", &bindings(black_box(&input), &context, &variables), &Limits::default())
    });
}

/// How long a million counted steps take, which says how long the bounds let an endless expression run.
#[divan::bench(args = [
    "($f := function($n) { $f($n + 1) }; $f(0))",
    "$sum($map([1..5000], function($x) { $sum($map([1..5000], function($y) { $x + $y })) }))",
    "($x := [1..5000]; $sum($x.($y := $; $count($x[$ > $y]))))",
], sample_count = 3, sample_size = 1)]
fn million_steps(bencher: Bencher<'_, '_>, expression: &str) {
    let (context, variables) = (context(), IndexMap::new());
    let expression = Expression::parse(expression).expect("an expression");
    let limits = Limits { steps_max: 1_000_000, time_max: Duration::from_secs(600), ..Limits::default() };
    bencher.bench_local(|| {
        let bindings = bindings(&Value::Null, &context, &variables);
        expression.evaluate(&bindings, &limits).expect_err("endless")
    });
}

fn bindings<'a>(
    input: &'a Value,
    context: &'a Value,
    variables: &'a IndexMap<String, Value>,
) -> Bindings<'a> {
    Bindings { input, result: None, error_output: None, context, variables, entropy: &Fixed, now_ms: 0 }
}
