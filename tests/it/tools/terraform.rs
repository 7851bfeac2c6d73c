//! What Terraform's AWS provider does with `aws_sfn_state_machine`, `aws_sfn_alias`, `aws_sfn_activity` and their data sources, call by
//! call and member by member.
//!
//! The calls are those of the provider's `internal/service/sfn` (github.com/hashicorp/terraform-provider-aws, 5.100), as seen on the wire;
//! `tests/terraform/run` does the same with Terraform itself. Terraform is content if what it reads is what was configured, so that a
//! second plan finds nothing to do: [`differences`] is that plan.

use std::collections::BTreeMap;

use anyhow::Context as _;
use keepstep_tests::api::Api;
use keepstep_tests::wait;
use serde_json::{Value, json};

use super::{ROLE, retag, server, tag_list, tags, text, unless};

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/m:*";

/// `aws_sfn_state_machine` as configured. Blocks that aren't there are computed: whatever the server says of them is right.
#[derive(Clone)]
struct Machine {
    name: String,
    kind: &'static str,
    definition: &'static str,
    role: String,
    publish: bool,
    logging: Option<Value>,
    tracing: Option<bool>,
    encryption: Option<Value>,
    tags: BTreeMap<String, String>,
}

impl Machine {
    /// The attributes that must be read as they are configured.
    fn attributes(&self) -> Value {
        let mut attributes = json!({
            "name": self.name, "type": self.kind, "definition": self.definition, "role_arn": self.role, "tags": self.tags,
        });
        let blocks = [
            ("logging_configuration", self.logging.clone()),
            ("tracing_configuration", self.tracing.map(|enabled| json!({"enabled": enabled}))),
            ("encryption_configuration", self.encryption.clone()),
        ];
        for (name, block) in blocks {
            if let Some(block) = block {
                attributes[name] = block;
            }
        }
        attributes
    }

    /// The blocks as members of a request: those that differ from what an older configuration says. The SDK for Go leaves out what is
    /// false.
    fn blocks(&self, old: Option<&Self>) -> Value {
        let mut members = json!({});
        if let Some(logging) = &self.logging
            && old.is_none_or(|old| old.logging != self.logging)
        {
            let mut block = json!({"level": logging["level"]});
            if logging["include_execution_data"] == true {
                block["includeExecutionData"] = json!(true);
            }
            block["destinations"] =
                json!([{"cloudWatchLogsLogGroup": {"logGroupArn": logging["log_destination"]}}]);
            members["loggingConfiguration"] = block;
        }
        if let Some(enabled) = self.tracing
            && old.is_none_or(|old| old.tracing != self.tracing)
        {
            members["tracingConfiguration"] = if enabled { json!({"enabled": true}) } else { json!({}) };
        }
        if let Some(encryption) = &self.encryption
            && old.is_none_or(|old| old.encryption != self.encryption)
        {
            members["encryptionConfiguration"] = encryption.clone();
        }
        members
    }
}

/// What a plan would change: the attributes that are read otherwise than they are configured.
fn differences(configured: &Value, read: &Value) -> Vec<String> {
    let attributes = configured.as_object().into_iter().flatten();
    attributes.filter(|(name, value)| read.get(*name) != Some(*value)).map(|(name, _)| name.clone()).collect()
}

/// The provider, with an endpoint.
struct Provider(Api);

impl Provider {
    /// Plans and applies a configuration; `old` is what was applied before. Gives what is then read.
    async fn apply(&self, new: &Machine, old: Option<(&Machine, &str)>) -> anyhow::Result<Value> {
        if old.is_none_or(|(old, _)| old.definition != new.definition) {
            // Both the plan and its application ask.
            for _ in 0..2 {
                let request = json!({"definition": new.definition, "type": new.kind});
                let judged = self.0.ok("ValidateStateMachineDefinition", request).await?;
                assert_eq!(judged, json!({"result": "OK", "diagnostics": [], "truncated": false}));
            }
        }
        let arn = match old {
            None => self.create(new).await?,
            Some((old, arn)) => {
                retag(&self.0, arn, &old.tags, &new.tags).await?;
                self.update(new, old, arn).await?;
                arn.to_owned()
            }
        };
        let read = self.read(&arn).await?.context("it isn't there")?;
        let again = self.read(&arn).await?.context("it isn't there")?;
        assert_eq!(differences(&new.attributes(), &again), Vec::<String>::new(), "{again}");
        assert_eq!(read, again);
        Ok(read)
    }

