//! What can't be read ends in a failure, and soon.

use serde_json::{Value, json};

use super::formats::gzip;
use super::{Fixture, get, list};

async fn check(content: &[u8], config: Value, expected: &str) {
    let fixture = Fixture::new(&[("key", content)]).await;
    let cause = fixture.cause(&get("key", config)).await;
    assert!(cause.contains(expected), "{cause}");
}

#[tokio::test]
async fn json() {
    let check = |content: &[u8], expected: &'static str| {
        let content = content.to_vec();
        async move { check(&content, json!({"InputType": "JSON"}), expected).await }
    };
    for scalar in ["1", "\"x\"", "null", "true", " -1"] {
        check(scalar.as_bytes(), "Attempting to map over non-iterable node.").await;
    }
    for (content, expected) in [
        ("", "The object is no JSON (at byte 0 of S3://bucket/key)"),
        ("x", "The object is no JSON"),
        ("[", "The object ends within an item"),
        ("[1", "The object ends within an item"),
        ("[1,", "The object ends within an item"),
        ("[1,]", "An item is no JSON"),
        ("[,1]", "An item is no JSON"),
        ("[1 2]", "A comma or ']' is missing (at byte 3"),
        ("[1}", "A comma or ']' is missing"),
        ("[1] 2", "Something comes after the end of the JSON document (at byte 4"),
        ("[01]", "An item is no JSON"),
        ("[tru]", "An item is no JSON"),
        ("[\"\\x\"]", "An item is no JSON"),
        ("[{\"a\":1,}]", "An item is no JSON"),
        ("{\"a\" 1}", "The colon after the name of a member is missing"),
        ("{a:1}", "The name of a member is missing"),
        ("{\"a\":}", "An item is no JSON"),
        ("{\"\\ud800\":1}", "The name of a member is no text"),
        ("{\"a\":1]", "A comma or '}' is missing"),
    ] {
        check(content.as_bytes(), expected).await;
    }
    check(b"[\"\xff\"]", "An item is no UTF-8").await;
    check(&[b"[".as_slice(), &[b'['; 200_000], &[b']'; 200_000], b"]"].concat(), "An item is no JSON").await;
    check(&[b'['; 2_000_000], "An item is longer than 262144 bytes").await;
    check(&[b"[\"".as_slice(), &[b'x'; 300_000], b"\"]"].concat(), "An item is longer than 262144 bytes")
        .await;
    check(&[b"{\"".as_slice(), &[b'x'; 2_000_000]].concat(), "An item is longer than 262144 bytes").await;
}

#[tokio::test]
async fn pointers() {
    let content = br#"{"a": [1, {"b": 2}], "n": 1}"#;
    for (pointer, expected) in [
        ("/x", "The ItemsPointer '/x' leads to nothing"),
        ("/a/5", "leads to nothing"),
        ("/a/01/b", "leads to nothing"),
        ("/a/-", "leads to nothing"),
        ("/n/x", "leads to nothing"),
        ("/a/1/b", "Attempting to map over non-iterable node."),
        ("/n", "Attempting to map over non-iterable node."),
        ("a", "is no JSON pointer"),
        (&"/x".repeat(1_000), "the ItemsPointer has 2000 characters or more"),
    ] {
        check(content, json!({"InputType": "JSON", "ItemsPointer": pointer}), expected).await;
    }
    let config = json!({"InputType": "JSON", "ItemsPointer": "/z"});
    for (content, expected) in [
        (b"{\"a\":".as_slice(), "A value is missing"),
        (b"{\"a\":[1", "A value before the list doesn't end"),
        (b"{\"a\" 1}", "The colon after the name of a member is missing"),
        (b"{\"a", "The name of a member doesn't end"),
        (b"{\"\\q\":1}", "The name of a member is no text"),
    ] {
        check(content, config.clone(), expected).await;
    }
    let far = [b"{\"a\":\"".as_slice(), &vec![b'x'; 17 << 20], b"\",\"z\":[1]}"].concat();
    check(&far, config.clone(), "within the first 16 MB").await;
    let far = [b"{".as_slice(), &vec![b' '; 17 << 20], b"\"z\":[1]}"].concat();
    check(&far, config, "within the first 16 MB").await;
}

