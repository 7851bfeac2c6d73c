//! Choice rules of JSONPath states.

use divan::{Bencher, black_box};
use keepstep_asl::choice::Rule;
use serde_json::{Value, json};

use crate::{
    documents::{context, order},
    scope,
};

fn rules() -> [(&'static str, Value); 4] {
    [
        ("comparison", json!({"Variable": "$.total", "NumericGreaterThan": 1000})),
        ("timestamp", json!({"Variable": "$.createdAt", "TimestampLessThan": "2027-01-01T00:00:00Z"})),
        ("wildcard", json!({"Variable": "$.customer.name", "StringMatches": "A*a"})),
        (
            "combination",
            json!({"And": [
                {"Variable": "$.customer.tier", "IsPresent": true},
                {"Not": {"Variable": "$.customer.tier", "StringEquals": "silver"}},
                {"Or": [
                    {"Variable": "$.total", "NumericLessThan": 10},
                    {"Variable": "$.items[0].sku", "StringEqualsPath": "$.items[0].sku"},
                ]},
            ]}),
        ),
    ]
}

const NAMES: [&str; 4] = ["comparison", "timestamp", "wildcard", "combination"];

fn rule(name: &str) -> Value {
    rules().into_iter().find(|(known, _)| *known == name).expect("a rule").1
}

#[divan::bench(args = NAMES)]
fn parse(bencher: Bencher<'_, '_>, name: &str) {
    let rule = rule(name);
    bencher.bench_local(|| Rule::parse(black_box(&rule)).expect("a rule"));
}

#[divan::bench(args = NAMES)]
fn matches(bencher: Bencher<'_, '_>, name: &str) {
    let (input, context) = (order(10), context());
    let rule = Rule::parse(&rule(name)).expect("a rule");
    bencher.bench_local(|| rule.matches(&scope(black_box(&input), &context)).expect("an answer"));
}
