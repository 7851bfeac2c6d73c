//! Tags: add, remove, list.

use super::*;

#[tokio::test]
async fn tags() {
    check(
        "TagResource",
        json!({"resourceArn": MACHINE, "tags": [{"key": "k", "value": "v"}]}),
        |caller| TagResourceRequest {
            caller,
            resource_arn: text(MACHINE),
            tags: vec![Tag { key: text("k"), value: text("v") }],
        },
        TagResourceResponse {},
        json!({}),
    )
    .await;
    check(
        "UntagResource",
        json!({"resourceArn": ACTIVITY, "tagKeys": ["k", "l"]}),
        |caller| UntagResourceRequest {
            caller,
            resource_arn: text(ACTIVITY),
            tag_keys: vec![text("k"), text("l")],
        },
        UntagResourceResponse {},
        json!({}),
    )
    .await;
    check(
        "ListTagsForResource",
        json!({"resourceArn": MACHINE}),
        |caller| ListTagsForResourceRequest { caller, resource_arn: text(MACHINE) },
        ListTagsForResourceResponse { tags: vec![Tag { key: text("k"), value: text("v") }] },
        json!({"tags": [{"key": "k", "value": "v"}]}),
    )
    .await;
}
