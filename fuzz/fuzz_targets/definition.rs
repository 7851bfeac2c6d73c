//! A definition's text: parsing and validation end, agree, and name at least one error of what is refused.
#![no_main]

use keepstep_asl::definition::{Kind, ParseOptions, parse, validate};
use keepstep_asl::diagnostic::Severity;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for kind in [Kind::Standard, Kind::Express] {
        let options = ParseOptions { kind };
        let validation = validate(text, &options);
        match parse(text, &options) {
            Ok(_) => assert!(validation.is_ok()),
            Err(invalid) => {
                assert!(invalid.diagnostics.iter().any(|problem| problem.severity == Severity::Error));
            }
        }
    }
});
