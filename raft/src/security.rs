//! How nodes prove to each other who they are: a shared secret in the request's metadata, compared in constant time, or mutual TLS.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};
use tonic::{Request, Status};

use crate::Security;

const HEADER: &str = "authorization";

/// Puts this node's secret into each request, if it has one.
#[derive(Clone)]
pub struct Credentials {
    bearer: Option<MetadataValue<Ascii>>,
}

impl Credentials {
    pub(crate) fn new(security: &Security) -> Result<Credentials, String> {
        let bearer = match security {
            Security::Secret(secret) => {
                let mut value: MetadataValue<Ascii> = bearer(secret).parse().map_err(|_| {
                    "the cluster secret holds characters that a header can't carry".to_owned()
                })?;
                value.set_sensitive(true);
                Some(value)
            }
            Security::Insecure | Security::MutualTls { .. } => None,
        };
        Ok(Credentials { bearer })
    }
}

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert(HEADER, bearer.clone());
        }
        Ok(request)
    }
}

/// Refuses requests without the secret, if there is one.
#[derive(Clone)]
pub(crate) struct Verifier {
    expected: Option<Arc<[u8]>>,
}

impl Verifier {
    pub(crate) fn new(security: &Security) -> Verifier {
        let expected = match security {
            Security::Secret(secret) => Some(bearer(secret).into_bytes().into()),
            Security::Insecure | Security::MutualTls { .. } => None,
        };
        Verifier { expected }
    }
}

impl Interceptor for Verifier {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let Some(expected) = &self.expected else {
            return Ok(request);
        };
        let given = request.metadata().get(HEADER).map(|value| value.as_encoded_bytes()).unwrap_or_default();
        if bool::from(given.ct_eq(expected)) {
            Ok(request)
        } else {
            Err(Status::unauthenticated("the cluster secret is missing or wrong"))
        }
    }
}

fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

/// What the node port presents and asks for, if TLS is used.
pub(crate) fn server_tls(security: &Security) -> Option<ServerTlsConfig> {
    match security {
        Security::MutualTls { ca, cert, key } => Some(
            ServerTlsConfig::new()
                .identity(Identity::from_pem(cert, key))
                .client_ca_root(Certificate::from_pem(ca)),
        ),
        Security::Insecure | Security::Secret(_) => None,
    }
}

/// What this node presents and asks for when it connects to `host`, if TLS is used.
pub(crate) fn client_tls(security: &Security, host: &str) -> Option<ClientTlsConfig> {
    match security {
        Security::MutualTls { ca, cert, key } => Some(
            ClientTlsConfig::new()
                .domain_name(host)
                .ca_certificate(Certificate::from_pem(ca))
                .identity(Identity::from_pem(cert, key)),
        ),
        Security::Insecure | Security::Secret(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_secret_passes() {
        let secret = |text: &str| Security::Secret(text.to_owned());
        let passes = |client: &Security, server: &Security| {
            let request = Credentials::new(client)
                .expect("a header value")
                .call(Request::new(()))
                .expect("never refuses");
            Verifier::new(server).call(request).is_ok()
        };
        assert!(passes(&secret("a"), &secret("a")));
        assert!(!passes(&secret("a"), &secret("b")));
        assert!(!passes(&secret("a"), &secret("aa")));
        assert!(!passes(&Security::Insecure, &secret("a")));
        assert!(passes(&Security::Insecure, &Security::Insecure));
        assert!(passes(&secret("a"), &Security::Insecure));
    }
}
