//! The receipt: facts gathered from git and the journal, and the verdict that follows from them.

use std::path::Path;

use domain::{
    hex,
    ports::vcs::DiffStat,
    receipts,
    runs::{Input, RunRecord},
    vault::Masks,
};
use protocol::{
    agents::ProviderId,
    receipts::{ExampleFact, Facts, Judgments, TaskFact},
    runs::{Gate, Verdict},
};
use services::{
    Cx, Error,
    vault::{self, Given},
};
use sha2::{Digest, Sha256};

use super::Outcome;
use crate::{checks, journal::Extra};

/// What stands for the text of a task that the spec, as it is read now, does not have.
const NOT_IN_SPEC: &str = "the spec is read otherwise than when the run began, and has no task of this number and title";

/// In place of a line that may hold a secret.
const NOT_SHOWN: &str = "a line that is not shown, since the vault could not be opened";

pub(super) async fn seal(cx: &Cx, record: &RunRecord) -> Result<Outcome, Error> {
    let facts = facts(cx, record).await?;
    let judgments = Judgments { agent_claim: record.state.said.clone() };
    let receipt = receipts::seal(facts, judgments);
    let reason = match receipt.verdict {
        Verdict::Verified => None,
        _ => receipt.gaps.first().cloned(),
    };
    let ended = super::ended_because(record);
    let reason = if record.state.ending == Some(domain::runs::Ending::TasksDone) { reason } else { Some(ended) };
    let input = Input::Sealed { verdict: receipt.verdict, reason };
    Ok(Outcome { input, extra: Extra::Receipt(Box::new(receipt)), over_budget: None })
}

async fn facts(cx: &Cx, record: &RunRecord) -> Result<Facts, Error> {
    let state = &record.state;
    let (stat, diff_sha256, commits) = match (&state.base, &state.tip) {
        (Some(base), Some(tip)) => {
            let repository = super::repository(cx, record).await?;
            let repository = Path::new(&repository);
            (
                cx.vcs.stat(repository, base, tip).await?,
                cx.vcs.diff_sha256(repository, base, tip).await?,
                cx.vcs.log(repository, base, tip).await?,
            )
        }
        _ => (DiffStat::default(), hex::encode(&Sha256::digest(b"")), Vec::new()),
    };
    let gates: Vec<Gate> = {
        let tx = cx.store.read().await?;
        tx.run_parts().gates(record.id).await?
    };
    // A run comes to its end also while the vault cannot be opened. A database that does not answer soon will.
    let given = match vault::given(cx, record.project_id).await {
        Err(error) if error.lack().is_some() => return Err(error),
        given => given.ok(),
    };
    Ok(Facts {
        run_id: record.id,
        project_id: record.project_id,
        project: record.project_name.clone(),
        loki_version: cx.settings.version.to_owned(),
        provider: record.provider,
        model: record.model.clone(),
        demo: record.provider == ProviderId::Demo,
        // A server that was started anew without a sandbox in the middle of the run takes the word back.
        sandboxed: record.sandboxed && cx.sandbox.isolates(),
        tier: state.tier,
        spec_sha256: hex::encode(&Sha256::digest(record.spec.as_bytes())),
        base_commit: state.base.clone(),
        head_commit: state.tip.clone(),
        branch: state.branch.clone(),
        diff_sha256,
        files_changed: stat.files,
        lines_added: stat.added,
        lines_removed: stat.removed,
        commits,
        delivered_commit: state.delivered.clone(),
        delivery: state.delivery_note.clone(),
        tasks: task_facts(record, given.as_ref().map(Given::masks)),
        gates: last_judged(gates),
        iterations: state.iteration,
        limits: state.ceilings.to_limits(),
        cost_usd: state.spent.cost_usd(),
        tokens: state.spent.tokens,
        started_at: record.started_at,
        ended_at: cx.clock.now(),
        worked_ms: state.worked_ms,
        ended_because: super::ended_because(record),
    })
}

/// The gates that judged the whole; where none did, those of the last iteration that was judged.
fn last_judged(gates: Vec<Gate>) -> Vec<Gate> {
    let last = gates.iter().map(|gate| gate.iteration).max();
    let has_whole = gates.iter().any(|gate| gate.iteration == checks::WHOLE);
    let shown = if has_whole { Some(checks::WHOLE) } else { last };
    gates.into_iter().filter(|gate| Some(gate.iteration) == shown).collect()
}

/// The tasks with their examples; `masks` is absent where nobody can tell which words are secret.
fn task_facts(record: &RunRecord, masks: Option<&Masks>) -> Vec<TaskFact> {
    let Ok(spec) = super::spec(record) else { return Vec::new() };
    let state = &record.state;
    let facts = state.tasks.iter().map(|task| {
        let draft = task.draft(&spec.tasks);
        let carried_out: Vec<ExampleFact> =
            state.examples.iter().filter(|(number, _)| *number == task.number).map(|(_, fact)| fact.clone()).collect();
        // What was never carried out is named all the same, as not known.
        let open = draft.into_iter().flat_map(|draft| &draft.examples).map(|example| ExampleFact {
            text: example.describe(),
            held: None,
            seen: "not recorded".to_owned(),
        });
        let mut examples: Vec<ExampleFact> = if carried_out.is_empty() { open.collect() } else { carried_out };
        let unproven: Vec<String> = match draft {
            Some(draft) => {
                let shown = |part: &String| masks.map_or_else(|| NOT_SHOWN.to_owned(), |masks| masks.mask(part.clone()));
                draft.unproven.iter().map(shown).collect()
            }
            None => vec![NOT_IN_SPEC.to_owned()],
        };
        examples.extend(unproven.into_iter().map(|text| ExampleFact { text, held: None, seen: receipts::NO_EXAMPLE.to_owned() }));
        TaskFact {
            number: task.number,
            title: task.title.clone(),
            status: task.status,
            attempts: task.attempts,
            commit: task.commit.clone(),
            examples,
            note: task.note.clone(),
        }
    });
    facts.collect()
}
