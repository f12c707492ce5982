//! `/admin/tokens/ID`: one API token, its secret when it was made just now, and what can be done with it.

use leptos::prelude::*;
use protocol::access::Token;

use super::{
    changes_tokens, crumbs,
    new_token::{addresses, limit},
    tokens::{addresses as counts_from, may, standing, until},
};
use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    routes::to,
    server_fns::{
        admin::tokens::{Standing, TokenPage, ask_token},
        flash::Flash,
    },
    ui::{self, Field, FormState, Kind, Tone, div, el, nothing, pieces, text},
};

/// The forms of the page.
#[derive(Clone, Copy)]
struct Forms {
    change: FormState,
    rotate: FormState,
    revoke: FormState,
    /// The new token's secret: the server gives it out once, and the page may be read again after that.
    secret: RwSignal<Option<String>>,
}

pub(super) fn page(id: String) -> AnyView {
    let new = || FormState::new(None);
    let forms = Forms { change: new(), rotate: new(), revoke: new(), secret: RwSignal::new(None) };
    let loading = load(move || ask_token(&id));
    refetch_at_rest(loading, changes_tokens);
    loaded_page(loading, move |page| show(page, forms, loading))
}

fn show(page: TokenPage, forms: Forms, loading: Loading<TokenPage>) -> AnyView {
    let TokenPage { line, secret, flash } = page;
    let (token, state) = (&line.token, line.standing);
    if let Some(error) = flash.error.clone() {
        let form = if flash.values.contains_key("grace_hours") { forms.rotate } else { forms.change };
        form.error.set(Some(error));
    }
    let about = match token.description.as_str() {
        "" => nothing(),
        words => el("p").class("soft").text(words).view(),
    };
    let head = ui::page_head(token.name.clone(), pieces(vec![standing(state), about]), nothing());
    let mut parts = vec![head];
    if secret.is_some() {
        forms.secret.set(secret);
    }
    parts.extend(forms.secret.get_untracked().map(shown_once));
    let mut side = Vec::new();
    if matches!(state, Standing::Active | Standing::Replaced) {
        side.push(ui::padded_panel("Change", change(token, &flash, forms.change, loading)));
        if state == Standing::Active {
            side.push(ui::padded_panel("Replace", rotate(token, &flash, forms.rotate)));
        }
        side.push(ui::padded_panel("Revoke", revoke(token, forms.revoke)));
    }
    let left = el("div").child(ui::padded_panel("Token", facts(token))).view();
    parts.push(div("project-columns one-token").child(left).child(el("div").children(side).view()).view());
    let here = to::token(token.id);
    ui::page(token.name.clone(), crumbs(&[("Tokens", to::ADMIN_TOKENS), (&token.name, &here)]), pieces(parts))
}

/// What the token signs in with. The server has forgotten it by now.
fn shown_once(secret: String) -> AnyView {
    let words = "This is shown once. Copy it now to where it is used; loki keeps only a hash of it.";
    let line = div("secret-line").child(ui::code(secret.clone())).child(ui::copy_button("Copy the token", secret)).view();
    let use_it = "A program sends it as `Authorization: Bearer …`; the command line reads it from `LOKI_TOKEN`.";
    let use_it = el("p").class("hint").child(ui::prose(use_it)).view();
    let panel = el("section").class("panel panel-body secret-once").attr("aria-label", "The new token");
    panel.child(el("p").attr("role", "status").text(words).view()).child(line).child(use_it).view()
}

fn facts(token: &Token) -> AnyView {
    let limit = token.rate_limit.map_or_else(|| "the server's own".to_owned(), |limit| format!("{limit} requests a minute"));
    let used = token.last_used.map_or_else(|| text("never"), ui::ago);
    let audit = to::asking(to::ADMIN_AUDIT, &[("actor", &format!("token:{}", token.id))]);
    let mut facts = vec![
        ("May", text(may(token))),
        ("Scopes", text(token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "))),
        ("Made by", text(token.created_by.clone())),
        ("Made", ui::ago(token.created_at)),
        ("Counts until", until(token)),
        ("Counts from", text(counts_from(token))),
        ("Limit", text(limit)),
        ("Last used", used),
        ("Requests", el("span").class("num").text(token.usage_count.to_string()).view()),
        ("Id", ui::code(token.id.to_string())),
        ("What it did", el("a").class("quiet").attr("href", audit).text("Show in the audit trail").view()),
    ];
    if let Some(before) = token.rotating_from {
        facts.push(("Replaces", el("a").class("quiet").attr("href", to::token(before)).text("an older token").view()));
    }
    ui::facts(facts)
}

fn named(token: &Token) -> AnyView {
    ui::hidden("id", token.id.to_string())
}

fn change(token: &Token, flash: &Flash, state: FormState, loading: Loading<TokenPage>) -> AnyView {
    let refused = flash.error.is_some() && !flash.values.contains_key("grace_hours");
    let kept = |field: &str, kept: String| if refused { flash.value(field) } else { kept };
    let toasts = ui::toasts();
    let done = move || {
        toasts.show(Tone::Good, "Token changed.");
        loading.refetch();
    };
    let own_limit = token.rate_limit.map(|limit| limit.to_string()).unwrap_or_default();
    let fields = vec![
        named(token),
        ui::text_input(Field {
            id: "description",
            name: "form[description]",
            label: "Description",
            value: kept("description", token.description.clone()),
            ..Field::default()
        }),
        addresses(kept("allowed_ips", token.allowed_ips.join("\n"))),
        limit(kept("rate_limit", own_limit)),
        div("form-end").child(ui::submit_button(Kind::Normal, "Save changes", state.is_busy())).view(),
    ];
    ui::form("/ui/update_token", state, done, pieces(fields))
}

fn rotate(token: &Token, flash: &Flash, state: FormState) -> AnyView {
    let typed = flash.value("grace_hours");
    let hours = Field {
        id: "grace_hours",
        name: "grace_hours",
        label: "Hours that this one still counts",
        hint: "0 to 720. So nothing has to stop while the new one is put in its place.",
        value: if typed.is_empty() { "24".to_owned() } else { typed },
        ..Field::default()
    };
    let fields = vec![
        named(token),
        ui::text_input(hours),
        div("form-end").child(ui::submit_button(Kind::Normal, "Replace token", state.is_busy())).view(),
    ];
    ui::form("/ui/rotate_token", state, || (), pieces(fields))
}

/// Asked once more, without script too.
fn revoke(token: &Token, state: FormState) -> AnyView {
    let toasts = ui::toasts();
    let done = move || toasts.show(Tone::Neutral, "Token revoked.");
    let surely = el("p").text("Ends ").child(el("b").text(token.name.clone()).view());
    let surely =
        surely.text(" at once, with the tokens that it replaces. Whatever uses it stops working; this cannot be undone.");
    let fields = vec![surely.view(), named(token), ui::submit_button(Kind::Danger, "Revoke token", state.is_busy())];
    let form = ui::form("/ui/revoke_token", state, done, pieces(fields));
    el("details").class("confirm").child(el("summary").class("btn danger").text("Revoke…").view()).child(form).view()
}
