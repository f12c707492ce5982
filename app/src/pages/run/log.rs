//! The log: a section for each step that folds, lines that can be linked to, a search, and a view that follows the end.

mod lines;
mod search;

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use protocol::{EventSeq, runs::RunStatus};

use self::search::Search;
use super::{
    parts::{drawn_on, keyed, step_word, took},
    state::RunState,
};
use crate::{
    browser::{Direction, scroll},
    live::{log::Section, run::RunModel},
    server_fns::runs::ask_older_log,
    ui::{self, div, el, live, nothing, pieces, text},
};

/// The part of the page that scrolls.
const VIEW: &str = "#log";
/// Pixels from the end that still count as the end.
const AT_END: f64 = 24.0;

/// How a person looks at the log; it outlives that another tab is shown.
#[derive(Clone, Copy)]
pub(super) struct LogPanel {
    state: RunState,
    /// Whether the end is kept in view.
    following: RwSignal<bool>,
    /// Lines there were when following ended.
    seen: RwSignal<usize>,
    top: StoredValue<f64>,
    /// Sections that are unfolded, by their keys.
    open: RwSignal<Vec<EventSeq>>,
    /// What lies before this was not part of the page at first; it is drawn when it comes near.
    drawn_from: EventSeq,
    loading: RwSignal<bool>,
    search: Search,
}

impl LogPanel {
    pub(super) fn new(state: RunState) -> Self {
        let (open, drawn_from, count, over) = state.model.with_value(|model| {
            let open = model.log.sections.last().map(|section| section.key);
            (open, model.log.first.unwrap_or(0), model.log.count, model.run.status.is_over())
        });
        let panel = Self {
            state,
            following: RwSignal::new(!over),
            seen: RwSignal::new(count),
            top: StoredValue::new(0.0),
            open: RwSignal::new(open.into_iter().collect()),
            drawn_from,
            loading: RwSignal::new(false),
            search: Search::new(),
        };
        panel.unfold_new_sections();
        panel.keep_at_end();
        panel.show_linked_line();
        panel
    }

    pub(super) fn toggle_follow(self) {
        let follow = !self.following.get_untracked();
        self.set_following(follow);
        if follow {
            scroll::to_end(VIEW);
        }
    }

    pub(super) fn focus_search() {
        // The tab may have to be drawn first.
        set_timeout(|| scroll::focus(".log-search input"), Duration::from_millis(50));
    }

    /// Goes to the next or previous line that was found.
    pub(super) fn walk(self, direction: Direction) {
        if let Some((section, line)) = self.search.walk(direction) {
            self.set_following(false);
            self.reveal(section, line);
        }
    }

    /// Unfolds a section and brings one of its lines into view.
    fn reveal(self, key: EventSeq, line: usize) {
        self.unfold(key);
        let anchor = self.state.model.with_value(|model| {
            let section = section_of(model, key)?;
            section.lines.get(line).map(crate::live::log::Line::anchor)
        });
        let Some(anchor) = anchor else { return };
        let part = lines::part_id(key, line / lines::PART);
        // What is far away is not drawn: its place comes into view first, then the line.
        set_timeout(
            move || {
                scroll::show(&part);
            },
            Duration::from_millis(30),
        );
        set_timeout(
            move || {
                scroll::show(&anchor);
            },
            Duration::from_millis(160),
        );
    }

    fn unfold(self, key: EventSeq) {
        if !self.open.with_untracked(|open| open.contains(&key)) {
            self.open.update(|open| open.push(key));
        }
    }

    fn set_following(self, follow: bool) {
        if self.following.get_untracked() != follow {
            self.seen.set(self.state.model.with_value(|model| model.log.count));
            self.following.set(follow);
        }
    }

    fn turned_up(self) {
        if scroll::position(VIEW).is_some_and(|position| position.top > 0.0) {
            self.set_following(false);
        }
    }

    fn scrolled(self) {
        let Some(position) = scroll::position(VIEW) else { return };
        let before = self.top.get_value();
        self.top.set_value(position.top);
        // Whoever turns upwards from the end is near it for a moment still, and does not want to be taken back.
        if position.below < AT_END && position.top >= before {
            self.set_following(true);
        } else if position.below >= AT_END && position.top < before - 2.0 {
            self.set_following(false);
        }
    }

