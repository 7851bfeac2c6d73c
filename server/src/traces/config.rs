//! Where traces go: this server's own settings, and then the variables of OpenTelemetry's SDKs
//! (opentelemetry.io/docs/specs/otel/protocol/exporter).

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Uri};

/// A collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// Such as `http://localhost:4317`.
    pub(crate) endpoint: Uri,
    /// Sent with each request.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// As which service this one is known.
    pub(crate) service_name: String,
}

/// What makes no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Error {
    /// Of the endpoint.
    #[error("{0} is no http:// or https:// URL without a path")]
    Endpoint(String),
    /// Of the headers. It doesn't show them: they may be secret.
    #[error("header number {0} is no NAME=VALUE")]
    Header(usize),
    /// Of OTEL_EXPORTER_OTLP_PROTOCOL.
    #[error("the protocol {0} is not supported, only grpc is")]
    Protocol(String),
}

impl Config {
    /// What the settings say, and where they say nothing, the variables. `None` if there is no collector.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub(crate) fn new(
        endpoint: Option<&str>,
        headers: &[String],
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Error> {
        let of_traces = |name: &str| {
            let names = [format!("OTEL_EXPORTER_OTLP_TRACES_{name}"), format!("OTEL_EXPORTER_OTLP_{name}")];
            names.iter().filter_map(|name| variable(name)).find(|value| !value.is_empty())
        };
        let is_own = endpoint.is_some();
        let Some(endpoint) = endpoint.map(str::to_owned).or_else(|| of_traces("ENDPOINT")) else {
            return Ok(None);
        };
        // The variable is about the endpoint of the other variables.
        if let Some(protocol) = of_traces("PROTOCOL").filter(|protocol| !is_own && protocol != "grpc") {
            return Err(Error::Protocol(protocol));
        }
        let headers = match headers {
            [] => of_traces("HEADERS").unwrap_or_default().split(',').map(str::to_owned).collect(),
            given => given.to_vec(),
        };
        let service_name = variable("OTEL_SERVICE_NAME").filter(|name| !name.is_empty());
        Ok(Some(Self {
            endpoint: parse_endpoint(&endpoint)?,
            headers: parse_headers(&headers)?,
            service_name: service_name.unwrap_or_else(|| "keepstep".to_owned()),
        }))
    }
}

fn parse_endpoint(text: &str) -> Result<Uri, Error> {
    let invalid = || Error::Endpoint(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| invalid())?;
    let is_whole = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    let has_path = uri.path_and_query().map(PathAndQuery::as_str).is_some_and(|path| path != "/");
    if is_whole && !has_path { Ok(uri) } else { Err(invalid()) }
}

fn parse_headers(headers: &[String]) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let given =
        headers.iter().map(|header| header.trim()).enumerate().filter(|(_, header)| !header.is_empty());
    let parse = |(place, header): (usize, &str)| {
        let parsed = header.split_once('=').and_then(|(name, value)| {
            let name = name.trim().to_ascii_lowercase().parse().ok()?;
            let mut value = HeaderValue::from_bytes(&percent_decoded(value.trim())?).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        parsed.ok_or(Error::Header(place + 1))
    };
    given.map(parse).collect()
}

/// Values are encoded as in W3C's baggage.
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            decoded.extend(hex::decode(digits).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Shown = (String, Vec<(String, String)>, String);

    fn config(
        endpoint: Option<&str>,
        headers: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Option<Shown>, Error> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let headers: Vec<_> = headers.iter().map(|header| (*header).to_owned()).collect();
        let shown = |config: Config| {
            let header = |(name, value): (HeaderName, HeaderValue)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            let headers = config.headers.into_iter().map(header).collect();
            (config.endpoint.to_string(), headers, config.service_name)
        };
        Config::new(endpoint, &headers, variable).map(|config| config.map(shown))
    }

    fn shown(endpoint: &str, headers: &[(&str, &str)], service: &str) -> Result<Option<Shown>, Error> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Some((endpoint.to_owned(), headers, service.to_owned())))
    }

    #[test]
    fn settings_come_before_the_sdks_variables() {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "Api-Key=a%3Db, other = 1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_SERVICE_NAME", "workflows"),
        ];
        assert_eq!(config(None, &[], &[]), Ok(None));
        assert_eq!(config(None, &[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]), Ok(None));
        let headers = [("api-key", "a=b"), ("other", "1")];
        assert_eq!(config(None, &[], &variables), shown("http://all:4317/", &headers, "workflows"));
        let of_traces = [
            &variables[..],
            &[
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces"),
                ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x=y"),
            ],
        ]
        .concat();
        assert_eq!(config(None, &[], &of_traces), shown("https://traces/", &[("x", "y")], "workflows"));
        assert_eq!(
            config(Some("http://own"), &["k=v"], &of_traces),
            shown("http://own/", &[("k", "v")], "workflows")
        );
        let elsewhere = [("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")];
        assert_eq!(config(Some("http://own"), &[], &elsewhere), shown("http://own/", &[], "keepstep"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for endpoint in ["localhost:4317", "http://a/v1/traces", "ftp://a", "http://", ""] {
            assert_eq!(config(Some(endpoint), &[], &[]), Err(Error::Endpoint(endpoint.to_owned())));
        }
        for header in ["k", "k v=1", "k=%", "k=%zz", "k=a%0ab"] {
            assert_eq!(config(Some("http://a"), &["fine=1", header], &[]), Err(Error::Header(2)), "{header}");
        }
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ];
        assert_eq!(config(None, &[], &variables), Err(Error::Protocol("http/protobuf".to_owned())));
    }
}
