//! Precedence, defaults and refusals.

use std::path::Path;

use clap::Parser;

use super::{Error, Node, Settings};
use crate::logs::Destination;

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

fn flags(arguments: &[&str]) -> Settings {
    let arguments = std::iter::once(&"keepstep").chain(arguments);
    Flags::try_parse_from(arguments).expect("valid flags").settings
}

fn file(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keepstep.toml");
    std::fs::write(&path, text).expect("written");
    Settings::read(&path)
        .map_err(|error| error.to_string().replace(&format!("{}", folder.path().display()), ""))
}

fn node(arguments: &[&str]) -> Result<Node, Error> {
    Node::new(flags(arguments), |_| None)
}

fn refused(arguments: &[&str]) -> String {
    node(arguments).err().expect("refused").to_string()
}

#[test]
fn defaults_are_one_node_on_loopback() {
    let node = node(&[]).expect("valid");
    assert_eq!(node.gateway.listen, ["127.0.0.1:8083".parse().expect("an address")]);
    assert_eq!(node.gateway.default_account, "123456789012");
    assert_eq!(node.gateway.default_region, "us-east-1");
    assert_eq!(node.replica.folder, Path::new("./keepstep-data"));
    assert_eq!(node.replica.node_name, "node-1");
    assert_eq!(node.replica.peers.len(), 1);
    assert_eq!(node.leader.limits.payload_bytes_max, 262_144);
    assert_eq!(node.leader.pollers_max, 1_000);
    assert_eq!(node.log, "info,openraft=warn");
}

#[test]
fn a_flag_beats_the_file_and_the_file_beats_the_default() {
    let file = file("region = \"eu-west-1\"\naccount = \"111111111111\"\nretention-seconds = 60\napi-listen = [\"127.0.0.1:1\"]\n")
        .expect("valid");
    let merged = flags(&["--region", "us-west-2", "--api-listen", "127.0.0.1:2,127.0.0.1:3"])
        .over(&file)
        .expect("mergeable");
    assert_eq!(
        merged,
        Settings {
            region: Some("us-west-2".to_owned()),
            account: Some("111111111111".to_owned()),
            retention_seconds: Some(60),
            api_listen: ["127.0.0.1:2", "127.0.0.1:3"].map(|text| text.parse().expect("an address")).to_vec(),
            ..Settings::default()
        }
    );
}

#[test]
fn every_flag_has_its_variable_and_its_name_in_the_file() {
    use clap::CommandFactory;
    for argument in Flags::command().get_arguments() {
        let Some(flag) = argument.get_long().filter(|&flag| flag != "help") else { continue };
        let variable = argument.get_env().and_then(|name| name.to_str());
        let expected = format!("KEEPSTEP_{}", flag.replace('-', "_").to_uppercase());
        assert_eq!(variable, Some(expected.as_str()));
        let error = file(&format!("{flag} = {{}}")).expect_err("no setting is a table");
        assert!(!error.contains("unknown field"), "{flag}: {error}");
    }
}

#[test]
fn what_is_no_setting_is_refused_by_name() {
    let error = file("regoin = \"us-east-1\"\n").expect_err("a slip");
    assert!(error.contains("unknown field `regoin`") && error.contains("line 1"), "{error}");
}

#[test]
fn nothing_is_left_open_by_accident() {
    const CLUSTER: [&str; 2] = ["--peers", "node-1=127.0.0.1:1,node-2=127.0.0.1:2"];
    let check = |arguments: &[&str], expected: Option<&str>| {
        let arguments: Vec<_> = arguments.iter().flat_map(|argument| argument.split(' ')).collect();
        match (node(&arguments), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                assert!(error.to_string().contains(expected), "{arguments:?}: {error}");
                let allowed = [arguments.as_slice(), &["--insecure-no-auth"]].concat();
                assert!(node(&allowed).is_ok(), "{arguments:?} with the consent");
            }
            (result, _) => panic!("{arguments:?}: {:?}", result.err()),
        }
    };
    check(&[], None);
    check(&["--api-listen [::1]:8083"], None);
    check(&["--api-listen 0.0.0.0:8083"], Some("without credentials the API listens on the loopback"));
    check(&["--api-listen 127.0.0.1:1,10.0.0.1:8083"], Some("10.0.0.1:8083 is beyond it"));
    check(&["--api-listen 0.0.0.0:8083 --credentials-file keys.toml"], None);
    check(&CLUSTER, Some("a cluster needs credentials"));
    check(&[&CLUSTER[..], &["--credentials-file keys.toml"]].concat(), None);
    check(&["--node-listen 0.0.0.0:8084"], Some("the node port 0.0.0.0:8084"));
    check(&["--node-listen 0.0.0.0:8084 --credentials-file keys.toml"], Some("the node port 0.0.0.0:8084"));
    check(&["--node-listen 0.0.0.0:8084 --cluster-secret 0123456789abcdef"], None);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let check = |arguments: &[&str], expected: &str| {
        let error = refused(arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    };
    check(&["--peers", "node-1"], "\"node-1\" is no NAME=HOST:PORT");
    check(&["--peers", "node-1=host:0"], "is no NAME=HOST:PORT");
    check(&["--peers", "a=h:1,b=h:2"], "this node, node-1, isn't among them");
    check(&["--peers", "node-1=h:1,node-1=h:2"], "two nodes have the same name");
    check(&["--node-name", "a=b"], "is no name");
    check(&["--cluster-secret", "short"], "shorter than 16 characters");
    check(&["--cluster-secret", "0123456789abcdef", "--cluster-secret-file", "x"], "both set");
    check(&["--tls-ca", "x"], "all three");
    check(&["--cluster-secret-file", "/does/not/exist"], "cluster-secret-file /does/not/exist: ");
    check(&["--webhook-secret", "short"], "webhook-secret: is shorter than 16 characters");
    check(&["--webhook-secret", "0123456789abcdef", "--webhook-secret-file", "x"], "both set");
    check(&["--webhook", "http://a,b"], "webhook 2 is no http:// or https:// URL");
    check(&["--events-endpoint", "b"], "b is no http:// or https:// URL");
    check(&["--lambda-endpoint", "localhost"], "localhost is no http:// or https:// URL");
}

