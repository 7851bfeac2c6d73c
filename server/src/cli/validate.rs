//! `keepstep validate`: what is wrong, or doubtful, with a definition, with lines and columns. Talks to no node. The exit code says
//! whether a state machine can be made of it.

use std::fmt::Write as _;
use std::io::Read;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use keepstep_asl::definition::{Kind, ParseOptions, Validation, validate};
use keepstep_asl::diagnostic::{Diagnostic, Severity};
use keepstep_asl::positions::{Position, Positions};
use serde_json::json;

/// Why another exit code than success.
const INVALID: u8 = 1;
const UNREADABLE: u8 = 2;

/// The largest definition that AWS takes.
const DEFINITION_BYTES_MAX: u64 = 1_048_576;

/// Its flags.
#[derive(Args)]
pub(super) struct Flags {
    /// The definition, in Amazon States Language; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: String,
    /// The type of state machine that the definition is for.
    #[arg(long, value_name = "TYPE", default_value = "STANDARD", ignore_case = true)]
    r#type: Type,
    /// Print one JSON document instead of lines.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Type {
    Standard,
    Express,
}

/// A problem, and where it is in the file.
type Found = (Position, Diagnostic);

pub(super) fn run(flags: &Flags) -> ExitCode {
    let name = if flags.file == "-" { "<stdin>" } else { &flags.file };
    let text = match read(&flags.file) {
        Ok(text) => text,
        Err(error) => {
            super::print_error(&format!("keepstep: {name}: {error:#}\n"));
            return ExitCode::from(UNREADABLE);
        }
    };
    let kind = match flags.r#type {
        Type::Standard => Kind::Standard,
        Type::Express => Kind::Express,
    };
    let validation = validate(&text, &ParseOptions { kind });
    let is_ok = validation.is_ok();
    let Validation { diagnostics, truncated } = validation;
    let found = placed(&text, diagnostics);
    if flags.json {
        super::print(&format!("{:#}\n", document(&found, is_ok, truncated)));
    } else {
        super::print(&lines(name, &found, truncated));
    }
    if is_ok { ExitCode::SUCCESS } else { ExitCode::from(INVALID) }
}

fn read(file: &str) -> anyhow::Result<String> {
    let source: Box<dyn Read> =
        if file == "-" { Box::new(std::io::stdin().lock()) } else { Box::new(std::fs::File::open(file)?) };
    let mut bytes = Vec::new();
    source.take(DEFINITION_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > DEFINITION_BYTES_MAX {
        anyhow::bail!("a definition has at most {DEFINITION_BYTES_MAX} bytes, and this is larger");
    }
    String::from_utf8(bytes).context("this is no UTF-8 text")
}

/// In the order of the text.
fn placed(text: &str, diagnostics: Vec<Diagnostic>) -> Vec<Found> {
    let positions = Positions::of(text);
    let mut found: Vec<Found> =
        diagnostics.into_iter().map(|diagnostic| (positions.find(&diagnostic), diagnostic)).collect();
    found.sort_by_key(|(position, _)| *position);
    found
}

fn lines(name: &str, found: &[Found], truncated: bool) -> String {
    let mut text = String::new();
    for (Position { line, column }, diagnostic) in found {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (code, message) = (diagnostic.code.as_str(), printable(&diagnostic.message));
        // Writing to a text never fails.
        let _ = write!(text, "{name}:{line}:{column}: {severity} {code}: {message}");
        // Of malformed JSON, the location is the line and the column again, with much of the text around them.
        if let Some(location) = diagnostic.location.as_deref().filter(|location| location.starts_with('/')) {
            let _ = write!(text, " (at {})", printable(location));
        }
        text.push('\n');
    }
    let count = |severity| found.iter().filter(|(_, diagnostic)| diagnostic.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut parts = Vec::new();
    if errors == 0 {
        parts.push("valid".to_owned());
    }
    for (count, one) in [(errors, "error"), (warnings, "warning")] {
        match count {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            more => parts.push(format!("{more} {one}s")),
        }
    }
    if truncated {
        parts.push("and more that aren't listed".to_owned());
    }
    let _ = writeln!(text, "{name}: {}", parts.join(", "));
    text
}

/// What comes from the file must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut text, c| {
        if c.is_control() {
            text.extend(c.escape_default())
        } else {
            text.push(c)
        }
        text
    })
}

/// As `ValidateStateMachineDefinition` answers, with lines and columns.
fn document(found: &[Found], is_ok: bool, truncated: bool) -> serde_json::Value {
    let diagnostics = found.iter().map(|(position, diagnostic)| {
        let mut object = json!({
            "severity": diagnostic.severity.as_str(),
            "code": diagnostic.code.as_str(),
            "message": diagnostic.message,
            "line": position.line,
            "column": position.column,
        });
        if let (Some(location), Some(object)) = (&diagnostic.location, object.as_object_mut()) {
            object.insert("location".to_owned(), json!(location));
        }
        object
    });
    json!({
        "result": if is_ok { "OK" } else { "FAIL" },
        "diagnostics": diagnostics.collect::<Vec<_>>(),
        "truncated": truncated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Vec<Found>, bool, bool) {
        let validation = validate(text, &ParseOptions::default());
        let is_ok = validation.is_ok();
        (placed(text, validation.diagnostics), is_ok, validation.truncated)
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (found, _, truncated) = found(text);
        assert_eq!(lines("f", &found, truncated), expected, "{text}");
    }

    #[test]
    fn problems_are_listed_in_the_order_of_the_text() {
        check(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#, "f: valid\n");
        check(
            "{\"StartAt\": \"A\",\n \"States\": {\"A\": {\"Type\": \"Pass\",\n  \"Result\": \"$.a\", \"Next\": \"\\u001b\"}}}",
            "f:1:1: error MISSING_END_STATE: Workflow has no terminal state\n\
             f:3:13: warning PASS_RESULT_IS_STATIC: Attempt to use a path in the result of a pass state. (at /States/A/Result)\n\
             f:3:28: error MISSING_TRANSITION_TARGET: Missing 'Next' target: \\u{1b} (at /States/A/Next)\n\
             f: 2 errors, 1 warning\n",
        );
        check(
            "{\n'",
            "f:2:1: error INVALID_JSON_DESCRIPTION: Unexpected character (''' (code 39)): was expecting double-quote to start \
             field name\nf: 1 error\n",
        );
    }

    #[test]
    fn the_document_is_the_apis_answer_with_lines_and_columns() {
        let (found, is_ok, truncated) = found("{\"States\":\n{}}");
        assert_eq!(
            document(&found, is_ok, truncated),
            json!({"result": "FAIL", "truncated": false, "diagnostics": [{
                "severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": "These fields are required: [StartAt]",
                "location": "/", "line": 1, "column": 1,
            }]})
        );
    }
}
