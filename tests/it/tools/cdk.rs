//! What CloudFormation does for a stack that CDK made, call by call. SAM and the Serverless Framework deploy through it as well.
//!
//! `cdk/orders.template.json` has the resources of Step Functions of a template that aws-cdk-lib 2.276 synthesized. What is called for them is
//! made from the sources of CloudFormation's own handlers (github.com/aws-cloudformation/aws-cloudformation-resource-providers-stepfunctions)
//! and from the permissions in their published schemas: `AWS::StepFunctions::StateMachine`, `StateMachineVersion`, `StateMachineAlias` and
//! `Activity`. References and substitutions are resolved before anything is called, as CloudFormation does. `cdk/constructs.json` has the
//! definitions that the same library makes of its constructs, with references resolved.

use std::collections::BTreeMap;

use anyhow::Context as _;
use keepstep_tests::api::Api;
use keepstep_tests::lambda::{LambdaEndpoint, Reply};
use keepstep_tests::process::Server;
use keepstep_tests::sdk::ACCOUNT;
use keepstep_tests::wait;
use serde_json::{Value, json};

use super::{ROLE, retag, server, tag_list, tags, text, unless};

const TEMPLATE: &str = include_str!("cdk/orders.template.json");
const CONSTRUCTS: &str = include_str!("cdk/constructs.json");
const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:Orders-Price";
/// The logical ids, in an order that dependencies allow.
const ACTIVITY: &str = "ApprovalD0E6B331";
const AUDIT: &str = "Audit3D8ADE0A";
const ORDERS: &str = "OrdersA9B65338";
const VERSION: &str = "Version";
const ALIAS: &str = "Prod";
const REMINDER: &str = "ReminderEEA81697";

/// A stack that is being deployed.
struct Stack {
    api: Api,
    template: Value,
    /// What references come to: `Ref` by logical id, `Fn::GetAtt` by `id.attribute`.
    values: BTreeMap<String, String>,
}

impl Stack {
    fn new(api: Api) -> anyhow::Result<Self> {
        let others = [
            ("AWS::Partition", "aws"),
            ("Price89D349F1.Arn", FUNCTION),
            (
                "Logs6819BB44.Arn",
                "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/orders:*",
            ),
            ("AuditRole362A2808.Arn", ROLE),
            ("OrdersRoleF1878990.Arn", ROLE),
            ("ReminderRoleD4AA0FA7.Arn", ROLE),
        ];
        let values = others.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Ok(Self { api, template: serde_json::from_str(TEMPLATE)?, values })
    }

    fn value(&self, name: &str) -> anyhow::Result<String> {
        self.values.get(name).cloned().with_context(|| format!("{name} isn't there yet"))
    }

    /// The properties of a resource, without references.
    fn properties(&self, id: &str) -> anyhow::Result<Value> {
        self.resolved(self.template.pointer(&format!("/Resources/{id}/Properties")).context(id.to_owned())?)
    }

    fn resolved(&self, value: &Value) -> anyhow::Result<Value> {
        let members = match value {
            Value::Array(items) => {
                return Ok(Value::Array(
                    items.iter().map(|item| self.resolved(item)).collect::<Result<_, _>>()?,
                ));
            }
            Value::Object(members) => members,
            _ => return Ok(value.clone()),
        };
        if let Some(name) = members.get("Ref").and_then(Value::as_str) {
            return Ok(self.value(name)?.into());
        }
        if let Some([Value::String(id), Value::String(attribute)]) =
            members.get("Fn::GetAtt").and_then(Value::as_array).map(Vec::as_slice)
        {
            return Ok(self.value(&format!("{id}.{attribute}"))?.into());
        }
        if let Some([Value::String(separator), Value::Array(parts)]) =
            members.get("Fn::Join").and_then(Value::as_array).map(Vec::as_slice)
        {
            let parts = parts.iter().map(|part| self.resolved(part)).collect::<Result<Vec<_>, _>>()?;
            let parts: Vec<_> = parts.iter().filter_map(Value::as_str).collect();
            return Ok(parts.join(separator).into());
        }
        let resolved = members.iter().map(|(name, value)| Ok((name.clone(), self.resolved(value)?)));
        Ok(Value::Object(resolved.collect::<anyhow::Result<_>>()?))
    }

