//! Random definitions: all types of states in both query languages, nested, with Retry, Catch, Assign, and with fields that fail when
//! they are evaluated. All of them are valid.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::harness::ACTIVITY_ARN;

/// One state without its name and its way on. Numbers choose among variants.
#[derive(Clone, Debug)]
struct Shape {
    kind: Kind,
    jsonata: bool,
    assigns: bool,
    /// Which Retry.
    retry: usize,
    /// Which Catch.
    catch: usize,
    /// Which of the fields that a kind has in several ways.
    way: usize,
    /// Whether to take ways that may fail.
    is_doubtful: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Pass,
    Wait,
    Choice,
    Task,
    Parallel(Vec<Flow>),
    Map(Box<Flow>),
}

/// States in a row, and the one that ends them.
#[derive(Clone, Debug)]
struct Flow {
    states: Vec<Shape>,
    last: usize,
}

/// A definition.
pub(crate) fn definition() -> impl Strategy<Value = String> {
    let timeout = prop_oneof![3 => Just(None), 1 => (1..30_u64).prop_map(Some)];
    (flow(2), timeout).prop_map(|(flow, timeout)| {
        let mut names = Names::default();
        let mut definition = names.flow(&flow, None);
        if let Some(seconds) = timeout {
            definition["TimeoutSeconds"] = seconds.into();
        }
        definition.to_string()
    })
}

fn flow(depth: u32) -> BoxedStrategy<Flow> {
    let leaf = prop_oneof![3 => Just(Kind::Pass), 2 => Just(Kind::Wait), 1 => Just(Kind::Choice), 5 => Just(Kind::Task)];
    let kind = if depth == 0 {
        leaf.boxed()
    } else {
        prop_oneof![
            5 => leaf,
            1 => prop::collection::vec(flow(depth - 1), 1..4).prop_map(Kind::Parallel),
            1 => flow(depth - 1).prop_map(|flow| Kind::Map(Box::new(flow))),
        ]
        .boxed()
    };
    let ways = (0..4_usize, 0..4_usize, 0..64_usize, prop::bool::weighted(0.15));
    let shape = (kind, any::<bool>(), any::<bool>(), ways).prop_map(
        |(kind, jsonata, assigns, (retry, catch, way, is_doubtful))| Shape {
            kind,
            jsonata,
            assigns,
            retry,
            catch,
            way,
            is_doubtful,
        },
    );
    // Most flows end well, so that what is around them goes on.
    let last = prop_oneof![7 => 0..4_usize, 1 => 4..6_usize];
    (prop::collection::vec(shape, 1..4), last).prop_map(|(states, last)| Flow { states, last }).boxed()
}

/// Gives each state a name, and each scope a variable, of its own.
#[derive(Default)]
struct Names {
    states: usize,
    scopes: usize,
}

