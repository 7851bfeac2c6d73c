//! Text to syntax tree: what 2.0.6 doesn't know is refused, and refusals read as JSONata's own.

use jsonata_core::{
    ast::{AstNode, BinaryOp, PathStep, Stage},
    evaluator::error_code_prefix,
    parser::{self, ParserError},
    value::with_stack,
};

use super::{ParseError, regular_expression};

/// Longest expression. Definitions are at most 1 MiB; the parser takes much more memory than its text.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// Most regular expressions in one expression: each is compiled when it is read, which takes up to a millisecond.
const REGULAR_EXPRESSIONS_MAX: usize = 100;

/// The syntax tree of `text`.
pub(super) fn parse(text: &str) -> Result<AstNode, ParseError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(ParseError {
            code: None,
            message: format!("The expression is longer than {TEXT_BYTES_MAX} bytes"),
        });
    }
    let mut tree = parser::parse(text).map_err(|error| parse_error(&error, text))?;
    let mut regular_expressions = 0;
    match adapt(&mut tree, &mut regular_expressions) {
        Some(error) => Err(error),
        None => Ok(tree),
    }
}

/// Puts regular expressions into the syntax that can be run. Gives the first thing in the tree that parses here and must
/// not.
fn adapt(node: &mut AstNode, regular_expressions: &mut usize) -> Option<ParseError> {
    match node {
        AstNode::Binary { op: BinaryOp::Coalesce, .. } => return Some(unary("?")),
        AstNode::Binary { op: BinaryOp::Default, .. } => return Some(unary(":")),
        AstNode::Regex { pattern, flags } => {
            *regular_expressions += 1;
            if *regular_expressions > REGULAR_EXPRESSIONS_MAX {
                let message =
                    format!("The expression has more than {REGULAR_EXPRESSIONS_MAX} regular expressions");
                return Some(ParseError { code: None, message });
            }
            let translated = regular_expression::translate(pattern);
            if let Some(error) = regular_expression::problem(pattern, &translated, flags) {
                return Some(error);
            }
            *pattern = translated;
        }
        _ => {}
    }
    with_stack(|| children_mut(node).into_iter().find_map(|child| adapt(child, regular_expressions)))
}

/// What 2.0.6 says where 2.1 reads `??` or `?:`: the condition's `?` is followed by an operator instead of a value.
fn unary(symbol: &str) -> ParseError {
    ParseError {
        code: Some("S0211".to_owned()),
        message: format!("The symbol \"{symbol}\" cannot be used as a unary operator"),
    }
}

/// The nodes right below a node, in the order of the text, those of its path steps and predicates included: once for
/// shared references, once for exclusive ones.
macro_rules! children_of {
    ($node:expr, $iter:ident, $as_ref:ident, $as_deref:ident) => {
        match $node {
            AstNode::Path { steps } => steps
                .$iter()
                .flat_map(|PathStep { node, stages, .. }| {
                    let predicates = stages.$iter().filter_map(|stage| match stage {
                        Stage::Filter(predicate) => Some(predicate.$as_ref()),
                        Stage::KeepArray | Stage::Index(_) => None,
                    });
                    std::iter::once(node).chain(predicates)
                })
                .collect(),
            AstNode::Binary { lhs, rhs, .. } => vec![lhs.$as_ref(), rhs.$as_ref()],
            AstNode::Unary { operand, .. } => vec![operand.$as_ref()],
            AstNode::Function { args, .. } => args.$iter().collect(),
            AstNode::Call { procedure, args } => {
                std::iter::once(procedure.$as_ref()).chain(args.$iter()).collect()
            }
            AstNode::Lambda { body, .. } => vec![body.$as_ref()],
            AstNode::Array(items) | AstNode::ArrayGroup(items) | AstNode::Block(items) => {
                items.$iter().collect()
            }
            AstNode::Object(pairs) => pairs.$iter().flat_map(|(key, value)| [key, value]).collect(),
            AstNode::ObjectTransform { input, pattern } => std::iter::once(input.$as_ref())
                .chain(pattern.$iter().flat_map(|(key, value)| [key, value]))
                .collect(),
            AstNode::Conditional { condition, then_branch, else_branch } => {
                [condition.$as_ref(), then_branch.$as_ref()]
                    .into_iter()
                    .chain(else_branch.$as_deref())
                    .collect()
            }
            AstNode::FunctionApplication(inner) => vec![inner.$as_ref()],
            AstNode::Sort { input, terms } => {
                std::iter::once(input.$as_ref()).chain(terms.$iter().map(|(term, _)| term)).collect()
            }
            AstNode::Transform { location, update, delete } => {
                [location.$as_ref(), update.$as_ref()].into_iter().chain(delete.$as_deref()).collect()
            }
            AstNode::String(_)
            | AstNode::Name(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Variable(_)
            | AstNode::ParentVariable(_)
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_) => Vec::new(),
        }
    };
}

