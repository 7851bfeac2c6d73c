//! Expressions made to cost as much as they can: each ends within its bounds, and nothing else happens.

use std::{thread, time::Duration};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Bindings, Expression, Failure, Limit, Limits, Template};
use crate::scope::NoEntropy;

fn with_input<T>(input: &Value, run: impl FnOnce(&Bindings<'_>) -> T) -> T {
    run(&Bindings {
        input,
        result: None,
        error_output: None,
        context: &Value::Null,
        variables: &IndexMap::new(),
        entropy: &NoEntropy,
        now_ms: 0,
    })
}

/// Evaluates on a small stack with a long list and a long text as input.
fn evaluate(text: &str) -> Result<Option<Value>, Failure> {
    within(text, Limits { time_max: Duration::from_millis(1500), ..Limits::default() })
}

fn within(text: &str, limits: Limits) -> Result<Option<Value>, Failure> {
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let run = move || {
        let items: Vec<Value> = (0..20_000).map(|number| json!(number)).collect();
        let input = json!({
            "items": items,
            "objects": (0..2_000).map(|number| json!({"a": number})).collect::<Vec<_>>(),
            "text": "ab".repeat(100_000),
        });
        with_input(&input, |bindings| expression.evaluate(bindings, &limits))
    };
    let thread = thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).expect("a thread");
    thread.join().unwrap_or_else(|_| panic!("{text} panicked"))
}

#[test]
fn what_would_fill_the_memory_is_refused() {
    for text in [
        "[1..1e9]",
        "[1..900000]",
        "$count([1..1000000])",
        "$range(1, 1e15, 1)",
        "$pad('x', 9e8)",
        "$pad('x', -9e15, '#')",
        "['x'].$pad(9e8)",
        "$map([9e8], function($w) { $pad('x', $w) })",
        "($p := $pad; $p('x', 9e8))",
        "($p := $pad(?, 9e8); $p('x'))",
        "($p := $pad('x', ?); $p(9e8))",
        "('x' ~> $pad(9e8))",
        "($pad := $pad; $f := $pad; $f('x', 9e8))",
        "($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $length($p('x', 60)))",
        "$reduce([1..60], function($s, $n) { $s & $s }, 'x')",
        "$join([1..100].$string(), $states.input.text)",
        "$join($split($states.input.text, ''), $states.input.text)",
        "$replace($states.input.text, 'a', $states.input.text)",
        "$replace($states.input.text, /a/, $states.input.text)",
        "$replace($states.input.text, /a/, '$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0')",
        "$replace($states.input.text, /a/, function($m) { $states.input.text })",
        "$split($join([1..20].($states.input.text)), '')",
        "$match($join([1..20].($states.input.text)), /./)",
        "$reduce([1..60], function($a, $n) { [[$a, $a]] }, 1)",
        "$string($reduce([1..60], function($a, $n) { [[$a, $a]] }, 1))",
        "$reduce([1..60], function($a, $n) { {'x': $a, 'y': $a} }, 1)",
        "$reduce([1..60], function($a, $n) { $map([1, 2], function() { $a }) }, 1)",
        "$reduce([1..60], function($a, $n) { $append($a, $a) }, [1, 2])",
        "$reduce([1..60], function($a, $n) { $zip($a, $a) }, [1, 2])",
        "($states.input.items.[$, $].[[$, $], [$, $]].[[$, $], [$, $]].[[$, $], [$, $]].[[$, $], [$, $]])",
        "($x := $states.input.items; $x.($x))",
        "($x := $states.input.items; $x.$x)",
        "($x := $states.input.items; $x.[$x])",
        &format!("($x := $states.input.items; [{}1])", "$x, ".repeat(1000)),
        "($x := $states.input.items; $map($x, function() { $map($x, function() { 1 }) }))",
        "($x := $states.input.items; $map($x, function() { $x }))",
        "($o := $states.input; $o.objects@$a.objects@$b.{'a': $a, 'b': $b})",
        "$states.input.objects@$a.$states.input.objects@$b.{'a': $a.a, 'b': $b.a}",
        "$formatInteger(1e15, 'I')",
        "[-1e19..1e19]",
        "[-1e19..$number('1e19')]",
        "[$number('-9e18')..9e18]",
        "($f := function($a, $n) { $n = 0 ? $a : $f([[$a]], $n - 1) }; $string($f(1, 100000), true))",
        "[1..800000].{'a': $}",
    ] {
        match evaluate(text) {
            Err(Failure::Limit(_)) => {}
            // JSONata's own bound.
            Err(Failure::Thrown { code: Some(code), .. }) if code == "D2014" => {}
            Ok(value) => panic!("{text} gave {} bytes", value.unwrap_or_default().to_string().len()),
            Err(failure) => panic!("{text} gave {failure:?}"),
        }
    }
}

