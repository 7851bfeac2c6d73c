//! The distributed Map: its part of the model, and what is refused in it.

use serde_json::{Value, json};

use super::super::{
    Distributed, InputType, ItemBatcher, ItemReader, ItemSource, ManifestType, Map, Number, Payload,
    ReaderConfig, ResultTransformation, ResultType, ResultWriter, StateKind,
};
use super::{Kind, check_state, read_kind, valid_state, with_state};
use crate::jsonata;
use crate::path::Path;
use crate::template::Template;

/// A distributed Map with more fields.
fn map(fields: Value) -> Value {
    let mut map = json!({"Type": "Map", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "I", "States": {"I": {"Type": "Succeed"}}}});
    for (name, value) in fields.as_object().expect("fields") {
        map[name] = value.clone();
    }
    map
}

fn valid_map(state: &Value) -> Box<Map> {
    match valid_state(state).kind {
        StateKind::Map(map) => map,
        other => panic!("{other:?}"),
    }
}

fn payload(value: Value) -> Option<Payload> {
    Some(Payload::JsonPath(Template::parse(&value).expect("a template")))
}

fn path<T>(text: &str) -> Option<Number<T>> {
    Some(Number::Path(Path::parse(text).expect("a path")))
}

#[test]
fn every_field_lands_in_the_model() {
    let read = valid_map(&map(json!({
        "Label": "My-Label_1", "MaxConcurrency": 1000, "ToleratedFailureCountPath": "$.count",
        "ToleratedFailurePercentage": 5,
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
                       "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"],
                                        "CSVDelimiter": "PIPE", "MaxItems": 10},
                       "Parameters": {"Bucket": "b", "Key.$": "$.key"}},
        "ItemBatcher": {"MaxItemsPerBatch": 10, "MaxInputBytesPerBatchPath": "$bytes", "BatchInput": {"f.$": "$.f"}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"},
                         "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}},
    })));
    let expected = Distributed {
        execution_type: Kind::Express,
        item_reader: Some(ItemReader {
            source: ItemSource::GetObject,
            parameters: payload(json!({"Bucket": "b", "Key.$": "$.key"})),
            config: ReaderConfig {
                input_type: Some(InputType::Csv {
                    delimiter: '|',
                    headers: Some(vec!["a".to_owned(), "b".to_owned()]),
                }),
                load_and_flatten: false,
                max_items: Some(Number::Fixed(10)),
                items_pointer: None,
                manifest: None,
            },
        }),
        item_batcher: Some(ItemBatcher {
            batch_input: payload(json!({"f.$": "$.f"})),
            max_items: Some(Number::Fixed(10)),
            max_input_bytes: path("$bytes"),
        }),
        result_writer: Some(ResultWriter {
            parameters: payload(json!({"Bucket": "b", "Prefix": "p"})),
            transformation: ResultTransformation::Flatten,
            output_type: ResultType::JsonLines,
        }),
        label: Some("My-Label_1".to_owned()),
    };
    assert_eq!(read.distributed.as_deref(), Some(&expected));
    assert_eq!(read.max_concurrency, Number::Fixed(1000));
    assert_eq!(read.tolerated_failure_count, path("$.count"));
    assert_eq!(read.tolerated_failure_percentage, Some(Number::Fixed(5.0)));
}