/// A field of a state.
type Field = (&'static str, Value);

impl Names {
    /// `outer` is a variable that the flow around this one has set.
    fn flow(&mut self, flow: &Flow, outer: Option<&str>) -> Value {
        let variable = format!("v{}", self.scopes);
        self.scopes += 1;
        let names: Vec<_> =
            (0..flow.states.len() + 2).map(|place| format!("n{}", self.states + place)).collect();
        self.states += names.len();
        let [first, .., last] = &names[..] else { unreachable!("there are at least two") };
        let mut states = Map::new();
        // The first state sets the variable, so that all that follow may read it.
        let set = json!({ "Type": "Pass", "Assign": { &variable: outer.map_or(json!(1), |_| json!([1])) }, "Next": &names[1] });
        states.insert(first.clone(), set);
        for (place, shape) in flow.states.iter().enumerate() {
            let mut state = self.state(shape, &variable);
            if shape.jsonata {
                state.insert("QueryLanguage".to_owned(), "JSONata".into());
            }
            let next = &names[place + 2];
            match shape.kind {
                Kind::Choice => choose(&mut state, shape, next, &names),
                _ => drop(state.insert("Next".to_owned(), json!(next))),
            }
            if let Kind::Task | Kind::Parallel(_) | Kind::Map(_) = shape.kind {
                handle(&mut state, shape, &variable, last);
            }
            states.insert(names[place + 1].clone(), state.into());
        }
        states.insert(last.clone(), end(flow.last, outer.unwrap_or(&variable)));
        json!({ "StartAt": first, "States": states })
    }

    fn state(&mut self, shape: &Shape, variable: &str) -> Map<String, Value> {
        let mut fields = match &shape.kind {
            Kind::Pass => pass(shape, variable),
            Kind::Wait => wait(shape),
            Kind::Choice => vec![("Type", json!("Choice"))],
            Kind::Task => task(shape, variable),
            Kind::Parallel(flows) => {
                let branches: Vec<_> = flows.iter().map(|flow| self.flow(flow, Some(variable))).collect();
                let mut fields = vec![("Type", json!("Parallel")), ("Branches", branches.into())];
                fields.extend(parallel(shape, variable));
                fields
            }
            Kind::Map(flow) => {
                let processor = self.flow(flow, Some(variable));
                let mut fields = vec![("Type", json!("Map")), ("ItemProcessor", processor)];
                fields.extend(map(shape, variable));
                fields
            }
        };
        if shape.assigns {
            fields.push(("Assign", assign(shape, variable)));
        }
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// One of several lists of fields: of those that work where the input has a list of `items`, or, rarely, of those that may not.
fn pick(shape: &Shape, way: usize, fine: Vec<Vec<Field>>, doubtful: Vec<Vec<Field>>) -> Vec<Field> {
    let ways = if shape.is_doubtful && !doubtful.is_empty() { doubtful } else { fine };
    let count = ways.len();
    ways.into_iter().nth(way % count).unwrap_or_default()
}

fn assign(shape: &Shape, variable: &str) -> Value {
    let [mark, value] = match (shape.jsonata, shape.is_doubtful, shape.way % 3) {
        (true, true, _) => ["", "{% $states.input.a.b %}"],
        (true, _, 0) => ["", "7"],
        (true, _, 1) => ["", "{% $states.input %}"],
        (true, _, _) => ["", "{% [$VARIABLE, 1] %}"],
        (_, true, _) => [".$", "$.a.b"],
        (_, _, 0) => ["", "7"],
        (_, _, 1) => [".$", "$"],
        (_, _, _) => [".$", "States.Array($VARIABLE)"],
    };
    json!({ format!("{variable}{mark}"): value.replace("VARIABLE", variable) })
}

fn pass(shape: &Shape, variable: &str) -> Vec<Field> {
    let mut fields = vec![("Type", json!("Pass"))];
    fields.extend(if shape.jsonata {
        pick(
            shape,
            shape.way,
            vec![
                vec![],
                vec![("Output", json!({ "items": [1, 2], "n": 1 }))],
                vec![(
                    "Output",
                    json!({ "items": [format!("{{% ${variable} %}}"), "{% $states.context.State %}"] }),
                )],
            ],
            vec![
                vec![("Output", json!("{% $states.context %}"))],
                vec![("Output", json!("{% $states.input.items[0] + 1 %}"))],
                vec![("Output", json!("{% $error('no') %}"))],
            ],
        )
    } else {
        pick(
            shape,
            shape.way,
            vec![
                vec![],
                vec![("Result", json!({ "items": [1, 2], "n": 1 }))],
                vec![("Result", json!(3)), ("ResultPath", json!("$.r"))],
                vec![("InputPath", json!("$$")), ("ResultPath", json!("$.context"))],
                vec![("Result", json!({ "items": { "a": 1, "b": [2] } }))],
            ],
            vec![
                vec![(
                    "Parameters",
                    json!({ "items.$": "$.items", "c.$": "$$", "v.$": format!("${variable}") }),
                )],
                vec![("ResultPath", Value::Null), ("OutputPath", json!("$.items"))],
                vec![("InputPath", json!("$$.Execution.Input"))],
            ],
        )
    });
    fields
}

fn wait(shape: &Shape) -> Vec<Field> {
    let mut fields = vec![("Type", json!("Wait"))];
    fields.extend(if shape.jsonata {
        pick(
            shape,
            shape.way,
            vec![
                vec![("Seconds", json!(1))],
                vec![("Seconds", json!("{% 1 %}")), ("Output", json!({ "items": [1] }))],
                vec![("Timestamp", json!("{% $now() %}"))],
            ],
            vec![vec![("Seconds", json!("{% $states.input.n %}"))]],
        )
    } else {
        pick(
            shape,
            shape.way,
            vec![
                vec![("Seconds", json!(0))],
                vec![("Seconds", json!(2))],
                vec![("Timestamp", json!("2026-01-01T00:00:05Z"))],
            ],
            vec![vec![("SecondsPath", json!("$.n"))]],
        )
    });
    fields
}

/// A Choice leads to the next state of the flow, to its last one, or, rarely, back to its first one.
fn choose(state: &mut Map<String, Value>, shape: &Shape, next: &str, names: &[String]) {
    let mut rule = match (shape.jsonata, shape.is_doubtful, shape.way % 2) {
        (true, true, _) => json!({ "Condition": "{% $states.input.n + 1 %}" }),
        (true, _, 0) => json!({ "Condition": "{% $exists($states.input.items) %}" }),
        (true, ..) => json!({ "Condition": "{% $states.input.n = 1 %}" }),
        (_, true, _) => json!({ "Not": { "Variable": "$.n", "NumericEquals": 1 } }),
        (_, _, 0) => json!({ "Variable": "$.items", "IsPresent": true }),
        _ => {
            json!({ "Or": [{ "Variable": "$", "IsNull": true }, { "Variable": "$$.State.Name", "StringMatches": "n*1" }] })
        }
    };
    let goes_back = shape.is_doubtful && shape.retry == 3;
    rule["Next"] = json!(if goes_back { &names[1] } else { &names[names.len() - 1] });
    let mut rules = vec![rule];
    if shape.is_doubtful && shape.catch == 0 {
        // It may be that no rule holds, and there is no Default.
        rules.push(match shape.jsonata {
            true => json!({ "Condition": false, "Next": next }),
            false => json!({ "Variable": "$", "IsNull": true, "Next": next }),
        });
    } else {
        state.insert("Default".to_owned(), json!(next));
    }
    state.insert("Choices".to_owned(), rules.into());
}

fn task(shape: &Shape, variable: &str) -> Vec<Field> {
    const LAMBDA: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
    const CHILD: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:child";
    let (name, token, read) = match shape.jsonata {
        true => (
            "Arguments",
            json!({ "t": "{% $states.context.Task.Token %}" }),
            json!({ "v": format!("{{% ${variable} %}}") }),
        ),
        false => ("Parameters", json!({ "t.$": "$$.Task.Token" }), json!({ "v.$": format!("${variable}") })),
    };
    let resource = |text: &str| ("Resource", json!(text));
    let invoke = |pattern: &str| ("Resource", json!(format!("arn:aws:states:::lambda:invoke{pattern}")));
    let start =
        |pattern: &str| ("Resource", json!(format!("arn:aws:states:::states:startExecution{pattern}")));
    let function = json!({ "FunctionName": "f", "Payload": token });
    let child = json!({ "StateMachineArn": CHILD, "Input": read });
    let clocks = [("TimeoutSeconds", json!(3)), ("HeartbeatSeconds", json!(2))];
    let [timeout, heartbeat] = clocks;
    let mut fields = pick(
        shape,
        shape.way,
        vec![
            vec![resource(ACTIVITY_ARN)],
            vec![resource(ACTIVITY_ARN), (name, read.clone()), timeout.clone(), heartbeat],
            vec![resource(LAMBDA), timeout.clone()],
            vec![invoke(""), (name, json!({ "FunctionName": "f" }))],
            vec![invoke(".waitForTaskToken"), (name, function)],
            vec![start(""), (name, child.clone())],
            vec![start(".sync"), (name, child.clone()), timeout],
            vec![start(".sync:2"), (name, child)],
        ],
        vec![
            vec![resource("arn:aws:states:us-east-1:123456789012:activity:nobody")],
            vec![resource(LAMBDA), ("TimeoutSecondsPath", json!("$.n"))],
        ]
        .into_iter()
        .take(if shape.jsonata { 1 } else { 2 })
        .collect(),
    );
    fields.push(("Type", json!("Task")));
    fields.extend(if shape.jsonata {
        let result = json!({ "items": [1], "r": "{% $states.result %}" });
        pick(
            shape,
            shape.way / 8,
            vec![vec![], vec![("Output", result)]],
            vec![vec![("Output", json!("{% $states.result.a + 1 %}"))]],
        )
    } else {
        pick(
            shape,
            shape.way / 8,
            vec![vec![("ResultPath", Value::Null)], vec![("ResultPath", json!("$.r"))]],
            vec![
                vec![],
                vec![("ResultSelector", json!({ "items.$": "$.items" })), ("ResultPath", json!("$.r"))],
            ],
        )
    });
    fields
}

fn parallel(shape: &Shape, variable: &str) -> Vec<Field> {
    if shape.jsonata {
        let arguments = json!({ "items": [format!("{{% ${variable} %}}")] });
        let output = ("Output", json!({ "items": "{% $states.result %}" }));
        pick(
            shape,
            shape.way,
            vec![vec![output.clone()], vec![("Arguments", arguments), output]],
            vec![vec![], vec![("Output", json!("{% $states.result.nope %}"))]],
        )
    } else {
        let parameters = json!({ "items": [1], "v.$": format!("${variable}") });
        pick(
            shape,
            shape.way,
            vec![
                vec![("ResultPath", Value::Null)],
                vec![("Parameters", parameters), ("ResultSelector", json!({ "items.$": "$" }))],
            ],
            vec![vec![], vec![("Parameters", json!({ "n.$": "$.n" }))]],
        )
    }
}

fn map(shape: &Shape, variable: &str) -> Vec<Field> {
    let mut fields = if shape.jsonata {
        let output = ("Output", json!({ "items": "{% $states.result %}" }));
        let selector =
            json!({ "items": ["{% $states.context.Map.Item.Index %}", format!("{{% ${variable} %}}")] });
        pick(
            shape,
            shape.way / 4,
            vec![
                vec![("Items", json!("{% [1..3] %}")), ("ItemSelector", selector.clone()), output.clone()],
                vec![("Items", json!({ "a": 1, "b": "{% $states.input %}" })), output],
                vec![("Items", json!([1, 2, 3, 4, 5])), ("ItemSelector", selector)],
            ],
            vec![vec![("ItemSelector", json!("{% $states.context.Map.Item.Value.a %}"))]],
        )
    } else {
        let selector = json!({ "items": [1, 2], "c.$": "$$.Map.Item", "v.$": format!("${variable}") });
        let items = ("ItemsPath", json!("$.items"));
        pick(
            shape,
            shape.way / 4,
            vec![
                vec![
                    items.clone(),
                    ("ItemSelector", json!({ "items.$": "$.items" })),
                    ("ResultPath", Value::Null),
                ],
                vec![
                    items.clone(),
                    ("ItemSelector", selector),
                    ("ResultSelector", json!({ "items.$": "$" })),
                ],
            ],
            vec![
                vec![],
                vec![items.clone()],
                vec![items, ("ItemSelector", json!({ "k.$": "$$.Map.Item.Key" }))],
            ],
        )
    };
    fields.push(("MaxConcurrency", json!(shape.way % 4)));
    fields
}

fn handle(state: &mut Map<String, Value>, shape: &Shape, variable: &str, last: &str) {
    let retriers = [
        json!([]),
        json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1 }]),
        json!([{ "ErrorEquals": ["E", "States.Timeout"], "MaxAttempts": 2, "BackoffRate": 1.5, "JitterStrategy": "FULL" },
            { "ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1 }]),
        json!([{ "ErrorEquals": ["States.HeartbeatTimeout"], "MaxAttempts": 0 }]),
    ];
    let mut caught = json!({ "ErrorEquals": ["States.ALL"], "Next": last });
    if shape.jsonata {
        caught["Output"] = json!({ "items": [1], "e": "{% $states.errorOutput.Error %}" });
        caught["Assign"] = json!({ variable: "{% $states.errorOutput %}" });
    } else {
        caught["ResultPath"] = json!("$.error");
        caught["Assign"] = json!({ format!("{variable}.$"): "$.Cause" });
    }
    let catchers = [
        json!([]),
        json!([{ "ErrorEquals": ["States.ALL"], "Next": last }]),
        json!([caught]),
        json!([{ "ErrorEquals": ["E"], "Next": last }, { "ErrorEquals": ["States.QueryEvaluationError", "States.DataLimitExceeded"], "Next": last }]),
    ];
    for (name, list, way) in [("Retry", retriers, shape.retry), ("Catch", catchers, shape.catch)] {
        if way > 0 {
            state.insert(name.to_owned(), list[way].clone());
        }
    }
}

fn end(way: usize, variable: &str) -> Value {
    let ways = [
        json!({ "Type": "Pass", "End": true }),
        json!({ "Type": "Pass", "Result": { "items": [1, 2] }, "End": true }),
        json!({ "Type": "Succeed" }),
        json!({ "Type": "Succeed", "QueryLanguage": "JSONata", "Output": { "items": format!("{{% [${variable}] %}}") } }),
        json!({ "Type": "Fail", "Error": "E", "Cause": "c" }),
        json!({ "Type": "Fail", "ErrorPath": "$$.State.Name", "CausePath": "$.error.Cause" }),
    ];
    ways[way].clone()
}
