//! The Map state: runs one flow for each item of a list, inside the same execution or, distributed, in executions of
//! its own.

use super::fields::Fields;
use super::{
    Catcher, Distributed, Flow, Machine, Number, Payload, QueryLanguage, Retrier, Transition, catcher,
    distributed, flow, number, retrier, state, transition,
};
use crate::jsonata;
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
    /// `Items` of a JSONata state: the list; `None` means that the input is the list.
    pub items: Option<jsonata::Template>,
    /// `ItemSelector` (or `Parameters`, its older name): the input of an iteration. Without it, the item.
    pub item_selector: Option<Payload>,
    /// `MaxConcurrency` or `MaxConcurrencyPath`
    pub max_concurrency: MaxConcurrency,
    /// `ItemProcessor` (or `Iterator`, its older name)
    pub item_processor: Flow,
    /// Which of the two names the definition uses for it: locations of problems need it.
    pub(crate) processor_field: &'static str,
    /// What it has in the mode `DISTRIBUTED`; `None` in the mode `INLINE`.
    pub distributed: Option<Box<Distributed>>,
    /// `ToleratedFailureCount` or `ToleratedFailureCountPath`: how many items may fail. AWS takes it in inline mode as
    /// well and evaluates it, to no further effect (recorded).
    pub tolerated_failure_count: Option<Number<u64>>,
    /// `ToleratedFailurePercentage` or `ToleratedFailurePercentagePath`: of 100. As above.
    pub tolerated_failure_percentage: Option<Number<f64>>,
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

/// How many iterations may run at the same time; 0 means as many as the server likes, as does the field's absence.
pub type MaxConcurrency = Number<u64>;

const FIELDS: [&str; 19] = [
    "Assign",
    "Items",
    "ItemsPath",
    "ItemSelector",
    "Parameters",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ItemProcessor",
    "Iterator",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "ResultSelector",
    "ResultPath",
    "Retry",
    "Catch",
    "Next",
    "End",
];

pub(super) fn read(fields: &Fields<'_>, machine: Machine) -> Option<Map> {
    state::allow(fields, &[FIELDS.as_slice(), &distributed::FIELDS].concat());
    fields.exclude(&["ItemSelector", "Parameters"]);
    let items_path = fields.reference("ItemsPath");
    let items = read_items(fields);
    let item_selector =
        fields.payload("ItemSelector").or_else(|| fields.template("Parameters").map(Payload::JsonPath));
    let count = |name: &str| fields.integer(name, 0, NUMBER_MAX);
    let max_concurrency = number::read(fields, ["MaxConcurrency", "MaxConcurrencyPath"], count);
    let tolerated_failure_count =
        number::read(fields, ["ToleratedFailureCount", "ToleratedFailureCountPath"], count);
    let tolerated_failure_percentage =
        number::read(fields, ["ToleratedFailurePercentage", "ToleratedFailurePercentagePath"], |name| {
            percentage(fields, name)
        });
    let processor = read_processor(fields, machine);
    let result_selector = fields.template("ResultSelector");
    let result_path = fields.result_path();
    let retry = retrier::read_list(fields);
    let catch = catcher::read_list(fields);
    let transition = transition::read(fields)?;
    let (processor_field, item_processor, distributed) = processor?;
    Some(Map {
        items_path,
        items,
        item_selector,
        max_concurrency: max_concurrency.unwrap_or(Number::Fixed(0)),
        item_processor,
        processor_field,
        distributed,
        tolerated_failure_count,
        tolerated_failure_percentage,
        result_selector,
        result_path,
        retry,
        catch,
        transition,
    })
}

/// `Items`: a list, an object, or an expression that yields one of them.
fn read_items(fields: &Fields<'_>) -> Option<jsonata::Template> {
    let value = fields.get("Items").filter(|_| fields.language == QueryLanguage::Jsonata)?;
    if !value.is_array() && !value.is_object() && !fields.is_expression("Items") {
        fields.report_at("Items", wording::expected("Array"));
        return None;
    }
    fields.jsonata("Items")
}

fn percentage(fields: &Fields<'_>, name: &str) -> Option<f64> {
    let number = fields.number(name)?;
    if number < 0.0 {
        fields.report_at(name, wording::minimum("0.0"));
    } else if number > 100.0 {
        fields.report_at(name, wording::maximum("100.0"));
    } else {
        return Some(number);
    }
    None
}

fn read_processor(
    fields: &Fields<'_>,
    machine: Machine,
) -> Option<(&'static str, Flow, Option<Box<Distributed>>)> {
    if !fields.require_one_of(&["ItemProcessor", "Iterator"]) {
        return None;
    }
    let name = if fields.has("Iterator") { "Iterator" } else { "ItemProcessor" };
    let value = fields.get(name)?;
    let processor = fields.inner(value, fields.at.field(name))?;
    processor.allow(&["Comment", "ProcessorConfig", "StartAt", "States"]);
    let distributed = distributed::read(fields, &processor, machine);
    let kind = distributed.as_ref().map_or(machine.kind, |distributed| distributed.execution_type);
    let flow = flow::read(&processor, Machine { kind, ..machine })?;
    Some((name, flow, distributed.map(Box::new)))
}