#[test]
fn readers_of_all_formats() {
    let get = "arn:aws:states:::s3:getObject";
    let csv = |delimiter| InputType::Csv { delimiter, headers: None };
    for (config, expected) in [
        (json!({"InputType": "JSON"}), InputType::Json),
        (json!({"InputType": "JSONL"}), InputType::JsonLines),
        (json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}), csv(',')),
        (json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "TAB"}), csv('\t')),
        (
            json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "SEMICOLON"}),
            csv(';'),
        ),
        (json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "SPACE"}), csv(' ')),
        (json!({"InputType": "MANIFEST"}), InputType::Manifest),
    ] {
        let state = map(json!({"ItemReader": {"Resource": get, "ReaderConfig": config, "Parameters": {}}}));
        let reader = valid_map(&state).distributed.expect("distributed").item_reader.expect("a reader");
        assert_eq!(reader.config.input_type, Some(expected), "{config}");
    }
    for (config, input_type, manifest) in [
        (
            json!({"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}),
            Some(InputType::JsonLines),
            ManifestType::AthenaData,
        ),
        (json!({"ManifestType": "S3_INVENTORY"}), None, ManifestType::S3Inventory),
    ] {
        let state = map(json!({"ItemReader": {"Resource": get, "ReaderConfig": config, "Parameters": {}}}));
        let reader = valid_map(&state).distributed.expect("distributed").item_reader.expect("a reader");
        assert_eq!(
            (reader.config.input_type, reader.config.manifest),
            (input_type, Some(manifest)),
            "{config}"
        );
    }
    let parquet = json!({"Resource": get, "ReaderConfig": {"InputType": "PARQUET"}, "Parameters": {}});
    check_state(
        &map(json!({"ItemReader": parquet})),
        &[
            "SCHEMA_VALIDATION_FAILED: Parquet files are not supported by this server. Use CSV, JSON or JSONL at @/ItemReader/ReaderConfig/InputType",
        ],
    );
    let list = json!({"Resource": "arn:aws-cn:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}});
    let reader = valid_map(&map(json!({"ItemReader": list}))).distributed.expect("distributed").item_reader;
    let expected = ItemReader {
        source: ItemSource::ListObjects,
        parameters: payload(json!({"Bucket": "b"})),
        config: ReaderConfig::default(),
    };
    assert_eq!(reader, Some(expected));
}

#[test]
fn in_jsonata_everything_may_be_computed() {
    let mut state = map(json!({
        "QueryLanguage": "JSONata",
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
                       "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% $m %}", "ItemsPointer": "/a/b"},
                       "Arguments": {"Bucket": "{% $b %}", "Key": "k"}},
        "ItemBatcher": {"MaxItemsPerBatch": "{% $n %}", "BatchInput": "{% $i %}"},
        "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}},
    }));
    let expression = |text: &str| Number::Jsonata(jsonata::Expression::parse(text).expect("an expression"));
    let template = |value: Value| jsonata::Template::parse(&value).ok().map(Payload::Jsonata);
    let distributed = valid_map(&state).distributed.expect("distributed");
    let reader = distributed.item_reader.expect("a reader");
    assert_eq!(reader.config.max_items, Some(expression("$m")));
    assert_eq!(reader.config.items_pointer.as_deref(), Some("/a/b"));
    assert_eq!(reader.parameters, template(json!({"Bucket": "{% $b %}", "Key": "k"})));
    let batcher = distributed.item_batcher.expect("a batcher");
    assert_eq!(batcher.max_items, Some(expression("$n")));
    assert_eq!(batcher.batch_input, template(json!("{% $i %}")));
    let writer = distributed.result_writer.expect("a writer");
    assert_eq!((writer.parameters, writer.transformation), (None, ResultTransformation::Compact));

    let other = |field: &str, place: &str| {
        format!(
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field '{field}' is only supported for the \
             'JSONPath' QueryLanguage at @/{place}"
        )
    };
    state["ItemBatcher"] = json!({"MaxItemsPerBatchPath": "$.n"});
    state["ItemReader"]["Parameters"] = json!({});
    check_state(&state, &[&other("Parameters", "ItemReader"), &other("MaxItemsPerBatchPath", "ItemBatcher")]);
}

#[test]
fn numbers_have_bounds_and_one_spelling() {
    for (field, value, message, place) in [
        ("ToleratedFailureCount", json!(-1), "Minimum value is 0", "/ToleratedFailureCount"),
        ("ToleratedFailurePercentage", json!(-0.5), "Minimum value is 0.0", "/ToleratedFailurePercentage"),
        ("ToleratedFailurePercentage", json!(100.5), "Maximum value is 100.0", "/ToleratedFailurePercentage"),
        (
            "ItemBatcher",
            json!({"MaxItemsPerBatch": -1}),
            "Minimum value is 0",
            "/ItemBatcher/MaxItemsPerBatch",
        ),
        (
            "ItemBatcher",
            json!({"MaxInputBytesPerBatch": 262_145}),
            "Maximum value is 262144",
            "/ItemBatcher/MaxInputBytesPerBatch",
        ),
        (
            "ItemReader",
            json!({"Resource": "arn:aws:states:::s3:listObjectsV2", "ReaderConfig": {"MaxItems": 100_000_001}}),
            "Maximum value is 100000000",
            "/ItemReader/ReaderConfig/MaxItems",
        ),
        (
            "ItemReader",
            json!({"Resource": "arn:aws:states:::s3:listObjectsV2",
                   "ReaderConfig": {"MaxItems": 1, "MaxItemsPath": "$.n"}}),
            "There should only be one of the following fields: [MaxItems, MaxItemsPath]",
            "/ItemReader/ReaderConfig",
        ),
        (
            "ItemBatcher",
            json!({}),
            "At least one of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]",
            "/ItemBatcher",
        ),
    ] {
        check_state(
            &map(json!({field: value})),
            &[&format!("SCHEMA_VALIDATION_FAILED: {message} at @{place}")],
        );
    }
}

#[test]
fn resources_and_modes() {
    let put = "arn:aws:states:::s3:putObject";
    check_state(
        &map(json!({"ItemReader": {"Resource": put}})),
        &[
            "SCHEMA_VALIDATION_FAILED: The field 'Resource' does not match any of the allowed values at @/ItemReader/Resource",
        ],
    );
    check_state(
        &map(json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject"}})),
        &["SCHEMA_VALIDATION_FAILED: These fields are required: [ReaderConfig] at @/ItemReader"],
    );
    check_state(
        &map(json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
                                   "ReaderConfig": {"CSVHeaderLocation": "GIVEN"}}})),
        &[
            "SCHEMA_VALIDATION_FAILED: These fields are required: [InputType] at @/ItemReader/ReaderConfig",
            "SCHEMA_VALIDATION_FAILED: These fields are required: [CSVHeaders] at @/ItemReader/ReaderConfig",
        ],
    );
    let config = |config: Value| {
        map(json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config}}))
    };
    check_state(
        &config(json!({"InputType": "CSV"})),
        &[
            "SCHEMA_VALIDATION_FAILED: The field 'CSVHeaderLocation' is required but was missing at @/ItemReader/ReaderConfig",
        ],
    );
    check_state(
        &config(json!({"InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW"})),
        &[
            "SCHEMA_VALIDATION_FAILED: Field 'CSVHeaderLocation' is not supported at @/ItemReader/ReaderConfig",
        ],
    );
    check_state(
        &map(json!({"ResultWriter": {"Resource": put}})),
        &["SCHEMA_VALIDATION_FAILED: These fields are required: [Parameters] at @/ResultWriter"],
    );
    check_state(
        &map(json!({"ResultWriter": {}})),
        &["SCHEMA_VALIDATION_FAILED: These fields are required: [Resource] at @/ResultWriter"],
    );
    let mut inline = map(json!({"Label": "l", "ItemBatcher": {}, "ToleratedFailureCount": 1}));
    inline["ItemProcessor"]["ProcessorConfig"] = json!({"Mode": "INLINE", "ExecutionType": "EXPRESS"});
    check_state(
        &inline,
        &[
            "SCHEMA_VALIDATION_FAILED: Field 'ExecutionType' is not supported at @/ItemProcessor/ProcessorConfig",
            "SCHEMA_VALIDATION_FAILED: Field 'ItemBatcher' is only supported if 'Mode' is 'DISTRIBUTED' at @",
            "SCHEMA_VALIDATION_FAILED: Field 'Label' is only supported if 'Mode' is 'DISTRIBUTED' at @",
        ],
    );
    let mut untyped = map(json!({}));
    untyped["ItemProcessor"]["ProcessorConfig"] = json!({"Mode": "DISTRIBUTED"});
    check_state(
        &untyped,
        &[
            "SCHEMA_VALIDATION_FAILED: These fields are required: [ExecutionType] at @/ItemProcessor/ProcessorConfig",
        ],
    );
    let machine = with_state(&map(json!({})));
    let expected = "SCHEMA_VALIDATION_FAILED: The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines at \
                    /States/X/ItemProcessor/ProcessorConfig/Mode";
    assert_eq!(read_kind(&machine, Kind::Express).err(), Some(vec![expected.to_owned()]));
}

