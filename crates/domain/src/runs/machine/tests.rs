//! What follows from each input, as stories: an input, the stage after it, and the changes that it makes.

use protocol::runs::{GateVerdict, Limits, RunStatus, StepStatus, TaskStatus};

use super::*;
use crate::{
    ports::agent::{AgentOutcome, Usage},
    runs::Ceilings,
};

/// An input, the stage that follows, and the changes in words.
type Row = (Input, &'static str, &'static str);

/// The stages of a run with one task, each before the input of `way` at its place, and where it goes on after a pause.
const WAY: [(&str, &str); 12] = [
    ("Queued", "Queued"),
    ("Preparing", "Preparing"),
    ("Planning", "Planning"),
    ("Reasoning", "Reasoning"),
    // What may be edited by hand is looked at again.
    ("Acting", "Reasoning"),
    ("Reflecting", "Reflecting"),
    ("Verifying", "Reflecting"),
    ("Committing feat: t1", "Reflecting"),
    ("Checking", "Reflecting"),
    ("Delivering", "Reflecting"),
    ("Sealing", "Sealing"),
    ("Over", "Over"),
];
const SEALING: usize = 10;

fn at() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn task(number: u32, depends_on: &[u32]) -> TaskState {
    TaskState {
        number,
        title: format!("t{number}"),
        depends_on: depends_on.into(),
        status: TaskStatus::Pending,
        attempts: 0,
        commit: None,
        note: None,
        subject: format!("feat: t{number}"),
    }
}

fn planned(tasks: Vec<TaskState>) -> Input {
    let phases = vec![Phase::Discovery, Phase::Development, Phase::Qa];
    Input::Planned { tier: Tier::Simple, phases, tasks, summaries: vec![(Phase::Discovery, "Read".to_owned())] }
}

fn prepared() -> Input {
    Input::Prepared { base: "base".to_owned(), branch: "loki/1".to_owned(), worktree: "/w".to_owned() }
}

fn reasoned() -> Input {
    Input::Reasoned { checkpoint: "before".to_owned(), scaffold_tokens: 100, summary: "Task".to_owned() }
}

fn ended(outcome: AgentOutcome, said: &str, cost_usd: Option<f64>) -> Input {
    Input::Acted { result: AgentResult { outcome, said: said.to_owned(), usage: Usage { cost_usd, tokens: None } } }
}

fn finished() -> Input {
    ended(AgentOutcome::Finished, "Done.", None)
}

fn crashed() -> Input {
    ended(AgentOutcome::Crashed { exit: "1".to_owned(), detail: "Oops".to_owned() }, "", None)
}

fn busy() -> Input {
    ended(AgentOutcome::RateLimited { detail: "busy".to_owned() }, "", None)
}

fn reflected(empty: bool) -> Input {
    Input::Reflected { tree: "after".to_owned(), empty, summary: "1 file".to_owned() }
}

/// What the gates found when the one on tests came to this; where it could not tell, the agent could do something about it.
fn found(verdict: GateVerdict) -> Verification {
    let tests = Gate {
        iteration: 1,
        name: "tests".to_owned(),
        criterion: String::new(),
        verdict,
        blocking: true,
        summary: "1 of 3 failed".to_owned(),
        evidence: String::new(),
        duration_ms: 1,
        cost_usd: 0.0,
    };
    let findings = if verdict == GateVerdict::Passed { Vec::new() } else { vec!["Mend it".to_owned()] };
    let wanting = verdict == GateVerdict::Inconclusive;
    Verification { gates: vec![tests], findings, wanting, examples: Vec::new(), unchanged: false }
}

fn verified(verdict: GateVerdict) -> Input {
    Input::Verified(found(verdict))
}

fn checked(verdict: GateVerdict) -> Input {
    Input::Checked(found(verdict))
}

fn committed(commit: &str) -> Input {
    Input::Committed { commit: commit.to_owned() }
}

fn sealed(verdict: Verdict) -> Input {
    Input::Sealed { verdict, reason: Some("why".to_owned()) }
}

fn pause() -> Input {
    Input::PauseAsked { by: "Ada".to_owned(), asker: Asker::Person }
}

fn resume() -> Input {
    Input::ResumeAsked { by: "Ada".to_owned() }
}

