//! Activities and the polls of their workers.

use super::*;

#[tokio::test]
async fn activities() {
    check(
        "CreateActivity",
        json!({"name": "a", "tags": []}),
        |caller| CreateActivityRequest { caller, name: text("a"), tags: Vec::new() },
        CreateActivityResponse { activity_arn: text(ACTIVITY), creation_date_ms: 1_000 },
        json!({"activityArn": ACTIVITY, "creationDate": 1.0}),
    )
    .await;
    let body = json!({"activityArn": ACTIVITY});
    check(
        "DescribeActivity",
        body.clone(),
        |caller| DescribeActivityRequest { caller, activity_arn: text(ACTIVITY) },
        DescribeActivityResponse { activity_arn: text(ACTIVITY), name: text("a"), creation_date_ms: 1_000 },
        json!({
            "activityArn": ACTIVITY, "name": "a", "creationDate": 1.0,
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        }),
    )
    .await;
    check(
        "DeleteActivity",
        body,
        |caller| DeleteActivityRequest { caller, activity_arn: text(ACTIVITY) },
        DeleteActivityResponse {},
        json!({}),
    )
    .await;
}