#[test]
fn execution_logs_go_to_one_place() {
    let log = ["--execution-log", "log", "--logs-endpoint", "http://logs"];
    assert_eq!(
        refused(&log),
        "execution-log, logs-endpoint: a file and an endpoint are set: logs go to one of them"
    );
    let node = node(&["--data", "/d", "--execution-log-files-max", "2"]).expect("valid");
    let Destination::File(config) = node.logs else { panic!("a file") };
    assert_eq!((config.path.as_path(), config.files_max), (Path::new("/d/execution-log.jsonl"), 2));
}

#[test]
fn lambda_endpoints_come_from_settings_and_then_from_the_sdks_variables() {
    let check = |arguments: &[&str], variables: &[(&str, &str)], expected: Option<&str>| {
        let lookup =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, url)| (*url).to_owned());
        let node = Node::new(flags(arguments), lookup).expect("valid");
        let expected = expected.map(|base| format!("{base}/2015-03-31/functions/f/invocations"));
        assert_eq!(node.lambda.url("f", ""), expected);
    };
    let both = [("AWS_ENDPOINT_URL_LAMBDA", "http://lambda"), ("AWS_ENDPOINT_URL", "http://aws")];
    check(&[], &[], None);
    check(&[], &both, Some("http://lambda"));
    check(&[], &both[1..], Some("http://aws"));
    check(&[], &[("AWS_ENDPOINT_URL", "http://localhost:8083")], None);
    check(&["--lambda-endpoint", "http://own"], &both, Some("http://own"));
    check(&["--lambda-function", "f=http://f"], &both, Some("http://f"));
}

#[test]
fn peers_may_be_reached_under_another_address() {
    let node = node(&[
        "--insecure-no-auth",
        "--node-name",
        "b",
        "--peers",
        "a=host-a:1,b=host-b:2",
        "--node-advertise",
        "elsewhere:3",
    ])
    .expect("valid");
    let addresses: Vec<_> = node.replica.peers.iter().map(|member| member.addr.as_str()).collect();
    assert_eq!(addresses, ["host-a:1", "elsewhere:3"]);
}

#[test]
fn the_s3_endpoint_comes_from_the_settings_and_then_from_the_sdks_variables() {
    let check = |arguments: &[&str], variables: &[(&str, &str)], expected: &str| {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let node = Node::new(flags(arguments), variable).expect("valid");
        assert_eq!(node.s3.bucket_url("b"), expected);
    };
    check(&["--region", "eu-west-1"], &[], "https://b.s3.eu-west-1.amazonaws.com");
    check(&[], &[("AWS_ENDPOINT_URL_S3", "http://s3")], "http://s3/b");
    check(&["--s3-endpoint", "http://own"], &[("AWS_ENDPOINT_URL_S3", "http://s3")], "http://own/b");
    assert_eq!(refused(&["--s3-endpoint", "here"]), "s3-endpoint: here is no http:// or https:// URL");
}

#[test]
fn buckets_of_tokens_are_awss_or_as_told() {
    assert_eq!(node(&[]).expect("valid").gateway.throttling, keepstep_gateway::Throttling::default());
    let told = node(&["--throttling", "aws", "--region", "eu-central-1", "--throttle", "StartExecution=5/2"]);
    let mut expected = keepstep_gateway::Throttling::aws("eu-central-1");
    expected.set("StartExecution=5/2").expect("a bucket");
    assert_eq!(told.expect("valid").gateway.throttling, expected);
    assert_eq!(refused(&["--throttle", "Start=1/1"]), "throttle: \"Start\" is no operation of the API");
}
