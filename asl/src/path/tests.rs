//! Tables of paths: what they give, what they refuse, and AWS's texts where they lead nowhere.

use serde_json::{Value, json};

use super::Path;
use crate::{EvaluationError, Scope, scope::NoEntropy};

fn evaluate(path: &str, input: &Value) -> Result<Value, EvaluationError> {
    let context = json!({"Execution": {"Name": "run"}, "Map": {"Item": {"Index": 3}}});
    let path = Path::parse(path).expect(path);
    path.evaluate(&Scope::new(input, &context, &NoEntropy))
}

fn store() -> Value {
    json!({
        "store": {
            "book": [
                {"category": "reference", "title": "Sayings", "price": 8.95},
                {"category": "fiction", "title": "Sword", "price": 12.99, "isbn": null},
                {"category": "fiction", "title": "Moby", "price": 8, "isbn": "0-553-21311-3"},
                {"category": "fiction", "title": "Rings", "price": 22.99, "isbn": "0-395-19395-8"}
            ],
            "bicycle": {"color": "red", "price": 19.95}
        },
        "limit": 10,
        "a.b": 1, "def ghi": 2, "x-y": 3, "Ж中": 4, "q'r": 5, "null": null
    })
}

#[test]
fn paths_give_values_or_lists() {
    for (path, expected) in [
        ("$.limit", json!(10)),
        ("$['limit']", json!(10)),
        ("$[\"limit\"]", json!(10)),
        ("$.store.book[0].title", json!("Sayings")),
        ("$.store.book[-1].title", json!("Rings")),
        ("$.null", json!(null)),
        ("$['a.b']", json!(1)),
        ("$.a\\.b", json!(1)),
        ("$.\\limi\\t", json!(10)),
        ("$.['def ghi']", json!(2)),
        ("$.x-y", json!(3)),
        ("$.Ж中", json!(4)),
        ("$['q\\'r']", json!(5)),
        ("$.store.book[*].title", json!(["Sayings", "Sword", "Moby", "Rings"])),
        ("$.store.book.*.title", json!(["Sayings", "Sword", "Moby", "Rings"])),
        ("$.store.book[0,2].title", json!(["Sayings", "Moby"])),
        ("$.store.book[ 0 , -1 ].title", json!(["Sayings", "Rings"])),
        ("$.store.book[1:3].title", json!(["Sword", "Moby"])),
        ("$.store.book[-2:].title", json!(["Moby", "Rings"])),
        ("$.store.book[:1].title", json!(["Sayings"])),
        ("$.store.book[3:1].title", json!([])),
        ("$.store.book[2:99].title", json!(["Moby", "Rings"])),
        ("$.store.book[*].isbn", json!([null, "0-553-21311-3", "0-395-19395-8"])),
        ("$.store.bicycle['color','price']", json!({"color": "red", "price": 19.95})),
        ("$.store.bicycle['color','none']", json!({"color": "red"})),
        ("$.store['book','bicycle'].price", json!([19.95])),
        (
            "$.store.book[:2]['title','price']",
            json!([{"title": "Sayings", "price": 8.95}, {"title": "Sword", "price": 12.99}]),
        ),
        ("$..price", json!([8.95, 12.99, 8, 22.99, 19.95])),
        ("$..book[2].title", json!(["Moby"])),
        ("$..none", json!([])),
        ("$.limit[*]", json!([])),
        ("$.store.book[?(@.price < 10)].title", json!(["Sayings", "Moby"])),
        ("$.store.book[?(@.price < $.limit)].title", json!(["Sayings", "Moby"])),
        ("$.store.book[?(@['price'] >= 12.99)].title", json!(["Sword", "Rings"])),
        ("$.store.book[?(@.isbn)].title", json!(["Sword", "Moby", "Rings"])),
        ("$.store.book[?(!@.isbn)].title", json!(["Sayings"])),
        ("$.store.book[?(@.isbn == null)].title", json!(["Sword"])),
        ("$.store.book[?(@.category == 'fiction' && @.price > 10)].title", json!(["Sword", "Rings"])),
        ("$.store.book[?(@.category=='reference'||@.price>20)].title", json!(["Sayings", "Rings"])),
        (
            "$.store.book[?((@.price < 9 || @.price > 20) && !(@.category == 'reference'))].title",
            json!(["Moby", "Rings"]),
        ),
        ("$.store.book[?('fiction' == @.category)].price", json!([12.99, 8, 22.99])),
        ("$.store.book[?(@.price == 8.0)].title", json!(["Moby"])),
        ("$.store.book[?(@.price == '8')].title", json!(["Moby"])),
        ("$.store.book[?(@.price === '8')].title", json!([])),
        ("$.store.book[?(@.title != 'Moby')].price", json!([8.95, 12.99, 22.99])),
        ("$.store.book[?(@.title =~ /s.*/i)].title", json!(["Sayings", "Sword"])),
        ("$.store.book[?(@.title =~ /ob/)].title", json!([])),
        (r"$.store.book[?(@.title =~ /[\w&&[^S]]+/)].title", json!(["Moby", "Rings"])),
        (r"$.store.book[?(@.isbn =~ /\d-[\d]{3}-\d+-\d\b/)].title", json!(["Moby", "Rings"])),
        (r"$.store.book[?(@.price =~ /8.*/)].title", json!(["Sayings", "Moby"])),
        ("$.store.book[?(@.title in ['Moby', 'Rings', 3])].price", json!([8, 22.99])),
        ("$.store.book[?(@.title nin ['Moby', 'Rings'])].price", json!([8.95, 12.99])),
        ("$.store.book[?(@.title size 4)].title", json!(["Moby"])),
        ("$.store.book[?(@.title contains 'in')].title", json!(["Sayings", "Rings"])),
        ("$.store.book[?(@.title > 'S')].title", json!(["Sayings", "Sword"])),
        ("$.store.bicycle[?(@.color == 'red')].price", json!([19.95])),
        ("$..[?(@.color)].price", json!([19.95])),
        ("$.store.book.length()", json!(4)),
        ("$.store.bicycle.length()", json!(2)),
        ("$.limit.length()", json!(null)),
        ("$.store.bicycle.keys()", json!(["color", "price"])),
        ("$.store.book.first()", json!({"category": "reference", "title": "Sayings", "price": 8.95})),
        ("$..price.sum()", json!(72.88)),
        ("$..price.min()", json!(8.0)),
        ("$..price.max()", json!(22.99)),
        ("$.store.book[*].title.length()", json!([null, null, null, null])),
        ("$.store.book[?(@.length() == 3)].title", json!(["Sayings"])),
        ("$$.Execution.Name", json!("run")),
        ("$$.Map.Item.Index", json!(3)),
        ("$$['Execution']", json!({"Name": "run"})),
    ] {
        assert_eq!(evaluate(path, &store()), Ok(expected), "{path}");
    }
}

