//! The head of the page: what the run is, how it stands, what it used up, and what can be done to it.

use leptos::prelude::*;
use protocol::{
    receipts::Receipt,
    runs::{Run, RunStatus, Verdict},
};

use super::{
    parts::{clock, drawn_on, took, with_gate_title},
    state::{RunState, Shown},
};
use crate::{
    routes::to,
    ui::{self, FormState, Kind, Tone, div, el, live, nothing, pieces, text},
    words,
};

/// The dialog that asks before a run is stopped.
pub(super) const STOP: &str = "stop-run";

pub(super) fn head(state: RunState, shown: &Shown, tab: Memo<&'static str>) -> AnyView {
    let title = untrack(|| state.with_run(|run| run.title.clone()));
    let refused = match &shown.refused {
        Some(error) => el("div").attr("role", "alert").child(ui::banner(Tone::Bad, &error.detail)).view(),
        None => nothing(),
    };
    let words = div("words").child(el("h1").text(title).view()).child(live(move || state.with_run(chips))).view();
    let asked = RwSignal::new("");
    Effect::new(move |_| {
        let said = asked.get();
        if !said.is_empty() && state.with_run(|run| has_happened(said, run)) {
            asked.set("");
        }
    });
    let heard = el("span").attr("role", "status").child(live(move || text(asked.get())));
    let sub = el("p").class("run-sub").child(live(move || state.with_run(sub_line))).child(heard.view()).view();
    let what = div("run-what").child(words).child(sub).view();
    let controls = if shown.may_control {
        controls(state, tab, asked)
    } else {
        let link = move || result_link(state, tab).map_or_else(nothing, |link| div("run-actions").child(link).view());
        drawn_on(move || result_stamp(state, tab), link)
    };
    let head = div("run-head").child(what).child(used(state)).child(controls).view();
    let merge = live(move || {
        state.receipt.track();
        state.model.with_value(|model| not_merged(&model.run, model.receipt.as_ref()?)).unwrap_or_else(nothing)
    });
    pieces(vec![refused, head, live(move || state.with_run(why)), merge])
}

/// Whether the run stands as it was asked to.
fn has_happened(said: &str, run: &Run) -> bool {
    match run.status {
        RunStatus::Paused | RunStatus::NeedsYou => said == PAUSE.said,
        RunStatus::Finished | RunStatus::Stopped | RunStatus::Failed => true,
        RunStatus::Queued | RunStatus::Preparing | RunStatus::Working | RunStatus::Verifying => said == RESUME.said,
    }
}

/// Where verified commits are that did not go into the project's branch, and how they get there.
fn not_merged(run: &Run, receipt: &Receipt) -> Option<AnyView> {
    let facts = &receipt.facts;
    if receipt.verdict == Verdict::NotVerified || facts.delivered_commit.is_some() || facts.commits.is_empty() {
        return None;
    }
    let (why, branch) = (facts.delivery.as_deref()?, facts.branch.as_deref()?);
    // As the project asks: nothing went wrong.
    if run.for_review {
        return Some(el("p").class("soft").text(format!("{}.", why.trim_end_matches('.'))).view());
    }
    let verdict = if receipt.verdict == Verdict::Verified { "Verified" } else { "Verified with gaps" };
    let words = format!(
        "{verdict}, not merged. {}. Once nothing is in the way, merge them in the project's repository: `git merge {branch}`.",
        why.trim_end_matches('.')
    );
    Some(ui::banner(Tone::Warn, &words))
}

fn chips(run: &Run) -> AnyView {
    let demo = if run.demo { ui::chip(Tone::Held, "flask", "demo") } else { nothing() };
    pieces(vec![words::run_chip(run.status, run.verdict), demo])
}

fn sub_line(run: &Run) -> AnyView {
    let place = match (run.status.is_over(), run.iteration) {
        (_, 0) => words::where_it_is(run),
        (false, number) => {
            let part = run.step.map(|step| step.title().to_ascii_lowercase());
            let part = part.or_else(|| run.phase.map(|phase| words::phase_title(phase).to_ascii_lowercase()));
            format!("Iteration {number} · {}", part.unwrap_or_default())
        }
        (true, number) => words::iterations(number),
    };
    let quiet = matches!(run.status, RunStatus::Paused | RunStatus::Stopped);
    let reason = run.reason.clone().filter(|_| quiet && run.iteration > 0);
    let by = el("span").text(format!("Started by {} ", run.started_by));
    let mut line = vec![by.child(ui::ago(run.started_at.unwrap_or(run.queued_at))).view()];
    if !place.is_empty() {
        line.push(el("span").text(place).view());
    }
    line.extend(run.branch.clone().map(|branch| el("span").class("mono").text(branch).view()));
    line.push(el("span").text(run.provider.title()).view());
    line.extend(reason.map(|reason| el("span").child(ui::prose(&reason)).view()));
    pieces(line)
}

