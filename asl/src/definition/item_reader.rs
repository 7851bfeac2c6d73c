//! `ItemReader`: where a distributed Map finds its items, and how to read them. Reads no items.

use super::fields::Fields;
use super::{Number, Payload, QueryLanguage, number};
use crate::limits::MAX_ITEMS_MAX;
use crate::wording;

/// An item reader (developer guide, "ItemReader (Map)").
#[derive(Debug, Clone, PartialEq)]
pub struct ItemReader {
    /// `Resource`
    pub source: ItemSource,
    /// `Parameters`, or `Arguments` in a JSONata state: `Bucket`, `Key`, `Prefix`, ...
    pub parameters: Option<Payload>,
    /// `ReaderConfig`
    pub config: ReaderConfig,
}

/// What an item reader calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemSource {
    /// `arn:PARTITION:states:::s3:getObject`: the items are in an object.
    GetObject,
    /// `arn:PARTITION:states:::s3:listObjectsV2`: the items are the objects of a bucket.
    ListObjects,
}

impl ItemSource {
    /// The action's name in the ARN.
    pub fn action(self) -> &'static str {
        match self {
            Self::GetObject => "getObject",
            Self::ListObjects => "listObjectsV2",
        }
    }
}

/// `ReaderConfig`. All of it may be absent for a list of objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReaderConfig {
    /// `InputType`: what an object holds, or the files that a manifest names.
    pub input_type: Option<InputType>,
    /// `ManifestType`: the object is a manifest. Without it, only that of an inventory can be one, by its `InputType`.
    pub manifest: Option<ManifestType>,
    /// `Transformation` is `LOAD_AND_FLATTEN`: the listed objects are read, and their items are the items.
    pub load_and_flatten: bool,
    /// `MaxItems` or `MaxItemsPath`: how many items are read at most; 0 means all.
    pub max_items: Option<Number<u64>>,
    /// `ItemsPointer`: a JSON pointer to the list within a `JSON` object.
    pub items_pointer: Option<String>,
}

/// The formats of objects that hold items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputType {
    /// `JSON`: a list.
    Json,
    /// `JSONL`: a value in each line.
    JsonLines,
    /// `CSV`: an object for each line.
    Csv {
        /// `CSVDelimiter`: the character between two values; a comma where it is absent.
        delimiter: char,
        /// `CSVHeaders`: the names of the values; without it (`FIRST_ROW`), the first line has them.
        headers: Option<Vec<String>>,
    },
    /// `MANIFEST`: the inventory of a bucket.
    Manifest,
}

/// Who wrote a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestType {
    /// `S3_INVENTORY`: the objects of a bucket are the items.
    S3Inventory,
    /// `ATHENA_DATA`: the items are in the files that an UNLOAD query wrote.
    AthenaData,
}

const DELIMITERS: [&str; 5] = ["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"];

pub(super) fn read(map: &Fields<'_>) -> Option<ItemReader> {
    let fields = map.inner(map.get("ItemReader")?, map.at.field("ItemReader"))?;
    fields.allow(&["Resource", "Parameters", "Arguments", "ReaderConfig", "Comment"]);
    fields.require(&["Resource"]);
    let source = read_source(&fields);
    let parameters = read_parameters(&fields);
    let config = match fields.get("ReaderConfig") {
        Some(value) => read_config(&fields.inner(value, fields.at.field("ReaderConfig"))?, source),
        None if source == Some(ItemSource::GetObject) => {
            fields.require(&["ReaderConfig"]);
            ReaderConfig::default()
        }
        None => ReaderConfig::default(),
    };
    Some(ItemReader { source: source?, parameters, config })
}

/// `Parameters` or `Arguments`, whichever the state's language has.
pub(super) fn read_parameters(fields: &Fields<'_>) -> Option<Payload> {
    fields.payload(parameters_field(fields))
}