/// The nodes right below a node, in the order of the text.
pub(super) fn children(node: &AstNode) -> Vec<&AstNode> {
    children_of!(node, iter, as_ref, as_deref)
}

/// As [`children`], to be changed.
pub(super) fn children_mut(node: &mut AstNode) -> Vec<&mut AstNode> {
    children_of!(node, iter_mut, as_mut, as_deref_mut)
}

fn parse_error(error: &ParserError, text: &str) -> ParseError {
    let coded = |code: &str, message: String| ParseError { code: Some(code.to_owned()), message };
    match error {
        ParserError::Expected { expected, found } if expected != "parameter name" => {
            let expected = symbol(expected);
            if found == "Eof" {
                coded("S0203", format!("Expected {expected} before end of expression"))
            } else {
                coded("S0202", format!("Expected {expected}, got {}", symbol(found)))
            }
        }
        ParserError::UnexpectedToken(token) => {
            let text = error.to_string();
            match error_code_prefix(&text) {
                Some("S0211") => {
                    coded("S0211", format!("The symbol {} cannot be used as a unary operator", symbol(token)))
                }
                _ => split_code(&text),
            }
        }
        ParserError::InvalidSyntax(text) => match text.strip_prefix("S0201: Syntax error: ") {
            Some(token) => coded("S0201", format!("Syntax error: {}", symbol(token))),
            None => split_code(text),
        },
        // Its code is inside.
        ParserError::InvalidNumber(text) => split_code(text),
        // The parser says the same of a regular expression.
        ParserError::UnclosedString if !ends_in_string(text) => {
            coded("S0302", "No terminating / in regular expression".to_owned())
        }
        ParserError::UnclosedComment => coded("S0106", "Comment has no closing tag".to_owned()),
        _ => split_code(&error.to_string()),
    }
}

/// Whether a string literal is open at the end of the text. Regular expressions with quotes in them mislead it.
fn ends_in_string(text: &str) -> bool {
    let mut open = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (open, character) {
            (Some('"' | '\''), '\\') => {
                characters.next();
            }
            (Some(quote), _) if quote == character => open = None,
            (None, '"' | '\'' | '`') => open = Some(character),
            _ => {}
        }
    }
    matches!(open, Some('"' | '\''))
}

/// A text with a code in front, or without one.
pub(super) fn split_code(text: &str) -> ParseError {
    match error_code_prefix(text) {
        Some(code) => ParseError {
            code: Some(code.to_owned()),
            message: text.get(code.len() + 1..).unwrap_or_default().trim_start().to_owned(),
        },
        None => ParseError { code: None, message: text.to_owned() },
    }
}

/// A token as JSONata quotes it, from its name in the parser.
fn symbol(name: &str) -> String {
    let symbol = match name {
        "Plus" => "+",
        "Minus" => "-",
        "Star" => "*",
        "StarStar" => "**",
        "Slash" => "/",
        "Percent" => "%",
        "Equal" => "=",
        "NotEqual" => "!=",
        "LessThan" => "<",
        "LessThanOrEqual" => "<=",
        "GreaterThan" => ">",
        "GreaterThanOrEqual" => ">=",
        "And" => "and",
        "Or" => "or",
        "In" => "in",
        "Ampersand" => "&",
        "Dot" => ".",
        "DotDot" => "..",
        "Question" | "QuestionQuestion" | "QuestionColon" => "?",
        "Colon" => ":",
        "ColonEqual" => ":=",
        "TildeArrow" => "~>",
        "LeftParen" => "(",
        "RightParen" => ")",
        "LeftBracket" => "[",
        "RightBracket" => "]",
        "LeftBrace" => "{",
        "RightBrace" => "}",
        "Comma" => ",",
        "Semicolon" => ";",
        "Caret" => "^",
        "Pipe" => "|",
        "Hash" => "#",
        "At" => "@",
        "True" => "true",
        "False" => "false",
        "Null" => "null",
        "Undefined" => "undefined",
        "Eof" => "(end)",
        // A literal or a name: `Number(2.0)`, `Identifier("a")`.
        _ => {
            let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name);
            let inner = inner.strip_suffix(".0").unwrap_or(inner);
            return if inner.starts_with('"') { inner.to_owned() } else { format!("\"{inner}\"") };
        }
    };
    format!("\"{symbol}\"")
}
