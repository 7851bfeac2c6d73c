//! Resources of one account or region never show in another.

use aws_credential_types::Credentials;
use aws_sdk_sfn::config::retry::RetryConfig;
use keepstep_tests::sdk;

use super::{PASS, refused, server, state_machine};

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_regions_are_apart() -> anyhow::Result<()> {
    let (server, ours) = server().await?;
    let client = |account: &str, region: &str| {
        sdk::client_of(
            &server.endpoint(),
            Credentials::from_keys(account, "secret", None),
            region,
            RetryConfig::disabled(),
        )
    };
    let arn = state_machine(&ours, "shared-name", PASS).await?;
    let execution = ours.start_execution().state_machine_arn(&arn).send().await?.execution_arn;
    for (account, region) in [("111111111111", "us-east-1"), (sdk::ACCOUNT, "eu-west-1")] {
        let theirs = client(account, region);
        assert_eq!(theirs.list_state_machines().send().await?.state_machines().len(), 0);
        refused(theirs.describe_state_machine().state_machine_arn(&arn).send().await);
        refused(theirs.describe_execution().execution_arn(&execution).send().await);
        refused(theirs.start_execution().state_machine_arn(&arn).send().await);
        refused(theirs.stop_execution().execution_arn(&execution).send().await);
        let own = state_machine(&theirs, "shared-name", PASS).await?;
        assert_eq!(own, format!("arn:aws:states:{region}:{account}:stateMachine:shared-name"));
        let listed = theirs.list_executions().state_machine_arn(&own).send().await?;
        assert_eq!(listed.executions().len(), 0);
    }
    assert_eq!(ours.list_state_machines().send().await?.state_machines().len(), 1);
    Ok(())
}
