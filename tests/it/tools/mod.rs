//! What tools do that people deploy and work with: Terraform, CloudFormation (and with it CDK, SAM and the Serverless Framework), aws-cli.

mod aws_cli;
mod cdk;
mod terraform;

use std::collections::BTreeMap;

use keepstep_tests::api::Api;
use keepstep_tests::process::Server;
use keepstep_tests::sdk::ACCOUNT;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/test";

async fn server() -> anyhow::Result<(Server, Api)> {
    let server = Server::builder().account(ACCOUNT).start().await?;
    let api = Api::new(&server.endpoint(), ACCOUNT);
    Ok((server, api))
}

/// The answer, or the code of the error that was expected.
async fn unless(api: &Api, error: &str, operation: &str, request: Value) -> anyhow::Result<Option<Value>> {
    let answer = api.call(operation, &request).await?;
    if answer.error_code() == Some(error) {
        return Ok(None);
    }
    anyhow::ensure!(answer.status == 200, "{operation} {request}: {answer:?}");
    Ok(Some(answer.body))
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The tags of a resource, by key.
async fn tags(api: &Api, arn: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let listed = api.ok("ListTagsForResource", json!({"resourceArn": arn})).await?;
    let tags = listed.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(tags.iter().map(|tag| (text(tag, "key").to_owned(), text(tag, "value").to_owned())).collect())
}

/// Tags as requests name them.
fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// Makes a resource's tags what they shall be: what is gone is removed, then what is new or differs is set.
async fn retag(
    api: &Api,
    arn: &str,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let gone: Vec<_> = old.keys().filter(|key| !new.contains_key(*key)).collect();
    if !gone.is_empty() {
        api.ok("UntagResource", json!({"resourceArn": arn, "tagKeys": gone})).await?;
    }
    let mut set = new.clone();
    set.retain(|key, value| old.get(key) != Some(value));
    if !set.is_empty() {
        api.ok("TagResource", json!({"resourceArn": arn, "tags": tag_list(&set)})).await?;
    }
    Ok(())
}
