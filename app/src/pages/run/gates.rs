//! What was checked: the whole first, then each iteration, the newest first; what blocks and failed stands on top.

use leptos::prelude::*;
use protocol::runs::{Gate, GateVerdict};

use super::{
    parts::{drawn_on, gate_state, gate_title, keyed, not_yet, small},
    state::RunState,
};
use crate::{
    live::{ansi, run::RunModel},
    ui::{self, el, live, nothing, pieces},
};

pub(super) fn gates(state: RunState) -> AnyView {
    let none = live(move || {
        state.gates.track();
        state.run.track();
        let (none, over) = state.model.with_value(|model| (model.gates.is_empty(), model.run.status.is_over()));
        match (none, over) {
            (false, _) => nothing(),
            (true, true) => not_yet("No gate judged this run."),
            (true, false) => not_yet("No gate has judged this run yet."),
        }
    });
    let numbers = move || {
        state.gates.track();
        state.model.with_value(|model| order(&model.gates).into_iter().map(i64::from).collect())
    };
    // A check is drawn anew only when it changes, so that evidence which somebody reads stays open.
    let group = move |number: i64| {
        let gates = move || state.model.with_value(|model| of_iteration(model, number));
        let stamp = move || {
            state.gates.track();
            gates().iter().map(|gate| format!("{} {:?} {}\n", gate.name, gate.verdict, gate.summary)).collect()
        };
        drawn_on(stamp, move || {
            let newest = state.model.with_value(|model| order(&model.gates).first().copied().map(i64::from));
            group(number, &gates(), newest == Some(number))
        })
    };
    pieces(vec![none, keyed(numbers, group)])
}

/// Iterations that were checked: the whole (0) first, then the newest.
fn order(gates: &[Gate]) -> Vec<u32> {
    let mut numbers: Vec<u32> = gates.iter().map(|gate| gate.iteration).collect();
    numbers.sort_unstable_by_key(|number| if *number == 0 { 0 } else { u32::MAX - number });
    numbers.dedup();
    numbers
}

fn of_iteration(model: &RunModel, number: i64) -> Vec<Gate> {
    let mut gates: Vec<Gate> = model.gates.iter().filter(|gate| i64::from(gate.iteration) == number).cloned().collect();
    gates.sort_by_key(rank);
    gates
}

/// Lower stands higher.
pub(super) fn rank(gate: &Gate) -> u8 {
    match (gate.verdict, gate.blocking) {
        (GateVerdict::Failed, true) => 0,
        (GateVerdict::Failed, false) => 1,
        (GateVerdict::Inconclusive, true) => 2,
        (GateVerdict::Inconclusive, false) => 3,
        (GateVerdict::Passed, true) => 4,
        (GateVerdict::Passed, false) => 5,
        (GateVerdict::NotApplicable, _) => 6,
    }
}

/// One check; older ones are folded, and their head says whether something failed in them.
fn group(iteration: i64, gates: &[Gate], is_newest: bool) -> AnyView {
    let title = if iteration == 0 { "Final check".to_owned() } else { format!("Iteration {iteration}") };
    let head = |class: &'static str, words: &'static str| el("th").attr("scope", "col").class(class).text(words).view();
    let heads = [head("verdict", "Verdict"), head("", "Gate"), head("wide number", "Time")];
    // Most gates cost nothing.
    let has_cost = gates.iter().any(|gate| gate.cost_usd > 0.0);
    let cost = has_cost.then(|| head("wide number", "Cost"));
    let head = el("thead").child(el("tr").children(heads).children(cost).view()).view();
    let body = el("tbody").children(gates.iter().map(|gate| row(gate, has_cost))).view();
    let table = el("table").class("gates").attr("aria-label", title.clone()).child(head).child(body).view();
    let failed = gates.iter().filter(|gate| gate.verdict == GateVerdict::Failed).count();
    let passed = gates.iter().filter(|gate| gate.verdict == GateVerdict::Passed).count();
    let failures = if failed == 0 { nothing() } else { el("span").class("minus").text(format!("{failed} failed, ")).view() };
    let summary = el("summary").child(ui::icon("chevron")).child(el("h2").text(title).view());
    let summary = summary.child(el("span").class("muted num").child(failures).text(format!("{passed} passed")).view()).view();
    el("details").class("gate-group").flag("open", is_newest).child(summary).child(table).view()
}

/// `has_cost` when any gate of its check has a cost.
fn row(gate: &Gate, has_cost: bool) -> AnyView {
    let (tone, icon, word) = gate_state(gate.verdict);
    let advisory = if gate.blocking { "" } else { " · does not block" };
    let words = vec![
        el("b").text(gate_title(&gate.name)).view(),
        el("span").class("muted small").text(advisory).view(),
        el("p").child(ui::prose(&gate.summary)).view(),
        small(&format!("Asks: {}", gate.criterion)),
        evidence(gate),
    ];
    let number = |words: String| el("td").class("wide number num muted").text(words).view();
    let cost = has_cost.then(|| if gate.cost_usd > 0.0 { ui::dollars(gate.cost_usd) } else { "–".to_owned() });
    let cells = [
        el("td").class("verdict").child(ui::chip(tone, icon, word)).view(),
        el("td").children(words).view(),
        number(gate_took(gate)),
    ];
    el("tr").children(cells).children(cost.map(number)).view()
}

/// How long a gate took, where it had anything to judge.
pub(super) fn gate_took(gate: &Gate) -> String {
    match (gate.verdict, gate.duration_ms) {
        (GateVerdict::NotApplicable, _) => "–".to_owned(),
        (_, millis) => ui::duration(i64::try_from(millis).unwrap_or(i64::MAX)),
    }
}

fn evidence(gate: &Gate) -> AnyView {
    let evidence = ansi::plain(&gate.evidence);
    if evidence.trim().is_empty() {
        return nothing();
    }
    let summary = el("summary").text("Evidence").view();
    el("details").class("evidence").child(summary).child(ui::code_block("Evidence", evidence)).view()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(iteration: u32, name: &str, verdict: GateVerdict, blocking: bool) -> Gate {
        Gate {
            iteration,
            name: name.to_owned(),
            criterion: String::new(),
            verdict,
            blocking,
            summary: String::new(),
            evidence: String::new(),
            duration_ms: 0,
            cost_usd: 0.0,
        }
    }

    #[test]
    fn the_whole_comes_first_and_failures_of_blocking_gates_on_top() {
        let gates = [
            gate(1, "tests", GateVerdict::Passed, true),
            gate(2, "lint", GateVerdict::Failed, false),
            gate(2, "build", GateVerdict::NotApplicable, true),
            gate(2, "tests", GateVerdict::Failed, true),
            gate(0, "tests", GateVerdict::Passed, true),
        ];

        let read: Vec<(u32, Vec<&str>)> = order(&gates)
            .into_iter()
            .map(|number| {
                let mut of: Vec<&Gate> = gates.iter().filter(|gate| gate.iteration == number).collect();
                of.sort_by_key(|gate| rank(gate));
                (number, of.into_iter().map(|gate| gate.name.as_str()).collect())
            })
            .collect();

        assert_eq!(read, [(0, vec!["tests"]), (2, vec!["tests", "lint", "build"]), (1, vec!["tests"])]);
    }
}
