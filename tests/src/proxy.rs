//! A TCP proxy between two nodes that can be cut and healed: a partition without root.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// One way from one node to another.
pub struct Proxy {
    address: SocketAddr,
    cut: watch::Sender<bool>,
    _accepting: AbortOnDropHandle<()>,
}

impl Proxy {
    /// Listens on a port of its own and passes connections on to `target`, which need not listen yet.
    pub async fn start(target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (cut, is_cut) = watch::channel(false);
        let accepting = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(pass(connection, target, is_cut.clone()));
            }
        });
        Ok(Self { address, cut, _accepting: AbortOnDropHandle::new(accepting) })
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Passes connections on again.
    pub fn heal(&self) {
        self.cut.send_replace(false);
    }
}

async fn pass(mut from: TcpStream, target: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    if *is_cut.borrow() {
        return;
    }
    let Ok(mut to) = TcpStream::connect(target).await else { return };
    let _ = from.set_nodelay(true);
    let _ = to.set_nodelay(true);
    tokio::select! {
        _ = copy_bidirectional(&mut from, &mut to) => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
    }
}