#[tokio::test]
async fn lines_and_rows() {
    let lines = json!({"InputType": "JSONL"});
    check(b"1\nx\n", lines.clone(), "An item is no JSON").await;
    check(b"1 2\n", lines.clone(), "An item is no JSON").await;
    check(b"{\"a\":\n1}", lines.clone(), "An item is no JSON").await;
    check(b"\xff\n", lines.clone(), "An item is no UTF-8").await;
    check(&[b'1'; 2_000_000], lines, "An item is longer than 262144 bytes").await;

    let rows = json!({"InputType": "CSV"});
    check(b"a\n\"1\n2", rows.clone(), "The object ends within quotation marks").await;
    check(b"a\n\xff\n", rows.clone(), "A row is no UTF-8 (at byte 2").await;
    check(b"\xff\n", rows.clone(), "A row is no UTF-8").await;
    check(&[b'a'; 11_000], rows.clone(), "The names of the columns are longer than 10240 bytes").await;
    check(&[b'"'; 2_000_001], rows.clone(), "The names of the columns are longer than 10240 bytes").await;
    check(&[b"a\n\"".as_slice(), &[b'x'; 2_000_000]].concat(), rows.clone(), "An item is longer than").await;
    check(&[b"a\n".as_slice(), &[b'\x01'; 100_000]].concat(), rows, "An item is longer than").await;
    let given = json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x".repeat(10_241)]});
    check(b"1\n", given, "The names of the columns are longer than 10240 bytes").await;
}

#[tokio::test]
async fn compressed_objects() {
    let lines = json!({"InputType": "JSONL"});
    let whole = gzip(&b"1\n".repeat(100));
    check(&whole[..whole.len() - 6], lines.clone(), "S3://bucket/key can't be decompressed").await;
    check(&whole[..8], lines.clone(), "S3://bucket/key can't be decompressed").await;
    let mut wrong = whole.clone();
    wrong[20] ^= 0xff;
    check(&wrong, lines.clone(), "S3://bucket/key can't be decompressed").await;
    check(&[whole.as_slice(), b"more"].concat(), lines.clone(), "S3://bucket/key can't be decompressed")
        .await;
    let zstd = zstd::encode_all(b"1\n2\n".as_slice(), 3).expect("in memory");
    check(&zstd[..zstd.len() - 2], lines.clone(), "S3://bucket/key can't be decompressed").await;
    // Asks for a window of 2 GiB.
    let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    check(&greedy, lines.clone(), "S3://bucket/key can't be decompressed").await;
    // A hundred MiB out of a hundred KiB: one line, and it is too long.
    check(&gzip(&vec![b'1'; 100 << 20]), lines, "An item is longer than 262144 bytes").await;
}

#[tokio::test]
async fn readers_that_ask_for_what_is_not_there() {
    let fixture = Fixture::new(&[("key", b"[1]")]).await;
    let json_type = || json!({"InputType": "JSON"});
    let other_bucket = json!({
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "other", "Key": "key"},
        "ReaderConfig": json_type(),
    });
    let hostile_bucket = json!({
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "evil.example/#", "Key": "key"},
        "ReaderConfig": json_type(),
    });
    let with_delimiter = json!({
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "bucket", "Delimiter": "/"},
    });
    for (source, expected) in [
        (get("gone", json_type()), "gone"),
        (get("/key", json_type()), "The key '/key' can't be used"),
        (get("key/", json_type()), "The key 'key/' can't be used"),
        (get("a//b", json_type()), "The key 'a//b' can't be used"),
        (get("a/../b", json_type()), "The key 'a/../b' can't be used"),
        (get("", json_type()), "The key '' can't be used"),
        (other_bucket, "The specified bucket does not exist"),
        (hostile_bucket, "The specified bucket is not valid"),
        (with_delimiter, "unknown field `Delimiter`"),
        (get("key", json!({"InputType": "PARQUET"})), "Parquet files can't be read"),
        (get("key", json!({})), "the InputType is missing"),
        (get("key", json!({"InputType": "XML"})), "unknown variant `XML`"),
        (get("key", json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"})), "the CSVHeaders are missing"),
        (
            get("key", json!({"InputType": "MANIFEST", "ManifestType": "ATHENA_DATA"})),
            "the InputType of the manifest's files is missing",
        ),
        (list("", json!({"Transformation": "LOAD_AND_FLATTEN"})), "the InputType is missing"),
        (json!({"Resource": "arn:aws:states:::s3:getObject"}), "missing field"),
        (
            json!({"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "bucket"}}),
            "the Key is missing",
        ),
        (
            json!({"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "bucket"}}),
            "the Resource 'arn:aws:states:::s3:putObject' isn't recognized",
        ),
    ] {
        let cause = fixture.cause(&source).await;
        assert!(cause.contains(expected), "{cause}");
    }
}
