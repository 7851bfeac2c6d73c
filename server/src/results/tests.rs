//! Whole folders of results.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Value, json};

use super::{Outcome, Status, Writer};
use crate::s3::{Failure, Stores, memory};

const ARN: &str = "arn:aws:states:us-east-1:123456789012:mapRun:machine/Label:0f9c";

struct Fixture {
    store: Arc<InMemory>,
    writer: Writer,
}

impl Fixture {
    fn new() -> Self {
        let (bucket, store) = memory::empty_bucket("bucket");
        Self { store, writer: Writer::new(Stores::memory(vec![bucket])) }
    }

    async fn write(
        &self,
        destination: &Value,
        outcomes: Vec<Result<Vec<Outcome>, Failure>>,
    ) -> Result<Value, Failure> {
        let (writer, destination) = (self.writer.clone(), destination.to_string());
        // On another task, as a leader runs it.
        tokio::spawn(async move { writer.write(destination.as_bytes(), ARN, stream::iter(outcomes)).await })
            .await
            .expect("no panic")
    }

    async fn read(&self, key: &str) -> String {
        let result = self.store.get(&Path::from(key)).await.expect("an object");
        String::from_utf8(result.bytes().await.expect("bytes").to_vec()).expect("UTF-8")
    }

    async fn keys(&self) -> Vec<String> {
        use futures::TryStreamExt;
        let mut keys: Vec<_> = self.store.list(None).try_collect().await.expect("a list");
        keys.sort_by(|a, b| a.location.cmp(&b.location));
        keys.into_iter().map(|meta| meta.location.to_string()).collect()
    }
}

fn to(prefix: &str, config: Value) -> Value {
    json!({
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "bucket", "Prefix": prefix},
        "WriterConfig": config,
    })
}

fn outcome(status: Status, metadata: &str) -> Outcome {
    Outcome { status, metadata: Bytes::copy_from_slice(metadata.as_bytes()) }
}

fn succeeded(output: &str) -> Outcome {
    outcome(Status::Succeeded, &json!({"Name": "n", "Output": output}).to_string())
}

fn mixed() -> Vec<Result<Vec<Outcome>, Failure>> {
    vec![
        Ok(vec![succeeded("[1, 2]"), outcome(Status::Failed, "{\"f\":1}")]),
        Ok(vec![]),
        Ok(vec![
            outcome(Status::TimedOut, "{\"t\":1}"),
            succeeded("{\"a\":\n1}"),
            outcome(Status::Aborted, "{\"a\":1}"),
        ]),
    ]
}