/// Cost and time, each against its limit.
fn used(state: RunState) -> AnyView {
    let cost = live(move || text(state.with_run(|run| cost(run).0)));
    // A bar needs both what was spent and what may be.
    let bar = |percent: Option<u32>| match percent {
        Some(percent) => ui::meter(percent, if percent >= 80 { Tone::Warn } else { Tone::Neutral }),
        None => nothing(),
    };
    let spent = live(move || bar(state.with_run(cost_percent)));
    // It is drawn anew each time that it grows, not with each tick of the clock.
    let worked = Memo::new(move |_| {
        let now = state.now.get();
        state.run.track();
        state.model.with_value(|model| time_percent(&model.run, model.worked_ms(now)))
    });
    let passed = live(move || bar(worked.get()));
    let elapsed = live(move || {
        let now = state.now.get();
        state.run.track();
        text(state.model.with_value(|model| {
            let limit = model.run.limits.minutes.map(|minutes| format!(" of {minutes} min")).unwrap_or_default();
            // A clock that has stopped may be exact, as far as anybody cares beside minutes.
            let worked = model.worked_ms(now);
            let exact = model.run.status.is_over() && worked >= 1_000;
            (if exact { took(worked) } else { clock(worked) }) + &limit
        }))
    });
    let line = |name: &'static str, value: AnyView| {
        let value = el("span").class("num").child(value).view();
        el("div").child(el("span").text(name).view()).child(value).view()
    };
    div("run-used").children([line("Cost", cost), spent, line("Time", elapsed), passed]).view()
}

fn cost(run: &Run) -> (String, Option<u32>) {
    let words = match (run.cost_usd, run.limits.cost_usd) {
        (None, Some(ceiling)) => format!("not recorded, ceiling {}", ui::dollars(ceiling)),
        (None, None) => "not recorded".to_owned(),
        (Some(spent), None) => format!("{}, no ceiling", ui::dollars(spent)),
        (Some(spent), Some(ceiling)) => format!("{} of {}", ui::dollars(spent), ui::dollars(ceiling)),
    };
    (words, cost_percent(run))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between 0 and 100")]
fn cost_percent(run: &Run) -> Option<u32> {
    let (spent, ceiling) = (run.cost_usd?, run.limits.cost_usd?);
    Some(if ceiling > 0.0 { (spent / ceiling * 100.0).clamp(0.0, 100.0) as u32 } else { 100 })
}

/// How much of the time that a run may take it has worked, 0 to 100.
fn time_percent(run: &Run, worked_ms: i64) -> Option<u32> {
    let limit = i64::from(run.limits.minutes?).saturating_mul(60_000);
    let percent = worked_ms.saturating_mul(100).checked_div(limit).unwrap_or(100);
    u32::try_from(percent.clamp(0, 100)).ok()
}

/// Why it waits, failed or was not verified.
fn why(run: &Run) -> AnyView {
    let tone = match (run.status, run.verdict) {
        (RunStatus::NeedsYou, _) => Tone::Warn,
        (RunStatus::Failed, _) | (RunStatus::Finished, Some(Verdict::NotVerified)) => Tone::Bad,
        _ => return nothing(),
    };
    run.reason.as_deref().map_or_else(nothing, |reason| ui::banner(tone, &with_gate_title(reason)))
}

/// A button that posts.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Act {
    action: &'static str,
    label: &'static str,
    key: &'static str,
    class: &'static str,
    /// Said once it was taken, until it has happened.
    said: &'static str,
}

const PAUSE: Act =
    Act { action: "/ui/pause_run", label: "Pause", key: "space", class: "btn", said: "Pausing after the running step." };
const RESUME: Act = Act { action: "/ui/resume_run", label: "Resume", key: "space", class: "btn primary", said: "Going on." };
const REPLAY: Act = Act { action: "/ui/replay_run", label: "Replay", key: "", class: "btn", said: "Queued again." };
const STOP_IT: Act = Act { action: "/ui/stop_run", label: "Stop run", key: "", class: "btn danger", said: "Stopping the run." };

