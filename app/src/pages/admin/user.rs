//! `/admin/users/ID`: one person, as an admin sees and changes them.

use leptos::prelude::*;
use protocol::access::{Role, User};

use super::{asked_here, changes_users, crumbs, users::state};
use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    pages::owner_choice::{Asked, owner_choice},
    routes::to,
    server_fns::users::{UserPage, ask_user},
    ui::{self, Choice, Field, FormState, Kind, Tone, div, el, nothing, pieces, text},
    words,
};

/// The forms of the page; they outlive that the page is read anew.
#[derive(Clone, Copy)]
struct Forms {
    role: FormState,
    switch: FormState,
    logins: FormState,
    remove: FormState,
}

pub(super) fn page(id: String) -> AnyView {
    let query = asked_here();
    let new = || FormState::new(None);
    let forms = Forms { role: new(), switch: new(), logins: new(), remove: new() };
    let loading = load(move || ask_user(&id));
    refetch_at_rest(loading, changes_users);
    let done = Memo::new(move |_| query.with(|query| query.get("done").is_some()));
    loaded_page(loading, move |page| show(page, loading, forms, done.get_untracked()))
}

fn show(page: UserPage, loading: Loading<UserPage>, forms: Forms, done: bool) -> AnyView {
    let user = &page.user;
    if let Some(error) = page.flash.error.clone() {
        let form = if page.flash.value("form") == "remove" { forms.remove } else { forms.role };
        form.error.set(Some(error));
    }
    let path = crumbs(&[("Users", to::USERS), (&user.name, &to::user(user.id))]);
    let about = pieces(vec![
        state(user),
        el("p").class("soft").text(user.email.clone()).view(),
        if page.is_self { el("p").class("soft").text("That is you.").view() } else { nothing() },
    ]);
    let body = div("account").children([
        ui::page_head(user.name.clone(), about, nothing()),
        if done { ui::banner(Tone::Good, "Saved. It counts from now on.") } else { nothing() },
        ui::padded_panel("Role", role(user, loading, forms.role)),
        ui::padded_panel("Signing in", signing_in(user, loading, forms)),
        ui::padded_panel("Remove", remove(&page, forms.remove)),
    ]);
    ui::page(user.name.clone(), path, body.view())
}

fn role(user: &User, loading: Loading<UserPage>, state: FormState) -> AnyView {
    let card = |role: Role| {
        let card = Choice::new("role", role.as_str(), words::role_name(role), words::role_meaning(role));
        card.checked(role == user.role)
    };
    let fields = vec![
        named(user),
        ui::choices("What they may do", Role::ALL.map(card).into()),
        div("form-end").child(ui::submit_button(Kind::Primary, "Change role", state.is_busy())).view(),
    ];
    ui::form("/ui/change_role", state, move || loading.refetch(), pieces(fields))
}

fn signing_in(user: &User, loading: Loading<UserPage>, forms: Forms) -> AnyView {
    let (kind, label, off, about) = if user.switched_off {
        (Kind::Normal, "Switch on", "no", "They cannot sign in, and tokens that they made do not count.")
    } else {
        let about = "Switching somebody off signs them out, keeps them out, and stops the tokens that they made.";
        (Kind::Danger, "Switch off", "yes", about)
    };
    let switch = vec![
        el("p").class("soft").text(about).view(),
        named(user),
        ui::hidden("off", off.to_owned()),
        div("form-end").child(ui::submit_button(kind, label, forms.switch.is_busy())).view(),
    ];
    let mut parts = vec![ui::form("/ui/switch_user", forms.switch, move || loading.refetch(), pieces(switch))];
    if !user.switched_off {
        let logins = vec![
            el("p").class("soft").text("Ends all of their logins; they can sign in anew.").view(),
            named(user),
            div("form-end").child(ui::submit_button(Kind::Normal, "Sign out everywhere", forms.logins.is_busy())).view(),
        ];
        parts.push(ui::form("/ui/end_logins_of", forms.logins, move || loading.refetch(), pieces(logins)));
    }
    div("stack").children(parts).view()
}

fn remove(page: &UserPage, state: FormState) -> AnyView {
    const HEIR: Asked =
        Asked { legend: "Who gets the projects that belong to them", team_id: "heir-team", email_id: "heir-email" };
    let user = &page.user;
    let confirm = Field {
        id: "remove-confirm",
        name: "confirm",
        label: "Type the email address to confirm",
        required: true,
        ..Field::default()
    };
    let warning = el("p").class("soft").text("Removes ").child(el("b").text(user.name.clone()).view());
    let fields = vec![
        warning.child(text(" with their logins and the tokens that they made. What they did stays on record.")).view(),
        named(user),
        page.heirs.as_ref().map_or_else(nothing, |heirs| owner_choice(&HEIR, heirs, &page.flash)),
        ui::text_input(confirm),
        div("form-end").child(ui::submit_button(Kind::Danger, "Remove person", state.is_busy())).view(),
    ];
    ui::form("/ui/remove_user", state, || (), pieces(fields))
}

fn named(user: &User) -> AnyView {
    ui::hidden("id", user.id.to_string())
}
