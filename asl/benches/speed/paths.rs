//! JSONPath.

use divan::{Bencher, black_box};
use keepstep_asl::path::{Path, ReferencePath};
use serde_json::json;

use crate::{
    documents::{context, order},
    scope,
};

const PATHS: &[&str] = &[
    "$.customer.address.city",
    "$$.Execution.Id",
    "$.items[0].sku",
    "$.items[*].price",
    "$.items[?(@.category == 'books' && @.price > 20)].sku",
    "$..sku",
    "$.items.length()",
];

#[divan::bench(args = PATHS)]
fn parse(path: &str) -> Path {
    Path::parse(black_box(path)).expect("a path")
}

#[divan::bench(args = PATHS)]
fn evaluate_10_items(bencher: Bencher<'_, '_>, path: &str) {
    evaluate(bencher, path, 10);
}

#[divan::bench(args = PATHS)]
fn evaluate_2000_items(bencher: Bencher<'_, '_>, path: &str) {
    evaluate(bencher, path, 2_000);
}

fn evaluate(bencher: Bencher<'_, '_>, path: &str, items: usize) {
    let (input, context) = (order(items), context());
    let path = Path::parse(path).expect("a path");
    bencher.bench_local(|| path.evaluate(&scope(black_box(&input), &context)).expect("a value"));
}

#[divan::bench(args = ["$.payment", "$.customer.address.checked"])]
fn write_result(bencher: Bencher<'_, '_>, path: &str) {
    let path = ReferencePath::parse(path).expect("a reference path");
    let input = order(10);
    bencher
        .with_inputs(|| (input.clone(), json!({"state": "paid"})))
        .bench_local_values(|(input, result)| path.write(input, result).expect("written"));
}
