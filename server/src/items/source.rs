//! What an `ItemReader` asks for, once its paths and expressions are evaluated.

use serde::Deserialize;

use crate::s3::{BucketName, Failure};

/// AWS: a JSON pointer of less than 2,000 characters.
const POINTER_LEN_MAX: usize = 2_000;

/// Where the items are, and how they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The bucket that it names.
    pub(super) bucket: BucketName,
    pub(super) kind: Kind,
    /// So many items are read at most; `None` for all.
    pub(super) items_max: Option<u64>,
}

/// What the items are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a list of objects says of each.
    Listing(List),
    /// What is in objects.
    Contents { objects: ObjectsIn, format: Format },
}

/// Which objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ObjectsIn {
    /// This one.
    One(Key),
    /// All in a list.
    List(List),
    /// The files of an S3 inventory.
    Inventory(Key),
    /// The files that an Athena UNLOAD wrote.
    Athena(Key),
}

/// An object of the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) key: String,
    pub(super) version: Option<String>,
}

/// A list of the bucket's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// How their keys begin.
    pub(super) prefix: String,
    /// After which their keys come.
    pub(super) start_after: String,
    /// Objects of a page.
    pub(super) page_len: Option<u32>,
}

/// What an object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A list or an object, within a JSON document if `pointer` isn't empty.
    Json { pointer: String },
    /// A JSON value in each line.
    JsonLines,
    /// Rows of texts, whose names are in the first one unless they are given.
    Csv { delimiter: u8, headers: Option<Vec<String>> },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    resource: String,
    #[serde(alias = "Arguments")]
    parameters: Parameters,
    #[serde(default)]
    reader_config: Config,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameters {
    bucket: String,
    expected_bucket_owner: Option<String>,
    key: Option<String>,
    version_id: Option<String>,
    prefix: Option<String>,
    start_after: Option<String>,
    max_keys: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Config {
    input_type: Option<InputType>,
    transformation: Option<Transformation>,
    manifest_type: Option<ManifestType>,
    #[serde(rename = "CSVDelimiter")]
    delimiter: Option<Delimiter>,
    #[serde(rename = "CSVHeaderLocation")]
    header_location: Option<HeaderLocation>,
    #[serde(rename = "CSVHeaders")]
    headers: Option<Vec<String>>,
    items_pointer: Option<String>,
    max_items: Option<u64>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum InputType {
    Csv,
    Json,
    Jsonl,
    Parquet,
    Manifest,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Transformation {
    None,
    LoadAndFlatten,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ManifestType {
    S3Inventory,
    AthenaData,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Delimiter {
    #[default]
    Comma,
    Pipe,
    Semicolon,
    Space,
    Tab,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum HeaderLocation {
    #[default]
    FirstRow,
    Given,
}

impl Source {
    /// Reads an item reader with AWS's own field names.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Failure> {
        let written: Written = serde_json::from_slice(text)
            .map_err(|error| Failure::reader(format!("The ItemReader can't be used: {error}")))?;
        written.read().map_err(|text| Failure::reader(format!("The ItemReader can't be used: {text}")))
    }
}

impl Written {
    fn read(self) -> Result<Source, String> {
        let Self { resource, parameters, reader_config: config } = self;
        let (_, action) = resource.rsplit_once(":s3:").unwrap_or_default();
        let items_max = config.max_items.filter(|max| *max > 0);
        let list = List {
            prefix: parameters.prefix.unwrap_or_default(),
            start_after: parameters.start_after.unwrap_or_default(),
            page_len: parameters.max_keys.filter(|max| *max > 0),
        };
        let kind = match (action, parameters.key) {
            ("listObjectsV2", None) => match config.transformation {
                Some(Transformation::LoadAndFlatten) => {
                    Kind::Contents { objects: ObjectsIn::List(list), format: config.format()? }
                }
                _ => Kind::Listing(list),
            },
            ("getObject", Some(key)) => {
                let key = Key { key, version: parameters.version_id };
                match (config.manifest_type, config.input_type) {
                    (Some(ManifestType::AthenaData), _) => {
                        Kind::Contents { objects: ObjectsIn::Athena(key), format: config.format()? }
                    }
                    (Some(ManifestType::S3Inventory), _) | (None, Some(InputType::Manifest)) => {
                        // The inventory says itself which columns it has.
                        let format = Format::Csv { delimiter: b',', headers: None };
                        Kind::Contents { objects: ObjectsIn::Inventory(key), format }
                    }
                    _ => Kind::Contents { objects: ObjectsIn::One(key), format: config.format()? },
                }
            }
            ("listObjectsV2", Some(_)) => return Err("a list of objects has no Key".to_owned()),
            ("getObject", None) => return Err("the Key is missing".to_owned()),
            _ => return Err(format!("the Resource '{resource}' isn't recognized")),
        };
        let bucket = BucketName { name: parameters.bucket, expected_owner: parameters.expected_bucket_owner };
        Ok(Source { bucket, kind, items_max })
    }
}

impl Config {
    fn format(self) -> Result<Format, String> {
        match self.input_type {
            Some(InputType::Json) => {
                let pointer = self.items_pointer.unwrap_or_default();
                if pointer.chars().count() >= POINTER_LEN_MAX {
                    return Err(format!("the ItemsPointer has {POINTER_LEN_MAX} characters or more"));
                }
                if !pointer.is_empty() && !pointer.starts_with('/') {
                    return Err(format!("the ItemsPointer '{pointer}' is no JSON pointer"));
                }
                Ok(Format::Json { pointer })
            }
            Some(InputType::Jsonl) => Ok(Format::JsonLines),
            Some(InputType::Csv) => {
                let delimiter = match self.delimiter.unwrap_or_default() {
                    Delimiter::Comma => b',',
                    Delimiter::Pipe => b'|',
                    Delimiter::Semicolon => b';',
                    Delimiter::Space => b' ',
                    Delimiter::Tab => b'\t',
                };
                let headers = match self.header_location.unwrap_or_default() {
                    HeaderLocation::FirstRow => None,
                    HeaderLocation::Given => Some(self.headers.ok_or("the CSVHeaders are missing")?),
                };
                Ok(Format::Csv { delimiter, headers })
            }
            Some(InputType::Parquet) => Err("Parquet files can't be read".to_owned()),
            Some(InputType::Manifest) => Err("the InputType of the manifest's files is missing".to_owned()),
            None => Err("the InputType is missing".to_owned()),
        }
    }
}
