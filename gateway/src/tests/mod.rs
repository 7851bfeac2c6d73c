//! The gateway through its own door: real connections before a fake workflow service.

mod auth;
mod connections;
mod express;
mod fake;
mod histories;
mod requests;
mod retries;
mod syntax;
mod translation;

use std::net::SocketAddr;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Gateway, Options, Probes};
use fake::{Fake, Reply};

/// Probes that say what they are told to.
struct Told(Result<(), String>);

impl Probes for Told {
    fn ready(&self) -> Result<(), String> {
        self.0.clone()
    }

    fn alive(&self) -> Result<(), String> {
        self.0.clone()
    }
}

/// A gateway that runs.
struct Running {
    address: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<Result<(), crate::Error>>,
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn any_port() -> Options {
    Options { listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))], ..Options::default() }
}

impl Running {
    async fn start(options: Options, fake: &Fake) -> Self {
        Self::probed(options, fake, Ok(())).await
    }

    async fn probed(options: Options, fake: &Fake, state: Result<(), String>) -> Self {
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let gateway = Gateway::bind(options, fake.workflow(), Arc::new(Told(state)), metrics).await.unwrap();
        let (address, shutdown) = (gateway.local_addr(), CancellationToken::new());
        let served = tokio::spawn(gateway.serve(shutdown.clone()));
        Self { address, shutdown, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes as they are and reads the one answer.
    async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(request).await;
        read(&mut stream).await
    }

    /// Makes an API request that carries these headers, too.
    async fn request(&self, operation: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.raw(&message(operation, headers, body)).await
    }

    async fn call(&self, operation: &str, body: &str) -> Answer {
        self.request(operation, &[], body.as_bytes()).await
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.served.await.unwrap().unwrap();
    }
}

fn message(operation: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut message = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n\
         X-Amz-Target: AWSStepFunctions.{operation}\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        message.push_str(&format!("{name}: {value}\r\n"));
    }
    message.push_str("\r\n");
    let mut message = message.into_bytes();
    message.extend_from_slice(body);
    message
}

async fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    // A reset after the answer is as good as its end.
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        bytes.extend_from_slice(&chunk[..count]);
    }
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_lowercase(), value.to_owned())
    };
    Answer { status, headers: lines.map(header).collect(), body: body.to_owned() }
}
