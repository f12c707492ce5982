//! What needs whoever looks, in the top bar of every page.

use leptos::{prelude::*, task::spawn_local};
use protocol::{Envelope, events::kinds};

use crate::{
    live,
    loading::soon_after,
    routes::to,
    server_fns::run_lists::ask_inbox,
    ui::{self, el, nothing, pieces},
};

/// What the button opens; `public/inbox.js` fills it.
const LIST: &str = "inbox";

/// How many runs need them: a link to the page that lists them, and where scripts run a button that does it in place. The browser
/// counts for itself, so that no page waits for it.
pub(super) fn inbox() -> AnyView {
    let counting = Counting { count: RwSignal::new(None), asked: StoredValue::new(0), answered: StoredValue::new(0) };
    Effect::new(move |_| counting.recount());
    soon_after(changes_waiting, move || counting.recount());
    live::on_resync(move || counting.recount());
    show(counting.count)
}

/// The link alone, on a page that cannot count for itself.
pub(super) fn still(count: Option<u32>) -> AnyView {
    let number = el("span").class("inbox-count num").attr("aria-hidden", "true").child(number_of(count)).view();
    let name = el("span").class("visually-hidden").text(name_of(count)).view();
    el("a").class("inbox").attr("href", to::HOME).child(ui::icon("inbox")).child(number).child(name).view()
}

/// How many were counted, and which of the questions that was the answer to.
#[derive(Clone, Copy)]
struct Counting {
    count: RwSignal<Option<u32>>,
    asked: StoredValue<u64>,
    answered: StoredValue<u64>,
}

impl Counting {
    fn recount(self) {
        let Some(asked) = self.asked.try_get_value() else { return };
        let turn = asked + 1;
        self.asked.set_value(turn);
        spawn_local(async move {
            // What was counted before stays where the server does not answer, or answers an older question after a newer one.
            let Ok(now) = ask_inbox().send().await else { return };
            if self.answered.try_get_value().is_some_and(|answered| answered < turn) {
                self.answered.set_value(turn);
                self.count.set(Some(now));
            }
        });
    }
}

/// A run waits, or waits no more, when it stands otherwise than before, or is gone with its project.
fn changes_waiting(envelope: &Envelope) -> bool {
    envelope.kind.starts_with(kinds::OF_RUNS) || envelope.kind == kinds::PROJECT_DELETED
}

fn show(count: RwSignal<Option<u32>>) -> AnyView {
    let link = el("a").class("inbox without-script").attr("href", to::HOME).child(face(count));
    let button = el("button").attr("type", "button").class("inbox needs-script");
    let button = button.attr("popovertarget", LIST).child(face(count));
    let list = el("div").attr("id", LIST).class("switcher").attr("popover", "auto").attr("role", "dialog");
    pieces(vec![link.view(), button.view(), list.attr("aria-label", "Inbox").view()])
}

/// The number has its room also where there is none.
fn face(count: RwSignal<Option<u32>>) -> AnyView {
    let number = el("span").class("inbox-count num").attr("aria-hidden", "true");
    let number = number.child(ui::live(move || number_of(count.get()))).view();
    let name = el("span").class("visually-hidden").child(ui::live(move || ui::text(name_of(count.get())))).view();
    pieces(vec![ui::icon("inbox"), number, name])
}

fn number_of(count: Option<u32>) -> AnyView {
    match count {
        None | Some(0) => nothing(),
        Some(count @ 1..=99) => ui::text(count.to_string()),
        Some(_) => ui::text("99+"),
    }
}

fn name_of(count: Option<u32>) -> String {
    match count {
        None => "Inbox".to_owned(),
        Some(1) => "Inbox, 1 needs you".to_owned(),
        Some(count) => format!("Inbox, {count} need you"),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::prelude::*;

    use super::show;
    use crate::rendering_tests::html;

    #[test]
    fn it_counts_in_words_and_leads_home_without_script() {
        for (count, name) in
            [(None, "Inbox"), (Some(0), "Inbox, 0 need you"), (Some(1), "Inbox, 1 needs you"), (Some(120), "Inbox, 120 need you")]
        {
            let html = html("/", move || show(RwSignal::new(count)));

            assert_eq!(html.matches(&format!(">{name}<")).count(), 2, "{html}");
            assert!(html.contains("href=\"/\"") && html.contains("without-script"), "{html}");
            assert!(html.contains("popovertarget=\"inbox\"") && html.contains("needs-script"), "{html}");
            assert_eq!(html.contains("99+"), count == Some(120), "{html}");
        }
    }
}
