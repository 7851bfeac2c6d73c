//! A request's `X-Amz-Target` and its body: it satisfies the API model, or AWS's error says why not, in JSON.
#![no_main]

use keepstep_gateway::{Limits, check_request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (target, body) = data.split_at(end);
    let Ok(target) = std::str::from_utf8(target) else { return };
    if let Err(answer) = check_request(target, body, &Limits::default()) {
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("an error is JSON");
        assert!(answer["__type"].is_string());
    }
});
