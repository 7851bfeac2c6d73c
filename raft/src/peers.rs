//! The way to the other nodes: where they are, and with which credentials to talk to them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tonic::transport::Endpoint;

use crate::network::MESSAGE_BYTES_MAX;
use crate::security::{self, Credentials};
use crate::{FaultHook, Member, PeerChannel, Security};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(750);
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// The other nodes, and how to reach them.
pub(crate) struct Peers {
    own_name: String,
    /// As configured. An address here takes precedence over the one in the membership, so that nodes can move.
    configured: BTreeMap<String, Member>,
    security: Security,
    credentials: Credentials,
    fault: Option<FaultHook>,
    /// Channels by name, with the address that they were made for.
    shared: Mutex<BTreeMap<String, (String, PeerChannel)>>,
}

/// Why a peer can't be talked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} is cut off by a test")]
    Cut(String),
    #[error("the address {0} can't be used: {1}")]
    Address(String, String),
}

impl Peers {
    pub(crate) fn new(
        own_name: &str,
        members: &[Member],
        security: Security,
        credentials: Credentials,
        fault: Option<FaultHook>,
    ) -> Peers {
        let configured = members.iter().map(|member| (member.name.clone(), member.clone())).collect();
        Peers {
            own_name: own_name.to_owned(),
            configured,
            security,
            credentials,
            fault,
            shared: Mutex::default(),
        }
    }

    pub(crate) fn own_name(&self) -> &str {
        &self.own_name
    }

    /// Every configured node, this one included, by name.
    pub(crate) fn configured(&self) -> &BTreeMap<String, Member> {
        &self.configured
    }

    /// Every configured node but this one.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Member> {
        self.configured.values().filter(|member| member.name != self.own_name)
    }

    /// Whether a test has cut this node off from a peer.
    pub(crate) fn is_cut(&self, name: &str) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.is_cut(name))
    }

    /// A channel to a member that all who ask for it share, kept for as long as the member has the same address. Only for this
    /// crate's own runtime, where its connection lives.
    pub(crate) fn channel_shared(&self, member: &Member) -> Result<PeerChannel, Error> {
        if self.is_cut(&member.name) {
            return Err(Error::Cut(member.name.clone()));
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((addr, channel)) = shared.get(&member.name)
            && *addr == member.addr
        {
            return Ok(channel.clone());
        }
        let channel = self.channel(member)?;
        shared.insert(member.name.clone(), (member.addr.clone(), channel.clone()));
        Ok(channel)
    }

    /// A channel to a member. It connects when it is used.
    pub(crate) fn channel(&self, member: &Member) -> Result<PeerChannel, Error> {
        if self.is_cut(&member.name) {
            return Err(Error::Cut(member.name.clone()));
        }
        let addr = self.configured.get(&member.name).map_or(&member.addr, |configured| &configured.addr);
        let refused = |error: tonic::transport::Error| Error::Address(addr.clone(), error.to_string());
        let host = addr.rsplit_once(':').map_or(addr.as_str(), |(host, _)| host).trim_matches(['[', ']']);
        let tls = security::client_tls(&self.security, host);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{addr}"))
            .map_err(refused)?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(u32::try_from(MESSAGE_BYTES_MAX).ok())
            .initial_connection_window_size(u32::try_from(2 * MESSAGE_BYTES_MAX).ok());
        if let Some(tls) = tls {
            endpoint = endpoint.tls_config(tls).map_err(refused)?;
        }
        Ok(PeerChannel::new(endpoint.connect_lazy(), self.credentials.clone()))
    }
}
