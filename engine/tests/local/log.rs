//! What is to be logged of an execution, by level and with or without data.

use super::*;

const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:g:*";
const TEXT: &str = r#"{"StartAt":"P","States":{
    "P":{"Type":"Pass","Result":{"r":1},"ResultPath":"$.p","Next":"W"},
    "W":{"Type":"Wait","Seconds":1,"Next":"F"},
    "F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#;

/// Runs a definition to its end, and gives what is logged of each step, an event a line.
fn logged(level: &str, log_execution_data: bool) -> Vec<Vec<String>> {
    let configuration = Configuration {
        log_level: level.into(),
        log_execution_data,
        log_group_arns: vec![GROUP.into()],
        tracing_enabled: true,
    };
    let mut local = configured(Bounds::default(), &[("m", TEXT)], &configuration);
    let arn = local.start(&request("m")).expect("it starts").arn;
    let mut steps = local.take_logged();
    while let Next::Wait(due) = local.proceed().expect("it goes on") {
        local.advance(due);
        steps.extend(local.take_logged());
    }
    steps.extend(local.take_logged());
    let text = |payload: Option<Bytes>| {
        payload.map_or("-".into(), |text| String::from_utf8_lossy(&text).into_owned())
    };
    let mut lines = Vec::new();
    for step in steps {
        assert_eq!((&step.arn, &step.configuration), (&arn, &configuration));
        let events = step.events.into_iter().map(|event| {
            let (id, kind) = (event.event.id, event.event.kind().api_name());
            format!("{id} {kind} {} {}", text(event.input), text(event.output))
        });
        lines.push(events.collect());
    }
    lines
}

#[test]
fn events_are_logged_by_level_step_by_step() {
    let none: Vec<Vec<String>> = Vec::new();
    assert_eq!(logged("", true), none);
    assert_eq!(logged("FATAL", true), [["7 ExecutionFailed - -"]]);
    assert_eq!(logged("ERROR", true), [["6 FailStateEntered {\"p\":{\"r\":1}} -", "7 ExecutionFailed - -"]]);
    let all = |input: &str, output: &str| {
        vec![
            vec![
                format!("1 ExecutionStarted {input} -"),
                format!("2 PassStateEntered {input} -"),
                format!("3 PassStateExited - {output}"),
                format!("4 WaitStateEntered {output} -"),
            ],
            vec![
                format!("5 WaitStateExited - {output}"),
                format!("6 FailStateEntered {output} -"),
                "7 ExecutionFailed - -".into(),
            ],
        ]
    };
    assert_eq!(logged("ALL", true), all("{}", "{\"p\":{\"r\":1}}"));
    assert_eq!(logged("ALL", false), all("-", "-"));
}
