//! What waits in outboxes when executions start and end, what it says, and how it goes away.

use keepstep_engine::command::sweep::Progress;
use keepstep_engine::id::{ExecutionId, OutboxId, Timestamp};
use keepstep_engine::key::{self, Outgoing};
use keepstep_engine::outbox::{self, Outbox, Payloads};
use keepstep_engine::record::Head;
use keepstep_engine::{Effect, View};

use crate::harness::{Do, EPOCH_MS, EXECUTION_ARN, World};

const WAIT: &str =
    r#"{"TimeoutSeconds":9,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}"#;

fn outbox(name: &str) -> Outbox {
    Outbox { id: OutboxId::of_target(name), is_full: false }
}

fn waiting(world: &World, name: &str) -> Vec<(Outgoing, Head)> {
    let outbox = OutboxId::of_target(name);
    outbox::waiting(&world.memory, outbox, &key::outbox(outbox), 1_000).expect("memory can be read")
}

/// One line for each change: time since the start, event, status, input and output, error and cause.
fn lines(world: &World, name: &str) -> Vec<String> {
    let line = |(outgoing, head): &(Outgoing, Head)| {
        assert_eq!(head.next_event_id, outgoing.event_id + 1);
        let Payloads { input, output } =
            outbox::payloads(&world.memory, outgoing, head).expect("memory can be read");
        let text = |payload: Option<bytes::Bytes>| {
            payload.map_or("-".to_owned(), |payload| String::from_utf8_lossy(&payload).into_owned())
        };
        let (name, status) = (head.arn.rsplit(':').next().unwrap_or_default(), head.status().api_name());
        let mut line = format!("{} #{} {name} {status}", outgoing.at.0 - EPOCH_MS, outgoing.event_id);
        line += &format!(" {} {}", text(input), text(output));
        let failure = (head.error.as_deref().unwrap_or("-"), head.cause.as_deref().unwrap_or("-"));
        if failure != ("-", "-") {
            line += &format!(" {} {}", failure.0, failure.1);
        }
        line
    };
    waiting(world, name).iter().map(line).collect()
}

fn run(definition: &str, outboxes: Vec<Outbox>, script: &[Do]) -> World {
    let mut world = World::with(definition);
    world.outboxes = outboxes;
    let request = world.request("e", r#"{"a":1}"#);
    world.start(&request).expect("it starts");
    for act in script {
        world.act(ExecutionId::of_arn(EXECUTION_ARN), act);
    }
    world
}

#[test]
fn every_status_is_told_as_it_was_then() {
    let check = |definition: &str, script: &[Do], expected: &[&str]| {
        let world = run(definition, vec![outbox("t")], script);
        assert_eq!(lines(&world, "t"), expected, "{definition}");
        let told: Vec<_> =
            waiting(&world, "t").into_iter().map(|(outgoing, _)| Effect::Tell(outgoing)).collect();
        let effects = world.effects.iter().filter(|effect| matches!(effect, Effect::Tell(_)));
        assert_eq!(effects.cloned().collect::<Vec<_>>(), told);
    };
    check(
        r#"{"StartAt":"P","States":{"P":{"Type":"Pass","Result":2,"End":true}}}"#,
        &[],
        &[r#"0 #1 e RUNNING {"a":1} -"#, r#"0 #4 e SUCCEEDED {"a":1} 2"#],
    );
    check(WAIT, &[], &[r#"0 #1 e RUNNING {"a":1} -"#]);
    check(
        WAIT,
        &[Do::Pass(5_000), Do::Stop(None, None)],
        &[r#"0 #1 e RUNNING {"a":1} -"#, r#"5000 #4 e SUCCEEDED {"a":1} {"a":1}"#],
    );
    check(
        WAIT,
        &[Do::Pass(10), Do::Stop(Some("E"), Some("because")), Do::Stop(None, None)],
        &[r#"0 #1 e RUNNING {"a":1} -"#, r#"10 #3 e ABORTED {"a":1} - E because"#],
    );
    check(
        r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"P"},"P":{"Type":"Pass","End":true}}}"#,
        &[Do::Delete, Do::Pass(5_000)],
        &[r#"0 #1 e RUNNING {"a":1} -"#, r#"5000 #4 e ABORTED {"a":1} -"#],
    );
    check(
        r#"{"TimeoutSeconds":3,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}"#,
        &[Do::Pass(5_000)],
        &[r#"0 #1 e RUNNING {"a":1} -"#, r#"3000 #3 e TIMED_OUT {"a":1} -"#],
    );
    check(
        r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#,
        &[],
        &[r#"0 #1 e RUNNING {"a":1} -"#, r#"0 #3 e FAILED {"a":1} - E c"#],
    );
    check(
        r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#,
        &[Do::Pass(7), Do::Redrive],
        &[
            r#"0 #1 e RUNNING {"a":1} -"#,
            r#"0 #3 e FAILED {"a":1} - E c"#,
            r#"7 #4 e RUNNING {"a":1} -"#,
            r#"7 #6 e FAILED {"a":1} - E c"#,
        ],
    );
}

#[test]
fn children_of_map_runs_are_told_of_unless_they_are_express() {
    let check = |kind: &str, expected: usize| {
        let definition = format!(
            r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","Label":"L","ItemsPath":"$.items",
                "ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"{kind}"}},
                "StartAt":"P","States":{{"P":{{"Type":"Pass","End":true}}}}}},"End":true}}}}}}"#
        );
        let mut world = World::with(&definition);
        world.outboxes = vec![outbox("t")];
        let request = world.request("e", r#"{"items":[1,2,3]}"#);
        world.start(&request).expect("it starts");
        world.act(ExecutionId::of_arn(EXECUTION_ARN), &Do::Lead);
        let children = waiting(&world, "t").into_iter().filter(|(_, head)| head.map_run.is_some()).count();
        assert_eq!(children, expected, "{kind}");
    };
    check("STANDARD", 6);
    check("EXPRESS", 0);
}

