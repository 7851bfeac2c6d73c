//! Traces, for a collector.

use aws_sdk_sfn::types::{StateMachineType, TracingConfiguration};
use keepstep_tests::collector::{Collector, Span};
use keepstep_tests::process::Server;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;

const ROLE: &str = "arn:aws:iam::000000000000:role/test";
const TEXT: &str = r#"{"StartAt":"P","States":{
    "P":{"Type":"Pass","Next":"F"},
    "F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#;

/// Runs a workflow with tracing to its end.
async fn run(stage: &Stage, trace_header: &str) -> anyhow::Result<()> {
    let tracing = TracingConfiguration::builder().enabled(true).build();
    let create = stage.client.create_state_machine().name("m").definition(TEXT).role_arn(ROLE);
    let machine = create.tracing_configuration(tracing).send().await?.state_machine_arn;
    let start = stage.client.start_execution().state_machine_arn(machine).name("e");
    let execution = start.trace_header(trace_header).send().await?.execution_arn;
    let described = stage.ended(&execution).await?;
    assert_eq!(described.trace_header.unwrap_or_default(), trace_header);
    Ok(())
}

#[tokio::test]
async fn a_collector_gets_a_trace() -> anyhow::Result<()> {
    let collector = Collector::start().await?;
    let stage = Stage::start_with(Server::builder().flag("--otlp-endpoint", collector.url())).await?;
    run(&stage, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1").await?;
    let spans = wait::until("the trace is there", || async {
        Some(collector.spans()).filter(|spans| spans.len() == 3)
    })
    .await?;
    let root = spans.first().map(|root| hex::encode(&root.span_id)).unwrap_or_default();
    let told = |span: &Span| {
        let status = span.status.as_ref().map(|status| status.message.clone()).unwrap_or_default();
        assert_eq!(hex::encode(&span.trace_id), "5759e988bd862e3fe1be46a994272793");
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
        (span.name.clone(), hex::encode(&span.parent_span_id), status)
    };
    let expected =
        [("m", "53995c3f42cd8ad8", "E: c"), ("P", root.as_str(), ""), ("F", root.as_str(), "E: c")]
            .map(|(name, parent, status)| (name.to_owned(), parent.to_owned(), status.to_owned()));
    assert_eq!(spans.iter().map(told).collect::<Vec<_>>(), expected);
    Ok(())
}

#[tokio::test]
async fn without_a_collector_the_node_says_so() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    run(&stage, "").await?;
    wait::until("it is said", || async {
        stage.server.log().contains("set --otlp-endpoint or OTEL_EXPORTER_OTLP_ENDPOINT").then_some(())
    })
    .await
}

#[tokio::test]
async fn express_executions_are_traced_too() -> anyhow::Result<()> {
    let collector = Collector::start().await?;
    let stage = Stage::start_with(Server::builder().flag("--otlp-endpoint", collector.url())).await?;
    let create = stage.client.create_state_machine().name("x").definition(TEXT).role_arn(ROLE);
    let create = create.tracing_configuration(TracingConfiguration::builder().enabled(true).build());
    let machine = create.r#type(StateMachineType::Express).send().await?.state_machine_arn;
    stage.client.start_sync_execution().state_machine_arn(machine).send().await?;
    let spans = wait::until("the trace is there", || async {
        Some(collector.spans()).filter(|spans| spans.len() == 3)
    })
    .await?;
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["x", "P", "F"]);
    Ok(())
}