    async fn create(&self, machine: &Machine) -> anyhow::Result<String> {
        let mut request = machine.blocks(None);
        request["definition"] = json!(machine.definition);
        request["name"] = json!(machine.name);
        request["roleArn"] = json!(machine.role);
        request["tags"] = tag_list(&machine.tags);
        request["type"] = json!(machine.kind);
        if machine.publish {
            request["publish"] = json!(true);
        }
        // The provider goes on asking while the last one of that name is being deleted.
        let created = wait::until("the name is free", || async {
            unless(&self.0, "StateMachineDeleting", "CreateStateMachine", request.clone()).await.transpose()
        })
        .await??;
        Ok(text(&created, "stateMachineArn").to_owned())
    }

    async fn update(&self, new: &Machine, old: &Machine, arn: &str) -> anyhow::Result<()> {
        let without_tags =
            |machine: &Machine| Machine { tags: BTreeMap::new(), ..machine.clone() }.attributes();
        if without_tags(new) == without_tags(old) && new.publish == old.publish {
            return Ok(());
        }
        let mut request = new.blocks(Some(old));
        request["stateMachineArn"] = json!(arn);
        request["definition"] = json!(new.definition);
        request["roleArn"] = json!(new.role);
        if new.publish {
            request["publish"] = json!(true);
            request["versionDescription"] = json!("");
        }
        self.0.ok("UpdateStateMachine", request).await?;
        wait::until("the update is seen", || async {
            let seen = self.describe(arn).await.ok()??;
            (seen["definition"] == new.definition && seen["roleArn"] == new.role).then_some(())
        })
        .await
    }

    /// What is asked again and again until something is seen; `None` if there is no such state machine.
    async fn describe(&self, arn: &str) -> anyhow::Result<Option<Value>> {
        let request = json!({"stateMachineArn": arn});
        unless(&self.0, "StateMachineDoesNotExist", "DescribeStateMachine", request).await
    }

    /// The attributes of a state machine; `None` if there is none.
    async fn read(&self, arn: &str) -> anyhow::Result<Option<Value>> {
        let Some(described) = self.describe(arn).await? else { return Ok(None) };
        let request = json!({"stateMachineArn": arn});
        let versions = self.0.ok("ListStateMachineVersions", request).await?;
        let logging = &described["loggingConfiguration"];
        let group = logging.pointer("/destinations/0/cloudWatchLogsLogGroup/logGroupArn");
        let version = versions.pointer("/stateMachineVersions/0/stateMachineVersionArn");
        Ok(Some(json!({
            "arn": described["stateMachineArn"],
            "creation_date": described["creationDate"],
            "definition": described["definition"],
            "description": described["description"],
            "encryption_configuration": described["encryptionConfiguration"],
            "logging_configuration": {
                "include_execution_data": logging["includeExecutionData"],
                "level": logging["level"],
                "log_destination": group,
            },
            "name": described["name"],
            "revision_id": described["revisionId"],
            "role_arn": described["roleArn"],
            "state_machine_version_arn": version,
            "status": described["status"],
            "tags": tags(&self.0, arn).await?,
            "tracing_configuration": described["tracingConfiguration"],
            "type": described["type"],
        })))
    }

    async fn delete(&self, arn: &str) -> anyhow::Result<()> {
        self.0.ok("DeleteStateMachine", json!({"stateMachineArn": arn})).await?;
        wait::until("the state machine is gone", || async {
            self.describe(arn).await.map(|described| described.is_none().then_some(())).transpose()
        })
        .await?
    }

