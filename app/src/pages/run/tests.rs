//! Parts of the page as the server renders them, from what a test makes up.

use protocol::{
    Timestamp,
    receipts::{ExampleFact, Facts, Judgments, Receipt, TaskFact},
    runs::{
        DiffLine, DiffSide, FileChange, FileDiff, Gate, GateVerdict, Hunk, Iteration, LogChunk, LogEntry, LogKind, Phase,
        PhaseRecord, RunView, Step, Task, TaskStatus, Timeline,
    },
};

use super::*;
use crate::{
    rendering_tests::{html, run},
    server_fns::flash::Flash,
};

fn page_of(status: RunStatus, verdict: Option<Verdict>) -> RunPage {
    let mut run = run(status);
    run.verdict = verdict;
    run.reason = Some("the tests failed twice".to_owned());
    let at = Timestamp::from_millis(1_795_240_925_123);
    let piece = |seq, kind, text: &str| LogEntry {
        seq,
        at,
        chunk: LogChunk { iteration: 3, step: Some(Step::Act), kind, text: text.to_owned() },
    };
    let gate = Gate {
        iteration: 2,
        name: "tests".to_owned(),
        criterion: "Every test passes".to_owned(),
        verdict: GateVerdict::Failed,
        blocking: true,
        summary: "2 of 12 failed".to_owned(),
        evidence: "\u{1b}[31mFAILED\u{1b}[0m <script>alert(1)</script>".to_owned(),
        duration_ms: 400,
        cost_usd: 0.0,
    };
    let log = vec![
        piece(40, LogKind::Text, "I trim <b>first</b>.\n"),
        piece(41, LogKind::Output, "\u{1b}[31m1 failed\u{1b}[0m, 11 passed\n\u{1b}]8;;javascript:alert(1)\u{7}link\n"),
    ];
    let timeline = Timeline { run_id: run.id, phases: Vec::new(), iterations: Vec::new(), tasks: Vec::new(), gates: vec![gate] };
    let view = RunView { run, timeline, log, log_has_more: true, receipt: None, seq: 50 };
    RunPage { view, now: at, server: "http://127.0.0.1:58101".to_owned(), may_control: true, flash: Flash::default() }
}

fn shown(draw: fn(RunState) -> AnyView, page: RunPage) -> String {
    plain(&html("/runs/1", move || draw(RunState::new(page))))
}

/// Without the marks between texts that hydration goes by.
fn plain(html: &str) -> String {
    html.replace("<!>", "")
}

fn head_of(state: RunState) -> AnyView {
    let shown = Shown { may_control: true, refused: None };
    head::head(state, &shown, Memo::new(|_| "gates"))
}

