//! What is told of executions, where their revision asks for it: events to be logged, with each step, and that there is something to trace.

use keepstep_engine::Effect;
use keepstep_engine::execution::Logged;
use keepstep_engine::id::ExecutionId;
use keepstep_engine::record::Configuration;

use crate::harness::{Do, EXECUTION_ARN, World};

const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:g:*";

fn configuration(level: &str, tracing_enabled: bool) -> Configuration {
    Configuration {
        log_level: level.into(),
        log_execution_data: true,
        log_group_arns: vec![GROUP.into()],
        tracing_enabled,
    }
}

/// Runs an execution, and gives the names of the events that are logged, a step a line, and how many executions are to be traced.
fn told(definition: &str, configuration: &Configuration, script: &[Do]) -> (Vec<String>, usize) {
    let mut world = World::default();
    world.create_with("m", definition, configuration.clone());
    let request = world.request("e", r#"[1,2]"#);
    world.start(&request).expect("it starts");
    script.iter().for_each(|act| world.act(ExecutionId::of_arn(EXECUTION_ARN), act));
    let logged = |effect: &Effect| {
        let Effect::Log(logged) = effect else { return None };
        let Logged { arn, redrive_count, configuration: of_log, events } = &**logged;
        assert_eq!(of_log, configuration);
        let kind = arn.split(':').nth(5).unwrap_or_default();
        let machine = arn.split(':').nth(6).unwrap_or_default();
        let names: Vec<_> = events.iter().map(|event| event.event.kind().api_name()).collect();
        let redriven = if *redrive_count > 0 { format!(" ({redrive_count})") } else { String::new() };
        Some(format!("{kind} {machine}{redriven}: {}", names.join(" ")))
    };
    let traced = |effect: &&Effect| matches!(effect, Effect::Trace(_));
    (world.effects.iter().filter_map(logged).collect(), world.effects.iter().filter(traced).count())
}

const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}"#;

#[test]
fn only_what_is_asked_for_is_told() {
    let check = |configuration: Configuration, script: &[Do], logged: &[&str], traced: usize| {
        let expected: Vec<_> = logged.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(told(WAIT, &configuration, script), (expected, traced));
    };
    let end = [Do::Pass(5_000)];
    let stop = [Do::Stop(None, None)];
    check(Configuration::default(), &end, &[], 0);
    check(configuration("", true), &end, &[], 1);
    check(configuration("", true), &[], &[], 0);
    let began = "execution m: ExecutionStarted WaitStateEntered";
    let ended = "execution m: WaitStateExited ExecutionSucceeded";
    check(configuration("ALL", false), &end, &[began, ended], 0);
    check(configuration("ALL", true), &stop, &[began, "execution m: ExecutionAborted"], 1);
    let redriven = [began, "execution m: ExecutionAborted", "execution m (1): ExecutionRedriven"];
    check(configuration("ALL", false), &[Do::Stop(None, None), Do::Redrive], &redriven, 0);
    check(configuration("FATAL", false), &end, &[], 0);
    check(configuration("FATAL", false), &stop, &["execution m: ExecutionAborted"], 0);
}

#[test]
fn children_of_map_runs_are_told_of_as_their_parents() {
    let map = r#"{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","End":true,"ItemProcessor":{
        "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
        "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}"#;
    let child =
        "express m/L: ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded".to_owned();
    let (logged, traced) = told(map, &configuration("ALL", true), &[Do::Lead]);
    let expected = [
        "execution m: ExecutionStarted MapStateEntered MapStateStarted MapRunStarted".to_owned(),
        child.clone(),
        child,
        "execution m: MapRunSucceeded MapStateSucceeded MapStateExited ExecutionSucceeded".to_owned(),
    ];
    assert_eq!((logged.as_slice(), traced), (expected.as_slice(), 3));
}