    async fn create_activity(&mut self) -> anyhow::Result<()> {
        let properties = self.properties(ACTIVITY)?;
        let request = json!({"name": properties["Name"], "tags": []});
        let created = self.api.ok("CreateActivity", request).await?;
        let arn = text(&created, "activityArn");
        self.values.insert(ACTIVITY.to_owned(), arn.to_owned());
        let read = self.api.ok("DescribeActivity", json!({"activityArn": arn})).await?;
        assert_eq!((&read["name"], tags(&self.api, arn).await?), (&properties["Name"], BTreeMap::new()));
        Ok(())
    }

    /// Creates a state machine, or updates it where it is there; then reads it as the detection of drift does.
    async fn put_state_machine(
        &mut self,
        id: &str,
        old_tags: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let properties = self.properties(id)?;
        let wanted = model(id, &properties);
        let mut request = json!({"definition": wanted["definition"], "roleArn": wanted["roleArn"]});
        for (member, property) in [
            ("loggingConfiguration", "LoggingConfiguration"),
            ("tracingConfiguration", "TracingConfiguration"),
        ] {
            if let Some(given) = properties.get(property) {
                request[member] = lower_camel(given);
            }
        }
        let new_tags: BTreeMap<String, String> = serde_json::from_value(wanted["tags"].clone())?;
        let arn = match self.values.get(id).cloned() {
            Some(arn) => {
                request["stateMachineArn"] = json!(arn);
                self.api.ok("UpdateStateMachine", request).await?;
                retag(&self.api, &arn, old_tags, &new_tags).await?;
                arn
            }
            None => {
                request["name"] = wanted["name"].clone();
                request["tags"] = tag_list(&new_tags);
                if let Some(kind) = properties.get("StateMachineType") {
                    request["type"] = kind.clone();
                }
                text(&self.api.ok("CreateStateMachine", request).await?, "stateMachineArn").to_owned()
            }
        };
        let read = self.api.ok("DescribeStateMachine", json!({"stateMachineArn": arn})).await?;
        let mut seen = json!({"tags": tags(&self.api, &arn).await?});
        for member in
            ["definition", "name", "roleArn", "type", "loggingConfiguration", "tracingConfiguration"]
        {
            seen[member] = read[member].clone();
        }
        assert_eq!(seen, wanted, "{id}");
        // The handler's name for a state machine that was never updated.
        let revision = read["revisionId"].as_str().unwrap_or("INITIAL");
        self.values.insert(format!("{id}.StateMachineRevisionId"), revision.to_owned());
        self.values.insert(id.to_owned(), arn);
        Ok(())
    }

    async fn describe(&self, arn: &str) -> anyhow::Result<Value> {
        self.api.ok("DescribeStateMachine", json!({"stateMachineArn": arn})).await
    }

    /// Publishes the current revision, which must have no version yet.
    async fn create_version(&mut self) -> anyhow::Result<()> {
        let properties = self.properties(VERSION)?;
        let arn = &properties["StateMachineArn"];
        let request = json!({"stateMachineArn": arn, "maxResults": 1});
        let listed = self.api.ok("ListStateMachineVersions", request).await?;
        if let Some(latest) = listed.pointer("/stateMachineVersions/0/stateMachineVersionArn") {
            let latest = self.describe(latest.as_str().unwrap_or_default()).await?;
            let current = self.describe(arn.as_str().unwrap_or_default()).await?;
            assert_ne!(latest["revisionId"], current["revisionId"]);
        }
        let request = json!({
            "stateMachineArn": arn,
            "revisionId": properties["StateMachineRevisionId"],
            "description": properties["Description"],
        });
        let published = self.api.ok("PublishStateMachineVersion", request).await?;
        let version = text(&published, "stateMachineVersionArn").to_owned();
        let read = self.describe(&version).await?;
        assert_eq!(read["description"], properties["Description"]);
        self.values.insert("Version.Arn".to_owned(), version);
        Ok(())
    }

    async fn describe_alias(&self, arn: &str) -> anyhow::Result<Option<Value>> {
        let request = json!({"stateMachineAliasArn": arn});
        unless(&self.api, "ResourceNotFound", "DescribeStateMachineAlias", request).await
    }