#[test]
fn each_target_has_its_own_and_a_full_outbox_takes_nothing() {
    let full = Outbox { is_full: true, ..outbox("full") };
    let world = run(WAIT, vec![outbox("a"), full, outbox("b")], &[Do::Pass(5_000)]);
    assert_eq!(lines(&world, "a"), lines(&world, "b"));
    assert_eq!((lines(&world, "a").len(), lines(&world, "full").len()), (2, 0));
    let untold = world.effects.iter().filter(|effect| **effect == Effect::Untold(full.id)).count();
    assert_eq!(untold, 2);
}

#[test]
fn without_targets_nothing_is_written() {
    let (off, on) =
        (run(WAIT, Vec::new(), &[Do::Pass(5_000)]), run(WAIT, vec![outbox("t")], &[Do::Pass(5_000)]));
    let writes = |world: &World| world.transactions.iter().map(|one| one.writes.len()).collect::<Vec<_>>();
    assert_eq!(off.memory.pairs(b"ob/").count(), 0);
    let (off, on) = (writes(&off), writes(&on));
    assert_eq!(on, off.iter().map(|count| count + 1).collect::<Vec<_>>());
}

#[test]
fn payloads_go_with_the_execution_that_they_belong_to() {
    let mut world = run(WAIT, vec![outbox("t")], &[Do::Pass(5_000)]);
    let id = ExecutionId::of_arn(EXECUTION_ARN);
    let bare = [r"0 #1 e RUNNING - -", r"5000 #4 e SUCCEEDED - -"];
    let head = world.head(id);
    let another = Head { started_ms: head.started_ms + 1, ..head.clone() };
    world.write(|draft| draft.put(key::head(id), &another));
    assert_eq!(lines(&world, "t"), bare, "another execution has taken the name");
    let chunks: Vec<_> = world.memory.pairs(&key::chunks(id)).map(|(key, _)| key.clone()).collect();
    world.write(|draft| {
        draft.put(key::head(id), &head);
        chunks.into_iter().for_each(|key| draft.delete(key));
    });
    assert_eq!(lines(&world, "t"), bare, "it is on its way out");
    world.write(|draft| draft.delete(key::head(id)));
    assert_eq!(lines(&world, "t"), bare, "it is gone");
}

#[test]
fn what_was_told_is_forgotten_and_nothing_else() {
    let mut world = run(WAIT, vec![outbox("a"), outbox("b")], &[Do::Pass(5_000)]);
    let told = waiting(&world, "a").remove(0).0;
    let decision = outbox::forget(&world.desk(), &[told]).expect("never refused");
    world.commit(decision);
    assert_eq!(lines(&world, "a"), [r#"5000 #4 e SUCCEEDED {"a":1} {"a":1}"#]);
    assert_eq!(lines(&world, "b").len(), 2);
}

#[test]
fn outboxes_of_unknown_targets_are_emptied_in_time() {
    let mut world = run(WAIT, ["a", "b", "c"].map(outbox).to_vec(), &[Do::Pass(5_000)]);
    let known = [OutboxId::of_target("b")];
    let mut forget = |before| {
        let decision = outbox::forget_unknown(&world.desk(), &known, Timestamp(EPOCH_MS + before))
            .expect("never refused");
        assert_eq!(world.commit(decision), Progress::Idle);
        ["a", "b", "c"].map(|name| lines(&world, name).len())
    };
    assert_eq!(forget(0), [2, 2, 2]);
    assert_eq!(forget(1), [1, 2, 1]);
    assert_eq!(forget(5_001), [0, 2, 0]);
    assert_eq!(forget(i64::MAX - EPOCH_MS), [0, 2, 0]);
}

#[test]
fn an_outbox_is_counted_in_portions_up_to_a_time() {
    let mut world = World::with(r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#);
    world.outboxes = vec![outbox("a"), outbox("b")];
    for name in ["e1", "e2", "e3"] {
        let request = world.request(name, "1");
        world.start(&request).expect("it starts");
        world.now.0 += 10;
    }
    let count = |before: i64, limit| {
        let (id, mut total, mut from) = (OutboxId::of_target("a"), 0, None);
        loop {
            let at = from.unwrap_or_else(|| key::outbox(id));
            let counted = outbox::count(&world.memory, id, &at, Timestamp(EPOCH_MS + before), limit);
            let (portion, next) = counted.expect("memory can be read");
            total += portion;
            if next.is_none() {
                return total;
            }
            from = next;
        }
    };
    assert_eq!([count(0, 10), count(1, 10), count(20, 3), count(30, 2), count(30, 1)], [0, 2, 4, 6, 6]);
    assert!(world.memory.get(b"ob/").expect("memory can be read").is_none());
}
