//! AWS's published vectors, and a table of what a signed request of this service may and may not be.

use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::*;

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TIME: &str = "20150830T123600Z";

fn headers(list: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    let mut map = HeaderMap::new();
    for (name, value) in list.iter().map(pair) {
        map.append(name, value);
    }
    map
}

fn signature(signed: Signed<'_>, secret: &str, signed_headers: &str, date: &str, scope: &str) -> String {
    let canonical = canonical::request(signed, signed_headers, &hex::encode(Sha256::digest(signed.body)));
    let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
    let [day, region, service, _] = scope.split('/').collect::<Vec<_>>()[..] else { panic!("{scope}") };
    let key = signing_key::derive(secret, day, region, service);
    hex::encode(signing_key::hmac(&key, format!("{ALGORITHM}\n{date}\n{scope}\n{hash}").as_bytes()))
}

/// The `Authorization` header of a `POST /` to this service with these headers, which are in order and have `x-amz-date`.
pub(crate) fn sign(id: &str, secret: &str, region: &str, list: &[(&str, &str)], body: &[u8]) -> String {
    let map = headers(list);
    let signed = Signed { method: "POST", path: "/", query: "", headers: &map, authority: None, body };
    let names = list.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let date = map[DATE].to_str().unwrap();
    let scope = format!("{}/{region}/{SERVICE}/{TERMINATOR}", &date[..8]);
    let signature = signature(signed, secret, &names, date, &scope);
    format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
}

/// From AWS's Signature Version 4 test suite.
#[test]
fn published_vectors() {
    let scope = "20150830/us-east-1/service/aws4_request";
    let host = ("Host", "example.amazonaws.com");
    let date = ("X-Amz-Date", TIME);
    let check = |method, target: &str, list: &[(&str, &str)], signed_headers, body: &str, expected| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let map = headers(list);
        let signed = Signed { method, path, query, headers: &map, authority: None, body: body.as_bytes() };
        assert_eq!(
            signature(signed, SECRET, signed_headers, TIME, scope),
            expected,
            "{method} {target} {list:?}"
        );
    };
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let plain = "host;x-amz-date";
    check("GET", "/", &[host, date], plain, "", vanilla);
    check("GET", "/example/..", &[host, date], plain, "", vanilla);
    check("GET", "/./", &[host, date], plain, "", vanilla);
    check(
        "GET",
        "/?Param2=value2&Param1=value1",
        &[host, date],
        plain,
        "",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    );
    check(
        "GET",
        "/?%E1%88%B4=bar",
        &[host, date],
        plain,
        "",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    );
    check(
        "POST",
        "/",
        &[host, date],
        plain,
        "",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    );
    check(
        "GET",
        "/",
        &[host, ("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1"), date],
        "host;my-header1;x-amz-date",
        "",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    );
    check(
        "GET",
        "/",
        &[host, ("My-Header1", " value1"), ("My-Header2", " \"a   b   c\""), date],
        "host;my-header1;my-header2;x-amz-date",
        "",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    );
    check(
        "POST",
        "/",
        &[host, ("Content-Type", "application/x-www-form-urlencoded"), date],
        "content-type;host;x-amz-date",
        "Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    );
}

/// From AWS's 'Examples of how to derive a signing key'.
#[test]
fn published_signing_key() {
    let key = signing_key::derive(SECRET, "20120215", "us-east-1", "iam");
    assert_eq!(hex::encode(key), "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
}

/// A signed request of this service, before anybody meddles with it.
struct Case {
    id: &'static str,
    scope: &'static str,
    date: Option<&'static str>,
    headers: Vec<(&'static str, &'static str)>,
    signed_headers: &'static str,
    body: &'static str,
    authority: Option<&'static str>,
    /// Instead of the body that was signed.
    sent_body: Option<&'static str>,
    /// Instead of the header that follows from all this.
    authorization: Option<&'static str>,
    now: &'static str,
    regions: Vec<String>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            id: ID,
            scope: "20150830/us-east-1/states/aws4_request",
            date: Some(TIME),
            headers: vec![
                ("Host", "127.0.0.1:8083"),
                ("X-Amz-Target", "AWSStepFunctions.ListActivities"),
                ("Content-Type", "application/x-amz-json-1.0"),
            ],
            signed_headers: "content-type;host;x-amz-date;x-amz-target",
            body: "{}",
            authority: None,
            sent_body: None,
            authorization: None,
            now: TIME,
            regions: Vec::new(),
        }
    }
}

fn credential(id: &str, token: Option<&str>) -> Credential {
    Credential {
        access_key_id: id.to_owned(),
        secret_access_key: SECRET.to_owned(),
        account: "111111111111".to_owned(),
        session_token: token.map(str::to_owned),
    }
}

