//! The listeners of a gateway: takes connections within its bounds, serves HTTP/1.1 and HTTP/2 (without TLS) on them, and ends them
//! when told to stop. Knows nothing of what the requests mean.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::api::Api;
use crate::{Limits, Options, Probes, Workflow, credentials, metric, routes};

/// Between two readings of the clock of histograms, so that what the recorder buffers stays bounded.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// After a failed accept, which mostly means that the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a gateway doesn't start or ends.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address can't be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// No address was configured.
    #[error("no address to listen on")]
    NoAddress,
    /// The credentials file can't be used.
    #[error("credentials file {}: {source}", path.display())]
    Credentials {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        source: credentials::Error,
    },
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(&'static str),
}

/// A gateway whose addresses are bound; [`Gateway::serve`] answers on them.
pub struct Gateway {
    listeners: Vec<TcpListener>,
    operations_listener: Option<TcpListener>,
    addresses: Vec<SocketAddr>,
    operations_address: Option<SocketAddr>,
    api: Arc<Api>,
    probes: Arc<dyn Probes>,
    metrics: PrometheusHandle,
    limits: Limits,
}

impl Gateway {
    /// Reads the credentials and binds the addresses. Connections made from now on wait until [`Gateway::serve`] runs.
    ///
    /// # Errors
    ///
    /// An address that is taken, a credentials file that can't be used, a setting that makes no sense.
    pub async fn bind(
        options: Options,
        workflow: Workflow,
        probes: Arc<dyn Probes>,
        metrics: PrometheusHandle,
    ) -> Result<Self, Error> {
        if options.listen.is_empty() {
            return Err(Error::NoAddress);
        }
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for address in &options.listen {
            let (listener, bound) = listen(*address).await?;
            listeners.push(listener);
            addresses.push(bound);
        }
        let (operations_listener, operations_address) = match options.operations_listen {
            None => (None, None),
            Some(address) => {
                let (listener, bound) = listen(address).await?;
                (Some(listener), Some(bound))
            }
        };
        let limits = options.limits.clone();
        let api = Arc::new(Api::new(options, workflow)?);
        Ok(Self {
            listeners,
            operations_listener,
            addresses,
            operations_address,
            api,
            probes,
            metrics,
            limits,
        })
    }

    /// The first address of the API, with the port that was really taken.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        *self.addresses.first().expect("bind refuses options without an address")
    }

    /// All addresses of the API, in the order of [`Options::listen`].
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The address of [`Options::operations_listen`].
    #[must_use]
    pub fn operations_addr(&self) -> Option<SocketAddr> {
        self.operations_address
    }

    /// Answers until `shutdown`; then takes no more connections, ends long polls with an empty answer, finishes the requests in flight and
    /// returns. What isn't finished after [`Limits::shutdown_grace`] is cut.
    ///
    /// # Errors
    ///
    /// None at present; a listener that fails for good would be one.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), Error> {
        let cut = CancellationToken::new();
        let connections = Arc::new(Semaphore::new(self.limits.connections));
        let tracker = TaskTracker::new();
        let operations = routes::operations(self.probes, self.metrics.clone());
        let api = routes::api(Arc::clone(&self.api)).merge(operations.clone());
        let served = self.listeners.into_iter().map(|listener| (listener, api.clone()));
        for (listener, router) in
            served.chain(self.operations_listener.map(|listener| (listener, operations)))
        {
            let door = Door {
                router,
                limits: self.limits.clone(),
                connections: Arc::clone(&connections),
                tracker: tracker.clone(),
                shutdown: shutdown.clone(),
                cut: cut.clone(),
            };
            tracker.spawn(door.accept(listener));
        }
        tracker.spawn(upkeep(self.metrics, shutdown.clone()));
        tracker.spawn({
            let (api, shutdown) = (Arc::clone(&self.api), shutdown.clone());
            async move { api.watch_credentials(shutdown).await }
        });
        tracker.close();

        shutdown.cancelled().await;
        self.api.drain();
        if tokio::time::timeout(self.limits.shutdown_grace, tracker.wait()).await.is_err() {
            tracing::warn!(
                connections = tracker.len(),
                "cutting the connections that outlive the shutdown's grace"
            );
            cut.cancel();
            tracker.wait().await;
        }
        Ok(())
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn upkeep(metrics: PrometheusHandle, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(UPKEEP_INTERVAL)).await.is_some() {
        metrics.run_upkeep();
    }
}

/// What serves the connections of one listener.
#[derive(Clone)]
struct Door {
    router: Router,
    limits: Limits,
    connections: Arc<Semaphore>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    cut: CancellationToken,
}

impl Door {
    async fn accept(self, listener: TcpListener) {
        let builder = Arc::new(self.builder());
        loop {
            let next = async {
                let permit = Arc::clone(&self.connections).acquire_owned().await;
                (permit, listener.accept().await)
            };
            match self.shutdown.run_until_cancelled(next).await {
                None | Some((Err(_), _)) => return,
                Some((Ok(permit), Ok((stream, _)))) => {
                    let (door, builder) = (self.clone(), Arc::clone(&builder));
                    self.tracker.spawn(async move {
                        gauge!(metric::CONNECTIONS).increment(1.0);
                        door.serve(stream, &builder).await;
                        gauge!(metric::CONNECTIONS).decrement(1.0);
                        drop(permit);
                    });
                }
                Some((Ok(_), Err(error))) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams_per_connection)
            .keep_alive_interval(self.limits.header_timeout)
            .keep_alive_timeout(self.limits.header_timeout);
        builder
    }

    async fn serve(&self, stream: TcpStream, builder: &auto::Builder<TokioExecutor>) {
        // Answers are small and written at once: waiting for more to send only adds latency. Failing to say so is harmless.
        let _ = stream.set_nodelay(true);
        let spoke = AtomicBool::new(false);
        let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
            spoke.store(true, Ordering::Relaxed);
            self.router.clone().oneshot(request)
        });
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        // Hyper's header timeout starts once the protocol's version is known: a peer that sends nothing is our own affair.
        let silence = async {
            tokio::time::sleep(self.limits.header_timeout).await;
            if spoke.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = silence => return,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = self.cut.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended with an error");
        }
    }
}