/// All that a run with one task takes in, when nothing goes wrong.
fn way() -> [Input; 11] {
    [
        Input::Claimed,
        prepared(),
        planned(vec![task(1, &[])]),
        reasoned(),
        finished(),
        reflected(false),
        verified(GateVerdict::Passed),
        committed("c1"),
        checked(GateVerdict::Passed),
        Input::Delivered { merged: Some("0123456789".to_owned()), for_review: false, note: "Merged into main".to_owned() },
        sealed(Verdict::Verified),
    ]
}

fn after(state: RunState, inputs: impl IntoIterator<Item = Input>) -> RunState {
    inputs.into_iter().fold(state, |state, input| step(state, input, at(), 0).0)
}

fn queued() -> RunState {
    RunState::queued(Ceilings::from_limits(Limits::default()).unwrap())
}

/// The state before the input of `way` at this place.
fn on_the_way(place: usize) -> RunState {
    after(queued(), way().into_iter().take(place))
}

/// A run whose first task is begun.
fn begun(tasks: Vec<TaskState>) -> RunState {
    after(queued(), [Input::Claimed, prepared(), planned(tasks)])
}

/// One iteration up to its gates.
fn worked() -> [Input; 3] {
    [reasoned(), finished(), reflected(false)]
}

fn stage(state: &RunState) -> String {
    match &state.stage {
        Stage::Committing { message, .. } => format!("Committing {message}"),
        stage => format!("{stage:?}"),
    }
}

fn words(changes: &[RunChange]) -> String {
    changes.iter().map(word).collect::<Vec<_>>().join("; ")
}

fn word(change: &RunChange) -> String {
    match change {
        RunChange::Phase { phase, .. } => format!("phase {phase:?}"),
        RunChange::Task(task) => {
            let note = task.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            format!("task {} {:?} {}{note}", task.number, task.status, task.attempts)
        }
        RunChange::IterationStarted(Iteration { number, task: Some(task), .. }) => format!("iteration {number} of task {task}"),
        RunChange::IterationStarted(Iteration { number, title, .. }) => format!("iteration {number}: {title}"),
        RunChange::IterationProgress(iteration) => {
            let running = iteration.steps.iter().find(|record| record.status == StepStatus::Running);
            format!("{:?} runs", running.unwrap().step)
        }
        RunChange::IterationEnded(iteration) => {
            let last = iteration.steps.iter().rfind(|record| !record.summary.is_empty());
            format!("iteration {} ended: {}", iteration.number, last.unwrap().summary)
        }
        RunChange::Log(text) => format!("says {text}"),
        RunChange::Gates(_) => "gates".to_owned(),
        RunChange::Started | RunChange::TasksPlanned | RunChange::Paused | RunChange::Resumed | RunChange::Finished => {
            format!("{change:?}")
        }
    }
}

/// Takes the inputs in, one after the other, and holds each to what follows.
fn story(mut state: RunState, rows: impl IntoIterator<Item = Row>) -> RunState {
    for (input, expected_stage, expected_changes) in rows {
        let what = format!("{input:?}");
        let (next, changes) = step(state, input, at(), 0);
        assert_eq!((stage(&next).as_str(), words(&changes).as_str()), (expected_stage, expected_changes), "{what}");
        state = next;
    }
    state
}

#[test]
fn a_task_goes_from_its_plan_to_the_projects_branch() {
    let follows = [
        ("Preparing", "Started"),
        ("Planning", ""),
        ("Reasoning", "TasksPlanned; phase Discovery; phase Development; task 1 InProgress 1; iteration 1 of task 1"),
        ("Acting", "Act runs"),
        ("Reflecting", "Reflect runs"),
        ("Verifying", "Verify runs"),
        ("Committing feat: t1", "gates"),
        ("Checking", "task 1 Completed 1; iteration 1 ended: Committed as c1; phase Qa"),
        ("Delivering", "gates"),
        ("Sealing", "says Delivered as 0123456789. Merged into main"),
        ("Over", "Finished"),
    ];
    let rows = way().into_iter().zip(follows).map(|(input, (stage, changes))| (input, stage, changes));
    let over = story(queued(), rows);

    assert_eq!(
        (over.status(), over.verdict, over.ending),
        (RunStatus::Finished, Some(Verdict::Verified), Some(Ending::TasksDone))
    );
    assert!(over.phases.iter().all(|record| record.ended_at.is_some()), "{:?}", over.phases);
    assert_eq!(over.spent.scaffold_tokens, 100);
}

