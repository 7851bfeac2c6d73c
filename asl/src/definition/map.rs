//! The Map state, inline: runs one flow for each item of a list, inside the same execution.

use super::fields::Fields;
use super::{
    Catcher, Flow, ParseOptions, Retrier, Transition, catcher, flow, retrier, state, transition, unsupported,
};
use crate::limits::NUMBER_MAX;
use crate::path::Path;
use crate::payload_io::ResultPath;
use crate::template::Template;
use crate::wording;

/// A Map state.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// `ItemsPath`: where the list is in the effective input; `None` means that the effective input is the
    /// list.
    pub items_path: Option<Path>,
    /// `ItemSelector` (or `Parameters`, its older name): the input of an iteration. Without it, the item.
    pub item_selector: Option<Template>,
    /// `MaxConcurrency` or `MaxConcurrencyPath`
    pub max_concurrency: MaxConcurrency,
    /// `ItemProcessor` (or `Iterator`, its older name)
    pub item_processor: Flow,
    /// Which of the two names the definition uses for it: locations of problems need it.
    pub(crate) processor_field: &'static str,
    /// `ResultSelector`
    pub result_selector: Option<Template>,
    /// `ResultPath`
    pub result_path: ResultPath,
    /// `Retry`
    pub retry: Vec<Retrier>,
    /// `Catch`
    pub catch: Vec<Catcher>,
    /// `Next` or `End`
    pub transition: Transition,
}

/// How many iterations may run at the same time; 0 means as many as the server likes.
#[derive(Debug, Clone, PartialEq)]
pub enum MaxConcurrency {
    /// `MaxConcurrency`, 0 where it is absent.
    Fixed(u64),
    /// `MaxConcurrencyPath`: the number is in the state's input.
    Path(Path),
}

const FIELDS: [&str; 13] = [
    "ItemsPath",
    "ItemSelector",
    "Parameters",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ItemProcessor",
    "Iterator",
    "ResultSelector",
    "ResultPath",
    "Retry",
    "Catch",
    "Next",
    "End",
];

pub(super) fn read(fields: &Fields<'_>, options: &ParseOptions) -> Option<Map> {
    state::allow(fields, &[FIELDS.as_slice(), &unsupported::MAP_FIELDS].concat());
    unsupported::refuse_in_map(fields);
    fields.exclude(&["ItemSelector", "Parameters"]);
    fields.exclude(&["MaxConcurrency", "MaxConcurrencyPath"]);
    let items_path = fields.path("ItemsPath");
    let item_selector = fields.template("ItemSelector").or_else(|| fields.template("Parameters"));
    let max_concurrency = match fields.reference("MaxConcurrencyPath") {
        Some(path) => MaxConcurrency::Path(path),
        None => MaxConcurrency::Fixed(fields.integer("MaxConcurrency", 0, NUMBER_MAX).unwrap_or(0)),
    };
    let processor = read_processor(fields, options);
    let result_selector = fields.template("ResultSelector");
    let result_path = fields.result_path();
    let retry = retrier::read_list(fields);
    let catch = catcher::read_list(fields);
    let transition = transition::read(fields)?;
    let (processor_field, item_processor) = processor?;
    Some(Map {
        items_path,
        item_selector,
        max_concurrency,
        item_processor,
        processor_field,
        result_selector,
        result_path,
        retry,
        catch,
        transition,
    })
}

fn read_processor(fields: &Fields<'_>, options: &ParseOptions) -> Option<(&'static str, Flow)> {
    let name = match (fields.has("ItemProcessor"), fields.has("Iterator")) {
        (true, false) => "ItemProcessor",
        (false, true) => "Iterator",
        (true, true) => {
            fields.report(wording::at_most_one_of(&["ItemProcessor", "Iterator"]));
            return None;
        }
        (false, false) => {
            fields.report(wording::required(&["ItemProcessor"]));
            return None;
        }
    };
    let value = fields.get(name)?;
    let processor = Fields::new(value, fields.at.field(name), fields.problems)?;
    processor.allow(&["Comment", "ProcessorConfig", "StartAt", "States"]);
    unsupported::refuse_processor_config(&processor);
    flow::read(&processor, options).map(|flow| (name, flow))
}