/// What can be done first at the moment.
fn first(run: &Run) -> Act {
    match run.status {
        RunStatus::Finished | RunStatus::Stopped | RunStatus::Failed => REPLAY,
        RunStatus::Paused | RunStatus::NeedsYou => RESUME,
        RunStatus::Queued | RunStatus::Preparing | RunStatus::Working | RunStatus::Verifying => PAUSE,
    }
}

/// Where the result of a run is read that came to one, and the tab that has it: the first thing to do once it is over.
fn result(state: RunState) -> Option<(&'static str, &'static str)> {
    state.run.track();
    state.receipt.track();
    state.model.with_value(|model| match (model.run.status, model.run.verdict) {
        (RunStatus::Finished, Some(Verdict::Verified | Verdict::VerifiedWithGaps)) if model.run.for_review => {
            Some(("Review changes", "diff"))
        }
        (RunStatus::Finished, Some(_)) => Some(("Read the receipt", "receipt")),
        (RunStatus::Stopped | RunStatus::Failed, _) if model.receipt.is_some() => Some(("Read the receipt", "receipt")),
        _ => None,
    })
}

/// What tells whether the link to the result has to be drawn anew.
fn result_stamp(state: RunState, tab: Memo<&'static str>) -> String {
    result(state).map_or_else(String::new, |(label, there)| format!("{label} {}", tab.get() == there))
}

/// Whoever reads it already is asked for nothing.
fn result_link(state: RunState, tab: Memo<&'static str>) -> Option<AnyView> {
    let (label, there) = result(state)?;
    let kind = if tab.get() == there { Kind::Normal } else { Kind::Primary };
    Some(ui::link_button(kind, label, to::run_tab(state.id, there)))
}

fn controls(state: RunState, tab: Memo<&'static str>, asked: RwSignal<&'static str>) -> AnyView {
    let name = untrack(|| state.with_run(|run| format!("run {} of {}", run.number, run.project_name)));
    let forms = [FormState::new(None), FormState::new(None), FormState::new(None), FormState::new(None)];
    let [hold, replay, ask, plain] = forms;
    let act = move |act: Act, form: FormState| act_form(act, form, state, (tab, asked));
    let first = move || state.with_run(first);
    let stamp = move || format!("{} {}", first().label, result_stamp(state, tab));
    let buttons = drawn_on(stamp, move || match first() {
        REPLAY => pieces(vec![result_link(state, tab).unwrap_or_else(nothing), act(REPLAY, replay)]),
        first => {
            let first = act(first, hold);
            let hold = el("div").attr("id", "run-hold").child(first).view();
            let stop = el("button").attr("type", "button").class("btn danger needs-script").text("Stop").child(key("s"));
            let stop = stop.on_click(|| ui::open_dialog(STOP)).view();
            let summary = el("summary").class("btn danger").text("Stop").view();
            let without = el("details").class("without-script").child(summary).child(act(STOP_IT, plain)).view();
            pieces(vec![hold, stop, without])
        }
    });
    let surely = el("p").text("Stops ").child(el("b").text(name).view());
    let surely = surely.text(" in the middle of what it does. What was committed stays on its branch.").view();
    let dialog = ui::dialog(STOP, "Stop this run?", pieces(vec![surely, act(STOP_IT, ask)]));
    pieces(vec![div("run-actions").child(buttons).view(), dialog])
}

fn key(name: &'static str) -> AnyView {
    el("kbd").attr("aria-hidden", "true").text(name).view()
}

fn act_form(act: Act, form: FormState, state: RunState, (tab, asked): (Memo<&'static str>, RwSignal<&'static str>)) -> AnyView {
    let toasts = ui::toasts();
    let done = move || {
        ui::close_dialog(STOP);
        // The page goes on to another run, where nothing of this one stands.
        if act == REPLAY {
            toasts.show(Tone::Neutral, act.said);
        } else {
            asked.set(act.said);
        }
    };
    let hidden = |name: &'static str| ui::input("hidden").attr("name", name);
    let id = hidden("id").attr("value", state.id.to_string()).view();
    let tab = hidden("tab").live_attr("value", move || Some(tab.get().to_owned())).view();
    let busy = move || form.busy.get().then(|| "true".to_owned());
    let button = el("button").attr("type", "submit").class(act.class).live_attr("aria-disabled", busy).text(act.label);
    let button = if act.key.is_empty() { button } else { button.child(key(act.key)) };
    ui::form(act.action, form, done, pieces(vec![id, tab, button.view()]))
}