#[test]
fn the_whole_document_is_a_path() {
    assert_eq!(evaluate("$", &json!([1])), Ok(json!([1])));
    assert_eq!(evaluate("$", &json!("x")), Ok(json!("x")));
    assert_eq!(evaluate("$[0]", &json!([1])), Ok(json!(1)));
    assert_eq!(evaluate("$..*", &json!({"a": [1], "b": 2})), Ok(json!([[1], 2, 1])));
    assert_eq!(evaluate("$.length()", &json!([1, 2])), Ok(json!(2)));
    // Recorded: the backslash before the other kind of quote stays.
    assert_eq!(evaluate(r#"$['Test\""Name"']"#, &json!({r#"Test\""Name""#: "V"})), Ok(json!("V")));
}

#[test]
fn definite_paths_that_lead_nowhere_say_where() {
    for (path, cause) in [
        ("$.foo", "Invalid path '$.foo' : No results for path: $['foo']"),
        ("$.foo.bar", "Invalid path '$.foo.bar' : Missing property in path $['foo']"),
        ("$.store.none.x", "Invalid path '$.store.none.x' : Missing property in path $['store']['none']"),
        ("$.store.book[9]", "Invalid path '$.store.book[9]' : No results for path: $['store']['book'][9]"),
        (
            "$.store.book[-5].title",
            "Invalid path '$.store.book[-5].title' : No results for path: $['store']['book'][-5]['title']",
        ),
        ("$.store.none[*]", "Invalid path '$.store.none[*]' : Missing property in path $['store']['none']"),
        (
            "$.limit.x",
            "Invalid path '$.limit.x' : Expected to find an object with property ['x'] in path $['limit'] but found \
             'java.lang.Integer'. This is not a json object according to the JsonProvider: \
             'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.",
        ),
        (
            "$.store.bicycle[0]",
            "Invalid path '$.store.bicycle[0]' : Filter: [0] can only be applied to arrays. Current context is: \
             {color=red, price=19.95}",
        ),
        ("$.null[0]", "Invalid path '$.null[0]' : The path $['null'] is null"),
        ("$$.Execution.Id", "Invalid path '$$.Execution.Id' : No results for path: $['Execution']['Id']"),
        (
            "$.store.bicycle.max()",
            "Invalid path '$.store.bicycle.max()' : Aggregation function attempted to calculate value using empty array",
        ),
    ] {
        assert_eq!(evaluate(path, &store()), Err(EvaluationError::runtime(cause)), "{path}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    let nested = format!("$[?({}@.a{})]", "(".repeat(40), ")".repeat(40));
    let filters = format!("${}{}", "[?(@".repeat(40), ")]".repeat(40));
    let negations = format!("$[?({}@.a)]", "!".repeat(100_000));
    let long = format!("${}", ".a".repeat(300));
    let lists = format!("$[?(@.a in {}{})]", "[".repeat(50_000), "]".repeat(50_000));
    for path in [
        "",
        "a",
        "a.b",
        "$1a",
        "$a-b",
        "$a b",
        "$_a",
        "$states",
        "$states.input",
        "$.",
        "$..",
        "$.a.",
        "$.a b",
        "$[",
        "$[]",
        "$[:]",
        "$[::1]",
        "$['a',\"b\"]",
        "$['a",
        "$['a'",
        "$[a]",
        "$[1",
        "$[1,]",
        "$[--1]",
        "$[99999999999999999999]",
        "$[(@.length-1)]",
        "$[?(@.a]",
        "$[?()]",
        "$[?(1)]",
        "$[?(@.a == )]",
        "$[?(@.a == b)]",
        "$[?(@.a =~ /(?=b)/)]",
        "$[?(@.a =~ /b/q)]",
        "$[?(@.a =~ /b)]",
        "$[?(@.a ~ 1)]",
        "$[?@.a]",
        "$.a.upper()",
        "$.a.length(1)",
        "$.length().x",
        "$.a()",
        "$.a\\",
        "$$$",
        "$.*a",
        "$['a',]",
        "$[?(@.a in [1)]",
        " $.a",
        "$[?(@.a =~ /((a{100}){100}){100}/)]",
        &nested,
        &filters,
        &negations,
        &long,
        &lists,
    ] {
        assert!(Path::parse(path).is_err(), "{path:.100}");
    }
}

#[test]
fn costly_paths_are_stopped() {
    let wide = json!({
        "items": (0..3_000).map(|n| json!({"a": n})).collect::<Value>(),
        "text": "01".repeat(20_000),
    });
    let deep = (0..120).fold(json!(1), |inner, _| json!([inner, 1]));
    for (path, document, stopped) in [
        ("$..a", &wide, false),
        ("$.items[?(@.a > 5 && @.a < 10)]", &wide, false),
        ("$.items[?($.items[?(@.a == $.none)])]", &wide, true),
        ("$.items[?(@ in $.items)]", &wide, true),
        ("$.items[?($.text =~ /[01]*1[01]{50}2/)]", &wide, true),
        ("$..*..*", &deep, false),
        ("$..*..*..*..*", &deep, true),
    ] {
        let scope = Scope::new(document, &Value::Null, &NoEntropy);
        let value = Path::parse(path).expect(path).evaluate(&scope);
        assert_eq!(value.is_err_and(|error| error.error == "States.Runtime"), stopped, "{path}");
    }
}
