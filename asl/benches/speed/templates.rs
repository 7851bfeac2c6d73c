//! Payload templates of JSONPath states.

use divan::{Bencher, black_box};
use keepstep_asl::template::Template;
use serde_json::{Value, json};

use crate::{
    documents::{context, order},
    scope,
};

fn parameters() -> Value {
    json!({
        "TableName": "orders",
        "Key": {"id": {"S.$": "$.orderId"}},
        "Item": {"city.$": "$.customer.address.city", "skus.$": "$.items[*].sku", "kind": "retail"},
        "Message.$": "States.Format('Order {} in {}', $.orderId, $$.State.Name)",
        "ExecutionId.$": "$$.Execution.Id",
    })
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let parameters = parameters();
    bencher.bench_local(|| Template::parse(black_box(&parameters)).expect("a template"));
}

#[divan::bench(args = [10, 2_000])]
fn evaluate(bencher: Bencher<'_, '_>, items: usize) {
    let (input, context) = (order(items), context());
    let template = Template::parse(&parameters()).expect("a template");
    bencher.bench_local(|| template.evaluate(&scope(black_box(&input), &context)).expect("a value"));
}
