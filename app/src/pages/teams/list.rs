//! `/teams`: the teams that whoever looks may know.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use protocol::teams::Team;

use super::{asked_here, changes_teams, count, crumbs, search_here};
use crate::{
    loading::{load, loaded_rows, refetch_at_rest},
    routes::to,
    server_fns::teams::{TeamsPage, ask_teams},
    ui::{self, Column, Field, FormState, Kind, Row, div, el, nothing, pieces, text},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "Team", class: "main" },
    Column { title: "People", class: "when" },
    Column { title: "Projects", class: "when" },
    Column { title: "Your role", class: "when named" },
];

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 4] = ["name", "people", "projects", ""];

pub fn page() -> AnyView {
    let query = asked_here();
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let loading = load(move || ask_teams(&get("q"), &get("sort"), &get("after")));
    refetch_at_rest(loading, changes_teams);
    let make = FormState::new(None);
    let about = el("p").class("soft").text("People who have a role together, on the projects that belong to their team.").view();
    let first = move || untrack(|| to::asking(to::TEAMS, &[("q", &get("q")), ("sort", &get("sort"))]));
    let list = loaded_rows(loading, first, move |page| list(page, &query.get_untracked(), make));
    let search = search_here(to::TEAMS, "Search teams", query);
    ui::page("Teams".to_owned(), crumbs(&[]), pieces(vec![ui::page_head("Teams", about, nothing()), search, list]))
}

fn list(page: TeamsPage, query: &ParamsMap, make: FormState) -> AnyView {
    let (words, sort) = (query.get("q").unwrap_or_default(), query.get("sort").unwrap_or_default());
    let mut parts = Vec::new();
    if let (Some(error), false) = (&page.flash.error, page.may_make) {
        parts.push(ui::form_error(error.detail.clone()));
    }
    if page.teams.is_empty() {
        parts.push(nothing_there(&words, page.may_make));
    } else {
        let sorted = |sort: &str| to::asking(to::TEAMS, &[("q", &words), ("sort", sort)]);
        let rows = page.teams.iter().map(row).collect();
        parts.push(ui::panel("", ui::table_sorted("Teams", COLUMNS, rows, (&SORTS, &sort), &sorted)));
    }
    if let Some(after) = &page.next {
        let more = to::asking(to::TEAMS, &[("q", &words), ("sort", &sort), ("after", after)]);
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, "Show more teams", more)).view());
    }
    if page.may_make {
        parts.push(ui::padded_panel("New team", new_team(&page, make)));
    }
    pieces(parts)
}

fn nothing_there(words: &str, may_make: bool) -> AnyView {
    if !words.is_empty() {
        let all = ui::link_button(Kind::Normal, "Show all teams", to::TEAMS);
        return ui::empty("No team found", "No team that you know has these words in its name.", all);
    }
    if may_make {
        let make = el("a").class("btn").attr("href", "#name").attr("rel", "external").text("New team").view();
        return ui::empty("No teams yet", "Without teams everybody sees the projects of the installation.", make);
    }
    let projects = ui::link_button(Kind::Normal, "Open projects", to::PROJECTS);
    ui::empty("You are in no team", "Admins of a team add people or send them a link.", projects)
}

fn row(team: &Team) -> Row {
    let role = match team.your_role {
        Some(role) => text(words::role_name(role)),
        None => el("span").class("muted").text("not in it").view(),
    };
    Row::new(vec![
        ui::opener(to::team(team.id), &team.name, nothing()),
        text(count(team.members, "person", "people")),
        text(count(team.projects, "project", "projects")),
        role,
    ])
}

fn new_team(page: &TeamsPage, state: FormState) -> AnyView {
    if let Some(error) = page.flash.error.clone() {
        state.error.set(Some(error));
    }
    let name = Field {
        id: "name",
        name: "name",
        label: "Name",
        hint: "1 to 100 characters that no other team is called by. You become its first admin.",
        value: page.flash.value("name"),
        required: true,
        ..Field::default()
    };
    let fields = vec![
        ui::text_input(name),
        div("form-end").child(ui::submit_button(Kind::Primary, "Create team", state.is_busy())).view(),
    ];
    ui::form("/ui/create_team", state, || (), pieces(fields))
}
