//! What is written while one looks: asked for every few seconds, shown above the list, and held when one wants to read.
//!
//! It is asked for rather than pushed: the events that every socket carries are for everybody, the trail is not.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::rows;
use crate::{
    server_fns::admin::audit::{Filter, Line, PAGE, Part, ask_audit_news},
    ui::{self, div, el, live, nothing, pieces},
};

/// How often is asked.
const EVERY: Duration = Duration::from_secs(3);
/// Entries that are kept above the list.
const MOST: usize = 500;

/// What came since the page was made.
#[derive(Clone, Copy)]
struct News {
    entries: RwSignal<Vec<Line>>,
    follows: RwSignal<bool>,
    /// Whether so many came at once that some may be missing between these and the list.
    gap: RwSignal<bool>,
    /// Why nothing more is asked for.
    ended: RwSignal<Option<String>>,
    busy: StoredValue<bool>,
    newest: StoredValue<i64>,
}

/// The line with the switch, and above the list what is new.
pub(super) fn follow(newest: i64, filter: &Filter, part: &Part) -> AnyView {
    let news = News {
        entries: RwSignal::new(Vec::new()),
        follows: RwSignal::new(true),
        gap: RwSignal::new(false),
        ended: RwSignal::new(None),
        busy: StoredValue::new(false),
        newest: StoredValue::new(newest),
    };
    let filter = filter.clone();
    Effect::new(move |_| {
        let filter = filter.clone();
        if let Ok(asking) = set_interval_with_handle(move || news.ask(&filter), EVERY) {
            on_cleanup(move || asking.clear());
        }
    });
    let part = part.clone();
    let list = live(move || {
        let entries = news.entries.get();
        if entries.is_empty() { nothing() } else { ui::panel("New", rows::table("New entries", entries, &part)) }
    });
    let gap = live(move || {
        let words = "More came at once than is shown here. Load the page again for all of them.";
        if news.gap.get() { el("p").class("hint").text(words).view() } else { nothing() }
    });
    pieces(vec![switch(news), div("news").child(gap).child(list).view()])
}

fn switch(news: News) -> AnyView {
    let words = move || match (news.ended.get(), news.follows.get(), news.entries.with(Vec::len)) {
        (Some(why), _, _) => why,
        (None, false, _) => "Paused. New entries wait.".to_owned(),
        (None, true, 0) => "New entries appear here by themselves.".to_owned(),
        (None, true, 1) => "1 new entry".to_owned(),
        (None, true, count) => format!("{count} new entries"),
    };
    let label = live(move || ui::text(if news.follows.get() { "Pause" } else { "Follow" }));
    let button =
        el("button").attr("type", "button").class("btn").on_click(move || news.follows.update(|follows| *follows = !*follows));
    let status = el("span").class("soft").attr("role", "status").child(live(move || ui::text(words()))).view();
    div("follow-line needs-script").child(button.child(label).view()).child(status).view()
}

impl News {
    fn ask(self, filter: &Filter) {
        let idle = self.busy.try_get_value() == Some(false) && self.ended.try_get_untracked() == Some(None);
        if !idle || self.follows.try_get_untracked() != Some(true) {
            return;
        }
        self.busy.set_value(true);
        let asked = ask_audit_news(filter, self.newest.get_value());
        spawn_local(async move {
            let answer = asked.send().await;
            // The page may have been left meanwhile.
            if self.busy.try_set_value(false).is_some() {
                return;
            }
            match answer {
                Ok(entries) => self.take(entries),
                Err(error) if error.status == 0 => {}
                Err(error) => self.ended.set(Some(error.detail)),
            }
        });
    }

    fn take(self, new: Vec<Line>) {
        let Some(first) = new.first() else { return };
        self.newest.set_value(first.entry.seq);
        if new.len() >= PAGE {
            self.gap.set(true);
        }
        self.entries.update(|entries| {
            let older = std::mem::replace(entries, new);
            entries.extend(older);
            entries.truncate(MOST);
        });
    }
}