    /// Each section that begins while the page is open is unfolded.
    fn unfold_new_sections(self) {
        let known = StoredValue::new(self.state.model.with_value(last_key));
        Effect::new(move |_| {
            self.state.log.track();
            let last = self.state.model.with_value(last_key);
            if let Some(key) = last.filter(|_| last != known.get_value()) {
                known.set_value(last);
                self.unfold(key);
            }
        });
    }

    fn keep_at_end(self) {
        Effect::new(move |_| {
            self.state.log.track();
            if self.following.get() {
                // After what is new was drawn.
                request_animation_frame(|| scroll::to_end(VIEW));
            }
        });
    }

    /// Goes to the line that the address names, if it names one.
    fn show_linked_line(self) {
        Effect::new(move |_| {
            let Some(anchor) = scroll::fragment() else { return };
            let found = self.state.model.with_value(|model| {
                model.log.sections.iter().find_map(|section| {
                    let line = section.lines.iter().position(|line| line.anchor() == anchor)?;
                    Some((section.key, line))
                })
            });
            if let Some((section, line)) = found {
                self.set_following(false);
                self.reveal(section, line);
            }
        });
    }

    fn load_older(self) {
        let Some(first) = self.state.model.with_value(|model| model.log.first).filter(|_| !self.loading.get_untracked()) else {
            return;
        };
        self.loading.set(true);
        let toasts = ui::toasts();
        spawn_local(async move {
            match ask_older_log(&self.state.id.to_string(), first).send().await {
                Ok(older) => {
                    let before = scroll::position(VIEW);
                    let known = self.state.model.try_update_value(|model| model.log.push_older(&older.entries, older.has_more));
                    if known.is_some() {
                        self.set_following(false);
                        self.state.log.notify();
                        request_animation_frame(move || {
                            if let Some(before) = before {
                                scroll::keep_below(VIEW, before);
                            }
                        });
                    }
                }
                Err(error) => toasts.show(ui::Tone::Bad, error.detail),
            }
            let _done = self.loading.try_set(false);
        });
    }
}

fn last_key(model: &RunModel) -> Option<EventSeq> {
    model.log.sections.last().map(|section| section.key)
}

fn section_of(model: &RunModel, key: EventSeq) -> Option<&Section> {
    let sections = &model.log.sections;
    sections.binary_search_by_key(&key, |section| section.key).ok().and_then(|index| sections.get(index))
}

pub(super) fn log(state: RunState, panel: LogPanel) -> AnyView {
    let keys = move || {
        state.log.track();
        state.model.with_value(|model| model.log.sections.iter().map(|section| section.key).collect())
    };
    let view = div("log").attr("id", "log").attr("tabindex", "0").attr("role", "region").attr("aria-label", "Log");
    let view = view.child(live(move || older(state, panel)));
    let view = view.child(keyed(keys, move |key| section(state, panel, key))).child(live(move || tail(state)));
    // While lines come fast, each would take the view back to the end before a turn of the wheel has moved it.
    let view = view.on_scroll(move || panel.scrolled()).on_wheel_up(move || panel.turned_up()).view();
    let newer = Memo::new(move |_| {
        state.log.track();
        let fresh = state.model.with_value(|model| model.log.count).saturating_sub(panel.seen.get());
        if panel.following.get() { 0 } else { fresh }
    });
    let frame = div("log-frame").child(view).child(live(move || to_newer(newer.get(), panel))).view();
    pieces(vec![tools(state, panel), frame])
}

fn tools(state: RunState, panel: LogPanel) -> AnyView {
    let pressed = move || Some(if panel.following.get() { "true" } else { "false" }.to_owned());
    let word = live(move || text(if panel.following.get() { "Following" } else { "Follow" }));
    let key = el("kbd").attr("aria-hidden", "true").text("f").view();
    let follow = el("button").attr("type", "button").class("btn follow needs-script").live_attr("aria-pressed", pressed);
    let follow = follow.on_click(move || panel.toggle_follow()).child(word).child(key);
    // What is over goes nowhere.
    let is_over = move || state.with_run(|run| run.status.is_over()).then(String::new);
    let follow = follow.live_attr("hidden", is_over).view();
    let raw = el("a").class("btn raw").attr("href", format!("/api/v2/runs/{}/transcript", state.id)).attr("rel", "external");
    let raw = raw.attr("title", "Download the raw log").attr("download", "transcript.jsonl").child(ui::icon("down"));
    let raw = raw.child(el("span").text("Raw log").view()).view();
    div("log-tools").child(search::field(state, panel)).child(follow).child(raw).view()
}

