//! The parts of the Amazon States Language that this version of the server can't run yet: JSONata, variables
//! and the distributed Map. A definition that uses them is refused when it is made, with a message that says
//! so: accepting and ignoring them would run something else than what was written. This file is the only
//! place that knows of them.

use super::fields::Fields;

/// Fields of a state that belong to JSONata or variables.
pub(super) const STATE_FIELDS: [&str; 3] = ["Assign", "Arguments", "Output"];

/// Fields of a catcher that belong to JSONata or variables.
pub(super) const CATCHER_FIELDS: [&str; 2] = ["Assign", "Output"];

/// Fields of a Map that belong to JSONata or to the distributed Map.
pub(super) const MAP_FIELDS: [&str; 9] = [
    "Items",
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
];

pub(super) fn refuse_at_top(fields: &Fields<'_>) {
    refuse_jsonata(fields);
}

pub(super) fn refuse_in_state(fields: &Fields<'_>) {
    refuse_jsonata(fields);
    refuse_fields(fields, &STATE_FIELDS);
}

pub(super) fn refuse_in_choice_rule(fields: &Fields<'_>) {
    refuse_fields(fields, &["Condition", "Assign", "Output"]);
}

pub(super) fn refuse_in_catcher(fields: &Fields<'_>) {
    refuse_fields(fields, &CATCHER_FIELDS);
}

pub(super) fn refuse_in_map(fields: &Fields<'_>) {
    refuse_fields(fields, &MAP_FIELDS);
}

/// `ProcessorConfig`: `INLINE` is the default.
pub(super) fn refuse_processor_config(processor: &Fields<'_>) {
    let Some(value) = processor.get("ProcessorConfig") else { return };
    let Some(config) = Fields::new(value, processor.at.field("ProcessorConfig"), processor.problems) else {
        return;
    };
    config.allow(&["Mode", "ExecutionType"]);
    if config.one_of("Mode", &["INLINE", "DISTRIBUTED"]) == Some("DISTRIBUTED") {
        config.report_at("Mode", "This version of the server does not support the distributed Map state yet");
    }
}

fn refuse_jsonata(fields: &Fields<'_>) {
    if fields.one_of("QueryLanguage", &["JSONPath", "JSONata"]) == Some("JSONata") {
        fields.report_at(
            "QueryLanguage",
            "This version of the server does not support the query language JSONata yet",
        );
    }
}

fn refuse_fields(fields: &Fields<'_>, names: &[&str]) {
    for name in names.iter().filter(|name| fields.has(name)) {
        fields.report_at(name, format!("This version of the server does not support the field '{name}' yet"));
    }
}