/// By a count, not by the clock: the same on a slow machine, a fast one and a busy one.
#[test]
fn what_would_never_end_is_stopped_by_its_steps() {
    let limits = Limits { steps_max: 300_000, time_max: Duration::from_secs(3600), ..Limits::default() };
    for text in [
        "($f := function($x) { $f($x + 1) }; $f(1))",
        "($f := function($x) { $x > 0 ? $g($x) : 0 }; $g := function($x) { $f($x + 1) }; $f(1))",
        "($y := function($f) { $f($f) }; $y($y))",
        "($x := $states.input.items; $sum($map($x, function($v) { $sum($x[$v > $]) })))",
        "($x := $states.input.items; $count($x[$count($x[$ > 0]) > 0]))",
        "($x := $states.input.items; $count($x.($y := $; $count($x[$ = $y]))))",
        "($x := $states.input.items; $x[$ in $x])",
        "($x := $states.input.items; $map($x, function($v) { $sum($x) }))",
        "($x := $states.input.items; $map($x, function($v) { $max($x) > $v }))",
        "($x := $states.input.items; $filter($x, function($v) { $v in $x }))",
        "($t := $states.input.text; $map($states.input.items, function($v) { $contains($t, 'c') }))",
        "($t := $states.input.text; $map($states.input.items, function() { $substring($t, 0, 1) }))",
        "($x := $states.input.items; $sort($x, function($l, $r) { $sum($x) > $l }))",
        "($x := $states.input.items; $sort($x, function($l, $r) { true }).$sort($x, function($l, $r) { true }))",
        "($x := $states.input.items; $x^($sum($x)))",
        "($x := $states.input.items; $reduce($x, function($a, $v) { $a + $sum($x) }, 0))",
        "($x := $states.input.items; $each({'a': 1}, function() { $map($x, function() { $map($x, $abs) }) }))",
        "($x := $states.input.items; $x.{'n': $sum($x)})",
        "($x := $states.input.objects; $x{$string(a): $count($x[a > $v])})",
        "($x := $states.input.objects; $x ~> |$|{'b': $count($x[a > 1 and a > 2])}|)",
        "[1..800000].($ * 2 > 1 ? [1..1000].($ + 1) : 0)",
    ] {
        assert_eq!(within(text, limits), Err(Failure::Limit(Limit::Steps)), "{text}");
    }
}

/// What only the clock stops, what nests without an end, and what grows before it has taken many steps.
#[test]
fn what_would_never_end_is_stopped() {
    for (text, expected) in [
        ("($f := function($x) { 1 + $f($x + 1) }; $f(1))", Limit::Depth),
        ("($f := function($x) { [$f($x)] }; $f(1))", Limit::Depth),
        ("($f := function($x) { $x ~> $f }; $f(1))", Limit::Depth),
        ("($f := function($x) { $f($f($x)) }; $f(1))", Limit::Depth),
        ("($f := function($x) { {'a': $f($x)} }; $f(1))", Limit::Depth),
        ("($f := function($x) { $map([1], function($v) { $f($v) }) }; $f(1))", Limit::Depth),
        ("($f := function($x) { $sort([1, 2], function($l, $r) { $f($l) }) }; $f(1))", Limit::Depth),
        ("($f := function($x) { $replace('a', /a/, $f) }; $f('a'))", Limit::Depth),
        ("($f := function($x) { $x.($f($)) }; $f(1))", Limit::Depth),
        ("($f := function($x) { [1][$f($)] }; $f(1))", Limit::Depth),
        ("$match($states.input.text, /a.*c|b/)", Limit::Time),
        ("$replace($states.input.text, /[ab]*c|b/, '')", Limit::Time),
    ] {
        assert_eq!(evaluate(text), Err(Failure::Limit(expected)), "{text}");
    }
}

