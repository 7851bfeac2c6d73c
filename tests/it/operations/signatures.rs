//! SigV4, with credentials configured.

use aws_credential_types::Credentials;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::retry::RetryConfig;
use aws_sdk_sfn::types::{StateMachineType, SyncExecutionStatus};
use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::{sdk, wait};
use serde_json::json;

use super::{PASS, ROLE, refused, state_machine};

fn file(secret: &str) -> String {
    format!(
        "[[credentials]]\naccess_key_id = \"AKIDKEEPSTEP\"\nsecret_access_key = \"{secret}\"\naccount = \"222222222222\"\n"
    )
}

fn client(server: &Server, key: &str, secret: &str) -> Client {
    let credentials = Credentials::from_keys(key, secret, None);
    sdk::client_of(&server.endpoint(), credentials, "us-east-1", RetryConfig::disabled())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_verified_and_keys_can_change() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("credentials.toml");
    std::fs::write(&path, file("first secret"))?;
    let server = Server::builder().flag("--credentials-file", path.display()).start().await?;

    let good = client(&server, "AKIDKEEPSTEP", "first secret");
    let arn = state_machine(&good, "signed", PASS).await?;
    assert_eq!(arn, "arn:aws:states:us-east-1:222222222222:stateMachine:signed");

    let wrong_secret = client(&server, "AKIDKEEPSTEP", "wrong secret").list_state_machines().send().await;
    assert_eq!(refused(wrong_secret).0, "InvalidSignatureException");
    let wrong_key = client(&server, "AKIDNOBODY", "first secret").list_state_machines().send().await;
    assert_eq!(refused(wrong_key).0, "UnrecognizedClientException");
    let unsigned = Api::new(&server.endpoint(), "222222222222").call("ListStateMachines", &json!({})).await?;
    assert!(unsigned.status >= 400, "{unsigned:?}");

    std::fs::write(&path, file("second secret"))?;
    wait::until("the new secret is in force", || async {
        client(&server, "AKIDKEEPSTEP", "second secret").list_state_machines().send().await.ok()
    })
    .await?;
    assert_eq!(refused(good.list_state_machines().send().await).0, "InvalidSignatureException");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_that_sdks_make_for_synchronous_operations_is_signed_too() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("credentials.toml");
    std::fs::write(&path, file("secret"))?;
    let server = Server::builder().flag("--credentials-file", path.display()).start().await?;
    let good = client(&server, "AKIDKEEPSTEP", "secret");
    let create = good.create_state_machine().name("m").definition(PASS).role_arn(ROLE);
    let machine = create.r#type(StateMachineType::Express).send().await?.state_machine_arn;
    let ran = good.start_sync_execution().state_machine_arn(&machine).send().await?;
    assert_eq!(ran.status, SyncExecutionStatus::Succeeded);
    let wrong = client(&server, "AKIDKEEPSTEP", "wrong secret");
    let refusal = refused(wrong.start_sync_execution().state_machine_arn(machine).send().await);
    assert_eq!(refusal.0, "InvalidSignatureException");
    Ok(())
}
