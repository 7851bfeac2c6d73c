//! Signed requests from end to end, and the credentials file.

use std::path::Path;
use std::time::SystemTime;

use keepstep_proto::workflow::v1::{ListActivitiesRequest, ListActivitiesResponse};
use serde_json::json;

use super::*;
use crate::credentials::CredentialsFile;
use crate::sigv4::{Instant, sign};

const ID: &str = "AKIDEXAMPLE";

fn options(path: &Path) -> Options {
    Options { credentials: Some(path.to_owned()), ..any_port() }
}

fn toml(id: &str, secret: &str) -> String {
    format!(
        "[[credentials]]\naccess_key_id = '{id}'\nsecret_access_key = '{secret}'\naccount = '111111111111'\n"
    )
}

/// Lists activities, signed with a secret, and gives the status and the error's type and text.
async fn list(gateway: &Running, secret: &str) -> (u16, Value) {
    let date = Instant::of(SystemTime::now()).to_string();
    let headers =
        [("host", "localhost"), ("x-amz-date", &date), ("x-amz-target", "AWSStepFunctions.ListActivities")];
    let authorization = sign(ID, secret, "eu-west-1", &headers, b"{}");
    let answer = gateway
        .request("ListActivities", &[("X-Amz-Date", &date), ("Authorization", &authorization)], b"{}")
        .await;
    (answer.status, answer.json())
}

fn error(code: &str, message: &str) -> Value {
    json!({"__type": format!("com.amazon.coral.service#{code}"), "message": message})
}

#[tokio::test]
async fn signed_requests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    std::fs::write(&path, toml(ID, "secret")).unwrap();
    let fake = Fake::new(vec![Reply::answer(ListActivitiesResponse::default())]);
    let gateway = Running::start(options(&path), &fake).await;

    assert_eq!(list(&gateway, "secret").await, (200, json!({"activities": []})));
    let [request] = &fake.requests::<ListActivitiesRequest>()[..] else { panic!("one request") };
    let caller = request.caller.clone().unwrap();
    assert_eq!([caller.account.as_str(), &caller.region], ["111111111111", "eu-west-1"]);

    let (status, refused) = list(&gateway, "another").await;
    assert_eq!(
        (status, &refused["__type"]),
        (400, &json!("com.amazon.coral.service#InvalidSignatureException"))
    );

    let unsigned = gateway.call("ListActivities", "{}").await;
    let missing = error("MissingAuthenticationTokenException", "Missing Authentication Token");
    assert_eq!((unsigned.status, unsigned.json()), (400, missing));
    gateway.stop().await;
}

#[tokio::test]
async fn a_changed_file_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    std::fs::write(&path, toml(ID, "first")).unwrap();
    let fake = Fake::new((0..2).map(|_| Reply::answer(ListActivitiesResponse::default())).collect());
    let gateway = Running::start(options(&path), &fake).await;
    assert_eq!(list(&gateway, "first").await.0, 200);

    std::fs::write(&path, toml(ID, "the second")).unwrap();
    while list(&gateway, "the second").await.0 != 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(list(&gateway, "first").await.0, 400);
    gateway.stop().await;
}

#[test]
fn a_file_that_cannot_be_used_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    std::fs::write(&path, toml(ID, "secret")).unwrap();
    let file = CredentialsFile::open(path.clone()).unwrap();
    let check = |refreshed: Result<(), &str>, id: &str| {
        let found = file.refresh().map_err(|error| error.to_string());
        assert_eq!(found, refreshed.map_err(str::to_owned));
        assert!(file.current().find(id).is_some());
    };
    check(Ok(()), ID);
    std::fs::write(&path, b"\xff").unwrap();
    check(Err("the file is not UTF-8 text"), ID);
    check(Ok(()), ID);
    std::fs::remove_file(&path).unwrap();
    check(Err("No such file or directory (os error 2)"), ID);
    check(Ok(()), ID);
    std::fs::write(&path, toml("ANOTHER", "secret")).unwrap();
    check(Ok(()), "ANOTHER");
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, text: &[u8], expected: Result<&[&str], &str>| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let found = CredentialsFile::open(path).map(|file| {
            let set = file.current();
            [ID, "B"].into_iter().filter(|id| set.find(id).is_some()).collect::<Vec<_>>()
        });
        match expected {
            Ok(ids) => assert_eq!(found.ok().as_deref(), Some(ids)),
            Err(error) => assert_eq!(found.map_err(|found| found.to_string()), Err(error.to_owned())),
        }
    };
    check("a.toml", toml(ID, "s").as_bytes(), Ok(&[ID]));
    check("b.toml", (toml(ID, "s") + &toml("B", "t")).as_bytes(), Ok(&[ID, "B"]));
    check("c.toml", b"", Ok(&[]));
    check(
        "a.json",
        br#"[{"access_key_id":"B","secret_access_key":"s","account":"111111111111","session_token":"t"}]"#,
        Ok(&["B"]),
    );
    check(
        "d.toml",
        (toml("B", "s") + &toml("B", "t")).as_bytes(),
        Err("entry 2: access_key_id occurs twice"),
    );
    check("e.toml", toml("B", "").as_bytes(), Err("entry 1: secret_access_key is empty"));
    let id = "entry 1: access_key_id must be 1 to 128 letters, digits and underscores";
    check("f.toml", toml("B/C", "s").as_bytes(), Err(id));
    check("g.toml", b"\xff", Err("the file is not UTF-8 text"));
    check("b.json", b"[{]", Err("JSON error at byte 3: Syntax"));
    let account = toml("B", "s").replace("111111111111", "1");
    check("h.toml", account.as_bytes(), Err("entry 1: account must be twelve digits"));
}
