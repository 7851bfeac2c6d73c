//! `ResultWriter`: where the results of a distributed Map go, and in which form. Writes nothing.

use super::fields::Fields;
use super::{Payload, item_reader};
use crate::wording;

/// A result writer (developer guide, "ResultWriter (Map)").
#[derive(Debug, Clone, PartialEq)]
pub struct ResultWriter {
    /// `Parameters` (or `Arguments` in a JSONata state) of `arn:PARTITION:states:::s3:putObject`: `Bucket` and `Prefix`.
    /// Without it, the results stay the state's result, in the form that the other fields ask for.
    pub parameters: Option<Payload>,
    /// `WriterConfig.Transformation`
    pub transformation: ResultTransformation,
    /// `WriterConfig.OutputType`
    pub output_type: ResultType,
}

/// What of each child execution is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResultTransformation {
    /// `NONE`: its output with its metadata. The default where results are written.
    #[default]
    None,
    /// `COMPACT`: its output.
    Compact,
    /// `FLATTEN`: as `COMPACT`, with the items of outputs that are lists.
    Flatten,
}

/// The format of the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResultType {
    /// `JSON`: a list.
    #[default]
    Json,
    /// `JSONL`: a value in each line.
    JsonLines,
}

pub(super) fn read(map: &Fields<'_>) -> Option<ResultWriter> {
    let fields = map.inner(map.get("ResultWriter")?, map.at.field("ResultWriter"))?;
    fields.allow(&["Resource", "Parameters", "Arguments", "WriterConfig", "Comment"]);
    if let Some(text) = fields.text("Resource")
        && item_reader::service_action(text, "s3") != Some("putObject")
    {
        fields.report_at("Resource", wording::not_an_allowed_value("Resource"));
    }
    let parameters = item_reader::read_parameters(&fields);
    match (fields.has("Resource"), fields.has("Parameters") || fields.has("Arguments")) {
        (true, false) => fields.report(wording::required(&[item_reader::parameters_field(&fields)])),
        (false, true) => fields.report(wording::required(&["Resource"])),
        (false, false) if !fields.has("WriterConfig") => fields.report(wording::required(&["Resource"])),
        _ => {}
    }
    let mut writer = ResultWriter {
        parameters,
        transformation: ResultTransformation::default(),
        output_type: ResultType::default(),
    };
    if let Some(value) = fields.get("WriterConfig") {
        let config = fields.inner(value, fields.at.field("WriterConfig"))?;
        config.allow(&["Transformation", "OutputType"]);
        writer.transformation = match config.one_of("Transformation", &["NONE", "COMPACT", "FLATTEN"]) {
            Some("COMPACT") => ResultTransformation::Compact,
            Some("FLATTEN") => ResultTransformation::Flatten,
            _ => ResultTransformation::None,
        };
        writer.output_type = match config.one_of("OutputType", &["JSON", "JSONL"]) {
            Some("JSONL") => ResultType::JsonLines,
            _ => ResultType::Json,
        };
    }
    Some(writer)
}
