//! Runs as rows of a table, the same on every page.

use std::cmp::Ordering;

use leptos::prelude::*;
use protocol::runs::{Run, RunStatus, Step};

use crate::{
    routes::to,
    ui::{self, Column, Row, div, el, pieces, text},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "State", class: "state" },
    Column { title: "Run", class: "main" },
    Column { title: "Where it is", class: "place wide" },
    Column { title: "Elapsed", class: "elapsed" },
    Column { title: "Cost", class: "price wide" },
];

/// A table of runs; `label` says which.
pub fn run_table(label: &'static str, runs: Vec<Run>) -> AnyView {
    rows(label, runs, true)
}

/// A table of the runs of one project, whose name stands above it already.
pub fn run_table_of_project(label: &'static str, runs: Vec<Run>) -> AnyView {
    rows(label, runs, false)
}

/// As [`run_table_of_project`], for whoever may stop them, several at once.
pub fn run_table_to_stop(label: &'static str, runs: Vec<Run>) -> AnyView {
    ui::table(label, COLUMNS, runs.into_iter().map(row_to_stop).collect())
}

fn row_to_stop(run: Run) -> Row {
    if run.status.is_over() {
        return row(run, false);
    }
    let fields = to::asking("", &[("id", &run.id.to_string())]);
    let pick = ui::pick("Stop", "/ui/stop_run", fields, &format!("run {}", run.number));
    row(run, false).selected_by(pick)
}

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 5] = ["state", "run", "", "elapsed", "cost"];

/// Whether runs can be sorted like that; the list is in its own order otherwise.
pub fn can_be_sorted_by(sort: &str) -> bool {
    let name = sort.strip_prefix('-').unwrap_or(sort);
    !name.is_empty() && SORTS.contains(&name)
}

/// A table whose headings sort it, as [`ui::table_sorted`] has them.
pub fn run_table_sorted(label: &'static str, runs: Vec<Run>, sort: &str, link: &dyn Fn(&str) -> String) -> AnyView {
    let rows = runs.into_iter().map(|run| row(run, true)).collect();
    ui::table_sorted(label, COLUMNS, rows, (&SORTS, sort), link)
}

fn rows(label: &'static str, runs: Vec<Run>, with_project: bool) -> AnyView {
    ui::table(label, COLUMNS, runs.into_iter().map(|run| row(run, with_project)).collect())
}

fn row(run: Run, with_project: bool) -> Row {
    let elapsed = if run.worked_ms > 0 { ui::duration(run.worked_ms) } else { "–".to_owned() };
    let demo = if run.demo { " · demo" } else { "" };
    let number = if with_project { format!("{} · run", run.project_name) } else { "Run".to_owned() };
    let by = format!("{number} {} · {}{demo} · ", run.number, run.started_by);
    Row::new(vec![
        words::run_chip(run.status, run.verdict),
        ui::opener(to::run(run.id), &run.title, pieces(vec![text(by), ui::ago(run.queued_at)])),
        place(&run),
        el("span").class("num").text(elapsed).view(),
        ui::cost_of(run.cost_usd, run.limits.cost_usd),
    ])
}

/// Where the run is, with the steps of its iteration while it works.
fn place(run: &Run) -> AnyView {
    let words = ui::clipped(&words::where_it_is(run));
    if words::says_why(run) {
        return div("why").child(words).view();
    }
    let Some(step) = run.step.filter(|_| matches!(run.status, RunStatus::Working | RunStatus::Verifying)) else { return words };
    let now = Step::ALL.into_iter().position(|other| other == step).unwrap_or_default();
    let steps = (0..Step::ALL.len()).map(|at| match at.cmp(&now) {
        Ordering::Less => "passed",
        Ordering::Equal => "running",
        Ordering::Greater => "pending",
    });
    el("span").class("place-line").child(ui::marks(None, steps)).child(words).view()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use protocol::runs::{RunStatus, Verdict};

    use super::run_table;
    use crate::rendering_tests::{html, run};

    /// The style sheet shows it on a phone, where it leaves out where other runs are.
    #[tokio::test]
    async fn why_a_run_stands_still_is_told_apart_from_where_it_is() {
        let check = |status, verdict, reason: Option<&str>, told| {
            let mut run = run(status);
            (run.verdict, run.reason) = (verdict, reason.map(str::to_owned));
            let html = html("/runs", move || run_table("Runs", vec![run]));

            assert_eq!(html.contains("class=\"why\""), told, "{html}");
            assert_eq!(html.contains("It was so."), reason.is_some(), "{html}");
        };
        let why = Some("It was so.");

        check(RunStatus::NeedsYou, None, why, true);
        check(RunStatus::Paused, None, why, true);
        check(RunStatus::Stopped, Some(Verdict::NotVerified), why, true);
        check(RunStatus::Failed, None, why, true);
        check(RunStatus::Finished, Some(Verdict::VerifiedWithGaps), why, true);
        check(RunStatus::Finished, Some(Verdict::Verified), why, false);
        check(RunStatus::Stopped, None, None, false);
        check(RunStatus::Working, None, None, false);
    }
}