fn older(state: RunState, panel: LogPanel) -> AnyView {
    state.log.track();
    if !state.model.with_value(|model| model.log.has_more) {
        return nothing();
    }
    let word = live(move || text(if panel.loading.get() { "Loading…" } else { "Load older lines" }));
    let button = el("button").attr("type", "button").class("btn needs-script").child(word);
    let button = button.on_click(move || panel.load_older()).view();
    let note = el("span").class("without-script muted").text("Older lines are in the raw log.").view();
    el("p").class("log-older").child(button).child(note).view()
}

/// What the run waits for.
fn tail(state: RunState) -> AnyView {
    state.log.track();
    let empty = state.model.with_value(|model| model.log.count == 0);
    let words = state.with_run(|run| match run.status {
        RunStatus::Queued => "Waiting for a free place…",
        RunStatus::Preparing => "Making the worktree…",
        RunStatus::Working => "Waiting for the agent…",
        RunStatus::Verifying => "Checking the work…",
        RunStatus::Paused => "Paused.",
        RunStatus::NeedsYou => "Waiting for you.",
        _ if empty => "Nothing was logged.",
        _ => "",
    });
    if words.is_empty() { nothing() } else { el("p").class("log-tail").text(words).view() }
}

fn to_newer(fresh: usize, panel: LogPanel) -> AnyView {
    if fresh == 0 {
        return nothing();
    }
    let button = el("button").attr("type", "button").class("btn primary log-newer").text(format!("{fresh} new"));
    button.child(ui::icon("down")).on_click(move || panel.toggle_follow()).view()
}

fn section(state: RunState, panel: LogPanel, key: EventSeq) -> AnyView {
    let is_open = move || panel.open.with(|open| open.contains(&key)).then(String::new);
    let toggled = move |event| {
        let now = scroll::is_open(&event);
        if now != panel.open.with_untracked(|open| open.contains(&key)) {
            panel.open.update(|open| if now { open.push(key) } else { open.retain(|other| *other != key) });
        }
    };
    let stamp = move || {
        state.timeline.track();
        state.run.track();
        format!("{:?}", step_of(state, key))
    };
    let summary = el("summary").child(drawn_on(stamp, move || summary(&step_of(state, key)))).view();
    let section = el("details").class("log-section").live_attr("open", is_open).on_toggle(toggled);
    section.child(summary).child(lines::lines(state, panel, key)).view()
}

/// What a section's head says.
#[derive(Debug, Default)]
struct StepLine {
    title: String,
    word: &'static str,
    words: String,
    took: Option<i64>,
}

fn step_of(state: RunState, key: EventSeq) -> StepLine {
    state.model.with_value(|model| {
        let Some(section) = section_of(model, key) else { return StepLine::default() };
        let iteration = model.iterations.iter().find(|iteration| iteration.number == section.iteration);
        let step = iteration.and_then(|iteration| iteration.steps.iter().find(|step| Some(step.step) == section.step));
        StepLine {
            title: section_title(section),
            word: step.map_or("", |step| step_word(step, model.run.status)),
            words: step.map(|step| step.summary.clone()).unwrap_or_default(),
            took: step.and_then(|step| Some(step.ended_at?.millis_since(step.started_at?))),
        }
    })
}

/// What the step is, how it ended and how long it took.
fn summary(step: &StepLine) -> AnyView {
    let (class, icon) = match step.word {
        "passed" => ("mark good", "check"),
        "failed" => ("mark bad", "cross"),
        "running" => ("mark working", "spin"),
        "held" => ("mark held", "pause"),
        _ => ("mark", "dash"),
    };
    let took = step.took.map(took);
    pieces(vec![
        el("span").class(class).child(ui::icon(icon)).view(),
        el("span").class("name").text(step.title.clone()).view(),
        el("span").class("words muted").child(ui::prose(&step.words)).view(),
        el("span").class("took muted num").text(took.unwrap_or_default()).view(),
    ])
}

fn section_title(section: &Section) -> String {
    match (section.iteration, section.step) {
        (0, None) => "Preparation".to_owned(),
        (0, Some(step)) => step.title().to_owned(),
        (number, None) => format!("{number} · Notes"),
        (number, Some(step)) => format!("{number} · {}", step.title()),
    }
}