#[test]
fn the_childrens_type_decides_what_they_may_call() {
    let child = |kind: &str| {
        let mut state = map(json!({}));
        state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = json!(kind);
        state["ItemProcessor"]["States"]["I"] = json!({"Type": "Task", "End": true,
            "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"});
        state
    };
    check_state(&child("STANDARD"), &[]);
    check_state(
        &child("EXPRESS"),
        &["SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN at \
           @/ItemProcessor/States/I/Resource"],
    );
}

#[test]
fn labels_are_unique_parts_of_arns() {
    for label in ["a", "A-1_b", &"x".repeat(40)] {
        check_state(&map(json!({"Label": label})), &[]);
    }
    for label in ["", "a b", "a?", "a*", "a:b", "a\u{7}"] {
        check_state(
            &map(json!({"Label": label})),
            &[&format!("INVALID_LABEL_NAME: Invalid Label name: {label} at @/Label")],
        );
    }
    let long = "x".repeat(41);
    check_state(
        &map(json!({"Label": long})),
        &[&format!(
            "INVALID_LABEL_NAME: Invalid Label name: Label '{long}' exceeds the 40-character limit allowed by the service at \
             @/Label"
        )],
    );
    let mut machine = with_state(&map(json!({"Label": "same"})));
    let mut second = map(json!({"Label": "same", "End": true}));
    second["ItemProcessor"]["StartAt"] = json!("J");
    second["ItemProcessor"]["States"] = json!({"J": {"Type": "Succeed"}});
    machine["States"]["X"]["Next"] = json!("W");
    machine["States"]["W"] = second;
    machine["States"]["Z"]["Default"] = json!("Y");
    machine["States"]["W"]["Next"] = json!("Z");
    machine["States"]["W"].as_object_mut().expect("an object").shift_remove("End");
    let expected = "DUPLICATE_LABEL_NAME: Duplicate Label name: same at /States/W/Label";
    assert_eq!(read_kind(&machine, Kind::Standard).err(), Some(vec![expected.to_owned()]));
}