#[test]
fn each_stage_asks_for_one_thing() {
    let effects: Vec<_> = (0..WAY.len()).map(|place| next_effect(&on_the_way(place))).collect();
    let commit = Effect::Commit { tree: "after".into(), parent: "base".into(), message: "feat: t1".into(), at: at() };
    let expected = [
        Some(Effect::Claim),
        Some(Effect::Prepare),
        Some(Effect::Plan),
        Some(Effect::Reason { discard: None }),
        Some(Effect::Act { call: 1, checkpoint: "before".into() }),
        Some(Effect::Reflect),
        Some(Effect::Verify { tree: "after".into() }),
        Some(commit),
        Some(Effect::Check),
        Some(Effect::Deliver),
        Some(Effect::Seal),
        None,
    ];
    assert_eq!(effects, expected);
}

#[test]
fn what_builds_on_a_task_that_failed_is_given_up() {
    let state = begun(vec![task(1, &[]), task(2, &[1]), task(3, &[2]), task(4, &[])]);
    let declines = ended(AgentOutcome::Finished, "I looked.\n BLOCKED: no key\nBLOCKED: no network", None);
    let given_up = "says The agent cannot do this task: no key; no network; \
        iteration 1 ended: Declined: no key; no network; task 1 Failed 1 (no key; no network); \
        task 2 Failed 0 (It builds on a task that was not done); task 3 Failed 0 (It builds on a task that was not done); \
        task 4 InProgress 1; iteration 2 of task 4";
    story(
        state.clone(),
        [
            (reasoned(), "Acting", "Act runs"),
            (declines.clone(), "Reflecting", "Reflect runs"),
            (reflected(true), "Reasoning", given_up),
        ],
    );
    // Who changed something all the same is verified.
    story(after(state, [reasoned(), declines]), [(reflected(false), "Verifying", "Verify runs")]);
}

#[test]
fn a_task_is_tried_five_times_and_in_a_simpler_way_from_the_fourth() {
    let mut state = begun(vec![task(1, &[]), task(2, &[])]);
    let again = [
        "gates; iteration 1 ended: failed: Tests: 1 of 3 failed; \
         task 1 InProgress 2 (The last try failed: Tests: 1 of 3 failed); iteration 2 of task 1",
        "gates; iteration 2 ended: failed: Tests: 1 of 3 failed; \
         task 1 InProgress 3 (The last try failed: Tests: 1 of 3 failed); iteration 3 of task 1",
        "gates; iteration 3 ended: failed: Tests: 1 of 3 failed; \
         task 1 InProgress 4 (The last try failed: Tests: 1 of 3 failed); iteration 4 of task 1",
        "gates; iteration 4 ended: failed: Tests: 1 of 3 failed; \
         task 1 InProgress 5 (The last try failed: Tests: 1 of 3 failed); iteration 5 of task 1",
        "gates; iteration 5 ended: failed: Tests: 1 of 3 failed; \
         task 1 Failed 5 (Given up after 5 attempts: failed: Tests: 1 of 3 failed); task 2 InProgress 1; iteration 6 of task 2",
    ];
    for (changes, simpler) in again.into_iter().zip([false, false, false, true, true]) {
        assert_eq!(state.task().map(steps::wants_simpler), Some(simpler), "{}", state.iteration);
        // The worktree keeps the work from try to try.
        assert_eq!(next_effect(&state), Some(Effect::Reason { discard: None }));
        state = story(after(state, worked()), [(verified(GateVerdict::Failed), "Reasoning", changes)]);
    }

    // The next task begins without the remains and the findings of this one.
    assert_eq!(next_effect(&state), Some(Effect::Reason { discard: Some("base".into()) }));
    assert_eq!((state.findings.len(), state.task().map(steps::wants_simpler)), (0, Some(false)));
}