    async fn create_alias(&mut self) -> anyhow::Result<()> {
        let properties = self.properties(ALIAS)?;
        let arn = format!("{}:{}", self.value(ORDERS)?, text(&properties, "Name"));
        assert_eq!(self.describe_alias(&arn).await?, None);
        let version = self.value("Version.Arn")?;
        let request = json!({
            "name": properties["Name"],
            "description": properties["Description"],
            "routingConfiguration": routes(&[(&version, 100)]),
        });
        let created = self.api.ok("CreateStateMachineAlias", request).await?;
        assert_eq!(created["stateMachineAliasArn"], arn);
        self.values.insert(ALIAS.to_owned(), arn);
        Ok(())
    }

    /// Shifts the traffic to the newest version by the template's percentage until it has all of it.
    async fn shift_alias(&self, origin: &str) -> anyhow::Result<()> {
        let properties = self.properties(ALIAS)?;
        let step = properties
            .pointer("/DeploymentPreference/Percentage")
            .and_then(Value::as_u64)
            .context("no step")?;
        let (arn, target) = (self.value(ALIAS)?, self.value("Version.Arn")?);
        let mut seen = Vec::new();
        for weight in [step, 2 * step, 100] {
            let shifted = match weight {
                100 => routes(&[(&target, 100)]),
                weight => routes(&[(&target, weight), (origin, 100 - weight)]),
            };
            let request = json!({
                "stateMachineAliasArn": arn, "description": properties["Description"], "routingConfiguration": shifted,
            });
            self.api.ok("UpdateStateMachineAlias", request).await?;
            let read = self.describe_alias(&arn).await?.context("the alias isn't there")?;
            assert_eq!(read["routingConfiguration"], shifted);
            seen.push(weight);
        }
        assert_eq!(seen, [40, 80, 100]);
        Ok(())
    }

    async fn delete_version(&self, arn: &str) -> anyhow::Result<()> {
        self.describe(arn).await?;
        self.api.ok("DeleteStateMachineVersion", json!({"stateMachineVersionArn": arn})).await?;
        Ok(())
    }

    async fn delete_state_machine(&self, id: &str) -> anyhow::Result<()> {
        let request = json!({"stateMachineArn": self.value(id)?});
        self.api.ok("DescribeStateMachine", request.clone()).await?;
        self.api.ok("DeleteStateMachine", request.clone()).await?;
        wait::until("the state machine is gone", || async {
            let gone = "StateMachineDoesNotExist";
            let read = unless(&self.api, gone, "DescribeStateMachine", request.clone()).await;
            read.map(|read| read.is_none().then_some(())).transpose()
        })
        .await?
    }
}

fn routes(weights: &[(&str, u64)]) -> Value {
    weights
        .iter()
        .map(|(version, weight)| json!({"stateMachineVersionArn": version, "weight": weight}))
        .collect()
}

/// What must be read of a state machine with these properties.
fn model(id: &str, properties: &Value) -> Value {
    let mut definition = text(properties, "DefinitionString").to_owned();
    for (name, value) in properties["DefinitionSubstitutions"].as_object().into_iter().flatten() {
        definition = definition.replace(&format!("${{{name}}}"), value.as_str().unwrap_or_default());
    }
    let tags = properties["Tags"].as_array().cloned().unwrap_or_default();
    let tags: BTreeMap<_, _> = tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect();
    let or = |property: &str, default: Value| properties.get(property).map_or(default, lower_camel);
    json!({
        "definition": definition,
        // CloudFormation makes a name where the template has none.
        "name": properties.get("StateMachineName").cloned().unwrap_or_else(|| format!("Orders-{id}-1ABCDEF").into()),
        "roleArn": properties["RoleArn"],
        "type": or("StateMachineType", json!("STANDARD")),
        "loggingConfiguration": or("LoggingConfiguration", json!({"level": "OFF", "includeExecutionData": false})),
        "tracingConfiguration": or("TracingConfiguration", json!({"enabled": false})),
        "tags": tags,
    })
}