    /// The attributes of an alias; `None` if there is none.
    async fn read_alias(&self, arn: &str) -> anyhow::Result<Option<Value>> {
        let request = json!({"stateMachineAliasArn": arn});
        let described = unless(&self.0, "ResourceNotFound", "DescribeStateMachineAlias", request).await?;
        Ok(described.map(|described| {
            json!({
                "arn": described["stateMachineAliasArn"],
                "description": described["description"],
                "name": described["name"],
                "routing_configuration": described["routingConfiguration"],
            })
        }))
    }
}

fn tag_map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn logging(level: &str, include_execution_data: bool) -> Option<Value> {
    Some(json!({"level": level, "include_execution_data": include_execution_data, "log_destination": GROUP}))
}

const FIRST: &str = r#"{"Comment":"c","StartAt":"A","States":{"A":{"End":true,"Type":"Pass"}}}"#;
const SECOND: &str = r#"{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}"#;
const THIRD: &str = r#"{"StartAt":"C","States":{"C":{"Type":"Succeed"}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn state_machines_are_what_they_are_configured_to_be() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let provider = Provider(api);
    let bare = |kind: &'static str| Machine {
        name: format!("bare-{kind}"),
        kind,
        definition: FIRST,
        role: ROLE.to_owned(),
        publish: false,
        logging: None,
        tracing: None,
        encryption: None,
        tags: BTreeMap::new(),
    };
    let full = |kind: &'static str| Machine {
        name: format!("full-{kind}"),
        logging: logging("ALL", true),
        tracing: Some(true),
        encryption: Some(json!({"type": "AWS_OWNED_KEY"})),
        tags: tag_map(&[("team", "blue"), ("stage", "test")]),
        ..bare(kind)
    };
    for first in [bare("STANDARD"), full("STANDARD"), bare("EXPRESS"), full("EXPRESS")] {
        let arn = format!("arn:aws:states:us-east-1:000000000000:stateMachine:{}", first.name);
        let created = provider.apply(&first, None).await?;
        let off = json!({"level": "OFF", "include_execution_data": false, "log_destination": null});
        let expected = json!({
            "arn": arn,
            "creation_date": created["creation_date"],
            "definition": FIRST,
            "description": null,
            "encryption_configuration": {"type": "AWS_OWNED_KEY"},
            "logging_configuration": first.logging.clone().unwrap_or(off),
            "name": first.name,
            "revision_id": null,
            "role_arn": ROLE,
            "state_machine_version_arn": null,
            "status": "ACTIVE",
            "tags": first.tags,
            "tracing_configuration": {"enabled": first.tracing.unwrap_or_default()},
            "type": first.kind,
        });
        assert_eq!(created, expected);

        // Everything that may change without a replacement does.
        let second = Machine {
            definition: SECOND,
            role: format!("{ROLE}-2"),
            logging: first.logging.as_ref().and_then(|_| logging("FATAL", false)),
            tracing: first.tracing.map(|_| false),
            tags: tag_map(&[("team", "red"), ("cost", "1")]),
            ..first.clone()
        };
        let updated = provider.apply(&second, Some((&first, &arn))).await?;
        assert!(updated["revision_id"].is_string(), "{updated}");
        let only_tags = Machine { tags: tag_map(&[]), ..second.clone() };
        let untagged = provider.apply(&only_tags, Some((&second, &arn))).await?;
        assert_eq!(untagged["revision_id"], updated["revision_id"]);

        // A version of what is there, then one of what changes.
        let published = Machine { publish: true, ..only_tags.clone() };
        let read = provider.apply(&published, Some((&only_tags, &arn))).await?;
        assert_eq!(read["state_machine_version_arn"], format!("{arn}:1"));
        assert_eq!(read["revision_id"], updated["revision_id"]);
        let again = Machine { definition: THIRD, ..published.clone() };
        let read = provider.apply(&again, Some((&published, &arn))).await?;
        assert_eq!(read["state_machine_version_arn"], format!("{arn}:2"));
        assert_ne!(read["revision_id"], updated["revision_id"]);

        provider.delete(&arn).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_are_what_they_are_configured_to_be() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let provider = Provider(api);
    let machine = Machine {
        name: "m".to_owned(),
        kind: "STANDARD",
        definition: FIRST,
        role: ROLE.to_owned(),
        publish: true,
        logging: None,
        tracing: None,
        encryption: None,
        tags: BTreeMap::new(),
    };
    let created = provider.apply(&machine, None).await?;
    let arn = text(&created, "arn").to_owned();
    assert_eq!(created["state_machine_version_arn"], format!("{arn}:1"));
    let second = Machine { definition: SECOND, ..machine.clone() };
    provider.apply(&second, Some((&machine, &arn))).await?;

    let route = |weights: &[(u32, u32)]| -> Value {
        let route = |(version, weight): &(u32, u32)| json!({"stateMachineVersionArn": format!("{arn}:{version}"), "weight": weight});
        weights.iter().map(route).collect()
    };
    let routes = route(&[(1, 10), (2, 90)]);
    let request = json!({"name": "PROD", "description": "live", "routingConfiguration": routes});
    let alias = provider.0.ok("CreateStateMachineAlias", request).await?;
    let alias = text(&alias, "stateMachineAliasArn").to_owned();
    let expected = |description: &str, routes: &Value| json!({"arn": format!("{arn}:PROD"), "description": description, "name": "PROD", "routing_configuration": routes});
    assert_eq!(provider.read_alias(&alias).await?, Some(expected("live", &routes)));
    // Only what changes is sent; a description that is taken away is sent empty.
    let routes = route(&[(2, 100)]);
    for (change, description) in
        [(json!({"routingConfiguration": routes}), "live"), (json!({"description": ""}), "")]
    {
        let mut request = change;
        request["stateMachineAliasArn"] = json!(alias);
        provider.0.ok("UpdateStateMachineAlias", request).await?;
        let read = provider.read_alias(&alias).await?.context("the alias isn't there")?;
        let wanted = expected(description, &routes);
        let read_description = read["description"].as_str().unwrap_or_default();
        assert_eq!(
            (&read["routing_configuration"], read_description),
            (&wanted["routing_configuration"], description)
        );
    }
    // The data source finds it by its name.
    let listed = provider.0.ok("ListStateMachineAliases", json!({"stateMachineArn": arn})).await?;
    assert_eq!(listed.pointer("/stateMachineAliases/0/stateMachineAliasArn"), Some(&json!(alias)));

    provider.0.ok("DeleteStateMachineAlias", json!({"stateMachineAliasArn": alias})).await?;
    assert_eq!(provider.read_alias(&alias).await?, None);
    provider.delete(&arn).await
}