#[test]
fn what_could_not_be_told_counts_as_not_done_twice() {
    let unproven = || verified(GateVerdict::Inconclusive);
    let second = "gates; iteration 1 ended: not proven yet; \
        task 1 InProgress 2 (The last try: not proven yet); iteration 2 of task 1";
    let third = "gates; iteration 2 ended: not proven yet; \
        task 1 InProgress 3 (The last try: not proven yet); iteration 3 of task 1";
    let state = story(after(begun(vec![task(1, &[])]), worked()), [(unproven(), "Reasoning", second)]);
    let state = story(after(state, worked()), [(unproven(), "Reasoning", third)]);
    story(after(state, worked()), [(unproven(), "Committing feat: t1", "gates")]);
}

#[test]
fn a_task_that_held_already_needs_no_commit() {
    let unchanged = Input::Verified(Verification { unchanged: true, ..found(GateVerdict::Passed) });
    let held = "gates; task 1 Completed 1 (Held already: nothing had to change); \
        iteration 1 ended: Nothing had to change; phase Qa";
    let rows = [(unchanged, "Checking", held), (checked(GateVerdict::Passed), "Delivering", "gates")];
    let state = story(after(begun(vec![task(1, &[])]), worked()), rows);
    assert!(!state.deserves_delivery(), "there is nothing to hand over");
}

#[test]
fn the_whole_is_mended_twice_and_then_handed_over_as_it_is() {
    let first = "gates; phase Development; iteration 2: Mend what the check of the whole found";
    let second = "gates; iteration 2 ended: failed: Tests: 1 of 3 failed; iteration 3: Mend what the check of the whole found";
    let thrown_away = "gates; iteration 3 ended: failed: Tests: 1 of 3 failed; \
        says What was changed last did not pass; it is thrown away";
    let mending = story(on_the_way(8), [(checked(GateVerdict::Failed), "Reasoning", first)]);
    // What could not be told about the whole was so before, too.
    story(
        after(mending.clone(), worked()),
        [
            (verified(GateVerdict::Inconclusive), "Committing fix: mend what the check of the whole found", "gates"),
            (committed("c2"), "Checking", "iteration 2 ended: Committed as c2; phase Qa"),
        ],
    );

    let state = story(after(mending, worked()), [(verified(GateVerdict::Failed), "Reasoning", second)]);
    let rows = [(verified(GateVerdict::Failed), "Checking", thrown_away), (checked(GateVerdict::Failed), "Delivering", "gates")];
    let state = story(after(state, worked()), rows);

    assert!(!state.deserves_delivery());
    assert_eq!((state.ending, state.findings), (Some(Ending::TasksDone), vec!["Mend it".to_owned()]));
}

#[test]
fn where_nothing_was_done_there_is_no_whole_to_mend() {
    let declined = [reasoned(), ended(AgentOutcome::Finished, "BLOCKED: no key", None), reflected(true)];
    let rows = [
        (checked(GateVerdict::Failed), "Delivering", "gates"),
        (Input::Delivered { merged: None, for_review: false, note: "Nothing".to_owned() }, "Sealing", "says Nothing"),
        (sealed(Verdict::NotVerified), "Over", "Finished"),
    ];
    let over = story(after(begun(vec![task(1, &[])]), declined), rows);
    assert_eq!((over.status(), over.verdict, over.delivered.is_some()), (RunStatus::Finished, Some(Verdict::NotVerified), false));
    // It did not come to the end of the phase that it is over in.
    let open: Vec<Phase> = over
        .phases
        .iter()
        .filter(|record| record.started_at.is_some() && record.ended_at.is_none())
        .map(|record| record.phase)
        .collect();
    assert_eq!(open, [Phase::Development]);
}

