//! StartExecution, DescribeExecution, ListExecutions, StopExecution, GetExecutionHistory.

use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType, IncludedData};
use keepstep_tests::wait;

use super::{PASS, WAIT, assert_refused, server, state_machine};

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_idempotent_by_name_as_aws_defines_it() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let arn = state_machine(&client, "named", WAIT).await?;
    let start = |name: &str, input: &str| {
        client.start_execution().state_machine_arn(&arn).name(name).input(input).send()
    };

    let first = start("one", r#"{"a":1}"#).await?;
    assert_eq!(first.execution_arn, "arn:aws:states:us-east-1:000000000000:execution:named:one");
    let again = start("one", r#"{"a":1}"#).await?;
    assert_eq!((again.execution_arn, again.start_date), (first.execution_arn.clone(), first.start_date));
    let exists = format!("Execution Already Exists: '{}'", first.execution_arn);
    assert_refused(start("one", r#"{"a":2}"#).await, "ExecutionAlreadyExists", &exists);
    client.stop_execution().execution_arn(&first.execution_arn).send().await?;
    assert_refused(start("one", r#"{"a":1}"#).await, "ExecutionAlreadyExists", &exists);

    let (a, b) = tokio::try_join!(
        client.start_execution().state_machine_arn(&arn).send(),
        client.start_execution().state_machine_arn(&arn).send()
    )?;
    assert_ne!(a.execution_arn, b.execution_arn, "executions without names have their own");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_starts_are_refused_in_aws_words() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let arn = state_machine(&client, "strict", PASS).await?;
    let start = |arn: &str, name: &str, input: &str| {
        client.start_execution().state_machine_arn(arn).name(name).input(input).send()
    };
    let cases = [
        ("nonsense", "x", "{}", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'"),
        (
            "arn:aws:states:us-east-1:000000000000:stateMachine:nothing",
            "x",
            "{}",
            "StateMachineDoesNotExist",
            "State Machine Does Not Exist: 'arn:aws:states:us-east-1:000000000000:stateMachine:nothing'",
        ),
        (arn.as_str(), "a/b", "{}", "InvalidName", "Invalid Name: 'a/b'"),
        (
            arn.as_str(),
            "x",
            "not json",
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
        ),
    ];
    for (arn, name, input, code, text) in cases {
        assert_refused(start(arn, name, input).await, code, text);
    }
    let large = format!("\"{}\"", "x".repeat(262_143));
    assert_refused(start(&arn, "x", &large).await, "ValidationException", "262144");
    let fits = format!("\"{}\"", "x".repeat(262_142));
    start(&arn, "x", &fits).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_stop_and_list_tell_one_story() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let parked = state_machine(&client, "parked", WAIT).await?;
    let quick = state_machine(&client, "quick", PASS).await?;

    let ended =
        client.start_execution().state_machine_arn(&quick).input(r#"{ "a": 1 }"#).send().await?.execution_arn;
    let described = wait::until("the execution has ended", || async {
        let described = client.describe_execution().execution_arn(&ended).send().await.ok()?;
        (described.status == ExecutionStatus::Succeeded).then_some(described)
    })
    .await?;
    assert_eq!(described.state_machine_arn, quick);
    assert_eq!(described.input.as_deref(), Some(r#"{ "a": 1 }"#));
    assert_eq!(described.output.as_deref(), Some(r#"{ "a": 1 }"#));
    assert!(described.input_details.is_some_and(|details| details.included));
    assert!(described.stop_date >= Some(described.start_date));

    let mut started = Vec::new();
    for index in 0..5 {
        let answer =
            client.start_execution().state_machine_arn(&parked).name(format!("p{index}")).send().await?;
        started.push(answer.execution_arn);
    }
    let stopped =
        client.stop_execution().execution_arn(&started[0]).error("Enough").cause("of it").send().await?;
    let described = client.describe_execution().execution_arn(&started[0]).send().await?;
    assert_eq!(described.status, ExecutionStatus::Aborted);
    assert_eq!((described.error.as_deref(), described.cause.as_deref()), (Some("Enough"), Some("of it")));
    assert_eq!(described.stop_date, Some(stopped.stop_date));
    let again = client.stop_execution().execution_arn(&started[0]).send().await?;
    assert_eq!(again.stop_date, stopped.stop_date);

    let mut newest_first = Vec::new();
    let mut pages =
        client.list_executions().state_machine_arn(&parked).max_results(2).into_paginator().send();
    while let Some(page) = pages.next().await {
        newest_first.extend(page?.executions.into_iter().map(|item| (item.start_date, item.execution_arn)));
    }
    assert!(newest_first.is_sorted_by(|a, b| a.0 >= b.0), "{newest_first:?}");
    let mut listed: Vec<_> = newest_first.into_iter().map(|(_, arn)| arn).collect();
    listed.sort();
    assert_eq!(listed, started);
    let aborted = client
        .list_executions()
        .state_machine_arn(&parked)
        .status_filter(ExecutionStatus::Aborted)
        .send()
        .await?;
    assert_eq!(aborted.executions.len(), 1);
    assert_eq!(aborted.executions[0].execution_arn, started[0]);
    assert_eq!(aborted.executions[0].stop_date, Some(stopped.stop_date));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_named() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let execution = "arn:aws:states:us-east-1:000000000000:execution:nothing:here";
    let gone = format!("Execution Does Not Exist: '{execution}'");
    assert_refused(
        client.describe_execution().execution_arn(execution).send().await,
        "ExecutionDoesNotExist",
        &gone,
    );
    assert_refused(
        client.stop_execution().execution_arn(execution).send().await,
        "ExecutionDoesNotExist",
        &gone,
    );
    assert_refused(
        client.get_execution_history().execution_arn(execution).send().await,
        "ExecutionDoesNotExist",
        &gone,
    );
    assert_refused(
        client.describe_state_machine_for_execution().execution_arn(execution).send().await,
        "ExecutionDoesNotExist",
        &gone,
    );
    let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:nothing";
    let gone = format!("State Machine Does Not Exist: '{machine}'");
    assert_refused(
        client.list_executions().state_machine_arn(machine).send().await,
        "StateMachineDoesNotExist",
        &gone,
    );
    assert_refused(
        client.describe_state_machine().state_machine_arn(machine).send().await,
        "StateMachineDoesNotExist",
        &gone,
    );
    assert_refused(
        client.describe_execution().execution_arn(machine).send().await,
        "InvalidArn",
        "Invalid Arn:",
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_comes_in_pages_from_either_end() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let chain = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"C"},"C":{"Type":"Succeed"}}}"#;
    let arn = state_machine(&client, "chain", chain).await?;
    let execution = client.start_execution().state_machine_arn(&arn).input("[1]").send().await?.execution_arn;
    wait::until("the execution has ended", || async {
        let described = client.describe_execution().execution_arn(&execution).send().await.ok()?;
        (described.status != ExecutionStatus::Running).then_some(())
    })
    .await?;
    for reverse in [false, true] {
        for size in [1, 3, 1000] {
            let mut ids = Vec::new();
            let mut pages = client
                .get_execution_history()
                .execution_arn(&execution)
                .reverse_order(reverse)
                .max_results(size)
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                let page = page?;
                assert!(page.events.len() <= usize::try_from(size)?);
                ids.extend(page.events.iter().map(|event| event.id));
            }
            if reverse {
                ids.reverse();
            }
            assert_eq!(ids, (1..=8).collect::<Vec<i64>>(), "reverse {reverse}, pages of {size}");
        }
    }
    let without =
        client.get_execution_history().execution_arn(&execution).include_execution_data(false).send().await?;
    let started = &without.events[0];
    assert_eq!(started.r#type, HistoryEventType::ExecutionStarted);
    assert_eq!(
        started.execution_started_event_details.as_ref().and_then(|details| details.input.clone()),
        None
    );
    assert_refused(
        client.get_execution_history().execution_arn(&execution).next_token("nonsense").send().await,
        "InvalidToken",
        "Invalid Token: 'Invalid token'",
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_kept_back_where_metadata_is_asked_for() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let arn = state_machine(&client, "m", PASS).await?;
    let execution = client.start_execution().state_machine_arn(&arn).input("[1]").send().await?.execution_arn;
    for (asked, data, definition) in [
        (None, Some("[1]"), PASS),
        (Some(IncludedData::AllData), Some("[1]"), PASS),
        (Some(IncludedData::MetadataOnly), None, "{}"),
    ] {
        let describe = client.describe_execution().execution_arn(&execution);
        let described = describe.set_included_data(asked.clone()).send().await?;
        assert_eq!((described.input.as_deref(), described.output.as_deref()), (data, data));
        let included = [described.input_details, described.output_details];
        let included = included.map(|details| details.map(|details| details.included));
        assert_eq!(included, [Some(data.is_some()), Some(data.is_some())]);
        let describe = client.describe_state_machine_for_execution().execution_arn(&execution);
        assert_eq!(describe.set_included_data(asked).send().await?.definition, definition);
    }
    Ok(())
}
