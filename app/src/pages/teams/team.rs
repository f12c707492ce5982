//! `/teams/ID`: who is in a team, who is invited, its name and its end.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{asked_here, changes_teams, count, crumbs, invitations, members};
use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    pages::owner_choice::{Asked, owner_choice},
    routes::to,
    server_fns::teams::{TeamPage, ask_team},
    ui::{self, Field, FormState, Kind, Tone, div, el, nothing, pieces, text},
};

/// The forms of the page; they outlive that the page is read anew.
#[derive(Clone, Copy)]
pub(super) struct Forms {
    pub(super) add: FormState,
    pub(super) invite: FormState,
    name: FormState,
    remove: FormState,
    /// The link that was made last: the server gives it out once, and the page may be read again after that.
    link: RwSignal<Option<String>>,
}

pub fn page() -> AnyView {
    let params = use_params_map();
    let query = asked_here();
    let new = || FormState::new(None);
    let forms = Forms { add: new(), invite: new(), name: new(), remove: new(), link: RwSignal::new(None) };
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let loading = load(move || {
        let id = params.with(|params| params.get("id").unwrap_or_default());
        ask_team(&id, &get("q"), &get("sort"), &get("after"), &get("invitations"))
    });
    refetch_at_rest(loading, changes_teams);
    let asked = move || untrack(|| (get("q"), get("sort")));
    loaded_page(loading, move |page| {
        let (words, sort) = asked();
        show(&page, (&words, &sort), loading, forms)
    })
}

fn show(page: &TeamPage, asked: (&str, &str), loading: Loading<TeamPage>, forms: Forms) -> AnyView {
    let team = &page.team;
    let refused = page.flash.error.clone();
    // A form in a row, or one that is not there any more, has no room for what was wrong when the page came anew.
    let above = match (refused, page.flash.value("form").as_str()) {
        (None, _) => nothing(),
        (Some(error), form @ ("add" | "invite" | "name" | "remove")) if page.may_manage => {
            let state = match form {
                "add" => forms.add,
                "invite" => forms.invite,
                "name" => forms.name,
                _ => forms.remove,
            };
            state.error.set(Some(error));
            nothing()
        }
        (Some(error), _) => ui::form_error(error.detail),
    };
    let projects = count(team.projects, "project", "projects");
    let projects = if team.projects > 0 { el("a").attr("href", to::PROJECTS).text(projects).view() } else { text(projects) };
    let about = el("p").class("soft").text(format!("{}, ", count(team.members, "person", "people"))).child(projects).view();
    let mut main = vec![members::members(page, asked, loading)];
    let secrets = ui::link_button(Kind::Normal, "Secrets", to::team_secrets(team.id));
    let audit = if page.may_audit { ui::link_button(Kind::Normal, "Audit", to::team_audit(team.id)) } else { nothing() };
    let beside = div("exports").child(secrets).child(audit).view();
    let mut parts = vec![ui::page_head(team.name.clone(), about, beside), above];
    if page.may_manage {
        if page.link.is_some() {
            forms.link.set(page.link.clone());
        }
        parts.extend(forms.link.get_untracked().map(invitations::shown_once));
        main.extend(invitations::open(page, asked, loading));
        let side = div("").children([
            ui::padded_panel("Add member", members::add(page, loading, forms.add)),
            ui::padded_panel("Invite", invitations::invite(page, loading, forms.invite)),
            ui::padded_panel("Name", rename(page, loading, forms.name)),
            ui::padded_panel("Remove team", remove(page, forms.remove)),
        ]);
        parts.push(div("project-columns one-token of-rows").child(div("").children(main).view()).child(side.view()).view());
    } else {
        parts.extend(main);
    }
    ui::page(team.name.clone(), crumbs(&[(&team.name, &to::team(team.id))]), pieces(parts))
}

fn rename(page: &TeamPage, loading: Loading<TeamPage>, state: FormState) -> AnyView {
    let was_refused = page.flash.value("form") == "name";
    let name = Field {
        id: "team-name",
        name: "name",
        label: "Name",
        hint: "1 to 100 characters that no other team is called by.",
        value: if was_refused { page.flash.value("name") } else { page.team.name.clone() },
        required: true,
        ..Field::default()
    };
    let fields = vec![
        ui::hidden("id", page.team.id.to_string()),
        ui::text_input(name),
        div("form-end").child(ui::submit_button(Kind::Normal, "Rename team", state.is_busy())).view(),
    ];
    ui::form("/ui/rename_team", state, super::says("Team renamed.", move || loading.refetch()), pieces(fields))
}

/// Asked once more; a team with projects asks who gets them.
fn remove(page: &TeamPage, state: FormState) -> AnyView {
    const HEIR: Asked = Asked { legend: "Who gets its projects", team_id: "heir-team", email_id: "heir-email" };
    let team = &page.team;
    let toasts = ui::toasts();
    let surely = el("p").text("Removes ").child(el("b").text(team.name.clone()).view());
    let surely = surely.text(" with its members and invitations. What it was given on other projects goes too.").view();
    let mut fields = vec![surely, ui::hidden("id", team.id.to_string())];
    if team.projects > 0 {
        fields.push(owner_choice(&HEIR, &page.heirs, &page.flash));
    }
    fields.push(div("form-end").child(ui::submit_button(Kind::Danger, "Remove team", state.is_busy())).view());
    let done = move || toasts.show(Tone::Neutral, "Team removed.");
    let form = ui::form("/ui/remove_team", state, done, pieces(fields));
    let details = el("details").class("confirm").flag("open", page.flash.value("form") == "remove");
    details.child(el("summary").class("btn danger").text("Remove team…").view()).child(form).view()
}
