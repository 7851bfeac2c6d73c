//! What goes over the wire, and what comes back.

use http::{Response, StatusCode, header};
use object_store::{GetOptions, GetRange};

use super::{BucketName, Config, Stores, service_text};
use crate::http_stub;

fn stores(endpoint: &str, credentials: &[(&str, &str)]) -> Stores {
    let variable = |name: &str| {
        credentials.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    Stores::new(Config::new(Some(endpoint), "eu-west-1", variable).expect("valid"))
}

fn name(expected_owner: Option<&str>) -> BucketName {
    BucketName { name: "bucket".to_owned(), expected_owner: expected_owner.map(str::to_owned) }
}

fn list() -> Response<&'static str> {
    Response::new("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
}

fn object() -> Response<&'static str> {
    Response::builder()
        .status(StatusCode::PARTIAL_CONTENT)
        .header(header::ETAG, "\"tag\"")
        .header(header::LAST_MODIFIED, "Thu, 17 Nov 2022 15:04:41 GMT")
        .header(header::CONTENT_RANGE, "bytes 2-4/5")
        .body("cde")
        .expect("a response")
}

fn header<'h>(head: &'h http::request::Parts, name: &str) -> Option<&'h str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

#[tokio::test]
async fn an_endpoint_without_credentials_gets_plain_requests() {
    let (url, seen) = http_stub::start(list).await;
    let bucket = stores(&url, &[]).bucket(&name(None)).expect("a bucket");
    bucket.pages.page("a b/", "a b/ü", Some(7)).await.expect("a page");
    let seen = seen.lock().expect("no panic");
    let [(head, _)] = seen.as_slice() else { panic!("one request") };
    assert_eq!(
        head.uri,
        "/bucket?list-type=2&encoding-type=url&max-keys=7&prefix=a%20b%2F&start-after=a%20b%2F%C3%BC"
    );
    assert_eq!(header(head, "authorization"), None);
}

#[tokio::test]
async fn everything_that_is_asked_is_signed() {
    let credentials =
        [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_SESSION_TOKEN", "token")];
    let (list_url, listed) = http_stub::start(list).await;
    let bucket = stores(&list_url, &credentials).bucket(&name(Some("123456789012"))).expect("a bucket");
    bucket.pages.page("", "", None).await.expect("a page");
    let (object_url, read) = http_stub::start(object).await;
    let bucket = stores(&object_url, &credentials).bucket(&name(Some("123456789012"))).expect("a bucket");
    let options = GetOptions {
        range: Some(GetRange::Offset(2)),
        if_match: Some("\"tag\"".to_owned()),
        version: Some("v1".to_owned()),
        ..GetOptions::default()
    };
    let path = bucket.path("a b/ü").expect("a path");
    let result = bucket.objects.get_opts(&path, options).await.expect("an object");
    assert_eq!(result.bytes().await.expect("bytes"), "cde");

    let requests = [&listed, &read].map(|seen| seen.lock().expect("no panic").remove(0).0);
    let uris = requests.each_ref().map(|head| head.uri.to_string());
    assert_eq!(uris, ["/bucket?list-type=2&encoding-type=url", "/bucket/a%20b/%C3%BC?versionId=v1"]);
    for head in &requests {
        let authorization = header(head, "authorization").expect("a signature");
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=id/"), "{authorization}");
        assert!(authorization.contains("/eu-west-1/s3/aws4_request"), "{authorization}");
        assert!(authorization.contains("x-amz-expected-bucket-owner"), "{authorization}");
        assert_eq!(header(head, "x-amz-expected-bucket-owner"), Some("123456789012"));
        assert_eq!(header(head, "x-amz-security-token"), Some("token"));
    }
    let [_, head] = &requests;
    assert_eq!(header(head, "range"), Some("bytes=2-"));
    assert_eq!(header(head, "if-match"), Some("\"tag\""));
}

#[tokio::test]
async fn refusals_are_told_in_s3s_words() {
    let (url, _) = http_stub::start(|| {
        Response::builder()
            .status(StatusCode::NOT_FOUND)
            .body("<Error><Code>NoSuchBucket</Code><Message>It isn't there</Message></Error>")
            .expect("a response")
    })
    .await;
    let expected = "It isn't there (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; Request ID: null; S3 \
                    Extended Request ID: null; Proxy: null)";
    let bucket = stores(&url, &[]).bucket(&name(None)).expect("a bucket");
    assert_eq!(bucket.pages.page("", "", None).await, Err(expected.to_owned()));
    let path = bucket.path("key").expect("a path");
    let error = bucket.objects.get_opts(&path, GetOptions::default()).await.expect_err("refused");
    assert_eq!(service_text(&error), expected);
}

#[tokio::test]
async fn half_of_the_credentials_is_none() {
    let stores = stores("http://127.0.0.1:9", &[("AWS_ACCESS_KEY_ID", "id")]);
    let error = stores.bucket(&name(None)).err().expect("refused");
    assert!(error.contains("SecretAccessKey"), "{error}");
}

#[test]
fn names_and_keys_that_would_lead_elsewhere_are_refused() {
    let stores = stores("http://127.0.0.1:9", &[]);
    for bucket in ["", ".", "..", "a/b", "a@b", "a?b", "a#b", "a b", "ü", &"x".repeat(256)] {
        let bucket = BucketName { name: bucket.to_owned(), expected_owner: None };
        assert!(stores.bucket(&bucket).is_err(), "{bucket:?}");
    }
    let bucket = stores.bucket(&name(None)).expect("a bucket");
    for key in ["", "/", "a/", "/a", "a//b", "./a", "a/../b"] {
        assert!(bucket.path(key).is_err(), "{key}");
    }
    assert!(stores.bucket(&name(Some("a\nb"))).is_err());
}
