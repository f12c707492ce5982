//! What the parts of the page share: the model of the run, and which part of it changed.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use protocol::{Envelope, RunId, runs::Run};

use crate::{
    browser,
    live::run::{Changed, RunModel},
    server_fns::{
        UiError,
        runs::{RunPage, ask_run},
    },
};

/// What of a page's data does not change while it is shown.
pub(super) struct Shown {
    pub(super) may_control: bool,
    /// Why a form without script was refused just now.
    pub(super) refused: Option<UiError>,
}

/// The run, live. A part of the page reads the model and is drawn anew when its signal says so.
#[derive(Clone, Copy)]
pub(super) struct RunState {
    pub(super) id: RunId,
    pub(super) model: StoredValue<RunModel>,
    /// What links to this server begin with.
    pub(super) server: StoredValue<String>,
    pub(super) run: RwSignal<()>,
    pub(super) timeline: RwSignal<()>,
    pub(super) tasks: RwSignal<()>,
    pub(super) gates: RwSignal<()>,
    pub(super) log: RwSignal<()>,
    pub(super) receipt: RwSignal<()>,
    /// The server's clock in milliseconds, moved on each second by the browser's.
    pub(super) now: RwSignal<i64>,
    /// What changed since the page was last told.
    pending: StoredValue<Option<Changed>>,
}

/// How long changes are gathered before the page is drawn anew.
const GATHER: Duration = Duration::from_millis(60);

impl RunState {
    pub(super) fn new(page: RunPage) -> Self {
        let now = page.now.millis();
        let state = Self {
            id: page.view.run.id,
            server: StoredValue::new(page.server),
            model: StoredValue::new(RunModel::new(page.view, page.now)),
            run: RwSignal::new(()),
            timeline: RwSignal::new(()),
            tasks: RwSignal::new(()),
            gates: RwSignal::new(()),
            log: RwSignal::new(()),
            receipt: RwSignal::new(()),
            now: RwSignal::new(now),
            pending: StoredValue::new(None),
        };
        state.tick(now);
        state
    }

    /// Reads the run; what reads it is drawn anew when it changes.
    pub(super) fn with_run<T>(self, read: impl FnOnce(&Run) -> T) -> T {
        self.run.track();
        self.model.with_value(|model| read(&model.run))
    }

    /// Takes an event in.
    pub(super) fn apply(self, envelope: &Envelope) {
        let changed = self.model.try_update_value(|model| model.apply(envelope)).unwrap_or_default();
        if changed != Changed::default() {
            self.tell(changed);
        }
    }

    /// Draws what changed a moment later, together with what else changes until then.
    fn tell(self, changed: Changed) {
        let waited = self.pending.try_update_value(|pending| {
            let waited = pending.is_some();
            *pending = Some(pending.unwrap_or_default().and(changed));
            waited
        });
        if waited == Some(false) {
            set_timeout(move || self.draw(), GATHER);
        }
    }

    fn draw(self) {
        let Some(changed) = self.pending.try_update_value(Option::take).flatten() else { return };
        let parts = [
            (changed.run, self.run),
            (changed.timeline, self.timeline),
            (changed.tasks, self.tasks),
            (changed.gates, self.gates),
            (changed.log, self.log),
        ];
        for (_, signal) in parts.into_iter().filter(|(changed, _)| *changed) {
            signal.notify();
        }
        if changed.ended {
            self.read_end();
        }
    }

    /// What the end of a run brings along that no event carries.
    fn read_end(self) {
        spawn_local(async move {
            if let Ok(page) = ask_run(&self.id.to_string()).send().await {
                let set = self.model.try_update_value(|model| {
                    model.receipt = page.view.receipt;
                    model.phases = page.view.timeline.phases;
                });
                if set.is_some() {
                    self.receipt.notify();
                    self.timeline.notify();
                }
            }
        });
    }

    /// Moves the clock on while the run works. `rendered` is the server's clock when the page was read.
    fn tick(self, rendered: i64) {
        Effect::new(move |_| {
            let Some(begun) = browser::now() else { return };
            let ahead = begun - rendered;
            let step = move || {
                let over = self.model.try_with_value(|model| model.run.status.is_over()).unwrap_or(true);
                if let (false, Some(now)) = (over, browser::now()) {
                    let _told = self.now.try_set(now - ahead);
                }
            };
            if let Ok(running) = set_interval_with_handle(step, Duration::from_secs(1)) {
                on_cleanup(move || running.clear());
            }
        });
    }
}
