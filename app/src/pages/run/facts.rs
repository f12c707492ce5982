//! The right side: the newest gates, and facts.

use leptos::prelude::*;
use protocol::{
    receipts::Receipt,
    runs::{Gate, Run, Tier, Tokens},
};

use super::{
    gates::{gate_took, rank},
    parts::{fold, gate_state, gate_title, grouped, short},
    state::RunState,
};
use crate::{
    live::run::RunModel,
    routes::to,
    ui::{self, div, el, live, nothing, pieces, text},
    words,
};

pub(super) fn facts(state: RunState) -> AnyView {
    let gates = live(move || {
        state.gates.track();
        state.run.track();
        state.model.with_value(|model| newest_gates(model, state))
    });
    let list = live(move || {
        state.run.track();
        state.receipt.track();
        state.model.with_value(|model| list(&model.run, model.receipt.as_ref()))
    });
    pieces(vec![gates, fold("Facts", div("panel-body").child(list).view())])
}

/// The gates of the newest check, in their order; that of the whole once the run is over.
fn newest_gates(model: &RunModel, state: RunState) -> AnyView {
    let gates = &model.gates;
    let whole = gates.iter().any(|gate| gate.iteration == 0).then_some(0);
    let newest = gates.iter().map(|gate| gate.iteration).max();
    let Some(iteration) = whole.filter(|_| model.run.status.is_over()).or(newest) else { return nothing() };
    let title = if iteration == 0 { "Gates, final check".to_owned() } else { format!("Gates, iteration {iteration}") };
    let mut shown: Vec<&Gate> = gates.iter().filter(|gate| gate.iteration == iteration).collect();
    shown.sort_by_key(|gate| rank(gate));
    let rows = shown.into_iter().map(|gate| {
        let (tone, icon, word) = gate_state(gate.verdict);
        let took = gate_took(gate);
        let hidden = el("span").class("visually-hidden").text(format!(" {word}")).view();
        let name = el("span").text(gate_title(&gate.name)).child(hidden).view();
        let line = el("li").class(format!("gate-line {}", tone.class())).attr("title", gate.summary.clone());
        line.child(ui::icon(icon)).child(name).child(el("span").class("took num").text(took).view()).view()
    });
    let link = el("a").attr("href", to::run_tab(state.id, "gates")).text(title).view();
    let header = el("header").child(el("h2").child(link).view()).view();
    el("section").class("panel side-gates").child(header).child(el("ul").children(rows).view()).view()
}

fn list(run: &Run, receipt: Option<&Receipt>) -> AnyView {
    let over = run.status.is_over();
    let none = || el("span").class("muted").text(if over { "none" } else { "not yet" }).view();
    let code = |text: &Option<String>| text.clone().map_or_else(none, ui::code);
    let tier = match run.tier {
        Some(tier) => format!("{}, {} phases", tier_in_words(tier), run.phases.len()),
        None => if over { "not known" } else { "not yet known" }.to_owned(),
    };
    let commit =
        run.commit.as_deref().map_or_else(none, |commit| el("code").attr("title", commit.to_owned()).text(short(commit)).view());
    let model = run.model.clone().unwrap_or_else(|| "the agent's choice".to_owned());
    let mut facts = vec![("Branch", code(&run.branch)), ("Commit", commit)];
    let delivery = receipt.and_then(|receipt| receipt.facts.delivery.clone());
    facts.extend(delivery.map(|words| ("Handed over", text(words))));
    // It goes when the run is over.
    if !over {
        facts.push(("Worktree", run.worktree.as_deref().map_or_else(none, ui::path)));
    }
    facts.extend([
        ("Agent", text(run.provider.title())),
        ("Model", text(model)),
        ("Tier", text(tier)),
        ("Limits", text(limits(run))),
        ("Sandbox", text(if run.sandboxed { "on" } else { "off" })),
        ("Started by", text(run.started_by.clone())),
        ("Queued", ui::ago(run.queued_at)),
    ]);
    facts.extend(run.started_at.map(|at| ("Started", ui::ago(at))));
    facts.extend(run.ended_at.map(|at| ("Ended", ui::ago(at))));
    let total = run.tokens.map(|tokens| grouped(tokens.scaffold + tokens.input + tokens.cached + tokens.output));
    facts.push(match total {
        Some(total) => ("Tokens", el("span").class("num").text(total).view()),
        None => ("Tokens", el("span").class("muted").text("not recorded").view()),
    });
    pieces(vec![ui::facts(facts), run.tokens.map_or_else(nothing, split)])
}

/// A tier is how much there is to do.
fn tier_in_words(tier: Tier) -> &'static str {
    match tier {
        Tier::Simple => "simple: little to do",
        Tier::Standard => "standard: some things to do",
        Tier::Complex => "complex: much to do",
    }
}

fn limits(run: &Run) -> String {
    let limits = [
        run.limits.cost_usd.map(ui::dollars),
        run.limits.minutes.map(|minutes| format!("{minutes} min")),
        run.limits.iterations.map(words::iterations),
    ];
    let given: Vec<String> = limits.into_iter().flatten().collect();
    if given.is_empty() { "none".to_owned() } else { given.join(" · ") }
}

/// Tokens by what they were spent on, as a bar and in words.
fn split(tokens: Tokens) -> AnyView {
    let parts = [("scaffold", tokens.scaffold), ("input", tokens.input), ("cached", tokens.cached), ("output", tokens.output)];
    let total: u64 = parts.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return nothing();
    }
    let tenths = |count: u64| format!("{}.{}%", count * 1_000 / total / 10, count * 1_000 / total % 10);
    let mut start = 0;
    let bars: Vec<AnyView> = parts
        .into_iter()
        .map(|(name, count)| {
            let x = tenths(start);
            start += count;
            view! { <rect class=name x=x width=tenths(count) height="100%"></rect> }.into_any()
        })
        .collect();
    let bar = view! { <svg class="split" aria-hidden="true">{bars}</svg> }.into_any();
    let rows = parts.into_iter().map(|(name, count)| {
        let swatch = el("i").class(name).attr("aria-hidden", "true").view();
        el("li").child(swatch).text(name).child(el("span").class("num").text(grouped(count)).view()).view()
    });
    pieces(vec![bar, el("ul").class("split-words").children(rows).view()])
}
