//! A path and a document: the path gives a value or an error, and what a reference path writes is found again.
#![no_main]

use keepstep_asl::Scope;
use keepstep_asl::path::{Path, ReferencePath};
use keepstep_fuzz::{Fixed, text_and_document};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let Some((text, document)) = text_and_document(data) else { return };
    if let Ok(path) = Path::parse(text) {
        let scope = Scope::new(&document, &document, &Fixed);
        let value = path.evaluate(&scope);
        if let Ok(found) = path.find(&scope)
            && !document.is_null()
        {
            assert_eq!(value.ok(), found);
        }
    }
    if let Ok(path) = ReferencePath::parse(text)
        && let Ok(written) = path.write(document, json!("written"))
    {
        let found = Path::parse(text).map(|path| path.evaluate(&Scope::new(&written, &written, &Fixed)));
        assert_eq!(found, Ok(Ok(json!("written"))));
    }
});