impl Case {
    fn verify(self) -> Result<String, Error> {
        let mut list = self.headers;
        list.extend(self.date.map(|date| ("X-Amz-Date", date)));
        let map = headers(&list);
        let signed = Signed {
            method: "POST",
            path: "/",
            query: "",
            headers: &map,
            authority: self.authority,
            body: self.body.as_bytes(),
        };
        let signature = match self.scope.split('/').count() {
            4 => signature(signed, SECRET, self.signed_headers, self.date.unwrap_or_default(), self.scope),
            _ => String::new(),
        };
        let authorization = self.authorization.map(str::to_owned).unwrap_or_else(|| {
            let (id, scope, names) = (self.id, self.scope, self.signed_headers);
            format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
        });
        let mut sent_headers = map.clone();
        if !authorization.is_empty() {
            sent_headers.insert("authorization", HeaderValue::from_str(&authorization).unwrap());
        }
        let credentials =
            Credentials::new(vec![credential(ID, None), credential("ASIATOKEN", Some("the token"))]).unwrap();
        let sent =
            Signed { headers: &sent_headers, body: self.sent_body.unwrap_or(self.body).as_bytes(), ..signed };
        let policy = Policy { regions: &self.regions, skew_seconds: 300 };
        let now = Instant::parse(self.now).unwrap();
        // Twice: the second time the signing key may be a kept one.
        let first = verify(sent, &credentials, policy, now).map(|credential| credential.account.clone());
        let second = verify(sent, &credentials, policy, now).map(|credential| credential.account.clone());
        assert_eq!(first, second);
        first
    }
}

#[test]
fn good_requests() {
    let token = ("X-Amz-Security-Token", "the token");
    let with_token = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
    let mut token_headers = Case::default().headers;
    token_headers.push(token);
    let cases = [
        Case::default(),
        Case { now: "20150830T124100Z", ..Case::default() },
        Case { now: "20150830T123100Z", ..Case::default() },
        Case { regions: vec!["us-east-1".to_owned()], ..Case::default() },
        Case { scope: "20150830/eu-west-1/states/aws4_request", ..Case::default() },
        Case { id: "ASIATOKEN", headers: token_headers, signed_headers: with_token, ..Case::default() },
        // HTTP/2 has no Host header.
        Case {
            headers: vec![("X-Amz-Target", "t")],
            signed_headers: "host;x-amz-date;x-amz-target",
            authority: Some("localhost:8083"),
            ..Case::default()
        },
    ];
    for case in cases {
        assert_eq!(case.verify(), Ok("111111111111".to_owned()));
    }
}

#[test]
fn refused_requests() {
    let incomplete = |text: &str| Error::Incomplete(text.to_owned());
    let invalid = |text: &str| Error::Invalid(text.to_owned());
    let check = |case: Case, expected: Error| assert_eq!(case.verify(), Err(expected));
    check(Case { authorization: Some(""), ..Case::default() }, Error::Missing);
    check(
        Case { authorization: Some("Basic eDp5"), ..Case::default() },
        incomplete("Unsupported AWS 'algorithm': it must be 'AWS4-HMAC-SHA256'."),
    );
    check(
        Case { authorization: Some("AWS4-HMAC-SHA256 Credential=a/b/c/d/e"), date: None, ..Case::default() },
        incomplete(
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
             Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        ),
    );
    check(
        Case {
            authorization: Some("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0"),
            ..Case::default()
        },
        incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c'",
        ),
    );
    check(
        Case {
            authorization: Some(
                "AWS4-HMAC-SHA256 Credential=a, Credential=b, SignedHeaders=host, Signature=0",
            ),
            ..Case::default()
        },
        incomplete("Authorization header has 'Credential' twice."),
    );
    check(
        Case { date: Some("20150830"), ..Case::default() },
        incomplete(
            "Date must be in ISO-8601 'basic format'. Got '20150830'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
    );
    check(
        Case { scope: "20150829/us-east-1/iam/aws5_request", ..Case::default() },
        invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', \
             from '20150830T123600Z'. Credential should be scoped to correct service: 'states', not 'iam'. Credential should be \
             scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
    );
    check(
        Case { regions: vec!["eu-west-1".to_owned()], ..Case::default() },
        invalid("Credential should be scoped to a valid region, not 'us-east-1'."),
    );
    check(
        Case { now: "20150830T124101Z", ..Case::default() },
        invalid(
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)",
        ),
    );
    check(
        Case { now: "20150830T123059Z", ..Case::default() },
        invalid(
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
        ),
    );
    check(
        Case { signed_headers: "content-type;x-amz-date;x-amz-target", ..Case::default() },
        invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
    );
    check(
        Case { signed_headers: "content-type;host;x-amz-date", ..Case::default() },
        invalid("'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."),
    );
    check(Case { id: "AKIDUNKNOWN", ..Case::default() }, Error::Unrecognized);
    check(Case { id: "ASIATOKEN", ..Case::default() }, Error::Unrecognized);
}

#[test]
fn a_changed_request_shows_what_should_have_been_signed() {
    let Err(Error::Invalid(text)) = (Case { sent_body: Some("{ }"), ..Case::default() }).verify() else {
        panic!("the signature is of another body");
    };
    let expected = format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have \
         been\n'POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:127.0.0.1:8083\nx-amz-date:20150830T123600Z\n\
         x-amz-target:AWSStepFunctions.ListActivities\n\ncontent-type;host;x-amz-date;x-amz-target\n{}'",
        hex::encode(Sha256::digest(b"{ }"))
    );
    assert!(text.starts_with(&expected), "{text}");
    let string_to_sign = "\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/states/aws4_request\n";
    assert!(text.contains(string_to_sign), "{text}");
}
