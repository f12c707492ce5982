//! Receipts: the verdict of a run, by rule from its facts, sealed so that a later change of either shows.

use protocol::{
    receipts::{ExampleFact, Facts, Judgments, Receipt, TaskFact},
    runs::{Gate, GateVerdict, TaskStatus, Verdict},
};
use sha2::{Digest, Sha256};

use crate::{gates::GateName, hex};

/// The version of the receipt's shape.
pub const SCHEMA: u32 = 2;
/// The version before: its hash is over the diff and the facts alone, and its gaps are in the words of its time.
const FACTS_ALONE: u32 = 1;

/// `Facts::ended_because` of a run that went through all of its tasks and began each, as `runs::steps::describe` writes it.
pub const ALL_TASKS_DONE: &str = "All tasks were worked on";

/// `ExampleFact::seen` of a part of the requirement that no example states, so that nothing could be carried out.
pub const NO_EXAMPLE: &str = "no example states it";

/// `Gate::iteration` of the gates that judge the whole; those of an iteration stand in a receipt where the whole was never judged.
const WHOLE: u32 = 0;

/// Gates that must have been judged on the whole for a verdict without gaps.
const EXPECTED: [GateName; 5] = [GateName::Diff, GateName::Scope, GateName::Secrets, GateName::TestIntegrity, GateName::Tests];

/// `Facts::ended_because` of a run that went through all of its tasks and worked on `begun` of them: what builds on a task that was
/// not done is never begun. Any other ending is not verified.
pub fn worked_on(begun: usize, all: usize) -> String {
    if begun == all { ALL_TASKS_DONE.to_owned() } else { format!("{begun} of {all} tasks were worked on") }
}

/// The verdict and what keeps it from being better, each in a sentence.
pub fn verdict(facts: &Facts) -> (Verdict, Vec<String>) {
    let failures = failures(facts);
    let gaps = gaps(facts);
    let verdict = match (failures.is_empty(), gaps.is_empty()) {
        (false, _) => Verdict::NotVerified,
        (true, false) => Verdict::VerifiedWithGaps,
        (true, true) => Verdict::Verified,
    };
    (verdict, failures.into_iter().chain(gaps).collect())
}

/// The receipt of these facts. Amounts of money are rounded to millionths of a dollar: shorter numbers survive being written
/// and read as JSON to the last bit, which the hash depends on.
pub fn seal(mut facts: Facts, judgments: Judgments) -> Receipt {
    facts.cost_usd = facts.cost_usd.filter(|cost| cost.is_finite()).map(rounded);
    facts.limits.cost_usd = facts.limits.cost_usd.filter(|cost| cost.is_finite()).map(rounded);
    for gate in &mut facts.gates {
        gate.cost_usd = if gate.cost_usd.is_finite() { rounded(gate.cost_usd) } else { 0.0 };
    }
    let (verdict, gaps) = verdict(&facts);
    let mut receipt = Receipt { schema: SCHEMA, verdict, facts, gaps, judgments, sha256: String::new() };
    receipt.sha256 = digest(&receipt);
    receipt
}

/// Why a receipt is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    #[error("this receipt has schema {0}; this version of loki reads up to schema {SCHEMA}")]
    Schema(u32),
    #[error("the receipt was changed after it was written: it hashes to {now}, it says {written}")]
    Hash { written: String, now: String },
    #[error("the verdict does not follow from the facts: they amount to {}, the receipt says {}", headline(*.follows), headline(*.written))]
    Verdict { written: Verdict, follows: Verdict },
    #[error("the gaps do not follow from the facts")]
    Gaps,
    #[error("the repository differs from what was verified: its diff hashes to {now}, the receipt says {written}")]
    Diff { written: String, now: String },
}

