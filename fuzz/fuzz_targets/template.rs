//! Intrinsic functions, payload templates, choice rules and JSONata templates: each ends in a value or an error.
#![no_main]

use indexmap::IndexMap;
use keepstep_asl::jsonata::{self, Bindings, Limits};
use keepstep_asl::{Scope, choice::Rule, intrinsics::Call, jackson, template::Template};
use keepstep_fuzz::{Fixed, text_and_document};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((text, document)) = text_and_document(data) else { return };
    let scope = Scope::new(&document, &document, &Fixed);
    if let Ok(call) = Call::parse(text) {
        let _ = call.evaluate(&scope);
    }
    let Ok(value) = jackson::parse(text) else { return };
    if let Ok(template) = Template::parse(&value) {
        let _ = template.evaluate(&scope);
    }
    match Rule::parse(&value) {
        Ok(rule) => {
            let _ = rule.matches(&scope);
        }
        Err(errors) => assert!(!errors.is_empty()),
    }
    if let Ok(template) = jsonata::Template::parse(&value) {
        let bindings = Bindings {
            input: &document,
            result: None,
            error_output: None,
            context: &document,
            variables: &IndexMap::new(),
            entropy: &Fixed,
            now_ms: 0,
        };
        let _ = template.evaluate("Output", &bindings, &Limits::default());
    }
});