/// A property as the API spells it.
fn lower_camel(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(lower_camel).collect(),
        Value::Object(members) => {
            let lower = |name: &String| name[..1].to_lowercase() + &name[1..];
            Value::Object(members.iter().map(|(name, value)| (lower(name), lower_camel(value))).collect())
        }
        _ => value.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_is_deployed_changed_used_and_deleted() -> anyhow::Result<()> {
    let functions =
        LambdaEndpoint::start(|call| Reply::payload(json!({"price": call.payload["count"]}).to_string()))
            .await?;
    let server =
        Server::builder().account(ACCOUNT).flag("--lambda-endpoint", functions.url()).start().await?;
    let mut stack = Stack::new(Api::new(&server.endpoint(), ACCOUNT))?;
    let none = BTreeMap::new();
    stack.create_activity().await?;
    for id in [AUDIT, ORDERS, REMINDER] {
        stack.put_state_machine(id, &none).await?;
    }
    stack.create_version().await?;
    stack.create_alias().await?;
    let first = stack.value("Version.Arn")?;

    // A second deployment: another comment, less logging, no tracing, other tags; so there is another version.
    let orders = stack.template.pointer_mut("/Resources/OrdersA9B65338/Properties").context("no orders")?;
    let last = orders.pointer_mut("/DefinitionString/Fn::Join/1/8").context("no last part")?;
    *last = last.as_str().unwrap_or_default().replace("What happens", "All that happens").into();
    orders["LoggingConfiguration"]["Level"] = json!("ERROR");
    orders["TracingConfiguration"]["Enabled"] = json!(false);
    orders["Tags"] = json!([{"Key": "stage", "Value": "test"}]);
    stack.put_state_machine(ORDERS, &[("team".to_owned(), "blue".to_owned())].into()).await?;
    stack.create_version().await?;
    stack.shift_alias(&first).await?;
    stack.delete_version(&first).await?;

    run(&stack).await?;

    let version = stack.value("Version.Arn")?;
    let alias = stack.value(ALIAS)?;
    assert!(stack.describe_alias(&alias).await?.is_some());
    stack.api.ok("DeleteStateMachineAlias", json!({"stateMachineAliasArn": alias})).await?;
    stack.delete_version(&version).await?;
    for id in [REMINDER, ORDERS, AUDIT] {
        stack.delete_state_machine(id).await?;
    }
    let activity = json!({"activityArn": stack.value(ACTIVITY)?});
    stack.api.ok("DescribeActivity", activity.clone()).await?;
    stack.api.ok("DeleteActivity", activity.clone()).await?;
    assert_eq!(unless(&stack.api, "ActivityDoesNotExist", "DescribeActivity", activity).await?, None);
    Ok(())
}

/// What was deployed works: an execution goes its whole way through functions, the activity and the other state machine.
async fn run(stack: &Stack) -> anyhow::Result<()> {
    let input = json!({"id": 7, "items": [{"count": 2}, {"count": 3}]}).to_string();
    let request = json!({"stateMachineArn": stack.value(ALIAS)?, "name": "first", "input": input});
    let execution = stack.api.ok("StartExecution", request).await?["executionArn"].clone();
    let task = stack.api.ok("GetActivityTask", json!({"activityArn": stack.value(ACTIVITY)?})).await?;
    let request = json!({"taskToken": task["taskToken"], "output": "\"yes\""});
    stack.api.ok("SendTaskSuccess", request).await?;
    let ended = wait::until("the order is done", || async {
        let described = stack.api.ok("DescribeExecution", json!({"executionArn": execution})).await.ok()?;
        (described["status"] != "RUNNING").then_some(described)
    })
    .await?;
    let output: Value = serde_json::from_str(text(&ended, "output"))?;
    let expected = json!({
        "id": 7, "items": [{"count": 2}, {"count": 3}], "prices": [{"price": 2}, {"price": 3}], "approval": "yes",
    });
    assert_eq!((text(&ended, "status"), output), ("SUCCEEDED", expected));
    assert_eq!(ended["stateMachineVersionArn"], stack.value("Version.Arn")?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_constructs_come_to_is_accepted() -> anyhow::Result<()> {
    let (_server, api) = server().await?;
    let constructs: BTreeMap<String, Value> = serde_json::from_str(CONSTRUCTS)?;
    assert_eq!(constructs.len(), 17);
    for (number, (what, definition)) in constructs.iter().enumerate() {
        let definition = definition.to_string();
        let judged = api.ok("ValidateStateMachineDefinition", json!({"definition": definition})).await?;
        assert_eq!(judged, json!({"result": "OK", "diagnostics": [], "truncated": false}), "{what}");
        let request = json!({"name": format!("m{number}"), "definition": definition, "roleArn": ROLE});
        api.ok("CreateStateMachine", request).await?;
    }
    Ok(())
}
