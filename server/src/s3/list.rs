//! `ListObjectsV2`, with what `object_store` leaves out of it.

use std::time::Duration;

use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use object_store::aws::{AmazonS3, AwsAuthorizer};
use object_store::client::{HttpClient, HttpRequestBody};
use serde::Deserialize;

use super::bucket::{Listed, Page, Pages};
use super::failure::answer_text;
use crate::url::escaped;

/// A thousand objects with keys of 1,024 characters, each escaped, stay below it.
const PAGE_BYTES_MAX: usize = 16 << 20;
const TRIES_MAX: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Who has to own the bucket.
pub(super) const OWNER_HEADER: HeaderName = HeaderName::from_static("x-amz-expected-bucket-owner");

/// The list of one bucket, over HTTP.
pub(super) struct List {
    /// Where the credentials come from; `None` for requests without a signature.
    pub(super) signer: Option<AmazonS3>,
    pub(super) http: HttpClient,
    pub(super) region: String,
    /// The bucket's.
    pub(super) url: String,
    pub(super) expected_owner: Option<HeaderValue>,
}

impl Pages for List {
    fn page<'f>(
        &'f self,
        prefix: &'f str,
        after: &'f str,
        max: Option<u32>,
    ) -> BoxFuture<'f, Result<Page, String>> {
        Box::pin(async move {
            let mut query = "list-type=2&encoding-type=url".to_owned();
            if let Some(max) = max {
                query.push_str(&format!("&max-keys={max}"));
            }
            for (name, value) in [("prefix", prefix), ("start-after", after)] {
                if !value.is_empty() {
                    query.push_str(&format!("&{name}={}", escaped(value)));
                }
            }
            let url = format!("{}?{query}", self.url);
            let mut pause = FIRST_PAUSE;
            let mut tries = 0;
            loop {
                tries += 1;
                match self.ask(&url).await {
                    Ok(page) => return Ok(page),
                    Err(Refused { is_final, text }) if is_final || tries == TRIES_MAX => return Err(text),
                    Err(_) => tokio::time::sleep(pause).await,
                }
                pause *= 2;
            }
        })
    }
}

struct Refused {
    is_final: bool,
    text: String,
}

impl Refused {
    fn for_now(text: impl ToString) -> Self {
        Self { is_final: false, text: format!("Unable to execute HTTP request: {}", text.to_string()) }
    }

    fn for_good(text: impl ToString) -> Self {
        Self { is_final: true, text: text.to_string() }
    }
}

impl List {
    async fn ask(&self, url: &str) -> Result<Page, Refused> {
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(url)
            .body(HttpRequestBody::empty())
            .map_err(Refused::for_good)?;
        if let Some(owner) = &self.expected_owner {
            request.headers_mut().insert(OWNER_HEADER, owner.clone());
        }
        if let Some(signer) = &self.signer {
            let credential = signer.credentials().get_credential().await.map_err(Refused::for_now)?;
            AwsAuthorizer::new(&credential, "s3", &self.region)
                .try_authorize(&mut request, None)
                .map_err(Refused::for_good)?;
        }
        let answer = self.http.execute(request).await.map_err(Refused::for_now)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, PAGE_BYTES_MAX).collect().await.map_err(Refused::for_now)?.to_bytes();
        if head.status.is_success() {
            return page(&body).map_err(Refused::for_good);
        }
        let is_transient = head.status.is_server_error() || head.status == StatusCode::TOO_MANY_REQUESTS;
        let text = answer_text(head.status.as_u16(), &String::from_utf8_lossy(&body));
        Err(Refused { is_final: !is_transient, text })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    encoding_type: Option<String>,
    #[serde(default)]
    contents: Vec<Contents>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Contents {
    key: String,
    last_modified: String,
    #[serde(default, rename = "ETag")]
    e_tag: String,
    size: u64,
    #[serde(default)]
    storage_class: Option<String>,
}

fn page(body: &[u8]) -> Result<Page, String> {
    let invalid = |what: &dyn std::fmt::Display| format!("S3's list of objects can't be read: {what}");
    let answer: Answer = quick_xml::de::from_reader(body).map_err(|error| invalid(&error))?;
    let is_escaped = answer.encoding_type.as_deref() == Some("url");
    let mut objects = Vec::with_capacity(answer.contents.len());
    for listed in answer.contents {
        let last_modified: jiff::Timestamp =
            listed.last_modified.parse().map_err(|error: jiff::Error| invalid(&error))?;
        let key = if is_escaped {
            unescaped(&listed.key).ok_or_else(|| invalid(&"a key is no UTF-8"))?
        } else {
            listed.key
        };
        objects.push(Listed {
            key,
            e_tag: listed.e_tag,
            last_modified: last_modified.as_second(),
            size: listed.size,
            storage_class: listed.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
        });
    }
    // A page without objects that claims to have a successor would be asked for without end.
    let is_last = !answer.is_truncated || objects.is_empty();
    Ok(Page { objects, is_last })
}

/// Undoes `encoding-type=url`, in which a space is a plus sign.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let mut decoded = [0];
                hex::decode_to_slice(digits, &mut decoded).ok()?;
                decoded[0]
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_what_s3_says_of_each_object() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix/><KeyCount>2</KeyCount>
            <MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
            <Contents><Key>a+%26%2Fb/</Key><LastModified>2022-11-17T15:04:41.000Z</LastModified><ETag>&quot;d41d8&quot;</ETag>
            <Size>0</Size><StorageClass>GLACIER</StorageClass></Contents>
            <Contents><Key>c</Key><LastModified>2022-11-17T15:04:42Z</LastModified><Size>5</Size></Contents>
            </ListBucketResult>"#;
        let listed = |key: &str, e_tag: &str, last_modified, size, class: &str| Listed {
            key: key.to_owned(),
            e_tag: e_tag.to_owned(),
            last_modified,
            size,
            storage_class: class.to_owned(),
        };
        assert_eq!(
            page(body.as_bytes()),
            Ok(Page {
                objects: vec![
                    listed("a &/b/", "\"d41d8\"", 1_668_697_481, 0, "GLACIER"),
                    listed("c", "", 1_668_697_482, 5, "STANDARD"),
                ],
                is_last: false,
            })
        );
    }

    #[test]
    fn an_empty_page_is_the_last_one_whatever_it_says() {
        let body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        assert_eq!(page(body.as_bytes()), Ok(Page { objects: vec![], is_last: true }));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for body in
            ["", "no", "<a>", "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>"]
        {
            assert!(page(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn keys_survive_escaping() {
        for key in ["", "plain", "a b+c%2B", "ü/€?&="] {
            assert_eq!(unescaped(&escaped(key)).as_deref(), Some(key));
        }
        assert_eq!(unescaped("%"), None);
        assert_eq!(unescaped("%zz"), None);
        assert_eq!(unescaped("%ff"), None);
    }
}
