//! Tags of state machines and activities.

use keepstep_proto::workflow::v1::{
    Caller, ListTagsForResourceRequest, ListTagsForResourceResponse, Tag, TagResourceRequest,
    UntagResourceRequest,
};
use serde::Serialize;

use super::json;
use crate::arn::{self, Kind};
use crate::decode::{Members, Value};
use crate::fault::Fault;

/// The member `tags`. The model doesn't require a key, AWS does.
pub(super) fn tags(members: &mut Members) -> Result<Vec<Tag>, Fault> {
    let mut tags = Vec::new();
    for (index, value) in members.list("tags").into_iter().enumerate() {
        let Value::Structure(mut tag) = value else { continue };
        let Some(key) = tag.text("key") else {
            return Err(Fault::validation(format!(
                "1 validation error detected: Value null at 'tags.{}.member.key' failed to satisfy constraint: \
                 Member must not be null",
                index + 1
            )));
        };
        tags.push(Tag { key, value: tag.text("value").unwrap_or_default() });
    }
    Ok(tags)
}

fn checked_arn(members: &mut Members) -> Result<String, Fault> {
    let resource_arn = members.required_text("resourceArn");
    arn::check(&resource_arn, Kind::Taggable)?;
    Ok(resource_arn)
}

pub(super) fn add(mut members: Members, caller: Caller) -> Result<TagResourceRequest, Fault> {
    let resource_arn = checked_arn(&mut members)?;
    Ok(TagResourceRequest { caller: Some(caller), resource_arn, tags: tags(&mut members)? })
}

pub(super) fn remove(mut members: Members, caller: Caller) -> Result<UntagResourceRequest, Fault> {
    let resource_arn = checked_arn(&mut members)?;
    let key = |value| match value {
        Value::Text(key) => Some(key),
        _ => None,
    };
    let tag_keys = members.list("tagKeys").into_iter().filter_map(key).collect();
    Ok(UntagResourceRequest { caller: Some(caller), resource_arn, tag_keys })
}

pub(super) fn list(mut members: Members, caller: Caller) -> Result<ListTagsForResourceRequest, Fault> {
    Ok(ListTagsForResourceRequest { caller: Some(caller), resource_arn: checked_arn(&mut members)? })
}

pub(super) fn listed(answer: &ListTagsForResourceResponse) -> Vec<u8> {
    #[derive(Serialize)]
    struct Listed<'a> {
        tags: Vec<Shown<'a>>,
    }
    #[derive(Serialize)]
    struct Shown<'a> {
        key: &'a str,
        value: &'a str,
    }
    let tags = answer.tags.iter().map(|tag| Shown { key: &tag.key, value: &tag.value });
    json::body(&Listed { tags: tags.collect() })
}
