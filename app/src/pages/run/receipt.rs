//! The receipt, as a till prints it: what was found, and how to check that it was.

use leptos::prelude::*;
use protocol::{
    receipts::{ExampleFact, Facts, Receipt, TaskFact},
    runs::{Gate, Verdict},
};

use super::{
    gates::rank,
    parts::{gate_state, gate_title, grouped, not_yet, note_alone, short, small, task_ended, took, with_gate_title},
    state::RunState,
};
use crate::{
    live::ansi,
    ui::{self, Tone, div, el, live, pieces, text},
};

pub(super) fn receipt(state: RunState) -> AnyView {
    let over = Memo::new(move |_| state.with_run(|run| run.status.is_over()));
    live(move || {
        state.receipt.track();
        let over = over.get();
        state.model.with_value(|model| match &model.receipt {
            Some(receipt) => till(receipt, &state.server.get_value()),
            None if over => not_yet("This run left no receipt."),
            None => not_yet("The receipt is written when the run ends."),
        })
    })
}

fn till(receipt: &Receipt, server: &str) -> AnyView {
    let (tone, headline) = match receipt.verdict {
        Verdict::Verified => (Tone::Good, "VERIFIED"),
        Verdict::VerifiedWithGaps => (Tone::Warn, "VERIFIED WITH GAPS"),
        Verdict::NotVerified => (Tone::Bad, "NOT VERIFIED"),
    };
    let facts = &receipt.facts;
    let under = format!("{} · {} · {}", facts.project, facts.ended_because, ui::exact(facts.ended_at));
    let heading = |words: &'static str| el("h2").text(words).view();
    let mut parts = vec![
        el("p").class(format!("headline {}", tone.class())).text(headline).view(),
        el("p").class("muted").text(under).view(),
    ];
    if facts.demo {
        parts.push(small("Made by the demo agent, which builds what examples say and nothing else."));
    }
    if !receipt.gaps.is_empty() {
        parts.push(heading(if receipt.verdict == Verdict::NotVerified { "Why not" } else { "Gaps" }));
        let gaps = told(&receipt.gaps).into_iter().map(|gap| el("li").child(ui::prose(&gap)).view());
        parts.push(el("ul").class("gaps").children(gaps).view());
    }
    let mut gates: Vec<&Gate> = facts.gates.iter().collect();
    gates.sort_by_key(|gate| rank(gate));
    if !facts.tasks.is_empty() {
        parts.extend([heading("Requirements"), el("ol").children(facts.tasks.iter().map(task)).view()]);
    }
    if !gates.is_empty() {
        // Of a run that never came to the check of the whole, the gates of its last iteration.
        let judged = gates.first().map_or(0, |gate| gate.iteration);
        let title = if judged == 0 { "Gates, final check".to_owned() } else { format!("Gates, iteration {judged}") };
        let title = el("h2").text(title).view();
        parts.extend([title, el("ul").children(gates.into_iter().map(gate_line)).view()]);
    }
    parts.extend([
        heading("Facts"),
        measured(facts),
        heading("Claims, not checked"),
        claims(receipt),
        heading("Verify yourself"),
        verify(receipt, server),
    ]);
    el("article").class("till").children(parts).view()
}

/// Gaps as people read them: gates that were not judged on the whole are named in one sentence.
fn told(gaps: &[String]) -> Vec<String> {
    let unjudged = |gap: &str| {
        let name = gap.strip_prefix("The gate \"")?.strip_suffix("\" was not judged on the whole.")?;
        Some(gate_title(name))
    };
    let names: Vec<String> = gaps.iter().filter_map(|gap| unjudged(gap)).collect();
    if names.len() < 2 {
        return gaps.iter().map(|gap| with_gate_title(gap)).collect();
    }
    let one = format!("The gates {} were not judged on the whole.", names.join(", "));
    let others = gaps.iter().filter(|gap| unjudged(gap).is_none());
    others.map(|gap| with_gate_title(gap)).chain([one]).collect()
}

/// A line with dots between its two ends. The dots come last: the style sheet shows the line once it has them, so that its ends do
/// not move while they arrive.
fn line(left: AnyView, right: AnyView) -> AnyView {
    let dots = el("i").attr("aria-hidden", "true").view();
    let right = el("span").class("num").child(right).view();
    div("till-line").child(el("span").child(left).view()).child(right).child(dots).view()
}

fn gate_line(gate: &Gate) -> AnyView {
    let (tone, icon, word) = gate_state(gate.verdict);
    let summary = el("span").class("muted").text(" ").child(ui::prose(&gate.summary)).view();
    let name = pieces(vec![text(gate_title(&gate.name)), summary]);
    el("li").child(line(name, ui::chip(tone, icon, word))).view()
}

