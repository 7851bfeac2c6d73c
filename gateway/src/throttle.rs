//! Token buckets for each account, region and operation, as AWS throttles its API: off unless configured, since whoever runs this server
//! has no need to protect it from themselves; what protects a node is always on ([`crate::Limits`]).
//!
//! Buckets belong to one gateway: behind a load balancer, the cluster as a whole allows as many times more as there are gateways.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::caller::Scope;
use crate::fault::Fault;
use crate::operation::Operation;

/// Accounts and regions of one operation that are remembered before those are forgotten whose bucket is full.
const REMEMBERED: usize = 1_024;

/// How much of one operation an account may ask for in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Requests at once.
    pub size: NonZeroU32,
    /// Requests in a second, on and on.
    pub refill: NonZeroU32,
}

/// Which operations are throttled, by name: none unless told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Throttling(BTreeMap<&'static str, Bucket>);

/// Buckets that make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThrottlingError {
    /// There is no such operation.
    #[error("{0:?} is no operation of the API")]
    Operation(String),
    /// Not two positive numbers.
    #[error("{0:?} is no bucket: expected OPERATION=SIZE/REFILL, both at least 1")]
    Bucket(String),
}

/// Size and refill of a bucket.
type Rate = (u32, u32);

/// AWS's defaults by operation: bucket size and refill rate in us-east-1, us-west-2 and eu-west-1, and in all other regions
/// (developer guide, "Quotas related to API action throttling"). StartSyncExecution has none, and those that aren't here aren't listed
/// there. StartExecution's are those of STANDARD state machines.
const AWS: [(&str, Rate, Rate); 33] = [
    ("CreateActivity", (100, 1), (100, 1)),
    ("CreateStateMachine", (100, 1), (100, 1)),
    ("CreateStateMachineAlias", (100, 1), (100, 1)),
    ("DeleteActivity", (100, 1), (100, 1)),
    ("DeleteStateMachine", (100, 1), (100, 1)),
    ("DeleteStateMachineAlias", (100, 1), (100, 1)),
    ("DeleteStateMachineVersion", (100, 1), (100, 1)),
    ("DescribeActivity", (200, 1), (200, 1)),
    ("DescribeExecution", (300, 15), (250, 10)),
    ("DescribeMapRun", (200, 1), (200, 1)),
    ("DescribeStateMachine", (200, 20), (200, 20)),
    ("DescribeStateMachineAlias", (200, 1), (200, 1)),
    ("DescribeStateMachineForExecution", (200, 1), (200, 1)),
    ("GetActivityTask", (3_000, 500), (1_500, 300)),
    ("GetExecutionHistory", (400, 20), (400, 20)),
    ("ListActivities", (100, 10), (100, 5)),
    ("ListExecutions", (200, 5), (100, 2)),
    ("ListMapRuns", (100, 1), (100, 1)),
    ("ListStateMachineAliases", (100, 1), (100, 1)),
    ("ListStateMachineVersions", (100, 1), (100, 1)),
    ("ListStateMachines", (100, 5), (100, 5)),
    ("ListTagsForResource", (100, 1), (100, 1)),
    ("PublishStateMachineVersion", (100, 1), (100, 1)),
    ("RedriveExecution", (1_300, 300), (800, 150)),
    ("SendTaskFailure", (3_000, 500), (1_500, 300)),
    ("SendTaskHeartbeat", (3_000, 500), (1_500, 300)),
    ("SendTaskSuccess", (3_000, 500), (1_500, 300)),
    ("StartExecution", (1_300, 300), (800, 150)),
    ("StopExecution", (1_000, 200), (500, 25)),
    ("TagResource", (200, 1), (200, 1)),
    ("UntagResource", (200, 1), (200, 1)),
    ("UpdateStateMachine", (100, 1), (100, 1)),
    ("UpdateStateMachineAlias", (100, 1), (100, 1)),
];

/// Regions with the larger buckets.
const LARGE_REGIONS: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

impl Throttling {
    /// AWS's defaults for a region.
    pub fn aws(region: &str) -> Self {
        let is_large = LARGE_REGIONS.contains(&region);
        let bucket = |(name, large, other): (&'static str, Rate, Rate)| {
            let (size, refill) = if is_large { large } else { other };
            Some((name, Bucket { size: NonZeroU32::new(size)?, refill: NonZeroU32::new(refill)? }))
        };
        Self(AWS.into_iter().filter_map(bucket).collect())
    }

