//! What outputs of service tasks say of the HTTP answer behind them, as AWS's SDK for Java shows it.

use serde_json::{Map, Value};

/// A header of an answer.
pub(crate) struct Header {
    name: String,
    value: String,
}

impl Header {
    pub(crate) fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned() }
    }
}

/// The member `SdkHttpMetadata`.
pub(crate) fn http_metadata(headers: &[Header], status: u16) -> Value {
    let mut all: Map<String, Value> = Map::new();
    let mut single: Map<String, Value> = Map::new();
    for Header { name, value } in headers {
        if let Some(Value::Array(values)) = all.get_mut(name) {
            values.push(value.as_str().into());
        } else {
            all.insert(name.clone(), Value::Array(vec![value.as_str().into()]));
            single.insert(name.clone(), value.as_str().into());
        }
    }
    let mut metadata = Map::new();
    metadata.insert("AllHttpHeaders".to_owned(), Value::Object(all));
    metadata.insert("HttpHeaders".to_owned(), Value::Object(single));
    metadata.insert("HttpStatusCode".to_owned(), status.into());
    Value::Object(metadata)
}

/// The member `SdkResponseMetadata`.
pub(crate) fn response_metadata(request_id: &str) -> Value {
    let mut metadata = Map::new();
    metadata.insert("RequestId".to_owned(), request_id.into());
    Value::Object(metadata)
}

/// The cause of a service's error, as optimised integrations show it.
pub(crate) fn optimised_cause(
    message: &str,
    service: &str,
    status: u16,
    code: &str,
    request_id: &str,
) -> String {
    format!(
        "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
    )
}

/// A time as the header `Date` shows it (RFC 9110, "Date/Time Formats"), from milliseconds since the epoch.
pub(crate) fn http_date(time_ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time_ms.div_euclid(1_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // From days to a date: years are counted from March, so that a leap day is a year's last.
    let since = days + 719_468;
    let (era, day_of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = year_of_era + era * 400 + i64::from(month < 2);
    let name = |names: &[&'static str], index: i64| {
        usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
    };
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days.rem_euclid(7)),
        name(&MONTHS, month),
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        let check = |time_ms, expected| assert_eq!(http_date(time_ms), expected);
        check(0, "Thu, 01 Jan 1970 00:00:00 GMT");
        check(784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT");
        check(951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT");
        check(1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 GMT");
        check(1_735_689_599_000, "Tue, 31 Dec 2024 23:59:59 GMT");
    }

    #[test]
    fn a_repeated_header_is_listed_whole() {
        let headers = [Header::new("a", "1"), Header::new("a", "2"), Header::new("b", "3")];
        assert_eq!(
            http_metadata(&headers, 202),
            serde_json::json!({
                "AllHttpHeaders": {"a": ["1", "2"], "b": ["3"]},
                "HttpHeaders": {"a": "1", "b": "3"},
                "HttpStatusCode": 202
            })
        );
    }
}
