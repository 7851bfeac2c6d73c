//! Between nodes: large entries, and who may talk to whom.

use keepstep_proto::cluster::v1::StatusRequest;
use keepstep_proto::cluster::v1::cluster_client::ClusterClient;
use keepstep_raft::Security;

use crate::harness::{Cluster, put, quick, until};

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_of_the_largest_entries_replicate() {
    let mut cluster = Cluster::start(3, quick()).await;
    let leader = cluster.leader().await;
    let lagging = (leader + 1) % 3;
    cluster.kill(lagging).await;
    // About as large as transactions should be. One is as large as they may be.
    let value = "x".repeat((1 << 20) - 200);
    for number in 0..300 {
        cluster.put(&format!("k{}", number % 4), &value).await;
    }
    cluster.write(&put("huge", &"y".repeat((4 << 20) - 200))).await;
    cluster.start_node(lagging).await;
    cluster.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_with_a_secret_serves_nobody_without_it() {
    let mut cluster = Cluster::new(3, quick());
    cluster.security = Security::Secret("a secret".to_owned());
    for number in 0..3 {
        cluster.start_node(number).await;
    }
    cluster.put("a", "1").await;
    cluster.agree().await;

    let status = |secret: Option<&'static str>| {
        let addr = cluster.nodes[0].addr;
        async move {
            let channel = tonic::transport::Endpoint::from_shared(format!("http://{addr}"))
                .expect("an address")
                .connect_lazy();
            let mut client =
                ClusterClient::with_interceptor(channel, move |mut request: tonic::Request<()>| {
                    if let Some(secret) = secret {
                        request.metadata_mut().insert("authorization", secret.parse().expect("a header"));
                    }
                    Ok(request)
                });
            client
                .status(StatusRequest {})
                .await
                .map(|response| response.into_inner().node_name)
                .map_err(|status| status.code())
        }
    };
    assert_eq!(status(None).await, Err(tonic::Code::Unauthenticated));
    assert_eq!(status(Some("Bearer another")).await, Err(tonic::Code::Unauthenticated));
    assert_eq!(status(Some("Bearer a secret")).await, Ok("n0".to_owned()));

    // A node with another secret is as good as absent.
    cluster.kill(2).await;
    cluster.security = Security::Secret("another".to_owned());
    cluster.start_node(2).await;
    cluster.put("b", "2").await;
    until("the others went on without it", || {
        cluster.replica(2).status().applied < cluster.replica(0).status().applied
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_to_a_peer_carries_the_credentials() {
    let mut cluster = Cluster::new(2, quick());
    cluster.security = Security::Secret("a secret".to_owned());
    for number in 0..2 {
        cluster.start_node(number).await;
    }
    cluster.leader().await;
    let channel = cluster.replica(0).channel_to("n1").expect("a peer");
    let status = ClusterClient::new(channel).status(StatusRequest {}).await.expect("an answer").into_inner();
    assert_eq!(status.node_name, "n1");
    assert!(cluster.replica(0).channel_to("n9").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_with_mutual_tls_serves_nobody_without_a_certificate() {
    let mut cluster = Cluster::new(2, quick());
    cluster.security = Security::MutualTls {
        ca: include_bytes!("certificates/ca.pem").to_vec(),
        cert: include_bytes!("certificates/node.pem").to_vec(),
        key: include_bytes!("certificates/node.key").to_vec(),
    };
    for number in 0..2 {
        cluster.start_node(number).await;
    }
    cluster.put("a", "1").await;
    cluster.agree().await;
    let channel = cluster.replica(0).channel_to("n1").expect("a peer");
    let status = ClusterClient::new(channel).status(StatusRequest {}).await.expect("an answer").into_inner();
    assert_eq!(status.node_name, "n1");

    let addr = cluster.nodes[0].addr;
    let plain =
        tonic::transport::Endpoint::from_shared(format!("http://{addr}")).expect("an address").connect_lazy();
    assert!(ClusterClient::new(plain).status(StatusRequest {}).await.is_err());
    let tls = tonic::transport::ClientTlsConfig::new()
        .ca_certificate(tonic::transport::Certificate::from_pem(include_bytes!("certificates/ca.pem")));
    let anonymous = tonic::transport::Endpoint::from_shared(format!("https://{addr}"))
        .and_then(|endpoint| endpoint.tls_config(tls))
        .expect("an address")
        .connect_lazy();
    assert!(ClusterClient::new(anonymous).status(StatusRequest {}).await.is_err());
}