    /// Sets the bucket of one operation: `OPERATION=SIZE/REFILL`.
    ///
    /// # Errors
    ///
    /// See [`ThrottlingError`].
    pub fn set(&mut self, text: &str) -> Result<(), ThrottlingError> {
        let malformed = || ThrottlingError::Bucket(text.to_owned());
        let (name, numbers) = text.split_once('=').ok_or_else(malformed)?;
        let (size, refill) = numbers.split_once('/').ok_or_else(malformed)?;
        let number = |text: &str| NonZeroU32::from_str(text.trim()).map_err(|_| malformed());
        let bucket = Bucket { size: number(size)?, refill: number(refill)? };
        let operation = Operation::named(name.trim());
        let operation = operation.ok_or_else(|| ThrottlingError::Operation(name.to_owned()))?;
        self.0.insert(operation.name(), bucket);
        Ok(())
    }
}

/// The buckets.
pub(crate) struct Throttle(BTreeMap<&'static str, Buckets>);

struct Buckets {
    limiter: RateLimiter<Scope, HashMapStateStore<Scope>, DefaultClock>,
    /// More than this are remembered only if their buckets aren't full.
    clear_at: AtomicUsize,
}

impl Throttle {
    pub(crate) fn new(throttling: &Throttling) -> Self {
        let buckets = |bucket: &Bucket| {
            let quota = Quota::per_second(bucket.refill).allow_burst(bucket.size);
            Buckets { limiter: RateLimiter::hashmap(quota), clear_at: AtomicUsize::new(REMEMBERED) }
        };
        Self(throttling.0.iter().map(|(name, bucket)| (*name, buckets(bucket))).collect())
    }

    /// Takes a token.
    ///
    /// # Errors
    ///
    /// ThrottlingException if there is none left.
    pub(crate) fn take(&self, operation: Operation, scope: &Scope) -> Result<(), Fault> {
        let Some(buckets) = self.0.get(operation.name()) else { return Ok(()) };
        let taken = buckets.limiter.check_key(scope).map_err(|_| Fault::throttled());
        buckets.forget();
        taken
    }
}

impl Buckets {
    /// Forgets those whose bucket is full, now and then, so that there are never many more than ask.
    fn forget(&self) {
        if self.limiter.len() > self.clear_at.load(Ordering::Relaxed) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
            self.clear_at.store(REMEMBERED.max(self.limiter.len() * 2), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(account: &str, region: &str) -> Scope {
        Scope { account: account.to_owned(), region: region.to_owned() }
    }

    fn throttle(texts: &[&str]) -> Throttle {
        let mut throttling = Throttling::default();
        texts.iter().for_each(|text| throttling.set(text).expect("a bucket"));
        Throttle::new(&throttling)
    }

    #[test]
    fn a_bucket_is_of_one_operation_account_and_region() {
        let throttle = throttle(&["StartExecution=3/1"]);
        let take = |operation, account, region| throttle.take(operation, &scope(account, region)).is_ok();
        for _ in 0..3 {
            assert!(take(Operation::StartExecution, "1", "r"));
        }
        assert!(!take(Operation::StartExecution, "1", "r"));
        assert!(take(Operation::StartExecution, "2", "r"));
        assert!(take(Operation::StartExecution, "1", "s"));
        assert!(take(Operation::StopExecution, "1", "r"), "isn't throttled");
    }

    #[test]
    fn who_asked_long_ago_is_forgotten() {
        // Buckets that are full again after a millionth of a second.
        let throttle = throttle(&["StartExecution=1/1000000"]);
        for account in 0..20 * REMEMBERED {
            let taken = throttle.take(Operation::StartExecution, &scope(&account.to_string(), "r"));
            taken.expect("its first");
        }
        let remembered = throttle.0["StartExecution"].limiter.len();
        assert!(remembered <= 2 * REMEMBERED, "{remembered}");
    }

    #[test]
    fn awss_buckets_are_of_operations_that_exist() {
        for (name, ..) in AWS {
            assert!(Operation::named(name).is_some(), "{name}");
        }
        let bucket = |region: &str| Throttling::aws(region).0["StartExecution"];
        let of = |size, refill| Bucket {
            size: NonZeroU32::new(size).expect("positive"),
            refill: NonZeroU32::new(refill).expect("positive"),
        };
        assert_eq!(bucket("us-east-1"), of(1_300, 300));
        assert_eq!(bucket("eu-central-1"), of(800, 150));
        assert_eq!(Throttling::aws("us-east-1").0.len(), AWS.len());
    }

    #[test]
    fn what_is_no_bucket_is_refused() {
        let table = [
            (
                "StartExecution",
                "\"StartExecution\" is no bucket: expected OPERATION=SIZE/REFILL, both at least 1",
            ),
            (
                "StartExecution=1",
                "\"StartExecution=1\" is no bucket: expected OPERATION=SIZE/REFILL, both at least 1",
            ),
            (
                "StartExecution=0/1",
                "\"StartExecution=0/1\" is no bucket: expected OPERATION=SIZE/REFILL, both at least 1",
            ),
            ("Start=1/1", "\"Start\" is no operation of the API"),
        ];
        for (text, expected) in table {
            let error = Throttling::default().set(text).expect_err("refused");
            assert_eq!(error.to_string(), expected);
        }
    }
}
