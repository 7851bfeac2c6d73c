//! Which errors a retrier or a catcher takes, and when a state is tried again.

use keepstep_asl::definition::{JitterStrategy, Retrier, State};

use super::interrupt::Failure;
use super::run::{Active, Run};

/// Whether `ErrorEquals` names a failure, as the developer guide's page "Handling errors in Step Functions workflows" says.
pub(super) fn matches(error_equals: &[String], failure: &Failure) -> bool {
    let error = failure.error.as_deref().unwrap_or_default();
    error_equals.iter().any(|name| match name.as_str() {
        _ if failure.ends_execution() => false,
        "States.ALL" => error != "States.DataLimitExceeded",
        "States.TaskFailed" => !matches!(error, "States.Timeout" | "States.DataLimitExceeded"),
        "States.HeartbeatTimeout" => failure.heartbeat || error == name,
        name => error == name,
    })
}

/// The first retrier that takes a failure, and its place.
pub(super) fn retrier<'s>(state: &'s State, failure: &Failure) -> Option<(usize, &'s Retrier)> {
    state.kind.retry().iter().enumerate().find(|(_, retrier)| matches(&retrier.error_equals, failure))
}

/// Counts a retry of the state and says when it is due, in milliseconds since the epoch; `None` if the state isn't tried again.
pub(super) fn due_ms(
    run: &mut Run<'_>,
    active: &mut Active,
    state: &State,
    failure: &Failure,
) -> Option<i64> {
    let (place, retrier) = retrier(state, failure)?;
    let retries = &mut active.branch.retries;
    if retries.len() <= place {
        retries.resize(place + 1, 0);
    }
    let used = retries.get_mut(place)?;
    if *used >= retrier.max_attempts {
        return None;
    }
    let mut delay_ms = delay_ms(retrier, *used);
    *used += 1;
    if retrier.jitter_strategy == JitterStrategy::Full {
        let mut bytes = [0; 8];
        run.desk.entropy.fill(&mut bytes);
        delay_ms = u64::from_be_bytes(bytes) % (delay_ms + 1);
    }
    run.note(|inspection| inspection.retry = Some((place, delay_ms)));
    Some(run.now_ms().saturating_add(i64::try_from(delay_ms).unwrap_or(i64::MAX)))
}

/// The longest delay, in milliseconds: longer than any execution runs.
const DELAY_MS_MAX: f64 = 1e14;

/// The delay before a retry, after so many others.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0 ..= 1e14, which a u64 holds"
)]
fn delay_ms(retrier: &Retrier, used: u64) -> u64 {
    if retrier.interval_seconds == 0 {
        // Nothing grows out of it, and its product with an endless factor would be no number.
        return 0;
    }
    let exponent = i32::try_from(used).unwrap_or(i32::MAX);
    let seconds = retrier.interval_seconds as f64 * retrier.backoff_rate.powi(exponent);
    let longest = retrier.max_delay_seconds.map_or(f64::INFINITY, |seconds| seconds as f64);
    (seconds.min(longest) * 1000.0).clamp(0.0, DELAY_MS_MAX) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_take_what_the_guide_says() {
        let cases = [
            ("States.ALL", "Custom", true),
            ("States.ALL", "States.Timeout", true),
            ("States.ALL", "States.Runtime", false),
            ("States.ALL", "States.DataLimitExceeded", false),
            ("States.DataLimitExceeded", "States.DataLimitExceeded", true),
            ("States.Runtime", "States.Runtime", false),
            ("States.TaskFailed", "Custom", true),
            ("States.TaskFailed", "States.Timeout", false),
            ("States.TaskFailed", "States.Runtime", false),
            ("Custom", "Custom", true),
            ("Custom", "custom", false),
        ];
        for (name, error, expected) in cases {
            let failure = Failure::new(error, "");
            assert_eq!(matches(&[name.to_owned()], &failure), expected, "{name} takes {error}");
        }
    }

    #[test]
    fn a_late_heartbeat_is_a_timeout_by_both_names() {
        let failure = Failure { error: Some("States.Timeout".into()), cause: None, heartbeat: true };
        for name in ["States.Timeout", "States.HeartbeatTimeout", "States.ALL"] {
            assert!(matches(&[name.to_owned()], &failure), "{name}");
        }
        assert!(!matches(&["States.TaskFailed".to_owned()], &failure));
    }

    #[test]
    fn delays_grow_to_their_bound() {
        let retrier = |max_delay_seconds| Retrier {
            error_equals: vec!["States.ALL".into()],
            interval_seconds: 3,
            max_attempts: 3,
            backoff_rate: 1.5,
            max_delay_seconds,
            jitter_strategy: JitterStrategy::None,
        };
        let delays = |retrier: Retrier| [0, 1, 2, 3, u64::MAX].map(|used| delay_ms(&retrier, used));
        assert_eq!(delays(retrier(None)), [3_000, 4_500, 6_750, 10_125, DELAY_MS_MAX as u64]);
        assert_eq!(delays(retrier(Some(6))), [3_000, 4_500, 6_000, 6_000, 6_000]);
        assert_eq!(delays(Retrier { interval_seconds: 0, ..retrier(None) }), [0; 5]);
    }
}
