//! What the formats hold.

use std::io::Write as _;

use serde_json::json;

use super::{Fixture, get, list, text};

async fn check(content: &[u8], config: serde_json::Value, expected: &[&str]) {
    let fixture = Fixture::new(&[("key", content)]).await;
    let shown = String::from_utf8_lossy(content).into_owned();
    assert_eq!(fixture.values("key", config).await, expected, "{shown}");
}

#[tokio::test]
async fn json_lists() {
    let check = |content: &'static [u8], expected: &'static [&'static str]| {
        check(content, json!({"InputType": "JSON"}), expected)
    };
    check(b"[]", &[]).await;
    check(b" [ ] \n", &[]).await;
    check(b"[1,2.50,-3e4]", &["1", "2.50", "-3e4"]).await;
    check(b"\xef\xbb\xbf[1]", &["1"]).await;
    check(
        b" [ {\"a\" : [1, {}]} ,\n\"]}\\\"[\", null,true , false, [[]] ] ",
        &["{\"a\" : [1, {}]}", "\"]}\\\"[\"", "null", "true", "false", "[[]]"],
    )
    .await;
    check("[\"ü\",\"\\u00fc\"]".as_bytes(), &["\"ü\"", "\"\\u00fc\""]).await;
}

#[tokio::test]
async fn json_objects_have_keys() {
    let fixture =
        Fixture::new(&[("key", br#"{"a":1, "b \u00fc":{"c":[]} ,"":"x" }"#), ("empty", b"{}")]).await;
    let items = fixture.items(&get("key", json!({"InputType": "JSON"}))).await;
    let pairs: Vec<_> = items.iter().map(|item| (item.key.clone().expect("a key"), text(item))).collect();
    let expected = [("a", "1"), ("b ü", r#"{"c":[]}"#), ("", "\"x\"")];
    assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(fixture.items(&get("empty", json!({"InputType": "JSON"}))).await, []);
}

#[tokio::test]
async fn items_pointers_lead_into_documents() {
    let content = br#"{"skip": [{"items": "\"]}"}, 1], "a/b": {"items~": [7, 8]}, "l": [0, [1], {"x": {"k": 2}}]} rest"#;
    let fixture = Fixture::new(&[("key", content)]).await;
    for (pointer, expected) in [
        ("/a~1b/items~0", &["7", "8"] as &[&str]),
        ("/l", &["0", "[1]", r#"{"x": {"k": 2}}"#]),
        ("/l/1", &["1"]),
        ("/skip", &[r#"{"items": "\"]}"}"#, "1"]),
    ] {
        let config = json!({"InputType": "JSON", "ItemsPointer": pointer});
        assert_eq!(fixture.values("key", config).await, expected, "{pointer}");
    }
    let items = fixture.items(&get("key", json!({"InputType": "JSON", "ItemsPointer": "/l/2/x"}))).await;
    assert_eq!(
        items.first().map(|item| (item.key.as_deref(), text(item))),
        Some((Some("k"), "2".to_owned()))
    );
}

#[tokio::test]
async fn json_lines() {
    let check = |content: &'static [u8], expected: &'static [&'static str]| {
        check(content, json!({"InputType": "JSONL"}), expected)
    };
    check(b"", &[]).await;
    check(b"\n \r\n\n", &[]).await;
    check(b"{\"a\":1}\n{\"a\":2}\n", &["{\"a\":1}", "{\"a\":2}"]).await;
    check(b"\xef\xbb\xbf 1 \r\n\r\n[2, 3]\t\n\"x\\n\"", &["1", "[2, 3]", "\"x\\n\""]).await;
}

#[tokio::test]
async fn rows_of_texts() {
    let check = |content: &'static [u8], expected: &'static [&'static str]| {
        check(content, json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}), expected)
    };
    check(b"", &[]).await;
    check(b"a,b", &[]).await;
    check(b"a,b\n1,2\n", &[r#"{"a":"1","b":"2"}"#]).await;
    check(
        b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n3,4\r5,6",
        &[r#"{"a":"1","b":"2"}"#, r#"{"a":"3","b":"4"}"#, r#"{"a":"5","b":"6"}"#],
    )
    .await;
    // Rows that are too short or too long.
    check(
        b"a,b\n1\n1,2,3\n,\n\"\"\n",
        &[r#"{"a":"1","b":""}"#, r#"{"a":"1","b":"2"}"#, r#"{"a":"","b":""}"#, r#"{"a":"","b":""}"#],
    )
    .await;
    // Quotation marks.
    check(
        b"\"a,\",b\n\"1,\r\n\"\"2\"\"\", x \"\"y\"\" z \n\"3\"4,5\"6\n",
        &[r#"{"a,":"1,\r\n\"2\"","b":" x \"y\" z "}"#, r#"{"a,":"34","b":"5\"6"}"#],
    )
    .await;
    // Backslashes.
    check(
        b"path,size\nC:\\\\Program Files\\\\MyApp.exe,6534512\nC:\\x\\,y,\\\"\n\"\\\"a\\n\",\\",
        &[
            r#"{"path":"C:\\Program Files\\MyApp.exe","size":"6534512"}"#,
            r#"{"path":"C:x,y","size":"\""}"#,
            r#"{"path":"\"an","size":""}"#,
        ],
    )
    .await;
    // The last of two columns of a name.
    check(b"a,b,a\n1,2,3\n", &[r#"{"b":"2","a":"3"}"#]).await;
}

#[tokio::test]
async fn the_guides_example_of_a_row() {
    let content = b"abc,123,\"This string contains commas, a double quotation marks (\"\"), and a newline (\n)\",{\"\"MyKey\"\":\"\"MyValue\"\"},\"[1,2,3]\"\n";
    let config =
        json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b", "c", "d", "e"]});
    let expected = r#"{"a":"abc","b":"123","c":"This string contains commas, a double quotation marks (\"), and a newline (\n)","d":"{\"MyKey\":\"MyValue\"}","e":"[1,2,3]"}"#;
    check(content, config, &[expected]).await;
}

#[tokio::test]
async fn delimiters_and_given_names() {
    for (name, delimiter) in
        [("COMMA", ","), ("PIPE", "|"), ("SEMICOLON", ";"), ("SPACE", " "), ("TAB", "\t")]
    {
        let content = format!("1{delimiter}\\{delimiter}x\n\"3{delimiter}\"{delimiter}4\n");
        let config = json!({
            "InputType": "CSV",
            "CSVDelimiter": name,
            "CSVHeaderLocation": "GIVEN",
            "CSVHeaders": ["a", "b"],
        });
        let value = |a: &str, b: &str| json!({"a": a, "b": b}).to_string();
        let expected = [value("1", &format!("{delimiter}x")), value(&format!("3{delimiter}"), "4")];
        let expected = expected.each_ref().map(String::as_str);
        check(content.as_bytes(), config, &expected).await;
    }
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("in memory");
    encoder.finish().expect("in memory")
}

#[tokio::test]
async fn compressed_objects() {
    let two_members = [gzip(b"[1,2"), gzip(b",3]")].concat();
    check(&two_members, json!({"InputType": "JSON"}), &["1", "2", "3"]).await;
    check(&gzip(b"a\n1\n2\n"), json!({"InputType": "CSV"}), &[r#"{"a":"1"}"#, r#"{"a":"2"}"#]).await;
    let zstd = zstd::encode_all(b"1\n2\n".as_slice(), 3).expect("in memory");
    check(&zstd, json!({"InputType": "JSONL"}), &["1", "2"]).await;
}

#[tokio::test]
async fn lists_of_objects() {
    let fixture =
        Fixture::new(&[("a/1", b"x"), ("a/2", b""), ("a3", b"yy"), ("b", b"z"), ("a/4/5", b"")]).await;
    let items = fixture.items(&list("a", json!({}))).await;
    assert!(items.iter().all(|item| *item.source == *"S3://bucket" && item.key.is_none()));
    let values: Vec<serde_json::Value> =
        items.iter().map(|item| serde_json::from_slice(&item.value).expect("JSON")).collect();
    let keys: Vec<_> = values.iter().map(|value| value["Key"].as_str().expect("a key")).collect();
    assert_eq!(keys, ["a/1", "a/2", "a/4/5", "a3"]);
    let last = text(items.last().expect("four"));
    let etag = &values.last().expect("four")["Etag"];
    assert_eq!(
        last,
        format!(
            r#"{{"Etag":{etag},"Key":"a3","LastModified":1668699881,"Size":2,"StorageClass":"STANDARD"}}"#
        )
    );
    assert_eq!(fixture.items(&list("none", json!({}))).await, []);
    let mut after = list("", json!({}));
    after["Arguments"]["StartAfter"] = json!("a/4");
    after["Arguments"]["MaxKeys"] = json!(1);
    assert_eq!(fixture.items(&after).await.len(), 3);
}

#[tokio::test]
async fn listed_objects_are_read_and_flattened() {
    let fixture = Fixture::new(&[
        ("in/a.csv", b"x\n1\n2\n" as &[u8]),
        ("in/b.csv", b""),
        ("in/c.csv", b"y\n3"),
        ("in/d/e.csv", b"z\n\n"),
        ("out.csv", b"x\n9\n"),
    ])
    .await;
    let items =
        fixture.items(&list("in/", json!({"InputType": "CSV", "Transformation": "LOAD_AND_FLATTEN"}))).await;
    let found: Vec<_> = items.iter().map(|item| (item.source.to_string(), text(item))).collect();
    let expected = [
        ("S3://bucket/in/a.csv", r#"{"x":"1"}"#),
        ("S3://bucket/in/a.csv", r#"{"x":"2"}"#),
        ("S3://bucket/in/c.csv", r#"{"y":"3"}"#),
    ];
    assert_eq!(found, expected.map(|(source, value)| (source.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn no_more_items_than_asked_for() {
    let fixture = Fixture::new(&[("a", b"[1,2,3] "), ("b", b"[4,5]")]).await;
    for (items_max, expected) in [(0, 3), (1, 1), (2, 2), (3, 3), (4, 3)] {
        let config = json!({"InputType": "JSON", "MaxItems": items_max});
        assert_eq!(fixture.items(&get("a", config)).await.len(), expected, "{items_max}");
        let config =
            json!({"InputType": "JSON", "MaxItems": items_max, "Transformation": "LOAD_AND_FLATTEN"});
        let expected = if items_max == 0 { 5 } else { items_max };
        assert_eq!(fixture.items(&list("", config)).await.len(), expected, "{items_max}");
        let config = json!({"MaxItems": items_max});
        let expected = if items_max == 1 { 1 } else { 2 };
        assert_eq!(fixture.items(&list("", config)).await.len(), expected, "{items_max}");
    }
}
