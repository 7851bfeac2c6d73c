//! DescribeActivity.

use crate::api_error::{ApiError, Refusal};
use crate::arn::ActivityArn;
use crate::desk::Caller;
use crate::record::Activity;
use crate::view::{self, View};

/// An activity.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityDetail {
    /// Its name.
    pub name: String,
    /// Its record.
    pub activity: Activity,
}

impl ActivityDetail {
    /// An activity, named as its stored ARN says.
    pub(super) fn new(activity: Activity) -> Self {
        let name = ActivityArn::parse(&activity.arn).map(|arn| arn.name.to_owned()).unwrap_or_default();
        Self { name, activity }
    }
}

/// The activity of that ARN.
///
/// # Errors
///
/// `ActivityDoesNotExist`, `InvalidArn`.
pub fn describe_activity(view: &dyn View, caller: &Caller, arn: &str) -> Result<ActivityDetail, Refusal> {
    let missing = || ApiError::activity_does_not_exist(arn);
    let key = ActivityArn::parse(arn)?.key(caller)?.ok_or_else(missing)?;
    let activity: Option<Activity> = view::record(view, &key)?;
    Ok(ActivityDetail::new(activity.ok_or_else(missing)?))
}
