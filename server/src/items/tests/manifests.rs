//! Manifests name the objects that are read.

use serde_json::json;

use super::formats::gzip;
use super::{Fixture, get, text};

fn found(items: &[crate::items::Item]) -> Vec<(String, String)> {
    items.iter().map(|item| (item.source.to_string(), text(item))).collect()
}

fn manifest(format: &str) -> Vec<u8> {
    json!({
        "sourceBucket": "source",
        "destinationBucket": "arn:aws:s3:::bucket",
        "version": "2016-11-30",
        "creationTimestamp": "1668700000000",
        "fileFormat": format,
        "fileSchema": "Bucket, Key, Size",
        "files": [
            {"key": "data/1.csv.gz", "size": 10, "MD5checksum": "x"},
            {"key": "data/2.csv.gz", "size": 10, "MD5checksum": "y"},
        ],
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn the_objects_of_an_inventory_are_items() {
    let one = gzip(b"\"source\",\"a\",\"1\"\n\"source\",\"b%20c\",\"2\"\n");
    let two = gzip(b"\"source\",\"d\",\"\"\n");
    let fixture = Fixture::new(&[
        ("manifest.json", &manifest("CSV")),
        ("data/1.csv.gz", &one),
        ("data/2.csv.gz", &two),
    ])
    .await;
    let expected = [
        ("S3://bucket/data/1.csv.gz", r#"{"Bucket":"source","Key":"a","Size":"1"}"#),
        ("S3://bucket/data/1.csv.gz", r#"{"Bucket":"source","Key":"b%20c","Size":"2"}"#),
        ("S3://bucket/data/2.csv.gz", r#"{"Bucket":"source","Key":"d","Size":""}"#),
    ]
    .map(|(source, value)| (source.to_owned(), value.to_owned()));
    for config in
        [json!({"InputType": "MANIFEST"}), json!({"InputType": "MANIFEST", "ManifestType": "S3_INVENTORY"})]
    {
        assert_eq!(found(&fixture.items(&get("manifest.json", config)).await), expected);
    }
}

#[tokio::test]
async fn the_files_of_an_athena_query_hold_the_items() {
    let fixture = Fixture::new(&[
        ("q-manifest.csv", b"s3://bucket/out/1\n\r\n\"s3://bucket/out/2\"\ns3://bucket/out/3" as &[u8]),
        ("out/1", &gzip(b"{\"a\":1}\n{\"a\":2}\n")),
        ("out/2", b""),
        ("out/3", b"{\"a\":3}"),
    ])
    .await;
    let config = json!({"InputType": "JSONL", "ManifestType": "ATHENA_DATA"});
    let expected = [
        ("S3://bucket/out/1", r#"{"a":1}"#),
        ("S3://bucket/out/1", r#"{"a":2}"#),
        ("S3://bucket/out/3", r#"{"a":3}"#),
    ];
    assert_eq!(
        found(&fixture.items(&get("q-manifest.csv", config)).await),
        expected.map(|(source, value)| (source.to_owned(), value.to_owned()))
    );
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let fixture = Fixture::new(&[
        ("orc.json", &manifest("ORC") as &[u8]),
        ("no.json", b"[]"),
        ("no.csv", b"bucket/key\n"),
        ("missing.csv", b"s3://bucket/gone\n"),
        ("long.csv", &[b'x'; 10_000]),
    ])
    .await;
    for (key, manifest_type, expected) in [
        ("orc.json", "S3_INVENTORY", "Inventory files of the format 'ORC' can't be read"),
        ("no.json", "S3_INVENTORY", "The manifest is none of an S3 inventory"),
        ("no.csv", "ATHENA_DATA", "A line of the manifest is no S3 URI"),
        ("missing.csv", "ATHENA_DATA", "gone"),
        ("long.csv", "ATHENA_DATA", "A line of the manifest is too long"),
    ] {
        let config = json!({"InputType": "CSV", "ManifestType": manifest_type});
        let cause = fixture.cause(&get(key, config)).await;
        assert!(cause.contains(expected), "{cause}");
    }
}
