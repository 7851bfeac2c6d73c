//! TagResource, UntagResource, ListTagsForResource.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata as _;
use aws_sdk_sfn::types::Tag;
use keepstep_tests::wait;

use super::{PASS, ROLE, assert_refused, server};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

async fn listed(client: &Client, arn: &str) -> anyhow::Result<Vec<(String, String)>> {
    let tags = client.list_tags_for_resource().resource_arn(arn).send().await?.tags.unwrap_or_default();
    let mut tags: Vec<_> =
        tags.into_iter().map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect();
    tags.sort();
    Ok(tags)
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_added_replaced_and_removed() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let machine = client
        .create_state_machine()
        .name("tagged")
        .definition(PASS)
        .role_arn(ROLE)
        .tags(tag("a", "1"))
        .send()
        .await?
        .state_machine_arn;
    let activity = client.create_activity().name("tagged").tags(tag("a", "1")).send().await?.activity_arn;
    for arn in [&machine, &activity] {
        assert_eq!(listed(&client, arn).await?, pairs(&[("a", "1")]));
        client.tag_resource().resource_arn(arn).tags(tag("a", "2")).tags(tag("b", "")).send().await?;
        assert_eq!(listed(&client, arn).await?, pairs(&[("a", "2"), ("b", "")]));
        client.untag_resource().resource_arn(arn).tag_keys("a").tag_keys("nothing").send().await?;
        assert_eq!(listed(&client, arn).await?, pairs(&[("b", "")]));
    }
    let many: Vec<_> = (0..50).map(|index| tag(&format!("k{index}"), "v")).collect();
    assert_refused(
        client.tag_resource().resource_arn(&machine).set_tags(Some(many)).send().await,
        "TooManyTags",
        "",
    );
    let nothing = "arn:aws:states:us-east-1:000000000000:stateMachine:nothing";
    assert_refused(
        client.list_tags_for_resource().resource_arn(nothing).send().await,
        "ResourceNotFound",
        nothing,
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_says_how_long_executions_are_kept() -> anyhow::Result<()> {
    let (_server, client) = server().await?;
    let create = |name: &str| client.create_state_machine().name(name).definition(PASS).role_arn(ROLE);
    let key = "keepstep:retention-seconds";
    let shortly = create("shortly").tags(tag(key, "1")).send().await?.state_machine_arn;
    let usual = create("usual").send().await?.state_machine_arn;
    let mut started = Vec::new();
    for machine in [&shortly, &usual] {
        let start = client.start_execution().state_machine_arn(machine).name("e").send().await?;
        started.push(start.execution_arn);
    }
    wait::until("the retention of one is over", || async {
        let found = client.describe_execution().execution_arn(&started[0]).send().await;
        (found.err()?.code()? == "ExecutionDoesNotExist").then_some(())
    })
    .await?;
    client.describe_execution().execution_arn(&started[1]).send().await?;
    let again = client.start_execution().state_machine_arn(&shortly).name("e").send().await;
    assert_refused(again, "ExecutionAlreadyExists", "e");
    let wrong = client.tag_resource().resource_arn(&usual).tags(tag(key, "7d")).send().await;
    assert_refused(wrong, "ValidationException", "must be a whole number of seconds");
    Ok(())
}
