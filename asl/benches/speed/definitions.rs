//! Definitions: from text to what runs.

use divan::{Bencher, black_box, counter::BytesCount};
use keepstep_asl::definition::{ParseOptions, parse, validate};
use serde_json::Value;

/// Twelve states of all types.
const TYPICAL: &str = include_str!("typical.asl.json");

/// `TYPICAL` as branches of one Parallel, as often as a mebibyte holds it.
fn mebibyte() -> String {
    let typical: Value = serde_json::from_str(TYPICAL).expect("JSON");
    let mut names = Vec::new();
    collect_names(&typical, &mut names);
    let mut text =
        r#"{"StartAt":"All","States":{"All":{"Type":"Parallel","End":true,"Branches":["#.to_owned();
    for number in 0.. {
        // Names of states are unique in the whole definition.
        let branch = names.iter().fold(typical.to_string(), |branch, name| {
            branch.replace(&format!("\"{name}\""), &format!("\"{name} {number}\""))
        });
        if text.len() + branch.len() + 8 > 1 << 20 {
            break;
        }
        if number > 0 {
            text.push(',');
        }
        text.push_str(&branch);
    }
    text.push_str("]}}}");
    text
}

fn collect_names<'a>(value: &'a Value, names: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Object(states)) = fields.get("States") {
                names.extend(states.keys().map(String::as_str));
            }
            fields.values().for_each(|field| collect_names(field, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        _ => {}
    }
}

#[divan::bench]
fn parse_typical(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_str(TYPICAL))
        .bench_local(|| parse(black_box(TYPICAL), &ParseOptions::default()).expect("a definition"));
}

#[divan::bench(sample_count = 10)]
fn parse_1_mib(bencher: Bencher<'_, '_>) {
    let text = mebibyte();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| parse(black_box(&text), &ParseOptions::default()).expect("a definition"));
}

#[divan::bench(sample_count = 10)]
fn validate_1_mib(bencher: Bencher<'_, '_>) {
    let text = mebibyte();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| validate(black_box(&text), &ParseOptions::default()).is_ok());
}
