//! Recovery codes, in the moment after they were made.

use leptos::prelude::*;

use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::factors::ask_recovery_codes,
    ui::{self, Crumb, Kind, div, el, pieces},
};

pub fn page() -> AnyView {
    // The server gives them out once, and the page may be read again after that.
    let kept = RwSignal::new(Vec::new());
    loaded_page(load(ask_recovery_codes), move |codes: Vec<String>| {
        if !codes.is_empty() {
            kept.set(codes);
        }
        show(kept.get_untracked())
    })
}

fn show(codes: Vec<String>) -> AnyView {
    let crumbs = vec![Crumb::new("Second factor", to::FACTORS), Crumb::new("Recovery codes", to::RECOVERY_CODES)];
    let body = if codes.is_empty() { over() } else { shown(&codes) };
    let head =
        ui::page_head("Recovery codes", el("span").view(), ui::link_button(Kind::Normal, "Go to second factor", to::FACTORS));
    ui::page("Recovery codes".to_owned(), crumbs, pieces(vec![head, body]))
}

fn over() -> AnyView {
    let words = "They are shown once, in the moment after they were made. If you did not keep them, make new ones.";
    ui::padded_panel("Not shown any more", el("p").text(words).view())
}

fn shown(codes: &[String]) -> AnyView {
    let words = "Keep these where you find them without your phone: printed, or in a password manager. Each counts once, in place \
        of your app or passkey. They are not shown again.";
    let all = codes.join("\n");
    let list = codes.iter().map(|code| el("li").child(ui::code(code.clone())).view());
    let body = pieces(vec![
        el("p").text(words).view(),
        el("ol").class("recovery-codes").children(list).view(),
        div("needs-script").child(ui::copy_button("Copy all codes", all)).view(),
    ]);
    ui::panel("Your codes", div("panel-body stack").child(body).view())
}