/// A template's expressions share one account: a thousand of them take no longer than one.
#[test]
fn templates_are_bounded_as_a_whole() {
    let text = "{% $sum([1..1000].($ * 2 + $count([$]))) %}";
    let limits = Limits { steps_max: 100_000, time_max: Duration::from_secs(3600), ..Limits::default() };
    for (count, fits) in [(1, true), (1_000, false)] {
        let template = Template::parse(&json!(vec![text; count])).expect("a template");
        assert_eq!(
            with_input(&Value::Null, |bindings| template.evaluate("Output", bindings, &limits).is_ok()),
            fits,
            "{count}"
        );
    }
}

#[test]
fn what_looks_catastrophic_is_quick() {
    for (text, expected) in [
        ("$contains($states.input.text, /(a+)+c/)", json!(false)),
        ("$contains($states.input.text, /(a|b|ab)*c/)", json!(false)),
        ("$count($match($states.input.text, /(ab)+/))", json!(1)),
        ("$count($distinct($states.input.items))", json!(20_000)),
        ("$length($replace($states.input.text, 'a', 'xyz'))", json!(400_000)),
        ("$length($join($split($states.input.text, 'b'), '--'))", json!(300_000)),
        ("$sum($states.input.items.($ * 2))", json!(399_980_000)),
        ("$count($sort($states.input.items, function($l, $r) { $l < $r }))", json!(20_000)),
        ("$length($reduce([1..22], function($s, $n) { $s & $s }, 'x'))", json!(4_194_304)),
        (
            "($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $length($p('x', 22)))",
            json!(4_194_304),
        ),
        ("$count([1..873782])", json!(873_782)),
        ("($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(100))", json!(100)),
        ("($f := function($n) { $n = 0 ? 'done' : $f($n - 1) }; $f(20000))", json!("done")),
    ] {
        let limits = Limits { time_max: Duration::from_secs(3600), ..Limits::default() };
        assert_eq!(within(text, limits), Ok(Some(expected)), "{text}");
    }
}

