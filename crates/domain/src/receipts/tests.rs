//! Verdicts by rule, and receipts that somebody changed.

use protocol::{
    ProjectId, RunId, Timestamp,
    runs::{Gate, Limits, Tier, Tokens},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn gate(name: GateName, verdict: GateVerdict, blocking: bool) -> Gate {
    Gate {
        iteration: WHOLE,
        name: name.as_str().into(),
        criterion: name.criterion().into(),
        verdict,
        blocking,
        summary: "seen".into(),
        evidence: "evidence".into(),
        duration_ms: 3,
        cost_usd: 0.0,
    }
}

fn example(held: Option<bool>) -> ExampleFact {
    ExampleFact { text: "`greet` prints `Hi`".into(), held, seen: "`Hi`".into() }
}

/// A run in which everything was verified.
fn facts() -> Facts {
    Facts {
        run_id: RunId(Uuid::from_u128(1)),
        project_id: ProjectId(Uuid::from_u128(2)),
        project: "greeter".into(),
        loki_version: "0.1.0".into(),
        provider: serde_json::from_value(json!("demo")).unwrap(),
        model: Some("small".into()),
        demo: true,
        sandboxed: true,
        tier: Some(Tier::Simple),
        spec_sha256: "aa".into(),
        base_commit: Some("b1".into()),
        head_commit: Some("h1".into()),
        branch: Some("loki/1".into()),
        diff_sha256: "dd".into(),
        files_changed: 2,
        lines_added: 10,
        lines_removed: 1,
        commits: vec!["h1 feat: greet".into()],
        delivered_commit: None,
        delivery: None,
        tasks: vec![TaskFact {
            number: 1,
            title: "Greet".into(),
            status: TaskStatus::Completed,
            attempts: 1,
            commit: Some("h1".into()),
            examples: vec![example(Some(true))],
            note: Some("fine".into()),
        }],
        gates: GateName::ALL.map(|name| gate(name, GateVerdict::Passed, true)).into(),
        iterations: 1,
        limits: Limits { iterations: Some(25), minutes: Some(60), cost_usd: Some(1.5) },
        cost_usd: Some(0.25),
        tokens: Some(Tokens { scaffold: 1, input: 2, cached: 3, output: 4 }),
        started_at: Some(Timestamp::from_millis(1_000)),
        ended_at: Timestamp::from_millis(2_000),
        worked_ms: 900,
        ended_because: ALL_TASKS_DONE.into(),
    }
}

fn set(facts: &mut Facts, name: GateName, verdict: GateVerdict, blocking: bool) {
    facts.gates.retain(|gate| gate.name != name.as_str());
    facts.gates.push(gate(name, verdict, blocking));
}

fn nothing_changed(facts: &mut Facts, diff: GateVerdict) {
    facts.commits.clear();
    facts.files_changed = 0;
    set(facts, GateName::Diff, diff, true);
}

/// What is done to good facts, and what is then concluded: the verdict and its first gap.
type Case = (fn(&mut Facts), Verdict, &'static str);

fn concludes(cases: &[Case]) {
    for (change, expected, gap) in cases {
        let mut facts = facts();
        change(&mut facts);

        let (verdict, gaps) = verdict(&facts);

        assert_eq!((verdict, gaps.first().map_or("", String::as_str)), (*expected, *gap), "{gaps:?}");
    }
}

#[test]
fn the_verdict_follows_from_the_work() {
    use Verdict::{NotVerified, Verified, VerifiedWithGaps};
    let cases: [Case; 15] = [
        (|_| {}, Verified, ""),
        (|facts| facts.commits.clear(), NotVerified, "Nothing was committed."),
        (|facts| facts.files_changed = 0, NotVerified, "No file was changed."),
        (|facts| facts.tasks.clear(), NotVerified, "The spec gave no task."),
        (|facts| facts.ended_because = "stopped by Ada".into(), NotVerified, "The run ended before its time: stopped by Ada."),
        (
            |facts| {
                let barred =
                    TaskFact { number: 2, attempts: 0, status: TaskStatus::Failed, note: None, ..facts.tasks[0].clone() };
                facts.tasks.push(barred);
                facts.ended_because = worked_on(1, 2);
            },
            NotVerified,
            "Task 2 was not done: Greet.",
        ),
        (
            |facts| facts.ended_because = "1 of 2 tasks were worked on".into(),
            NotVerified,
            "The run ended before its time: 1 of 2 tasks were worked on.",
        ),
        (|facts| facts.tasks[0].status = TaskStatus::Failed, NotVerified, "Task 1 was not done: Greet (fine)."),
        (|facts| facts.tasks[0].status = TaskStatus::Pending, NotVerified, "Task 1 was not done: Greet (fine)."),
        (
            |facts| {
                facts.tasks[0].status = TaskStatus::Failed;
                facts.tasks[0].note = Some("Greet — no example of it".into());
            },
            NotVerified,
            "Task 1 was not done: Greet (no example of it).",
        ),
        (
            |facts| facts.tasks[0].examples.push(example(Some(false))),
            NotVerified,
            "An example of task 1 does not hold: `greet` prints `Hi`.",
        ),
        (|facts| facts.tasks[0].examples.clear(), VerifiedWithGaps, "Task 1 is proven only by the project's own tests."),
        (
            |facts| facts.tasks[0].examples = vec![example(None)],
            VerifiedWithGaps,
            "Task 1 is proven only by the project's own tests.",
        ),
        (
            |facts| facts.tasks[0].examples.push(example(None)),
            VerifiedWithGaps,
            "1 of 2 examples of task 1 could not be carried out.",
        ),
        (|facts| facts.sandboxed = false, VerifiedWithGaps, "Agent and checks ran without a sandbox."),
    ];
    concludes(&cases);
}

#[test]
fn the_verdict_follows_from_the_gates() {
    use GateVerdict::{Failed, Inconclusive, NotApplicable, Passed};
    use Verdict::{NotVerified, Verified, VerifiedWithGaps};
    let cases: [Case; 13] = [
        (|facts| set(facts, GateName::Tests, Failed, true), NotVerified, "The gate \"Tests\" failed: seen."),
        (|facts| set(facts, GateName::Secrets, Failed, true), NotVerified, "The gate \"Secrets in diff\" failed: seen."),
        (|facts| set(facts, GateName::Lint, Failed, false), VerifiedWithGaps, "The advisory gate \"Lint\" failed: seen."),
        (|facts| set(facts, GateName::Tests, Inconclusive, true), VerifiedWithGaps, "The gate \"Tests\" could not tell: seen."),
        (|facts| set(facts, GateName::Build, Inconclusive, true), VerifiedWithGaps, "The gate \"Build\" could not tell: seen."),
        (|facts| set(facts, GateName::Tests, Inconclusive, false), VerifiedWithGaps, "The gate \"Tests\" could not tell: seen."),
        (|facts| set(facts, GateName::Build, NotApplicable, true), Verified, ""),
        (
            |facts| set(facts, GateName::Tests, NotApplicable, true),
            VerifiedWithGaps,
            "The gate \"Tests\" was not judged on the whole.",
        ),
        (
            |facts| facts.gates.retain(|gate| gate.name != "secrets"),
            VerifiedWithGaps,
            "The gate \"Secrets in diff\" was not judged on the whole.",
        ),
        // A spec that an earlier run built: nothing had to change, and loki saw the examples hold.
        (|facts| nothing_changed(facts, Inconclusive), VerifiedWithGaps, "The gate \"Work done\" could not tell: seen."),
        (|facts| nothing_changed(facts, Failed), NotVerified, "Nothing was committed."),
        (|facts| nothing_changed(facts, Passed), NotVerified, "Nothing was committed."),
        (
            |facts| {
                nothing_changed(facts, Inconclusive);
                facts.tasks[0].examples = vec![example(None)];
            },
            NotVerified,
            "Nothing was committed.",
        ),
    ];
    concludes(&cases);
}

#[test]
fn what_no_example_states_is_a_gap_by_name() {
    let unstated = || ExampleFact { text: "the name is short.".into(), held: None, seen: NO_EXAMPLE.into() };
    let named = "No example proves this of task 1: the name is short.".to_owned();
    let mut facts = facts();
    facts.tasks[0].examples.push(unstated());
    assert_eq!(verdict(&facts), (Verdict::VerifiedWithGaps, vec![named.clone()]));

    facts.tasks[0].examples = vec![unstated()];
    let alone = "Task 1 is proven only by the project's own tests.".to_owned();
    assert_eq!(verdict(&facts), (Verdict::VerifiedWithGaps, vec![alone, named]));

    // It is no proof that nothing had to change, nor beside an example that held.
    nothing_changed(&mut facts, GateVerdict::Inconclusive);
    assert_eq!(verdict(&facts).0, Verdict::NotVerified);
    facts.tasks[0].examples.push(example(Some(true)));
    assert_eq!(verdict(&facts).0, Verdict::NotVerified);
}

#[test]
fn gates_of_an_iteration_stand_for_a_whole_that_was_never_judged() {
    let mut facts = Facts { ended_because: "The run reached its limit: 2 iterations".into(), ..facts() };
    facts.gates = vec![gate(GateName::Tests, GateVerdict::Failed, true), gate(GateName::Diff, GateVerdict::Passed, true)];
    for gate in &mut facts.gates {
        gate.iteration = 2;
    }

    let (verdict, gaps) = verdict(&facts);

    assert_eq!(verdict, Verdict::NotVerified);
    assert!(gaps.contains(&"The gate \"Tests\" failed: seen.".to_owned()), "{gaps:?}");
    assert!(!gaps.contains(&"The gate \"Tests\" was not judged on the whole.".to_owned()), "{gaps:?}");
    assert!(gaps.contains(&"The gate \"Work done\" was not judged on the whole.".to_owned()), "{gaps:?}");
}

#[test]
fn the_ending_without_a_gap_is_the_one_that_runs_describe() {
    assert_eq!(crate::runs::steps::describe(&crate::runs::Ending::TasksDone), ALL_TASKS_DONE);
}

#[test]
fn a_sealed_receipt_survives_being_written_and_read() {
    for cost in [0.1 + 0.2, 1.0 / 3.0, 12.345_678_912_3, 0.0, 1e-9, 99_999.999_999_9, f64::NAN] {
        let receipt = seal(Facts { cost_usd: Some(cost), ..facts() }, Judgments { agent_claim: Some("done".into()) });
        let text = serde_json::to_string(&receipt).unwrap();
        let read: Receipt = serde_json::from_str(&text).unwrap();

        assert_eq!(check(&read, Some("dd")), Ok(()), "{cost}");
        assert_eq!(check(&read, None), Ok(()));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}

#[test]
fn the_hash_is_over_the_diff_and_the_whole_receipt() {
    let receipt = seal(facts(), Judgments { agent_claim: Some("done".into()) });
    let text = serde_json::to_string(&receipt).unwrap().replace(&receipt.sha256, "");

    assert_eq!(receipt.sha256, hash(&text));
    assert_eq!(headline(receipt.verdict), "VERIFIED");
}

fn hash(text: &str) -> String {
    Sha256::digest(format!("dd\n{text}")).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_was_said_and_concluded_cannot_be_changed_either() {
    let sealed = || seal(Facts { sandboxed: false, ..facts() }, Judgments { agent_claim: Some("done".into()) });
    let changes: [fn(&mut Receipt); 3] = [
        |receipt| receipt.judgments.agent_claim = Some("everything is proven".into()),
        |receipt| receipt.gaps[0] = "Nothing speaks against it.".into(),
        |receipt| receipt.verdict = Verdict::Verified,
    ];
    for change in changes {
        let mut receipt = sealed();
        change(&mut receipt);
        assert!(matches!(check(&receipt, None), Err(ReceiptError::Hash { .. })), "{receipt:?}");
    }
}

#[test]
fn nothing_can_be_added() {
    let whole = serde_json::to_value(seal(facts(), Judgments::default())).unwrap();
    for place in [
        "",
        "/facts",
        "/facts/tasks/0",
        "/facts/tasks/0/examples/0",
        "/facts/gates/0",
        "/facts/limits",
        "/facts/tokens",
        "/judgments",
    ] {
        let mut more = whole.clone();
        more.pointer_mut(place).unwrap().as_object_mut().unwrap().insert("signed_by".into(), json!("somebody"));
        let refused = serde_json::from_value::<Receipt>(more).unwrap_err().to_string();
        assert!(refused.contains("unknown field `signed_by`"), "{place}: {refused}");
    }
}

#[test]
fn receipts_of_the_version_before_are_believed_as_they_were_written() {
    let mut old = seal(Facts { sandboxed: false, ..facts() }, Judgments { agent_claim: Some("done".into()) });
    old.schema = 1;
    old.sha256 = hash(&serde_json::to_string(&old.facts).unwrap());
    old.gaps = vec!["It ran without a sandbox.".into()];
    assert_eq!(check(&old, Some("dd")), Ok(()));

    assert_eq!(check(&Receipt { gaps: Vec::new(), ..old.clone() }, None), Err(ReceiptError::Gaps));
    old.facts.iterations += 1;
    assert!(matches!(check(&old, None), Err(ReceiptError::Hash { .. })));
}

/// Paths of all values below `value` that hold no others.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| leaves(field, &format!("{path}/{name}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| leaves(item, &format!("{path}/{index}"), found)),
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn a_change_of_any_fact_is_found() {
    let receipt = seal(facts(), Judgments::default());
    let whole = serde_json::to_value(&receipt).unwrap();
    let mut paths = Vec::new();
    leaves(&whole["facts"], "/facts", &mut paths);
    let others = [
        json!(null),
        json!("other"),
        json!(7),
        json!(0.5),
        json!(true),
        json!(false),
        json!("failed"),
        json!("complex"),
        json!("acp"),
        json!("2026-01-01T00:00:00.000Z"),
        json!(Uuid::from_u128(9)),
        json!("inconclusive"),
    ];
    assert!(paths.len() > 100, "{}", paths.len());
    for path in paths {
        let mut changed = 0;
        for other in &others {
            let mut tampered = whole.clone();
            let place = tampered.pointer_mut(&path).unwrap();
            if place == other {
                continue;
            }
            *place = other.clone();
            let Ok(tampered) = serde_json::from_value::<Receipt>(tampered) else { continue };
            assert!(matches!(check(&tampered, None), Err(ReceiptError::Hash { .. })), "{path}: {other}");
            changed += 1;
        }
        assert!(changed > 0, "nothing else fits {path}");
    }
}

#[test]
fn what_does_not_follow_from_the_facts_is_found() {
    let sealed = || seal(Facts { sandboxed: false, ..facts() }, Judgments::default());
    let mut verdict = sealed();
    verdict.verdict = Verdict::Verified;
    verdict.sha256 = digest(&verdict);
    let mut gaps = sealed();
    gaps.gaps.clear();
    gaps.sha256 = digest(&gaps);
    let mut hash = sealed();
    hash.sha256 = "00".into();

    assert_eq!(
        check(&verdict, None).unwrap_err().to_string(),
        "the verdict does not follow from the facts: they amount to VERIFIED WITH GAPS, the receipt says VERIFIED"
    );
    assert_eq!(check(&gaps, None), Err(ReceiptError::Gaps));
    assert!(matches!(check(&hash, None), Err(ReceiptError::Hash { .. })));
    assert!(matches!(check(&sealed(), Some("ee")), Err(ReceiptError::Diff { .. })));
    for schema in [0, 3] {
        assert_eq!(check(&Receipt { schema, ..sealed() }, None), Err(ReceiptError::Schema(schema)));
    }
}