#[test]
fn how_a_call_ended_decides_what_follows() {
    let acting = on_the_way(4);
    let wait = |seconds: i64| Some(Effect::Wait { until: at().plus_millis(seconds * 1_000) });
    let call = |call| Some(Effect::Act { call, checkpoint: "before".into() });
    let over_budget = "iteration 1 ended: The run reached its limit: the cost ceiling of $0.00; \
        task 1 Pending 1 (The run reached its limit: the cost ceiling of $0.00); \
        says The run reached its limit: the cost ceiling of $0.00";
    let busy_words = "says The agent's model refuses for now. busy. Asking again in 30 s";
    let gone = AgentOutcome::Unreachable { detail: "gone.".to_owned() };
    let refused = AgentOutcome::Unauthorized { detail: "401".to_owned() };
    let of = |outcome| ended(outcome, "", None);
    let rows: [(Row, Option<Effect>); 8] = [
        ((of(AgentOutcome::Silent), "Reflecting", "Reflect runs"), Some(Effect::Reflect)),
        ((crashed(), "Acting", "says The agent crashed with exit 1. Oops"), call(2)),
        ((of(AgentOutcome::Stalled), "Acting", "says The agent printed nothing for too long and was killed"), call(2)),
        ((of(AgentOutcome::Cancelled), "Acting", "says The agent was stopped"), call(1)),
        ((of(AgentOutcome::OverBudget), "Sealing", over_budget), Some(Effect::Seal)),
        ((of(refused), "Acting", "Paused"), None),
        ((busy(), "Acting", busy_words), wait(30)),
        ((of(gone), "Acting", "says The agent's model could not be reached. gone. Asking again in 2 s"), wait(2)),
    ];
    for (row, effect) in rows {
        let what = format!("{:?}", row.0);
        let state = story(acting.clone(), [row]);
        assert_eq!(next_effect(&state), effect, "{what}");
    }
}

#[test]
fn the_third_call_that_breaks_is_a_failed_try() {
    let crash = "says The agent crashed with exit 1. Oops";
    let third = "says The agent crashed with exit 1. Oops; iteration 1 ended: The agent crashed with exit 1. Oops; \
        task 1 InProgress 2 (The last try: The agent crashed with exit 1. Oops); iteration 2 of task 1";
    let rows = [(crashed(), "Acting", crash), (crashed(), "Acting", crash), (crashed(), "Reasoning", third)];
    let state = story(on_the_way(4), rows);
    // They are counted anew in the next one.
    story(after(state, [reasoned()]), [(crashed(), "Acting", crash)]);
}

#[test]
fn a_person_is_asked_when_waiting_did_not_help() {
    let mut state = on_the_way(4);
    for calls in 2..10 {
        state = after(state, [busy(), Input::Waited]);
        assert_eq!(next_effect(&state), Some(Effect::Act { call: calls, checkpoint: "before".into() }));
    }
    let held = story(state, [(busy(), "Acting", "Paused")]);
    let reason = "The agent's model refuses for now. busy. Resume when it answers again".to_owned();
    assert_eq!((held.status(), &held.hold), (RunStatus::NeedsYou, &Some(Hold::NeedsYou { reason })));
    let again = story(held, [(resume(), "Reasoning", "Resumed")]);
    assert_eq!(again.waits, 0);

    // Whoever resumes does not wait for the time either.
    let waiting = after(on_the_way(4), [busy(), pause(), resume()]);
    assert_eq!(next_effect(&waiting), Some(Effect::Reason { discard: None }));
}

#[test]
fn a_pause_holds_every_stage_and_a_resume_looks_again_at_what_may_be_edited() {
    for (place, (here, onwards)) in WAY.into_iter().enumerate() {
        let (paused, resumed) = if here == "Over" { ("", "") } else { ("Paused", "Resumed") };
        // A resume without a pause and a second pause are nothing.
        let state = story(on_the_way(place), [(resume(), here, ""), (pause(), here, paused), (pause(), here, "")]);
        assert_eq!(next_effect(&state), None, "{here}");
        story(state, [(resume(), onwards, resumed)]);

        let blocked = Input::Blocked { reason: "The disk is full".to_owned() };
        let state = story(on_the_way(place), [(blocked, here, paused)]);
        assert_eq!(next_effect(&state), None, "{here}");
        story(state, [(resume(), onwards, resumed)]);
    }
}

#[test]
fn what_was_edited_while_the_whole_was_held_is_an_iteration_without_a_call() {
    let state = after(on_the_way(8), [pause(), resume()]);
    story(state.clone(), [(reflected(true), "Checking", "")]);
    let edited = "phase Development; iteration 2: Take over what was edited by hand; Verify runs";
    let rows = [
        (reflected(false), "Verifying", edited),
        (verified(GateVerdict::Passed), "Committing chore: take over what was edited by hand", "gates"),
        (committed("c2"), "Checking", "iteration 2 ended: Committed as c2; phase Qa"),
    ];
    assert_eq!(story(state, rows).call, 1);
}