/// Sizes and scripts that the evaluator's own arithmetic has no answer to: an error in words, not a panic.
#[test]
fn pictures_that_no_arithmetic_can_serve_are_refused() {
    let year = "the part [Y...] of the picture is too wide";
    let timestamp = "the timestamp is none that a picture describes";
    let unreadable = |part: char| format!("the part [{part}...] of the picture cannot be read from it");
    let large = "the number is too large to be written";
    for (function, text, problem) in [
        ("fromMillis", "$fromMillis(1510067557121, '[Y00 19.95}} S021eee000000000000000]')", year),
        ("fromMillis", "$fromMillis(1, '[Y0000000000000000000]')", year),
        ("fromMillis", "$fromMillis(1, '[Y0,1-19]')", year),
        ("fromMillis", "$fromMillis(1, '[Y##########,18]')", year),
        ("fromMillis", "$fromMillis(1, '[Y9,999]')", year),
        ("fromMillis", "$now('[Y0,1-4000000000]')", year),
        ("fromMillis", "(1 ~> $fromMillis('[Y0,1-64]'))", year),
        ("fromMillis", "[1].$fromMillis('[Y0,1-64]')", year),
        ("fromMillis", "$map([1], function($v) { $fromMillis($v, '[Y0,1-64]') })", year),
        ("fromMillis", "($f := $fromMillis; $f(1, '[Y0,1-64]'))", year),
        ("fromMillis", "($f := $fromMillis(?, '[Y0,1-64]'); $f(1))", year),
        ("fromMillis", "($fromMillis := $fromMillis; $fromMillis(1, '[Y0,1-64]'))", year),
        ("fromMillis", "$fromMillis(1, '[H01,100000000000]')", "the part [H...] of the picture is too wide"),
        ("fromMillis", "$fromMillis(1, '[é]')", "the picture has an unknown part [é]"),
        ("fromMillis", "$fromMillis(1, '[,2]')", "the picture has an unknown part [,2]"),
        ("fromMillis", "$fromMillis(1, '[fN]')", "fractional seconds have no names"),
        ("fromMillis", "$fromMillis(8.2e15, '[W]')", "the number of milliseconds is beyond any date"),
        ("fromMillis", "$fromMillis(-9e18)", "the number of milliseconds is beyond any date"),
        ("fromMillis", "$fromMillis(1, '[Y]', '9223372036854775807')", "the timezone is beyond any offset"),
        ("fromMillis", "$fromMillis(1, $pad('', 2000, '[Y]'))", "the picture is too long"),
        ("toMillis", "$toMillis('2018', '[Y0,1-64]')", year),
        ("toMillis", "$toMillis('2018', '[Y٠٠٠١]')", &unreadable('Y')),
        ("toMillis", "$toMillis('zzzzzzzzzzzzzzzz', '[Ya]')", &unreadable('Y')),
        ("toMillis", "$toMillis('a', '[da]')", &unreadable('d')),
        ("toMillis", "$toMillis('nine hundred trillion', '[dw]')", &unreadable('d')),
        ("toMillis", "$toMillis('9999999999999', '[d]')", &unreadable('d')),
        ("toMillis", "$toMillis('99999999999999999999 pm', '[h] [P]')", &unreadable('h')),
        ("toMillis", "$toMillis('2018+9223372036854775807', '[Y][Z]')", &unreadable('Z')),
        ("toMillis", "$toMillis('2018+0:9223372036854775807', '[Y][Z0:00]')", &unreadable('Z')),
        ("toMillis", "$toMillis('1\u{17F}t', '[Y1o]')", timestamp),
        ("toMillis", "$toMillis('\u{212A}', '[Ya]')", timestamp),
        ("toMillis", "$toMillis($pad('2018', 2000), '[Y]')", timestamp),
        ("formatInteger", "$formatInteger($parseInteger($pad('', 400, '9'), '0'), 'w')", large),
        ("formatInteger", "$formatInteger($parseInteger('x', '0'), 'w')", large),
        ("formatInteger", "$formatInteger(1e300, 'w')", large),
        ("formatInteger", "$formatInteger(1, $pad('', 2000, '0'))", "the picture is too long"),
        ("formatNumber", "$formatNumber($parseInteger($pad('', 400, '9'), '0'), '0.0e0')", large),
        ("formatNumber", "$formatNumber(1, '0.' & $pad('', 70000, '0'))", "the picture is too long"),
        (
            "formatNumber",
            "$formatNumber(1, '0,E,Ee0')",
            "a grouping separator of the picture has no digits after it",
        ),
        (
            "formatNumber",
            "$formatNumber(1.5, '0٫0', {'decimal-separator': '٫'})",
            "the decimal separator is none of ASCII's characters",
        ),
        ("parseInteger", "$parseInteger('zzzzzzzzzzzzzzzz', 'a')", "the text is no number in letters"),
        ("parseInteger", "$parseInteger('éé', 'A')", "the text is no number in letters"),
        ("parseInteger", "$parseInteger('€', '0;o')", "the text is no ordinal number"),
        ("parseInteger", "$parseInteger('12', '٠')", "the text has other digits than the picture"),
        ("parseInteger", "$parseInteger('١.٢', '٠,٠')", "the text has other digits than the picture"),
        ("substring", "$substring('abc', 9e18, 9e18)", "the text has no such place"),
        ("substring", "$substring('abc', 1e300)", "the text has no such place"),
    ] {
        let message = format!("Function \"{function}\": {problem}");
        assert_eq!(evaluate(text), Err(Failure::Thrown { code: None, message }), "{text}");
    }
    let message =
        "The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given \"٢٠١٨\""
            .to_owned();
    assert_eq!(
        evaluate("$toMillis('٢٠١٨')"),
        Err(Failure::Thrown { code: Some("D3110".to_owned()), message })
    );
}