#[tokio::test(flavor = "multi_thread")]
async fn activities_and_data_sources() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let old = tag_map(&[("team", "blue")]);
    let request = json!({"name": "work", "tags": tag_list(&old)});
    let created = api.ok("CreateActivity", request).await?;
    let arn = text(&created, "activityArn");
    let described = api.ok("DescribeActivity", json!({"activityArn": arn})).await?;
    let expected = json!({
        "activityArn": arn, "name": "work", "creationDate": created["creationDate"], "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    });
    assert_eq!(described, expected);
    let new = tag_map(&[("team", "red"), ("more", "")]);
    retag(&api, arn, &old, &new).await?;
    assert_eq!(tags(&api, arn).await?, new);

    // Data sources find a resource by its name in all pages, then describe it.
    for number in 0..2 {
        let request =
            json!({"name": format!("m{number}"), "definition": FIRST, "roleArn": ROLE, "type": "STANDARD"});
        api.ok("CreateStateMachine", request).await?;
    }
    let machines = api.ok("ListStateMachines", json!({})).await?;
    let names: Vec<_> =
        machines["stateMachines"].as_array().into_iter().flatten().map(|item| text(item, "name")).collect();
    assert_eq!(names, ["m0", "m1"]);
    let activities = api.ok("ListActivities", json!({})).await?;
    assert_eq!(activities.pointer("/activities/0/activityArn"), Some(&json!(arn)));

    api.ok("DeleteActivity", json!({"activityArn": arn})).await?;
    assert_eq!(
        unless(&api, "ActivityDoesNotExist", "DescribeActivity", json!({"activityArn": arn})).await?,
        None
    );
    Ok(())
}
