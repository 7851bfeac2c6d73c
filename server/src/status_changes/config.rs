//! Which targets there are.

use super::target::Target;
use super::webhook::Secret;
use crate::aws;
use crate::url;

/// Turns off an endpoint that the environment names for all services.
const NONE: &str = "none";
/// Each webhook has an outbox of its own, into which every change is written.
const WEBHOOKS_MAX: usize = 16;

/// Why targets can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Of the EventBridge-compatible endpoint.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// Not a URL that can be called. It isn't shown, since URLs of webhooks may hold secrets.
    #[error("webhook {0} is no http:// or https:// URL")]
    Webhook(usize),
    /// Two are the same: they would share an outbox.
    #[error("webhook {0} is there twice")]
    Twice(usize),
    /// Each costs a write for each change.
    #[error("there are more than {WEBHOOKS_MAX} webhooks")]
    TooMany,
    /// Behind `whsec_` stands no base64.
    #[error("the webhook secret isn't base64 behind whsec_")]
    Secret,
}

/// The targets, as configured. Holds secrets: has no `Debug`.
#[derive(Clone)]
pub(crate) struct Config {
    event_bridge: Option<aws::Config>,
    webhooks: Vec<String>,
    secret: Option<Secret>,
}

impl Config {
    /// `events_endpoint`, `webhooks`, their secret and `region` are those of the settings; `variable` looks up environment variables.
    pub(crate) fn new(
        events_endpoint: Option<&str>,
        webhooks: &[String],
        secret: Option<&str>,
        region: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let event_bridge = if events_endpoint == Some(NONE) {
            None
        } else {
            // AWS's own takes no events from others whose source is `aws.states`: it is told only where it is named.
            Some(aws::Config::new(&aws::EVENTS, events_endpoint, region, variable)?)
                .filter(aws::Config::has_endpoint)
        };
        if webhooks.len() > WEBHOOKS_MAX {
            return Err(Error::TooMany);
        }
        for (at, url) in webhooks.iter().enumerate() {
            url::endpoint(url).ok_or(Error::Webhook(at + 1))?;
            if webhooks.iter().take(at).any(|earlier| earlier == url) {
                return Err(Error::Twice(at + 1));
            }
        }
        let secret = secret.map(|text| Secret::parse(text).ok_or(Error::Secret)).transpose()?;
        Ok(Self { event_bridge, webhooks: webhooks.to_vec(), secret })
    }

    /// The targets that these are. Asks nobody yet.
    pub(crate) fn targets(self) -> Result<Vec<Target>, Error> {
        let mut targets = Vec::new();
        if let Some(config) = self.event_bridge {
            targets.push(Target::event_bridge(config)?);
        }
        for (at, url) in self.webhooks.into_iter().enumerate() {
            targets.push(Target::webhook(at + 1, url, self.secret.clone()));
        }
        Ok(targets)
    }
}