/// What real pictures have is far from the bounds.
#[test]
fn real_pictures_are_served() {
    let iso = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z0101t]";
    for (text, expected) in [
        ("$fromMillis(1510067557121)", json!("2017-11-07T15:12:37.121Z")),
        (&*format!("$fromMillis(1510067557121, '{iso}', '+0530')"), json!("2017-11-07T20:42:37.121+0530")),
        ("$fromMillis(1510067557121, '[Y9,999,*]', '-0800')", json!("2,017")),
        (
            "$fromMillis(1510067557121, '[FNn,3-3], [D1o] [MNn] [YI] [W]/[w] [[é]]')",
            json!("Tue, 7th November MMXVII 45/2 [é]"),
        ),
        ("$fromMillis(8e15, '[Y]')", json!("255479")),
        (&format!("$toMillis('2018-02-05T01:02:03.000+0100', '{iso}')"), json!(1_517_788_923_000_i64)),
        (
            "$toMillis('20180205010203456', '[Y0001][M01][D01][H01][m01][s01][f001]')",
            json!(1_517_792_523_456_i64),
        ),
        ("$toMillis('20180205', '[Y0001][M01][D01]')", json!(1_517_788_800_000_i64)),
        ("$toMillis('2018年02月05日', '[Y0001]年[M01]月[D01]日')", json!(1_517_788_800_000_i64)),
        ("$toMillis('one thousand, nine hundred and eighty-four', '[Yw]')", json!(441_763_200_000_i64)),
        ("$formatInteger(1e46, 'w')", json!("ten billion trillion trillion trillion")),
        ("$formatInteger(123456, '#,##0')", json!("123,456")),
        ("$parseInteger('١٢٣', '٠')", json!(123)),
        ("$parseInteger('12,345', '#,##0')", json!(12_345)),
        ("$parseInteger('zz', 'a')", json!(702)),
        ("$formatNumber(1234.5678, '00.000e0')", json!("12.346e2")),
        ("$formatNumber(34.555, '#0.00;(#0.00)')", json!("34.56")),
        ("$substring('hello', -3, 2)", json!("ll")),
        ("$substring('hello', 1, 9007199254740991)", json!("ello")),
        ("($a := 2; [1..$a])", json!([1, 2])),
        ("[1..2, 'x', $number('3')..4]", json!([1, 2, "x", 3, 4])),
    ] {
        assert_eq!(evaluate(text), Ok(Some(expected)), "{text}");
    }
}

/// Deep nesting in the text itself ends in an error or a value, never in a stack overflow.
#[test]
fn deep_texts_are_harmless() {
    let nest =
        |open: &str, close: &str, levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
    for levels in [50, 500, 5_000, 100_000] {
        for text in [
            nest("(", ")", levels),
            nest("[", "]", levels),
            nest("{'a':", "}", levels),
            nest("-", "", levels),
            nest("$string(", ")", levels),
            nest("1?", ":1", levels),
            nest("function(){", "}", levels),
            nest("a[", "]", levels),
            nest("a.(", ")", levels),
            nest("1+", "", levels),
            nest("1&", "", levels),
            nest("", "~>$string", levels),
            nest("", ".a", levels),
            nest("", "[0]", levels),
            nest("", "^(a)", levels),
            nest("", "{a:b}", levels),
            nest("$a:=", "", levels),
            nest("|", "|{}|", levels),
        ] {
            let run = move || {
                Expression::parse(&text).is_ok_and(|expression| {
                    with_input(&Value::Null, |bindings| {
                        expression.clone().evaluate(bindings, &Limits::default()).is_ok()
                    })
                })
            };
            let thread = thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).expect("a thread");
            assert!(thread.join().is_ok());
        }
    }
}
