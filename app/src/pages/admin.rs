//! The admin section. All its pages are one route and one part of the site; which of them is shown is decided here.

mod audit;
mod limits;
mod new_token;
mod places;
mod providers;
mod roles;
mod settings;
mod token;
mod tokens;
mod user;
mod users;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use protocol::{Envelope, events::kinds};

use super::{asked::asked_here, not_found};
use crate::{
    browser::IS_BROWSER,
    routes::to,
    ui::{self, Crumb, live, nothing},
};

pub fn page() -> AnyView {
    let pathname = use_location().pathname;
    if !IS_BROWSER {
        // Put together once: what reads a signal would be so at each look that the server takes at the page.
        return at(&pathname.get_untracked());
    }
    // Who leaves the section sees its last page until the next one is there.
    let path = Memo::new(move |last: Option<&String>| {
        let path = pathname.get();
        // Secrets have a part of their own, with those of projects.
        if path.starts_with(to::ADMIN) && path != to::ADMIN_SECRETS { path } else { last.cloned().unwrap_or(path) }
    });
    live(move || at(&path.get()))
}

/// The part of the audit trail that a project or a team has, a page of theirs.
pub fn audit_of() -> AnyView {
    audit::page_of()
}

fn at(path: &str) -> AnyView {
    let segments: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
    match segments.as_slice() {
        [] => places::page(),
        ["tokens"] => tokens::page(),
        ["tokens", "new"] => new_token::page(),
        ["tokens", id] => token::page((*id).to_owned()),
        ["audit"] => audit::page(),
        ["audit", "verify"] => audit::verify::page(),
        ["audit", seq] => audit::entry::page((*seq).to_owned()),
        ["users"] => users::page(),
        ["users", id] => user::page((*id).to_owned()),
        ["roles"] => roles::page(),
        ["providers"] => providers::page(),
        ["limits"] => limits::page(),
        ["settings"] => settings::page(),
        _ => not_found::page(),
    }
}

/// Whether pages about people look different after it.
fn changes_users(envelope: &Envelope) -> bool {
    envelope.kind == kinds::USERS_CHANGED
}

/// Whether pages about API tokens look different after it.
fn changes_tokens(envelope: &Envelope) -> bool {
    envelope.kind == kinds::TOKENS_CHANGED
}

/// Whether somebody signed in: the provider may have been asked about itself then.
fn changes_logins(envelope: &Envelope) -> bool {
    envelope.kind == kinds::LOGINS_CHANGED
}

/// The way to a page of the section: names and addresses below "Admin".
fn crumbs(steps: &[(&str, &str)]) -> Vec<Crumb> {
    let below = steps.iter().map(|(label, href)| Crumb::new(*label, *href));
    std::iter::once(Crumb::new("Admin", to::ADMIN)).chain(below).collect()
}

/// The head of a page with a sentence on what it is for.
fn head(heading: &'static str, about: &'static str, action: AnyView) -> AnyView {
    let about = if about.is_empty() { nothing() } else { ui::el("p").class("soft").child(ui::prose(about)).view() };
    ui::page_head(heading, about, action)
}
