//! ListMapRuns, oldest first, and the lists of map runs' children, page by page.

use aws_sdk_sfn::types::ExecutionStatus;
use keepstep_tests::stage::Stage;

/// A distributed Map whose children fail where their item is 0.
fn map(label: &str) -> String {
    format!(
        r#"{{"StartAt": "{label}", "States": {{"{label}": {{"Type": "Map", "Label": "{label}", "End": true,
            "ToleratedFailurePercentage": 100, "ItemProcessor": {{
            "ProcessorConfig": {{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}, "StartAt": "C{label}", "States": {{
                "C{label}": {{"Type": "Choice", "Choices": [{{"Variable": "$", "NumericEquals": 0, "Next": "F{label}"}}], "Default": "S{label}"}},
                "F{label}": {{"Type": "Fail"}}, "S{label}": {{"Type": "Succeed"}}}}}}}}}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn map_runs_and_their_children_come_in_pages() -> anyhow::Result<()> {
    let stage = Stage::start().await?;
    let branches = ["A", "B", "C"].map(map).join(",");
    let definition = format!(
        r#"{{"StartAt": "P", "States": {{"P": {{"Type": "Parallel", "End": true, "Branches": [{branches}]}}}}}}"#
    );
    let execution = stage.begin(&definition, "[0, 1, 2, 0, 3]").await?;
    assert_eq!(stage.ended(&execution).await?.status, ExecutionStatus::Succeeded);

    let list = || stage.client.list_map_runs().execution_arn(&execution);
    let whole = list().send().await?.map_runs;
    assert_eq!(whole.len(), 3);
    let mut paged = Vec::new();
    let mut pages = list().max_results(2).into_paginator().send();
    while let Some(page) = pages.next().await {
        paged.push(page?.map_runs);
    }
    assert_eq!(paged.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(paged.concat(), whole);
    assert!(whole.is_sorted_by(|a, b| a.start_date <= b.start_date), "{whole:?}");

    for run in &whole {
        for (status, lengths) in [
            (Some(ExecutionStatus::Failed), vec![2]),
            (Some(ExecutionStatus::Succeeded), vec![2, 1]),
            (Some(ExecutionStatus::Running), vec![0]),
            (None, vec![2, 2, 1]),
        ] {
            let list = stage.client.list_executions().map_run_arn(&run.map_run_arn).set_status_filter(status);
            let mut found = Vec::new();
            let mut pages = list.max_results(2).into_paginator().send();
            while let Some(page) = pages.next().await {
                found.push(page?.executions.len());
            }
            assert_eq!(found, lengths, "{run:?}");
        }
    }
    Ok(())
}
