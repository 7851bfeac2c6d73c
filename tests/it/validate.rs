//! `keepstep validate`: files, standard input, and exit codes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use keepstep_tests::process::binary;

/// Runs it on standard input; the exit code and what it printed.
fn validate(arguments: &[&str], input: &[u8]) -> anyhow::Result<(Option<i32>, String, String)> {
    let mut command = Command::new(binary()?);
    command.arg("validate").args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A file is read instead, or the input is larger than is read.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output()?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
}

#[test]
fn a_file_is_judged_with_lines_and_columns() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("order.asl.json");
    let file = path.to_str().expect("a temporary folder's name is a text");
    std::fs::write(
        &path,
        "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": {\"Type\": \"Pass\", \"Next\": \"B\"},\n    \"C\": {\"Type\": \"Succeed\"}\n  }\n}\n",
    )?;
    let expected = format!(
        "{file}:4:35: error MISSING_TRANSITION_TARGET: Missing 'Next' target: B (at /States/A/Next)\n\
         {file}:5:5: error MISSING_TRANSITION_TARGET: State \"C\" is not reachable. (at /States/C)\n\
         {file}: 2 errors\n"
    );
    assert_eq!(validate(&[file], b"")?, (Some(1), expected, String::new()));
    let (code, printed, _) = validate(&[file, "--json"], b"")?;
    let document: serde_json::Value = serde_json::from_str(&printed)?;
    assert_eq!((code, &document["result"]), (Some(1), &"FAIL".into()));
    assert_eq!(document["diagnostics"][1]["line"], 5);
    Ok(())
}

#[test]
fn standard_input_types_and_what_cannot_be_read() -> anyhow::Result<()> {
    let activity = br#"{"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}}}"#;
    assert_eq!(validate(&["-"], activity)?, (Some(0), "<stdin>: valid\n".to_owned(), String::new()));
    let (code, printed, _) = validate(&["-", "--type", "EXPRESS"], activity)?;
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.starts_with("<stdin>:2:21: error SCHEMA_VALIDATION_FAILED: "), "{printed}");

    let large = vec![b' '; (1 << 20) + 1];
    for (file, input, reason) in [
        ("/does/not/exist", &b""[..], "keepstep: /does/not/exist: No such file or directory"),
        ("-", &b"\xff"[..], "keepstep: <stdin>: this is no UTF-8 text"),
        ("-", &large[..], "keepstep: <stdin>: a definition has at most 1048576 bytes, and this is larger"),
    ] {
        let (code, printed, error) = validate(&[file], input)?;
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{file}");
        assert!(error.starts_with(reason), "{error}");
    }
    Ok(())
}