/// Whether a receipt is whole, follows from its own facts and, where `diff_sha256_now` is given, still describes the repository.
/// The hash is no signature: it finds a change of the receipt or of the code, not somebody who writes a new receipt.
pub fn check(receipt: &Receipt, diff_sha256_now: Option<&str>) -> Result<(), ReceiptError> {
    if !(FACTS_ALONE..=SCHEMA).contains(&receipt.schema) {
        return Err(ReceiptError::Schema(receipt.schema));
    }

    let now = digest(receipt);
    if receipt.sha256 != now {
        return Err(ReceiptError::Hash { written: receipt.sha256.clone(), now });
    }
    let (follows, gaps) = verdict(&receipt.facts);
    if receipt.verdict != follows {
        return Err(ReceiptError::Verdict { written: receipt.verdict, follows });
    }
    let follow = if receipt.schema == FACTS_ALONE { receipt.gaps.len() == gaps.len() } else { receipt.gaps == gaps };
    if !follow {
        return Err(ReceiptError::Gaps);
    }
    match diff_sha256_now {
        Some(now) if now != receipt.facts.diff_sha256 => {
            Err(ReceiptError::Diff { written: receipt.facts.diff_sha256.clone(), now: now.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The verdict as it stands above a receipt.
pub fn headline(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "VERIFIED",
        Verdict::VerifiedWithGaps => "VERIFIED WITH GAPS",
        Verdict::NotVerified => "NOT VERIFIED",
    }
}

fn failures(facts: &Facts) -> Vec<String> {
    // The first one is what people see beside the run, so what they asked for comes before what git says.
    let mut failures: Vec<String> = facts.tasks.iter().flat_map(task_failures).collect();
    // The gate on the diff lets it pass, as a gap, where loki itself saw every example hold.
    let diff_is_open = |gate: &Gate| gate.name == GateName::Diff.as_str() && gate.verdict == GateVerdict::Inconclusive;
    let held_already = facts.gates.iter().any(diff_is_open) && facts.tasks.iter().all(is_proven);
    if facts.commits.is_empty() && !held_already {
        failures.push("Nothing was committed.".to_owned());
    }
    if facts.files_changed == 0 && !held_already {
        failures.push("No file was changed.".to_owned());
    }
    if facts.tasks.is_empty() {
        failures.push("The spec gave no task.".to_owned());
    }
    let begun = facts.tasks.iter().filter(|task| task.attempts > 0).count();
    let went_through = facts.ended_because == ALL_TASKS_DONE || facts.ended_because == worked_on(begun, facts.tasks.len());
    if !went_through {
        failures.push(format!("The run ended before its time: {}.", trimmed(&facts.ended_because)));
    }
    let failed = facts.gates.iter().filter(|gate| gate.blocking && gate.verdict == GateVerdict::Failed);
    failures.extend(failed.map(|gate| format!("The gate \"{}\" failed: {}.", title(gate), trimmed(&gate.summary))));
    failures
}

fn task_failures(task: &TaskFact) -> Vec<String> {
    let mut failures = Vec::new();
    if task.status != TaskStatus::Completed {
        let title = trimmed(&task.title);
        let why = task.note.as_deref().map(|note| reason(note, title)).filter(|why| !why.is_empty());
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        failures.push(format!("Task {} was not done: {title}{why}.", task.number));
    }
    let wrong = task.examples.iter().filter(|example| example.held == Some(false));
    failures
        .extend(wrong.map(|example| format!("An example of task {} does not hold: {}.", task.number, trimmed(&example.text))));
    failures
}

/// Whether loki carried out examples of all that a task asks for, and all of them held.
fn is_proven(task: &TaskFact) -> bool {
    let examples = &task.examples;
    task.status == TaskStatus::Completed && !examples.is_empty() && examples.iter().all(|example| example.held == Some(true))
}

/// A task's note without the title, which agents like to repeat.
fn reason<'a>(note: &'a str, title: &str) -> &'a str {
    let note = trimmed(note);
    let stem = title.trim_end_matches('…');
    let Some(rest) = note.strip_prefix(stem) else { return note };
    // Of a title that was cut, the note may have the rest.
    let rest = if stem == title { rest } else { rest.split_once(" — ").map_or(rest, |(_, why)| why) };
    rest.trim_start_matches([' ', '.', ':', ',', '-', '–', '—'])
}

fn gaps(facts: &Facts) -> Vec<String> {
    let mut gaps = Vec::new();
    if facts.delivered_commit.is_some() && facts.delivered_commit != facts.head_commit {
        gaps.push("The project's branch had moved on: the merge of both was not checked as a whole.".to_owned());
    }
    for gate in &facts.gates {
        match gate.verdict {
            GateVerdict::Inconclusive if gate.blocking || EXPECTED.iter().any(|name| name.as_str() == gate.name) => {
                gaps.push(format!("The gate \"{}\" could not tell: {}.", title(gate), trimmed(&gate.summary)));
            }
            GateVerdict::Failed if !gate.blocking => {
                gaps.push(format!("The advisory gate \"{}\" failed: {}.", title(gate), trimmed(&gate.summary)));
            }
            _ => {}
        }
    }
    for expected in EXPECTED {
        // What failed in an iteration is named already.
        let judged = facts.gates.iter().any(|gate| {
            gate.name == expected.as_str()
                && match gate.verdict {
                    GateVerdict::NotApplicable => false,
                    GateVerdict::Failed => true,
                    GateVerdict::Passed | GateVerdict::Inconclusive => gate.iteration == WHOLE,
                }
        });
        if !judged {
            gaps.push(format!("The gate \"{}\" was not judged on the whole.", expected.title()));
        }
    }
    gaps.extend(facts.tasks.iter().filter(|task| task.status == TaskStatus::Completed).flat_map(task_gaps));
    if !facts.sandboxed {
        gaps.push("Agent and checks ran without a sandbox.".to_owned());
    }
    gaps
}

/// A completed task is proven by an example that loki carried out itself. That the agent's own tests passed is less: whether
/// they test this requirement is what nobody checked. What of it no example states is named.
fn task_gaps(task: &TaskFact) -> Vec<String> {
    let mut gaps = Vec::new();
    let (unstated, examples): (Vec<&ExampleFact>, Vec<&ExampleFact>) = task.examples.iter().partition(|part| is_unstated(part));
    let open = examples.iter().filter(|example| example.held.is_none()).count();
    if examples.len() == open {
        gaps.push(format!("Task {} is proven only by the project's own tests.", task.number));
    } else if open > 0 {
        gaps.push(format!("{open} of {} examples of task {} could not be carried out.", examples.len(), task.number));
    }
    gaps.extend(unstated.iter().map(|part| format!("No example proves this of task {}: {}.", task.number, trimmed(&part.text))));
    gaps
}

/// Whether it is a part of the requirement without an example, and not an example that could not be carried out.
fn is_unstated(part: &ExampleFact) -> bool {
    part.held.is_none() && part.seen == NO_EXAMPLE
}

fn title(gate: &Gate) -> &str {
    match GateName::named(&gate.name) {
        Some(name) => name.title(),
        None => &gate.name,
    }
}

fn rounded(dollars: f64) -> f64 {
    (dollars * 1e6).round() / 1e6
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

/// Over the diff's own hash as well, although the facts hold it, so that the hash can be recomputed with `sha256sum` from the
/// two parts that the receipt's description names.
fn digest(receipt: &Receipt) -> String {
    let canonical = if receipt.schema == FACTS_ALONE {
        serde_json::to_string(&receipt.facts)
    } else {
        serde_json::to_string(&Receipt { sha256: String::new(), ..receipt.clone() })
    };
    let canonical = canonical.unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update(receipt.facts.diff_sha256.as_bytes());
    hasher.update(b"\n");
    hasher.update(canonical.as_bytes());
    hex::encode(&hasher.finalize())
}

#[cfg(test)]
mod tests;