#[test]
fn the_head_says_state_cost_and_time_and_its_buttons_work_without_script() {
    let html = shown(head_of, page_of(RunStatus::Working, None));

    for part in [
        "Greet by &lt;name&gt;",
        "Working",
        "$0.42 of $2.00",
        "12:34",
        "Iteration 3 · act",
        r#"action="/ui/pause_run""#,
        r#"action="/ui/stop_run""#,
        r#"name="tab" value="gates""#,
        "Demo",
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
    assert!(!html.contains("the tests failed twice"));
}

#[test]
fn a_run_that_is_over_says_why_and_can_be_replayed() {
    let html = shown(head_of, page_of(RunStatus::Finished, Some(Verdict::NotVerified)));

    for part in ["Not verified", "the tests failed twice", r#"action="/ui/replay_run""#] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
    assert!(!html.contains("/ui/pause_run"));
}

#[test]
fn verified_commits_that_were_not_merged_say_where_they_are_and_what_to_do() {
    let page = |delivered: Option<&str>| {
        let mut page = page_of(RunStatus::Finished, Some(Verdict::Verified));
        let mut receipt = receipt_of(&page);
        receipt.verdict = Verdict::Verified;
        receipt.facts.commits = vec!["ab".repeat(20)];
        receipt.facts.branch = Some("loki/run-14".to_owned());
        receipt.facts.delivered_commit = delivered.map(str::to_owned);
        receipt.facts.delivery = Some("The commits stay on loki/run-14: main has changes of its own in README.md".to_owned());
        page.view.receipt = Some(receipt);
        page
    };

    let (head, facts) = (shown(head_of, page(None)), shown(facts::facts, page(None)));

    for part in ["Verified, not merged.", "main has changes of its own in README.md.", "git merge loki/run-14"] {
        assert!(head.contains(part), "{part} is missing in {head}");
    }
    assert!(facts.contains("The commits stay on loki/run-14"), "{facts}");
    assert!(!shown(head_of, page(Some("cd"))).contains("not merged"));
}

#[test]
fn commits_that_wait_for_review_or_have_gaps_are_called_what_they_are() {
    let head = |verdict: Verdict, for_review: bool, why: &str| {
        let mut page = page_of(RunStatus::Finished, Some(verdict));
        page.view.run.for_review = for_review;
        let mut receipt = receipt_of(&page);
        receipt.verdict = verdict;
        receipt.facts.commits = vec!["ab".repeat(20)];
        receipt.facts.branch = Some("loki/run-14".to_owned());
        receipt.facts.delivered_commit = None;
        receipt.facts.delivery = Some(why.to_owned());
        page.view.receipt = Some(receipt);
        shown(head_of, page)
    };

    for verdict in [Verdict::Verified, Verdict::VerifiedWithGaps] {
        let asked = head(verdict, true, "The commits wait on loki/run-14 for a look");
        assert!(asked.contains("The commits wait on loki/run-14 for a look") && !asked.contains("not merged"), "{asked}");
    }
    let gaps = head(Verdict::VerifiedWithGaps, false, "The commits stay on loki/run-14: main has changes of its own");
    assert!(gaps.contains("Verified with gaps, not merged."), "{gaps}");
}

#[test]
fn the_log_is_text_with_colours_and_each_line_has_its_address() {
    let html = shown(|state| log::log(state, LogPanel::new(state)), page_of(RunStatus::Working, None));

    for part in [
        r##"href="#L40""##,
        r#"id="L41.1""#,
        "I trim &lt;b&gt;first&lt;/b&gt;.",
        r#"<span class="f1">1 failed</span>"#,
        "2026-11-21 06:02:05 UTC",
        "Load older lines",
        "3 · Act",
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
    assert!(!html.contains("javascript:"));
    assert!(!html.contains('\u{1b}'));
}

#[test]
fn time_has_a_bar_where_there_is_a_limit() {
    let bars = |minutes| {
        let mut page = page_of(RunStatus::Finished, Some(Verdict::Verified));
        page.view.run.limits.minutes = minutes;
        shown(head_of, page)
    };

    assert_eq!(bars(None).matches("<rect").count(), 1);
    assert!(bars(Some(60)).contains(r#"width="20%""#), "{}", bars(Some(60)));
}

#[test]
fn costs_of_gates_are_shown_where_one_has_some() {
    let costs = |cost_usd| {
        let mut page = page_of(RunStatus::Working, None);
        page.view.timeline.gates[0].cost_usd = cost_usd;
        shown(gates::gates, page)
    };

    assert!(!costs(0.0).contains("Cost"));
    assert!(costs(0.04).contains("Cost") && costs(0.04).contains("$0.04"), "{}", costs(0.04));
}

#[test]
fn a_phase_with_a_task_that_was_not_done_has_no_tick() {
    let phases = |status| {
        let mut page = page_of(RunStatus::Finished, Some(Verdict::NotVerified));
        let at = page.now;
        page.view.timeline.phases =
            vec![PhaseRecord { phase: Phase::Development, started_at: Some(at), ended_at: Some(at), summary: String::new() }];
        page.view.timeline.iterations = vec![Iteration {
            number: 1,
            phase: Phase::Development,
            task: Some(1),
            title: "Greet".to_owned(),
            steps: Vec::new(),
            started_at: at,
            ended_at: Some(at),
            failed_gates: Vec::new(),
            cost_usd: None,
        }];
        page.view.timeline.tasks = vec![Task {
            number: 1,
            title: "Greet".to_owned(),
            criteria: Vec::new(),
            depends_on: Vec::new(),
            status,
            attempts: 1,
            commit: None,
            note: None,
        }];
        shown(timeline::timeline, page)
    };

    let (done, failed) = (phases(TaskStatus::Completed), phases(TaskStatus::Failed));

    assert!(done.contains("phase-name done"), "{done}");
    assert!(failed.contains("phase-name failed") && failed.contains("#cross"), "{failed}");
}

#[test]
fn evidence_is_text() {
    let html = shown(gates::gates, page_of(RunStatus::Working, None));

    assert!(html.contains("FAILED &lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    assert!(html.contains("Asks: Every test passes"));
    assert!(!html.contains("<script>"));
}

#[test]
fn a_receipt_names_each_example_and_how_to_verify_it() {
    let mut page = page_of(RunStatus::Finished, Some(Verdict::NotVerified));
    page.view.receipt = Some(receipt_of(&page));

    let html = shown(receipt::receipt, page);

    for part in [
        "NOT VERIFIED",
        "Not carried out",
        "seen: Hi",
        "loki receipt verify 01936f00-",
        "--server http://127.0.0.1:58101",
        "LOKI_TOKEN",
        "All good!",
        "no part of the verdict",
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
}

fn receipt_of(page: &RunPage) -> Receipt {
    let run = &page.view.run;
    let example = |text: &str, held, seen: &str| ExampleFact { text: text.to_owned(), held, seen: seen.to_owned() };
    let task = TaskFact {
        number: 1,
        title: "Greet".to_owned(),
        status: TaskStatus::Failed,
        attempts: 2,
        commit: None,
        examples: vec![example("greets", Some(false), "Hi"), example("is nice", None, "")],
        note: None,
    };
    let facts = Facts {
        run_id: run.id,
        project_id: run.project_id,
        project: run.project_name.clone(),
        loki_version: "0.1.0".to_owned(),
        provider: run.provider,
        model: None,
        demo: true,
        sandboxed: true,
        tier: None,
        spec_sha256: "ab".repeat(32),
        base_commit: None,
        head_commit: None,
        branch: None,
        diff_sha256: "cd".repeat(32),
        files_changed: 1,
        lines_added: 86,
        lines_removed: 4,
        commits: Vec::new(),
        delivered_commit: None,
        delivery: None,
        tasks: vec![task],
        gates: page.view.timeline.gates.clone(),
        iterations: 2,
        limits: run.limits,
        cost_usd: None,
        tokens: None,
        started_at: None,
        ended_at: page.now,
        worked_ms: 1,
        ended_because: "the limit of iterations".to_owned(),
    };
    let judgments = Judgments { agent_claim: Some("All good!".to_owned()) };
    let gaps = vec!["A test failed".to_owned()];
    Receipt { schema: 1, verdict: Verdict::NotVerified, facts, gaps, judgments, sha256: "ef".repeat(32) }
}

#[test]
fn a_diff_shows_both_sides_and_marks_the_words() {
    let line = |side, text: &str| DiffLine { side, old: Some(1), new: Some(1), text: text.to_owned() };
    let lines = vec![line(DiffSide::Removed, "let x = <old>;"), line(DiffSide::Added, "let x = <new>;")];
    let file = FileDiff {
        path: "src/a.rs".to_owned(),
        old_path: None,
        change: FileChange::Modified,
        added: 1,
        removed: 1,
        folded: None,
        hunks: vec![Hunk { header: "@@ -1 +1 @@".to_owned(), lines }],
    };
    let diff = Diff { run_id: run(RunStatus::Working).id, base: None, head: None, files: vec![file], truncated: false };
    for split in [false, true] {
        let diff = diff.clone();
        let html = plain(&html("/runs/1", move || diff::drawn(RunState::new(page_of(RunStatus::Working, None)), &diff, split)));

        for part in ["src/a.rs", "let x = &lt;", "<b>new</b>", "@@ -1 +1 @@", r#"id="file-0""#] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
    }
}

#[test]
fn a_file_with_one_side_is_unified_in_either_view() {
    let lines = vec![DiffLine { side: DiffSide::Added, old: None, new: Some(1), text: "new".to_owned() }];
    let file = |change| FileDiff {
        path: "src/a.rs".to_owned(),
        old_path: None,
        change,
        added: 1,
        removed: 0,
        folded: None,
        hunks: vec![Hunk { header: "@@ -0,0 +1 @@".to_owned(), lines: lines.clone() }],
    };
    let id = run(RunStatus::Working).id;
    for (change, beside) in
        [(FileChange::Added, false), (FileChange::Deleted, false), (FileChange::Modified, true), (FileChange::Renamed, true)]
    {
        let diff = Diff { run_id: id, base: None, head: None, files: vec![file(change)], truncated: false };
        let html = html("/runs/1", move || diff::drawn(RunState::new(page_of(RunStatus::Working, None)), &diff, true));

        assert_eq!(html.contains("split-view"), beside, "{html}");
    }
}
