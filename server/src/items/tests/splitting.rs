//! Any JSON document, whatever its white space and however it comes in pieces, has the items that `serde_json` finds in it.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::chunked::ChunkedStore;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Fixture, get, text};
use crate::s3::memory;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\[\\]{}\",:\\\\ ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn written(value: &Value, is_pretty: bool) -> String {
    let text = if is_pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.expect("serializable")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// The bucket's objects come in pieces of so many bytes.
async fn in_pieces(content: &[u8], piece: usize) -> Fixture {
    let mut fixture = Fixture::new(&[("key", content)]).await;
    let pieces = ChunkedStore::new(Arc::clone(&fixture.store) as Arc<dyn ObjectStore>, piece);
    fixture.bucket = memory::bucket("bucket", Arc::new(pieces));
    fixture
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn lists(values in proptest::collection::vec(value(), 0..6), is_pretty: bool, piece in 1_usize..40) {
        let content = written(&Value::from(values.clone()), is_pretty);
        let items = run(async {
            in_pieces(content.as_bytes(), piece).await.items(&get("key", json!({"InputType": "JSON"}))).await
        });
        let found: Vec<Value> =
            items.iter().map(|item| serde_json::from_slice(&item.value).expect("JSON")).collect();
        prop_assert_eq!(found, values);
    }

    #[test]
    fn objects_within_documents(value in value(), is_pretty: bool, piece in 1_usize..40) {
        let members = match &value {
            Value::Object(members) => members.clone(),
            _ => serde_json::Map::from_iter([("only".to_owned(), value.clone())]),
        };
        let document = json!({"before": value, "l/": [value, members], "after": value});
        let content = written(&document, is_pretty);
        let source = get("key", json!({"InputType": "JSON", "ItemsPointer": "/l~1/1"}));
        let items = run(async { in_pieces(content.as_bytes(), piece).await.items(&source).await });
        let found: serde_json::Map<_, _> = items
            .iter()
            .map(|item| (item.key.clone().expect("a key"), serde_json::from_str(&text(item)).expect("JSON")))
            .collect();
        prop_assert_eq!(found, members);
    }

    #[test]
    fn lines(values in proptest::collection::vec(value(), 0..6), piece in 1_usize..40) {
        let content: String = values.iter().map(|value| format!("{value}\r\n")).collect();
        let items = run(async {
            in_pieces(content.as_bytes(), piece).await.items(&get("key", json!({"InputType": "JSONL"}))).await
        });
        let found: Vec<Value> =
            items.iter().map(|item| serde_json::from_slice(&item.value).expect("JSON")).collect();
        prop_assert_eq!(found, values);
    }

    #[test]
    fn quoted_rows(rows in proptest::collection::vec(any::<[String; 2]>(), 0..6), piece in 1_usize..40) {
        let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""));
        let content: String =
            rows.iter().map(|row| format!("{},{}\n", quoted(&row[0]), quoted(&row[1]))).collect();
        let config = json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]});
        let items = run(async { in_pieces(content.as_bytes(), piece).await.items(&get("key", config)).await });
        let found: Vec<Value> =
            items.iter().map(|item| serde_json::from_slice(&item.value).expect("JSON")).collect();
        let expected: Vec<Value> = rows.iter().map(|row| json!({"a": row[0], "b": row[1]})).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn anything_at_all_ends(content in proptest::collection::vec(any::<u8>(), 0..200), input_type in "JSON|JSONL|CSV") {
        let config = json!({"InputType": input_type});
        // Items or a failure, but no panic and no loop.
        let _ = run(async { Fixture::new(&[("key", &content)]).await.all(&get("key", config)).await });
    }

    #[test]
    fn any_malformed_json_is_refused(value in value(), cut in any::<proptest::sample::Index>(), byte in any::<char>()) {
        let mut content: Vec<char> = written(&json!([value, {"k": value}]), false).chars().collect();
        let at = cut.index(content.len());
        if let Some(char) = content.get_mut(at) {
            *char = byte;
        }
        let content: String = content.into_iter().collect();
        let items =
            run(async { Fixture::new(&[("key", content.as_bytes())]).await.all(&get("key", json!({"InputType": "JSON"}))).await });
        let document: Result<Value, _> = serde_json::from_str(&content);
        let is_list = document.as_ref().is_ok_and(|document| document.is_array() || document.is_object());
        prop_assert_eq!(items.is_ok(), is_list, "{} {:?}", content, items);
    }
}
