//! `/projects/ID/sharing`: whom a project belongs to and with whom it is shared.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use protocol::teams::{Owner, Share};

use super::{crumb, head, tabs};
use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    pages::{
        owner_choice::{Asked, owner_choice},
        teams::{Surely, changes_teams, confirmed, role_field, role_in_row, says},
    },
    routes::to,
    server_fns::{
        flash::Flash,
        owners::Offer,
        sharing::{SharingPage, ask_sharing},
    },
    ui::{self, Column, Crumb, FormState, Kind, Row, div, el, nothing, pieces, text},
};

const COLUMNS: &[Column] = &[
    Column { title: "With", class: "main" },
    Column { title: "Role", class: "place" },
    Column { title: "Action", class: "act" },
];

/// The forms of the page; they outlive that the page is read anew.
#[derive(Clone, Copy)]
struct Forms {
    share: FormState,
    give: FormState,
}

pub fn page() -> AnyView {
    let params = use_params_map();
    let forms = Forms { share: FormState::new(None), give: FormState::new(None) };
    let loading = load(move || params.with(|params| ask_sharing(&params.get("id").unwrap_or_default())));
    refetch_at_rest(loading, changes_teams);
    loaded_page(loading, move |page| show(&page, loading, forms))
}

fn show(page: &SharingPage, loading: Loading<SharingPage>, forms: Forms) -> AnyView {
    let project = &page.project;
    let above = match (page.flash.error.clone(), page.flash.value("form").as_str()) {
        (None, _) => nothing(),
        (Some(error), "share") => {
            forms.share.error.set(Some(error));
            nothing()
        }
        (Some(error), "give") => {
            forms.give.error.set(Some(error));
            nothing()
        }
        (Some(error), _) => ui::form_error(error.detail),
    };
    let crumbs = vec![
        Crumb::new("Projects", to::PROJECTS),
        crumb(&project.name, project.id),
        Crumb::new("Sharing", to::sharing(project.id)),
    ];
    let side = div("").children([
        ui::padded_panel("Owner", give(page, loading, forms.give)),
        ui::padded_panel("Share", share(page, loading, forms.share)),
    ]);
    let class = if page.list.shares.is_empty() { "project-columns one-token" } else { "project-columns one-token of-rows" };
    let columns = div(class).child(div("").child(shares(page, loading)).view()).child(side.view()).view();
    let parts = vec![head(project), tabs(project, "sharing"), above, columns];
    ui::page(format!("Sharing – {}", project.name), crumbs, pieces(parts))
}

fn shares(page: &SharingPage, loading: Loading<SharingPage>) -> AnyView {
    if page.list.shares.is_empty() {
        let share = el("a").class("btn").attr("href", "#share-role").attr("rel", "external").text("Share it").view();
        let seen_by = match page.list.owner {
            Owner::Installation => "Everybody has their role of the installation on it. A share gives a role on it alone.",
            Owner::User(_) | Owner::Team(_) => "Besides its owner, admins of the installation see the project.",
        };
        return ui::empty("Shared with nobody", seen_by, share);
    }
    let rows = page.list.shares.iter().map(|share| row(page, share, loading)).collect();
    ui::panel("Shared with", ui::table("Shares", COLUMNS, rows))
}

fn row(page: &SharingPage, share: &Share, loading: Loading<SharingPage>) -> Row {
    let named = || vec![ui::hidden("id", page.project.id.to_string()), ui::hidden("share", share.id.to_string())];
    let refetch = move || loading.refetch();
    let kind = if share.team_id.is_some() { "team" } else { "person" };
    let meaning = format!("{} has no role on the project any more.", share.name);
    let surely = Surely { short: "Remove", whose: &share.name, meaning };
    let (changed, taken) = (says("Role changed.", refetch), says("Share removed.", refetch));
    Row::new(vec![
        pieces(vec![el("span").class("name").text(share.name.clone()).view(), el("span").class("sub muted").text(kind).view()]),
        role_in_row("/ui/set_share_role", &share.name, share.role, named(), changed),
        confirmed("/ui/unshare_project", surely, named(), taken),
    ])
}

fn share(page: &SharingPage, loading: Loading<SharingPage>, state: FormState) -> AnyView {
    const WITH: Asked = Asked { legend: "With", team_id: "share-team", email_id: "share-email" };
    let flash = of_form(page, "share");
    let offer = Offer { installation: false, ..page.offer.clone() };
    let fields = vec![
        ui::hidden("id", page.project.id.to_string()),
        owner_choice(&WITH, &offer, &flash),
        role_field("share-role", &flash.value("role")),
        div("form-end").child(ui::submit_button(Kind::Primary, "Share project", state.is_busy())).view(),
    ];
    ui::form("/ui/share_project", state, says("Shared.", move || loading.refetch()), pieces(fields))
}

/// Asked once more: whoever gives a project to another owner may have no say in it afterwards.
fn give(page: &SharingPage, loading: Loading<SharingPage>, state: FormState) -> AnyView {
    const TO: Asked = Asked { legend: "New owner", team_id: "owner-team", email_id: "owner-email" };
    let owner = match (page.list.owner, page.list.owner_name.clone()) {
        (Owner::Installation, _) => text("It belongs to the installation: everybody has their role of the installation on it."),
        (Owner::User(_), name) => belongs("", name),
        (Owner::Team(_), name) => belongs("the team ", name),
    };
    let flash = of_form(page, "give");
    let surely = el("p").class("soft").text("The new owner decides about it from then on. Shares stay as they are.").view();
    let fields = vec![
        surely,
        ui::hidden("id", page.project.id.to_string()),
        owner_choice(&TO, &page.offer, &flash),
        div("form-end").child(ui::submit_button(Kind::Danger, "Change owner", state.is_busy())).view(),
    ];
    let form = ui::form("/ui/give_project", state, says("Owner changed.", move || loading.refetch()), pieces(fields));
    let details = el("details").class("confirm").flag("open", page.flash.value("form") == "give");
    let details = details.child(el("summary").class("btn").text("Change owner…").view()).child(form).view();
    div("form").child(el("p").child(owner).view()).child(details).view()
}

fn belongs(what: &'static str, name: Option<String>) -> AnyView {
    let name = name.unwrap_or_else(|| "somebody who is gone".to_owned());
    el("span").text(format!("It belongs to {what}")).child(el("b").text(name).view()).text(".").view()
}

/// What had been typed into that form, if it is the one that was refused.
fn of_form(page: &SharingPage, form: &str) -> Flash {
    if page.flash.value("form") == form { page.flash.clone() } else { Flash::default() }
}