#[tokio::test]
async fn results_are_sorted_into_files_that_a_manifest_names() {
    let fixture = Fixture::new();
    let result = fixture.write(&to("jobs", json!({})), mixed()).await.expect("written");
    assert_eq!(
        result,
        json!({"MapRunArn": ARN, "ResultWriterDetails": {"Bucket": "bucket", "Key": "jobs/0f9c/manifest.json"}})
    );
    let expected = [
        ("jobs/0f9c/FAILED_0.json", r#"[{"f":1},{"t":1},{"a":1}]"#),
        (
            "jobs/0f9c/SUCCEEDED_0.json",
            r#"[{"Name":"n","Output":"[1, 2]"},{"Name":"n","Output":"{\"a\":\n1}"}]"#,
        ),
        (
            "jobs/0f9c/manifest.json",
            r#"{"DestinationBucket":"bucket","MapRunArn":"arn:aws:states:us-east-1:123456789012:mapRun:machine/Label:0f9c","ResultFiles":{"FAILED":[{"Key":"jobs/0f9c/FAILED_0.json","Size":25}],"PENDING":[],"SUCCEEDED":[{"Key":"jobs/0f9c/SUCCEEDED_0.json","Size":68}]}}"#,
        ),
    ];
    assert_eq!(fixture.keys().await, expected.map(|(key, _)| key));
    for (key, content) in expected {
        assert_eq!(fixture.read(key).await, content);
    }
    assert_eq!(fixture.write(&to("jobs", json!({})), mixed()).await, Ok(result), "again");
    assert_eq!(fixture.keys().await.len(), 3);
}

#[tokio::test]
async fn transformations_and_formats() {
    let none = r#"{"Name":"n","Output":"[1, 2]"}"#;
    let other = r#"{"Name":"n","Output":"{\"a\":\n1}"}"#;
    for (transformation, output_type, expected) in [
        ("NONE", "JSON", format!("[{none},{other}]")),
        ("NONE", "JSONL", format!("{none}\n{other}\n")),
        ("COMPACT", "JSON", "[[1, 2],{\"a\":\n1}]".to_owned()),
        ("COMPACT", "JSONL", "[1, 2]\n{\"a\":1}\n".to_owned()),
        ("FLATTEN", "JSON", "[1,2,{\"a\":\n1}]".to_owned()),
        ("FLATTEN", "JSONL", "1\n2\n{\"a\":1}\n".to_owned()),
    ] {
        let fixture = Fixture::new();
        let config = json!({"Transformation": transformation, "OutputType": output_type});
        fixture.write(&to("", config), mixed()).await.expect("written");
        assert_eq!(fixture.read("0f9c/SUCCEEDED_0.json").await, expected, "{transformation} {output_type}");
    }
}

#[tokio::test]
async fn without_results_there_is_a_manifest_only() {
    let fixture = Fixture::new();
    fixture.write(&to("p/", json!({})), vec![]).await.expect("written");
    assert_eq!(fixture.keys().await, ["p/0f9c/manifest.json"]);
    let manifest: Value = serde_json::from_str(&fixture.read("p/0f9c/manifest.json").await).expect("JSON");
    assert_eq!(manifest["ResultFiles"], json!({"FAILED": [], "PENDING": [], "SUCCEEDED": []}));
    // Nothing is left of outputs that are empty lists.
    let fixture = Fixture::new();
    let config = json!({"Transformation": "FLATTEN"});
    fixture.write(&to("", config), vec![Ok(vec![succeeded("[]")])]).await.expect("written");
    assert_eq!(fixture.keys().await, ["0f9c/manifest.json"]);
}

#[tokio::test]
async fn full_files_are_followed_by_others() {
    let mut fixture = Fixture::new();
    fixture.writer = fixture.writer.with_file_bytes_max(8);
    let outputs = ["1", "22", "333", "4", "\"too long for any\"", "5"].map(succeeded);
    let config = json!({"Transformation": "COMPACT"});
    fixture.write(&to("", config), vec![Ok(outputs.to_vec())]).await.expect("written");
    let expected = ["[1,22]", "[333,4]", "[\"too long for any\"]", "[5]"];
    for (index, content) in expected.into_iter().enumerate() {
        assert_eq!(fixture.read(&format!("0f9c/SUCCEEDED_{index}.json")).await, content);
    }
    let manifest: Value = serde_json::from_str(&fixture.read("0f9c/manifest.json").await).expect("JSON");
    let sizes: Vec<_> = manifest["ResultFiles"]["SUCCEEDED"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|file| file["Size"].as_u64().expect("a size"))
        .collect();
    assert_eq!(sizes, [6, 7, 20, 3]);
}

#[tokio::test]
async fn large_files_are_uploaded_in_parts() {
    let fixture = Fixture::new();
    let output = json!("x".repeat(250_000)).to_string();
    let config = json!({"Transformation": "COMPACT", "OutputType": "JSONL"});
    let batches = (0..10).map(|_| Ok(vec![succeeded(&output); 8])).collect();
    fixture.write(&to("", config), batches).await.expect("written");
    let content = fixture.read("0f9c/SUCCEEDED_0.json").await;
    assert_eq!(content.len(), 80 * 250_003);
    assert!(content.lines().all(|line| line == output));
}

#[tokio::test]
async fn a_failure_on_the_way_leaves_no_manifest() {
    let fixture = Fixture::new();
    let output = json!("x".repeat(250_000)).to_string();
    let gone = Failure::writer("gone");
    let outcomes = vec![Ok(vec![succeeded(&output); 40]), Err(gone.clone())];
    assert_eq!(fixture.write(&to("", json!({})), outcomes).await, Err(gone));
    assert_eq!(fixture.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_written_is_a_failure() {
    let fixture = Fixture::new();
    let put = "arn:aws:states:::s3:putObject";
    for (destination, expected) in [
        (json!({"Resource": put}), "missing field `Parameters`"),
        (
            json!({"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "bucket"}}),
            "isn't recognized",
        ),
        (json!({"Resource": put, "Parameters": {"Bucket": "other"}}), "The specified bucket does not exist"),
        (json!({"Resource": put, "Parameters": {"Bucket": "bucket", "Key": "k"}}), "unknown field `Key`"),
        (to("a//b", json!({})), "The key 'a//b/0f9c/manifest.json' can't be used"),
        (to("", json!({"OutputType": "CSV"})), "unknown variant `CSV`"),
    ] {
        let failure = fixture.write(&destination, vec![]).await.expect_err("a failure");
        assert_eq!(failure.error, "States.ResultWriterFailed");
        assert!(failure.cause.contains(expected), "{failure}");
    }
    let outcomes = vec![Ok(vec![outcome(Status::Succeeded, "{}")])];
    let failure = fixture.write(&to("", json!({})), outcomes).await.expect_err("a failure");
    assert_eq!(
        failure.cause,
        "The metadata of a child execution can't be read: missing field `Output` at line 1 column 2"
    );
}
