//! Events of the run that the page shows. Those that come before the page has its data wait for it.

use std::rc::Rc;

use leptos::prelude::*;
use protocol::Envelope;

use super::state::RunState;
use crate::live::{self, Subscription};

/// Events that wait at most; the socket goes back for what was let go.
const WAITING: usize = 5_000;

#[derive(Clone, Copy)]
pub(super) struct Feed {
    shown: StoredValue<Option<RunState>>,
    waiting: StoredValue<Vec<Envelope>>,
    subscription: StoredValue<Subscription>,
}

impl Feed {
    /// Listens from now on, before the page asks for its data.
    pub(super) fn listen(id: Memo<String>) -> Self {
        let shown = StoredValue::new(None);
        let waiting = StoredValue::new(Vec::new());
        let subscription = live::subscribe(Rc::new(move |envelope| hear(id, shown, waiting, envelope)));
        Self { shown, waiting, subscription: StoredValue::new(subscription) }
    }

    /// Goes on with the events after those that the page's data has in it.
    pub(super) fn show(self, state: RunState) {
        let waiting = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
        if waiting.len() >= WAITING {
            let first = waiting.first().map_or(0, |envelope| envelope.seq);
            self.subscription.update_value(|subscription| subscription.heard_from(first));
        }
        for envelope in &waiting {
            state.apply(envelope);
        }
        let seq = state.model.with_value(|model| model.seq);
        live::rewind(self.subscription.get_value(), seq);
        self.shown.set_value(Some(state));
    }
}

fn hear(id: Memo<String>, shown: StoredValue<Option<RunState>>, waiting: StoredValue<Vec<Envelope>>, envelope: &Envelope) {
    let Some(run) = envelope.scope.run_id else { return };
    match shown.try_get_value().flatten() {
        Some(state) if state.id == run => state.apply(envelope),
        _ if id.try_get_untracked().is_some_and(|id| id == run.to_string()) => {
            waiting.update_value(|waiting| {
                if waiting.len() >= WAITING {
                    waiting.remove(0);
                }
                waiting.push(envelope.clone());
            });
        }
        _ => {}
    }
}
