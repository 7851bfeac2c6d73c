//! A JSONata expression and its input: evaluation ends within its limits, in a value or an error.
#![no_main]

use indexmap::IndexMap;
use keepstep_asl::jsonata::{Bindings, Expression, Limits};
use keepstep_fuzz::{Fixed, text_and_document};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((text, document)) = text_and_document(data) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    let variables = IndexMap::from([("v".to_owned(), document.clone())]);
    let bindings = Bindings {
        input: &document,
        result: Some(&document),
        error_output: None,
        context: &document,
        variables: &variables,
        entropy: &Fixed,
        now_ms: 1_795_404_701_250,
    };
    if let Err(failure) = expression.evaluate(&bindings, &Limits::default()) {
        assert!(!failure.to_string().contains("internal error"), "{failure}");
    }
});