fn task(task: &TaskFact) -> AnyView {
    let (tone, icon, word) = task_ended(task.status);
    let item = el("li").child(line(ui::prose(&format!("{}. {}", task.number, task.title)), ui::chip(tone, icon, word)));
    let item = item.children(task.note.as_deref().map(|note| small(note_alone(note, &task.title))));
    if task.examples.is_empty() {
        return item.child(small("The spec gives no example of it that could be carried out.")).view();
    }
    item.child(el("ul").class("examples").children(task.examples.iter().map(example)).view()).view()
}

fn example(example: &ExampleFact) -> AnyView {
    let (tone, icon, word) = match example.held {
        Some(true) => (Tone::Good, "check", "held"),
        Some(false) => (Tone::Bad, "cross", "failed"),
        None => (Tone::Neutral, "dash", "not carried out"),
    };
    let item = el("li").child(line(ui::prose(&example.text), ui::chip(tone, icon, word)));
    let seen = ansi::plain(&example.seen);
    if seen.is_empty() || example.held == Some(true) {
        item.view()
    } else {
        item.child(el("p").class("muted small").text(format!("seen: {seen}")).view()).view()
    }
}

fn measured(facts: &Facts) -> AnyView {
    let code = |hash: Option<&String>| match hash {
        Some(hash) => el("code").attr("title", hash.clone()).text(short(hash)).view(),
        None => el("span").class("muted").text("none").view(),
    };
    let tokens = match facts.tokens {
        Some(tokens) => text(grouped(tokens.scaffold + tokens.input + tokens.cached + tokens.output)),
        None => el("span").class("muted").text("not recorded").view(),
    };
    let agent = match &facts.model {
        Some(model) => format!("{}, {model}", facts.provider.title()),
        None => facts.provider.title().to_owned(),
    };
    let files = if facts.files_changed == 1 { "file" } else { "files" };
    let lines = [
        ("Changed", text(format!("{} {files}, +{} −{}", facts.files_changed, facts.lines_added, facts.lines_removed))),
        ("Commits", text(facts.commits.len().to_string())),
        ("From", code(facts.base_commit.as_ref())),
        ("To", code(facts.head_commit.as_ref())),
        ("Branch", facts.branch.clone().map_or_else(|| text("none"), ui::code)),
        ("Handed over", text(facts.delivery.clone().unwrap_or_else(|| "no".to_owned()))),
        ("Agent", text(agent)),
        ("Sandbox", text(if facts.sandboxed { "on" } else { "off" })),
        ("Iterations", text(facts.iterations.to_string())),
        ("Worked", text(took(facts.worked_ms))),
        ("Tokens", tokens),
        ("Cost", ui::money(facts.cost_usd)),
        ("Spec", code(Some(&facts.spec_sha256))),
        ("Diff", code(Some(&facts.diff_sha256))),
        ("loki", text(facts.loki_version.clone())),
    ];
    el("div").children(lines.into_iter().map(|(name, value)| line(text(name), value))).view()
}

fn claims(receipt: &Receipt) -> AnyView {
    match &receipt.judgments.agent_claim {
        Some(claim) => pieces(vec![
            small("The agent's own closing words; no part of the verdict."),
            el("blockquote").child(ui::prose(&ansi::plain(claim))).view(),
        ]),
        None => small("The agent claimed nothing."),
    }
}

fn verify(receipt: &Receipt, server: &str) -> AnyView {
    let id = receipt.facts.run_id;
    // The command line speaks to no server behind TLS; the file needs none.
    let (needs, command) = if server.starts_with("http://") {
        let needs = "In a checkout that has the run's commits, with an API token that may read in `LOKI_TOKEN`:";
        (needs, format!("loki receipt verify {id} --repository . --server {server}"))
    } else {
        let needs = "Download the receipt into a checkout that has the run's commits, then there:";
        (needs, format!("loki receipt verify receipt-{id}.json --repository ."))
    };
    let copy = ui::copy_button("Copy the command", command.clone());
    let download = el("a").attr("href", format!("/api/v2/runs/{id}/receipt")).attr("rel", "external");
    let download = download.attr("download", format!("receipt-{id}.json")).class("btn").child(ui::icon("down"));
    let download = download.child(text("Download as JSON")).view();
    pieces(vec![
        small(needs),
        div("command").child(ui::code_block("Command", command)).child(copy).view(),
        small("SHA-256 of the diff and the facts"),
        el("p").class("mono hash").text(receipt.sha256.clone()).view(),
        el("p").child(download).view(),
    ])
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn gates_that_were_not_judged_are_one_sentence() {
        let unjudged = |name: &str| format!("The gate \"{name}\" was not judged on the whole.");
        let other = "Nothing was committed.".to_owned();

        assert_eq!(told(&[unjudged("tests"), other.clone()]), [unjudged("Tests"), other.clone()]);
        let one = "The gates Tests, Build were not judged on the whole.".to_owned();
        assert_eq!(told(&[unjudged("Tests"), other.clone(), unjudged("Build")]), [other, one]);
    }
}