pub(super) fn parameters_field(fields: &Fields<'_>) -> &'static str {
    match fields.language {
        QueryLanguage::JsonPath => "Parameters",
        QueryLanguage::Jsonata => "Arguments",
    }
}

fn read_source(fields: &Fields<'_>) -> Option<ItemSource> {
    let text = fields.text("Resource")?;
    let source = match service_action(text, "s3") {
        Some("getObject") => Some(ItemSource::GetObject),
        Some("listObjectsV2") => Some(ItemSource::ListObjects),
        _ => None,
    };
    if source.is_none() {
        fields.report_at("Resource", wording::not_an_allowed_value("Resource"));
    }
    source
}

/// The action of `arn:PARTITION:states:::SERVICE:ACTION`.
pub(super) fn service_action<'t>(arn: &'t str, service: &str) -> Option<&'t str> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let is_partition = partition == "aws" || partition.starts_with("aws-");
    let action = rest.strip_prefix("states:::")?.strip_prefix(service)?.strip_prefix(':')?;
    is_partition.then_some(action)
}

fn read_config(fields: &Fields<'_>, source: Option<ItemSource>) -> ReaderConfig {
    fields.allow(&[
        "InputType",
        "Transformation",
        "CSVDelimiter",
        "CSVHeaderLocation",
        "CSVHeaders",
        "ManifestType",
        "ItemsPointer",
        "MaxItems",
        "MaxItemsPath",
    ]);
    let manifest = match fields.one_of("ManifestType", &["S3_INVENTORY", "ATHENA_DATA"]) {
        Some("ATHENA_DATA") => Some(ManifestType::AthenaData),
        Some(_) => Some(ManifestType::S3Inventory),
        None => None,
    };
    // The files of an inventory are always of one type.
    if source == Some(ItemSource::GetObject) && manifest != Some(ManifestType::S3Inventory) {
        fields.require(&["InputType"]);
    }
    ReaderConfig {
        input_type: read_input_type(fields),
        manifest,
        load_and_flatten: fields.one_of("Transformation", &["NONE", "LOAD_AND_FLATTEN"])
            == Some("LOAD_AND_FLATTEN"),
        max_items: number::read(fields, ["MaxItems", "MaxItemsPath"], |name| {
            fields.integer(name, 0, MAX_ITEMS_MAX)
        }),
        items_pointer: fields.text("ItemsPointer").map(str::to_owned),
    }
}

fn read_input_type(fields: &Fields<'_>) -> Option<InputType> {
    let csv = read_csv(fields);
    check_header_location(fields);
    Some(match fields.one_of("InputType", &["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"])? {
        "CSV" => csv,
        "JSON" => InputType::Json,
        "JSONL" => InputType::JsonLines,
        "PARQUET" => {
            // AWS reads them; a reader of them would be as large as the rest of this server.
            fields.report_at(
                "InputType",
                "Parquet files are not supported by this server. Use CSV, JSON or JSONL",
            );
            return None;
        }
        _ => InputType::Manifest,
    })
}

/// Only a CSV file has a header, and it must say where. A manifest has neither, and what its files have isn't known here.
fn check_header_location(fields: &Fields<'_>) {
    let input_type = fields.get("InputType").and_then(serde_json::Value::as_str);
    match (input_type, fields.has("CSVHeaderLocation")) {
        _ if fields.has("ManifestType") => {}
        (Some("CSV"), false) => fields.report(wording::required_but_missing("CSVHeaderLocation")),
        (Some("JSON" | "JSONL" | "PARQUET"), true) => {
            fields.report(wording::not_supported("CSVHeaderLocation"));
        }
        _ => {}
    }
}

fn read_csv(fields: &Fields<'_>) -> InputType {
    let delimiter = match fields.one_of("CSVDelimiter", &DELIMITERS) {
        Some("PIPE") => '|',
        Some("SEMICOLON") => ';',
        Some("SPACE") => ' ',
        Some("TAB") => '\t',
        _ => ',',
    };
    let headers = match fields.one_of("CSVHeaderLocation", &["FIRST_ROW", "GIVEN"]) {
        Some("GIVEN") => {
            fields.require(&["CSVHeaders"]);
            read_headers(fields)
        }
        _ => None,
    };
    InputType::Csv { delimiter, headers }
}

fn read_headers(fields: &Fields<'_>) -> Option<Vec<String>> {
    let at = fields.at.field("CSVHeaders");
    let mut headers = Vec::new();
    for (index, value) in fields.list("CSVHeaders")?.iter().enumerate() {
        match value.as_str() {
            Some(name) => headers.push(name.to_owned()),
            None => fields.problems.schema(at.index(index), wording::expected("String")),
        }
    }
    Some(headers)
}
