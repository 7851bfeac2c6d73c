//! Where functions are: one endpoint for all, or one for a function by its name or ARN. Endpoints come from the configuration, or from
//! the environment variables that AWS's SDKs read.

use std::collections::HashMap;

use crate::url::{endpoint, escaped};

/// The Invoke API's path, before the function's name.
const FUNCTIONS_PATH: &str = "/2015-03-31/functions/";

/// Why endpoints can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// Not a URL that can be called.
    #[error("{0} is no http:// or https:// URL")]
    Url(String),
    /// A function's endpoint without a name or a URL.
    #[error("{0} is no FUNCTION=URL")]
    Function(String),
}

/// The endpoints of all functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    all: Option<String>,
    by_function: HashMap<String, String>,
}

/// A function as a task names it: an ARN (whole, or `ACCOUNT:function:NAME`), or a name, each with or without a version or alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionName<'a> {
    /// The plain name.
    pub(crate) name: &'a str,
    /// The version or alias in it.
    pub(crate) qualifier: Option<&'a str>,
}

impl<'a> FunctionName<'a> {
    /// Reads any of the forms that the Invoke API takes.
    pub(crate) fn parse(text: &'a str) -> Self {
        let rest = match text.split_once(":function:") {
            Some((_, rest)) => rest,
            None => text.strip_prefix("function:").unwrap_or(text),
        };
        match rest.split_once(':') {
            Some((name, qualifier)) => Self { name, qualifier: Some(qualifier) },
            None => Self { name: rest, qualifier: None },
        }
    }
}

impl Endpoints {
    /// `all` is the endpoint of functions that have none of their own; `by_function` holds `FUNCTION=URL`, where FUNCTION is a name or
    /// an unqualified ARN.
    pub(crate) fn new(all: Option<&str>, by_function: &[String]) -> Result<Self, Error> {
        let mut endpoints = Self { all: all.map(checked).transpose()?, by_function: HashMap::new() };
        for entry in by_function {
            let (function, url) = entry.split_once('=').ok_or_else(|| Error::Function(entry.clone()))?;
            if function.is_empty() {
                return Err(Error::Function(entry.clone()));
            }
            endpoints.by_function.insert(function.to_owned(), checked(url)?);
        }
        Ok(endpoints)
    }

    /// The URL to which a function's invocations go; `None` if no endpoint is configured for it.
    pub(crate) fn url(&self, function: &str, qualifier: &str) -> Option<String> {
        let parsed = FunctionName::parse(function);
        let unqualified = match parsed.qualifier {
            Some(qualifier) => function.strip_suffix(qualifier).and_then(|rest| rest.strip_suffix(':')),
            None => Some(function),
        };
        let own = unqualified
            .and_then(|arn| self.by_function.get(arn))
            .or_else(|| self.by_function.get(parsed.name));
        let base = own.or(self.all.as_ref())?;
        // An emulator of one function's runtime serves the API under a fixed path: the URL then names it all.
        let mut url = if base.contains(FUNCTIONS_PATH) {
            base.clone()
        } else {
            format!("{base}{FUNCTIONS_PATH}{}/invocations", escaped(parsed.name))
        };
        let qualifier = if qualifier.is_empty() { parsed.qualifier.unwrap_or_default() } else { qualifier };
        if !qualifier.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str("Qualifier=");
            url.push_str(&escaped(qualifier));
        }
        Some(url)
    }
}

fn checked(url: &str) -> Result<String, Error> {
    endpoint(url).ok_or_else(|| Error::Url(url.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(all: Option<&str>, by_function: &[&str]) -> Result<Endpoints, Error> {
        let by_function: Vec<_> = by_function.iter().map(|&entry| entry.to_owned()).collect();
        Endpoints::new(all, &by_function)
    }

    #[test]
    fn a_function_is_found_by_any_of_its_names() {
        let endpoints = endpoints(
            Some("http://all:3001/"),
            &[
                "mine=http://mine:9000",
                "arn:aws:lambda:us-east-1:123456789012:function:far=https://far/base",
                "rie=http://rie:8080/2015-03-31/functions/function/invocations",
            ],
        )
        .expect("valid");
        let check = |function: &str, qualifier: &str, expected: &str| {
            assert_eq!(endpoints.url(function, qualifier).as_deref(), Some(expected));
        };
        check("other", "", "http://all:3001/2015-03-31/functions/other/invocations");
        check("other:1", "", "http://all:3001/2015-03-31/functions/other/invocations?Qualifier=1");
        check(
            "mine",
            "$LATEST",
            "http://mine:9000/2015-03-31/functions/mine/invocations?Qualifier=%24LATEST",
        );
        check(
            "arn:aws:lambda:us-east-1:123456789012:function:mine:live",
            "",
            "http://mine:9000/2015-03-31/functions/mine/invocations?Qualifier=live",
        );
        check("123456789012:function:mine", "", "http://mine:9000/2015-03-31/functions/mine/invocations");
        check(
            "arn:aws:lambda:us-east-1:123456789012:function:far:3",
            "",
            "https://far/base/2015-03-31/functions/far/invocations?Qualifier=3",
        );
        check("far", "", "http://all:3001/2015-03-31/functions/far/invocations");
        check("rie", "", "http://rie:8080/2015-03-31/functions/function/invocations");
    }

    #[test]
    fn without_an_endpoint_there_is_none() {
        let endpoints = endpoints(None, &["mine=http://mine:9000"]).expect("valid");
        assert_eq!(endpoints.url("other", ""), None);
        assert!(endpoints.url("mine", "").is_some());
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        let check = |all: Option<&str>, by_function: &[&str], expected: Error| {
            assert_eq!(endpoints(all, by_function), Err(expected));
        };
        check(Some("localhost:3001"), &[], Error::Url("localhost:3001".to_owned()));
        check(Some("ftp://x"), &[], Error::Url("ftp://x".to_owned()));
        check(None, &["mine"], Error::Function("mine".to_owned()));
        check(None, &["=http://x"], Error::Function("=http://x".to_owned()));
        check(None, &["mine=x"], Error::Url("x".to_owned()));
    }
}
