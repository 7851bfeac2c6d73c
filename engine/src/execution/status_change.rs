//! Changes of an execution's status, of which others are told: the one place that writes into outboxes.

use super::run::Run;
use crate::arn;
use crate::effect::Effect;
use crate::key::Outgoing;
use crate::record::Head;

/// Lets the targets be told of the status that the head has now. The event that says so is in the history already. Executions of the type
/// `EXPRESS` tell nobody (developer guide, "Automating Step Functions event delivery with EventBridge").
pub(super) fn tell(run: &mut Run<'_>) {
    if run.desk.outboxes.is_empty() || arn::is_express(&run.head.arn) {
        return;
    }
    let event_id = run.history.last_event_id();
    let head = Head { next_event_id: event_id + 1, ..run.head.clone() };
    for outbox in run.desk.outboxes {
        if outbox.is_full {
            run.draft.effects.push(Effect::Untold(outbox.id));
            continue;
        }
        let outgoing = Outgoing { outbox: outbox.id, at: run.desk.now, execution: run.id, event_id };
        run.draft.put(outgoing.key(), &head);
        run.draft.effects.push(Effect::Tell(outgoing));
    }
}
