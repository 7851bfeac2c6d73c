//! Nodes die that hold accepted asynchronous executions: each of them still runs.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use futures::future::try_join_all;
use keepstep_tests::cluster::Cluster;
use keepstep_tests::sdk;
use keepstep_tests::stage::Stage;
use keepstep_tests::wait;

use super::{ROLE, express, leaves_a_trace};
use crate::operations::PASS;

/// Starts executions named after a prefix, all at the same time; each leaves a trace of its name after some seconds.
async fn start(client: &Client, machine: &str, names: &[String]) -> anyhow::Result<()> {
    try_join_all(names.iter().map(|name| {
        let input = format!(r#"{{"name":"{name}"}}"#);
        client.start_execution().state_machine_arn(machine).name(name).input(input).send()
    }))
    .await?;
    Ok(())
}

fn names(prefix: &str) -> Vec<String> {
    (0..20).map(|number| format!("{prefix}-{number}")).collect()
}

/// Waits until all of them have left their trace.
async fn all_ran(client: &Client, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        let arn = format!("arn:aws:states:us-east-1:000000000000:execution:child:{name}");
        wait::until("the Express execution has done its work", || async {
            let found = client.describe_execution().execution_arn(&arn).send().await.ok()?;
            (found.status == ExecutionStatus::Succeeded).then_some(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_node_held_is_run_by_others() -> anyhow::Result<()> {
    let mut cluster = Cluster::start(3).await?;
    let clients: Vec<Client> = cluster.endpoints().iter().map(|endpoint| sdk::client(endpoint)).collect();
    let create = clients[0].create_state_machine().name("child").definition(PASS).role_arn(ROLE);
    create.send().await?;
    let machine = express(&clients[0], "m", &leaves_a_trace(3)).await?;
    let leader = cluster.leader().await?;
    let (follower, survivor) = ((leader + 1) % 3, (leader + 2) % 3);

    let of_follower = names("follower");
    start(&clients[follower], &machine, &of_follower).await?;
    cluster.nodes[follower].kill().await?;
    all_ran(&clients[survivor], &of_follower).await?;

    cluster.nodes[follower].spawn()?;
    cluster.nodes[follower].ready().await?;
    let leader = cluster.leader().await?;
    let of_leader = names("leader");
    start(&clients[leader], &machine, &of_leader).await?;
    cluster.nodes[leader].kill().await?;
    all_ran(&clients[(leader + 1) % 3], &of_leader).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_node_runs_what_it_held_when_it_was_killed() -> anyhow::Result<()> {
    let mut stage = Stage::start().await?;
    stage.create("child", PASS).await?;
    let machine = express(&stage.client, "m", &leaves_a_trace(3)).await?;
    let accepted = names("accepted");
    start(&stage.client, &machine, &accepted).await?;
    stage.server.kill().await?;
    stage.restart().await?;
    all_ran(&stage.client, &accepted).await
}
