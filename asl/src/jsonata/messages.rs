//! JSONata's own error texts. The evaluator words some of them differently; AWS shows JSONata's.

use jsonata_core::ast::AstNode;

use super::{ParseError, syntax};

/// JSONata 2.0.6's texts by code, those without a value in them (jsonata.js, `errorCodes`).
const FIXED: &[(&str, &str)] = &[
    ("D3001", "Attempting to invoke string function on Infinity or NaN"),
    ("D3010", "Second argument of replace function cannot be an empty string"),
    ("D3011", "Fourth argument of replace function must evaluate to a positive number"),
    ("D3012", "Attempted to replace a matched string with a non-string value"),
    ("D3020", "Third argument of split function must evaluate to a positive number"),
    ("D3040", "Third argument of match function must evaluate to a positive number"),
    ("D3050", "The second argument of reduce function must be a function with at least two arguments"),
    (
        "D3070",
        "The single argument form of the sort function can only be applied to an array of strings or an array of \
         numbers.  Use the second argument to specify a comparison function",
    ),
    ("D3080", "The picture string must only contain a maximum of two sub-pictures"),
    ("D3081", "The sub-picture must not contain more than one instance of the 'decimal-separator' character"),
    ("D3082", "The sub-picture must not contain more than one instance of the 'percent' character"),
    ("D3083", "The sub-picture must not contain more than one instance of the 'per-mille' character"),
    ("D3084", "The sub-picture must not contain both a 'percent' and a 'per-mille' character"),
    (
        "D3085",
        "The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit \
         character' or a member of the 'decimal digit family'",
    ),
    (
        "D3086",
        "The sub-picture must not contain a passive character that is preceded by an active character and that is \
         followed by another active character",
    ),
    (
        "D3087",
        "The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a \
         'decimal-separator' character",
    ),
    ("D3088", "The sub-picture must not contain a 'grouping-separator' at the end of the integer part"),
    (
        "D3089",
        "The sub-picture must not contain two adjacent instances of the 'grouping-separator' character",
    ),
    (
        "D3090",
        "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is \
         followed by an instance of the 'optional digit character'",
    ),
    (
        "D3091",
        "The fractional part of the sub-picture must not contain an instance of the 'optional digit character' that \
         is followed by a member of the 'decimal digit family'",
    ),
    (
        "D3092",
        "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as \
         an 'exponent-separator'",
    ),
    (
        "D3093",
        "The exponent part of the sub-picture must comprise only of one or more characters that are members of the \
         'decimal digit family'",
    ),
    ("D3131", "In a decimal digit pattern, all digits must be from the same decimal group"),
    ("D3134", "The timezone integer format specifier cannot have more than four digits"),
    ("D3135", "No matching closing bracket ']' in date/time picture string"),
    ("D3136", "The date/time picture string is missing specifiers required to parse the timestamp"),
    ("S0104", "The escape sequence must be followed by 4 hex digits"),
    ("S0402", "Choice groups containing parameterized types are not supported"),
    ("T1006", "Attempted to invoke a non-function"),
    ("T2003", "The left side of the range operator (..) must evaluate to an integer"),
    ("T2004", "The right side of the range operator (..) must evaluate to an integer"),
    ("T2006", "The right side of the function application operator ~> must be a function"),
    ("T2008", "The expressions within an order-by clause must evaluate to numeric or string values"),
];

/// The code and the text of an error of the evaluator, as JSONata words it where that is possible.
pub(super) fn of(error: &str, tree: &AstNode) -> ParseError {
    let ParseError { code, message } =
        syntax::split_code(error.strip_prefix("Signature validation failed: ").unwrap_or(error));
    let message = match code.as_deref() {
        Some(code @ ("T0410" | "T0411" | "T0412")) => argument(code, &message, tree).unwrap_or(message),
        Some("T2001" | "T2002") => operator(&message),
        Some(code) => match FIXED.iter().find(|(fixed, _)| *fixed == code) {
            Some((_, text)) => (*text).to_owned(),
            None => message,
        },
        None => message,
    };
    ParseError { code, message }
}

/// `The left side of the + operator ...`: JSONata quotes the operator.
fn operator(message: &str) -> String {
    match message.split_once(" of the ").and_then(|(side, rest)| Some((side, rest.split_once(" operator")?)))
    {
        Some((side, (operator, rest))) if !operator.starts_with('"') => {
            format!("{side} of the \"{operator}\" operator{rest}")
        }
        _ => message.to_owned(),
    }
}

/// An argument that its function doesn't take. The evaluator seldom names the function: if the expression calls only
/// one, that is it.
fn argument(code: &str, message: &str, tree: &AstNode) -> Option<String> {
    let index: String = message.split_once("rgument ")?.1.chars().take_while(char::is_ascii_digit).collect();
    let named =
        message.split_once(" of function ").map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
    let named = named.map(|name| name.trim_matches('"').trim_start_matches('$'));
    let function = match named.filter(|name| !matches!(*name, "" | "does" | "must" | "undefined")) {
        Some(name) => name.to_owned(),
        None => only_function(tree)?,
    };
    if index.is_empty() {
        return None;
    }
    Some(match code {
        "T0410" => format!("Argument {index} of function \"{function}\" does not match function signature"),
        "T0411" => {
            format!("Context value is not a compatible type with argument {index} of function \"{function}\"")
        }
        _ => {
            let kind = message.rsplit(' ').next().unwrap_or_default().trim_matches('"').to_lowercase();
            let plural = if kind.ends_with('s') { "" } else { "s" };
            format!("Argument {index} of function \"{function}\" must be an array of \"{kind}{plural}\"")
        }
    })
}

/// The name of the only function that the expression calls.
fn only_function(tree: &AstNode) -> Option<String> {
    fn collect<'a>(node: &'a AstNode, names: &mut Vec<&'a str>) {
        if let AstNode::Function { name, .. } = node {
            // Names with a space are the meter's.
            if !name.starts_with(' ') && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        jsonata_core::value::with_stack(|| {
            for child in syntax::children(node) {
                collect(child, names);
            }
        });
    }
    let mut names = Vec::new();
    collect(tree, &mut names);
    match names.as_slice() {
        [name] => Some((*name).to_owned()),
        _ => None,
    }
}