#[test]
fn a_stop_a_limit_and_a_fault_end_every_stage_but_what_is_handed_over() {
    let cases = [
        (Input::StopAsked { by: "Ada".to_owned() }, "Stopped by Ada", RunStatus::Stopped),
        (Input::LimitReached { which: "60 minutes".to_owned() }, "The run reached its limit: 60 minutes", RunStatus::Finished),
        (Input::Broke { reason: "The disk is gone".to_owned() }, "The disk is gone", RunStatus::Failed),
    ];
    for (input, why, status) in cases {
        for (place, (here, _)) in WAY.into_iter().enumerate() {
            let in_iteration = format!("iteration 1 ended: {why}; task 1 Pending 1 ({why}); says {why}");
            let unsealed = format!("says There is no receipt: {why}; Finished");
            let expected = match here {
                "Queued" | "Preparing" | "Planning" | "Checking" | "Delivering" => ("Sealing", format!("says {why}")),
                "Sealing" if status == RunStatus::Failed => ("Over", unsealed),
                "Sealing" | "Over" => (here, String::new()),
                _ => ("Sealing", in_iteration),
            };
            for state in [on_the_way(place), after(on_the_way(place), [pause()])] {
                let (ended, changes) = step(state, input.clone(), at(), 0);
                assert_eq!((stage(&ended).as_str(), words(&changes)), expected, "{why} at {here}");
                if place < SEALING {
                    assert_eq!(next_effect(&ended), Some(Effect::Seal), "{why} at {here}");
                    let over = after(ended, [sealed(Verdict::NotVerified)]);
                    assert_eq!((over.status(), over.verdict), (status, Some(Verdict::NotVerified)), "{why} at {here}");
                }
            }
        }
    }
    let unsealed = after(on_the_way(SEALING), [Input::Broke { reason: "The disk is gone".to_owned() }]);
    assert_eq!((unsealed.status(), unsealed.verdict), (RunStatus::Failed, Some(Verdict::NotVerified)));
}

#[test]
fn a_limit_of_iterations_says_what_the_run_did_not_get_past() {
    let mut state = on_the_way(3);
    state.ceilings.iterations = 1;
    let ended = "gates; iteration 1 ended: failed: Tests: 1 of 3 failed; \
        task 1 Pending 1 (The run reached its limit: 1 iteration. The last try failed: Tests: 1 of 3 failed); \
        says The run reached its limit: 1 iteration. The last try failed: Tests: 1 of 3 failed";
    story(after(state, worked()), [(verified(GateVerdict::Failed), "Sealing", ended)]);
}

#[test]
fn work_that_is_paid_is_checked_and_no_further_call_is_made() {
    let mut state = after(begun(vec![task(1, &[]), task(2, &[])]), [reasoned()]);
    state.ceilings.cost_micros = Some(1_500_000);
    let ended_here = "task 1 Completed 1; iteration 1 ended: Committed as c1; \
        says The run reached its limit: the cost ceiling of $1.50";
    let rows = [
        (ended(AgentOutcome::Finished, "Done.", Some(1.5)), "Reflecting", "Reflect runs"),
        (reflected(false), "Verifying", "Verify runs"),
        (verified(GateVerdict::Passed), "Committing feat: t1", "gates"),
        (committed("c1"), "Sealing", ended_here),
    ];
    let sealing = story(state.clone(), rows);
    assert_eq!(sealing.spent.cost_micros, Some(1_500_000));

    // A call that broke off would have to be made again.
    let why = "The run reached its limit: the cost ceiling of $1.50";
    let (ended, changes) = step(state, ended(AgentOutcome::Stalled, "", Some(1.5)), at(), 0);
    let expected = format!("iteration 1 ended: {why}; task 1 Pending 1 ({why}); says {why}");
    assert_eq!((stage(&ended).as_str(), words(&changes)), ("Sealing", expected));
}

#[test]
fn time_of_work_is_counted_and_never_back() {
    let (state, _) = step(queued(), Input::Claimed, at(), 250);
    let (state, _) = step(state, prepared(), at(), -100);
    assert_eq!((state.worked_ms, state.millis_left()), (250, 60 * 60_000 - 250));
}
