//! Tasks of activities: workers, retries, catchers, clocks.

use bytes::Bytes;
use keepstep_engine::ApiError;
use keepstep_engine::id::{ExecutionId, RequestId};
use keepstep_engine::record::outcome::Answer;
use keepstep_engine::stimulus::{Arrival, Stimulus};
use keepstep_engine::task_token::TaskToken;

use crate::harness::{ACTIVITY_ARN, Do, EXECUTION_ARN, World, activity_id, check};

/// A Task, and a state for its catchers.
fn task(fields: &str) -> String {
    let caught = if fields.contains("Catch") { r#","C":{"Type":"Succeed"}"# } else { "" };
    format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{ACTIVITY_ARN}"{fields},"End":true}}{caught}}}}}"#
    )
}

#[test]
fn a_worker_does_the_work() {
    check(
        &task(r#","Parameters":{"p.$":"$.a"},"ResultSelector":{"s.$":"$.r"},"ResultPath":"$.t""#),
        r#"{"a":1}"#,
        &[Do::Take, Do::Succeed(r#"{"r":[1, 2]}"#)],
        r#"
        1<0 ExecutionStarted input={"a":1}
        2<0 TaskStateEntered name=T input={"a":1}
        3<2 ActivityScheduled resource=a input={"p":1}
        4<3 ActivityStarted name=w
        5<4 ActivitySucceeded output={"r":[1, 2]}
        6<5 TaskStateExited name=T output={"a":1,"t":{"s":[1,2]}}
        7<6 ExecutionSucceeded output={"a":1,"t":{"s":[1,2]}}
        "#,
    );
}

#[test]
fn a_failure_is_retried_then_caught() {
    check(
        &task(
            r#","Retry":[{"ErrorEquals":["E"],"IntervalSeconds":2,"MaxAttempts":1}],
               "Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.err","Next":"C"}]"#,
        ),
        "{}",
        &[Do::Take, Do::Fail(Some("E"), Some("one")), Do::Pass(2000), Do::Take, Do::Fail(Some("E"), None)],
        r#"
        1<0 ExecutionStarted input={}
        2<0 TaskStateEntered name=T input={}
        3<2 ActivityScheduled resource=a input={}
        4<3 ActivityStarted name=w
        5<4 ActivityFailed error=E cause=one
        6<5 ActivityScheduled resource=a input={}
        7<6 ActivityStarted name=w
        8<7 ActivityFailed error=E
        9<8 TaskStateExited name=T output={"err":{"Error":"E","Cause":""}}
        10<9 SucceedStateEntered name=C input={"err":{"Error":"E","Cause":""}}
        11<10 SucceedStateExited name=C output={"err":{"Error":"E","Cause":""}}
        12<11 ExecutionSucceeded output={"err":{"Error":"E","Cause":""}}
        "#,
    );
}

#[test]
fn retry_count_is_in_the_context_object() {
    let mut world = World::with(&task(
        r#","Parameters":{"n.$":"$$.State.RetryCount"},"Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":2}]"#,
    ));
    let request = world.request("e", "{}");
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    for retries in 0..3 {
        assert!(
            world
                .history(execution)
                .last()
                .is_some_and(|line| line.ends_with(&format!(r#"input={{"n":{retries}}}"#)))
        );
        world.act(execution, &Do::Take);
        world.act(execution, &Do::Fail(None, None));
        world.pass_until_end(execution);
    }
    assert_eq!(world.history(execution).last().map(String::as_str), Some("12<11 ExecutionFailed"));
}

#[test]
fn the_clock_of_a_task_starts_with_its_worker() {
    check(
        &task(r#","TimeoutSeconds":5,"HeartbeatSeconds":2"#),
        "{}",
        &[
            Do::Pass(100_000),
            Do::Take,
            Do::Pass(1_500),
            Do::Beat,
            Do::Pass(1_500),
            Do::Beat,
            Do::Pass(1_900),
            Do::Beat,
        ],
        r#"
        1<0 ExecutionStarted input={}
        2<0 TaskStateEntered name=T input={}
        3<2 ActivityScheduled resource=a timeout=5 heartbeat=2 input={}
        4<3 ActivityStarted name=w
        5<4 ActivityTimedOut error=States.Timeout
        6<5 ExecutionFailed error=States.Timeout
        "#,
    );
}

#[test]
fn a_late_heartbeat_can_be_caught_by_its_name() {
    check(
        &task(
            r#","TimeoutSecondsPath":"$.t","HeartbeatSecondsPath":"$.h","Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"C"}]"#,
        ),
        r#"{"t":9,"h":1}"#,
        &[Do::Take, Do::Pass(1_000)],
        r#"
        1<0 ExecutionStarted input={"t":9,"h":1}
        2<0 TaskStateEntered name=T input={"t":9,"h":1}
        3<2 ActivityScheduled resource=a timeout=9 heartbeat=1 input={"t":9,"h":1}
        4<3 ActivityStarted name=w
        5<4 ActivityTimedOut error=States.Timeout
        6<5 TaskStateExited name=T output={"Error":"States.Timeout","Cause":""}
        7<6 SucceedStateEntered name=C input={"Error":"States.Timeout","Cause":""}
        8<7 SucceedStateExited name=C output={"Error":"States.Timeout","Cause":""}
        9<8 ExecutionSucceeded output={"Error":"States.Timeout","Cause":""}
        "#,
    );
}

#[test]
fn an_activity_that_does_not_exist_fails_the_task() {
    let arn = "arn:aws:states:us-east-1:123456789012:activity:nobody";
    check(
        &format!(r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{arn}","End":true}}}}}}"#),
        "{}",
        &[],
        &format!(
            r#"
            1<0 ExecutionStarted input={{}}
            2<0 TaskStateEntered name=T input={{}}
            3<2 ActivityScheduleFailed error=ActivityDoesNotExist cause=Activity Does Not Exist: '{arn}'
            4<3 ExecutionFailed error=ActivityDoesNotExist cause=Activity Does Not Exist: '{arn}'
            "#
        ),
    );
}

#[test]
fn waiting_tasks_lie_in_their_activitys_queue() {
    let mut world = World::with(&task(""));
    let request = world.request("e", "{}");
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    let waiting = world.waiting();
    let [(waiting, 1)] = waiting[..] else { panic!("one task of the first attempt: {waiting:?}") };
    assert_eq!((waiting.activity, waiting.execution), (activity_id(), execution));
    world.act(execution, &Do::Take);
    assert_eq!(world.waiting(), []);
}

/// What API calls with tokens come to that aren't those of a task under way.
#[test]
fn old_and_wrong_tokens_complete_nothing() {
    let mut world = World::with(&task(r#","Retry":[{"ErrorEquals":["E"],"IntervalSeconds":1}]"#));
    let request = world.request("e", "{}");
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    let over =
        || Err(ApiError::new("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"));
    let send = |world: &mut World, token| {
        world.deliver(execution, Stimulus::TaskSucceeded { token, output: Bytes::from_static(b"1") })
    };
    world.act(execution, &Do::Take);
    let old = world.token.expect("a task was taken");
    world.act(execution, &Do::Fail(Some("E"), None));
    assert_eq!(send(&mut world, old), over());
    world.act(execution, &Do::Pass(1_000));
    assert_eq!(send(&mut world, old), over(), "the second attempt waits for a worker");
    world.act(execution, &Do::Take);
    assert_eq!(send(&mut world, old), over());
    let wrong = TaskToken { nonce: [0; 16], ..world.token.expect("a task was taken") };
    assert_eq!(send(&mut world, wrong), Err(ApiError::invalid_token()));
    world.act(execution, &Do::Succeed("2"));
    let used = world.token.expect("a task was taken");
    assert_eq!(send(&mut world, used), over());
    assert_eq!(world.history(execution).last().map(String::as_str), Some("10<9 ExecutionSucceeded output=2"));
    let nowhere = TaskToken { execution: ExecutionId::of_arn("nowhere"), ..used };
    let reply = world.deliver(nowhere.execution, Stimulus::Heartbeat { token: nowhere });
    assert_eq!(reply.map_err(|error| error.code), Err("TaskDoesNotExist"));
}

#[test]
fn a_call_that_is_repeated_gets_its_first_answer() {
    let mut world = World::with(&task(""));
    let request = world.request("e", "{}");
    let execution = ExecutionId::of_arn(&world.start(&request).expect("it starts").arn);
    let (waiting, attempt) = world.waiting()[0];
    let arrival = |id: u8, stimulus| Arrival { request: Some(RequestId::from_bytes([id; 16])), stimulus };
    let poll = arrival(1, Stimulus::HandOut { branch: waiting.branch, attempt, worker_name: None });
    let first = world.arrive(execution, poll.clone());
    assert_eq!(world.arrive(execution, poll.clone()), first);
    let second_poll = Arrival { request: Some(RequestId::from_bytes([2; 16])), ..poll };
    assert_eq!(world.arrive(execution, second_poll).map_err(|error| error.code), Err("TaskTimedOut"));
    let Ok(Answer::HandedOut(handed_out)) = first else { panic!("a task is handed out: {first:?}") };
    let token = TaskToken::decode(&handed_out.task_token).expect("a token");
    let success = arrival(3, Stimulus::TaskSucceeded { token, output: Bytes::from_static(b"1") });
    let answer = world.arrive(execution, success.clone());
    let commits = world.transactions.len();
    assert!(answer.is_ok());
    assert_eq!(world.arrive(execution, success), answer);
    assert_eq!(world.transactions.len(), commits);
    assert_eq!(handed_out.execution, ExecutionId::of_arn(EXECUTION_ARN).as_bytes()[..]);
}
