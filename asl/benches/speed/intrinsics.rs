//! Intrinsic functions.

use divan::{Bencher, black_box};
use keepstep_asl::intrinsics::Call;

use crate::{
    documents::{context, order},
    scope,
};

const CALLS: &[&str] = &[
    "States.Format('Order {} of {}', $.orderId, $.customer.name)",
    "States.ArrayLength($.items)",
    "States.ArrayPartition($.items, 4)",
    "States.ArrayContains($.items[*].sku, 'SKU-00007')",
    "States.StringSplit($$.Execution.Id, ':')",
    "States.Hash($.orderId, 'SHA-256')",
    "States.JsonToString($.customer)",
    "States.JsonMerge($.customer, $.customer.address, false)",
    "States.UUID()",
];

#[divan::bench(args = CALLS)]
fn parse(call: &str) -> Call {
    Call::parse(black_box(call)).expect("a call")
}

#[divan::bench(args = CALLS)]
fn evaluate(bencher: Bencher<'_, '_>, call: &str) {
    let (input, context) = (order(10), context());
    let call = Call::parse(call).expect("a call");
    bencher.bench_local(|| call.evaluate(&scope(black_box(&input), &context)).expect("a value"));
}
