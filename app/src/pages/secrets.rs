//! Secrets of a project, of a team, or of the installation: names are shown, values are only taken in.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map};
use protocol::{
    Envelope,
    events::kinds,
    secrets::{Secret, SecretUse},
};

use super::{
    asked::{asked_here, search},
    project,
};
use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    routes::to,
    server_fns::secrets::{SecretsPage, Shown, ask_secrets},
    ui::{self, Column, Crumb, Field, FormState, Kind, Row, Tone, div, el, input, nothing, pieces, text},
};

const COLUMNS: [Column; 4] = [
    Column { title: "Name", class: "main" },
    Column { title: "Given to", class: "place named" },
    Column { title: "Written", class: "when wide" },
    Column { title: "Action", class: "act" },
];

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 4] = ["name", "", "written", ""];

/// The uses as the form names them, and what they are.
const USES: [(SecretUse, &str, &str); 4] = [
    (SecretUse::Agent, "form[agent]", "The agent"),
    (SecretUse::Tests, "form[tests]", "Tests, builds, linters"),
    (SecretUse::Preview, "form[preview]", "Previews (not used by this version yet)"),
    (SecretUse::Terminal, "form[terminal]", "Terminals (not used by this version yet)"),
];

pub fn page() -> AnyView {
    let params = use_params_map();
    let is_teams = use_location().pathname.with_untracked(|path| path.starts_with(to::TEAMS));
    let query = asked_here();
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let shown = move || Shown { q: get("q"), sort: get("sort"), after: get("after") };
    let loading = load(move || {
        let id = params.with(|params| params.get("id").unwrap_or_default());
        let whose = if is_teams { ("", id.as_str()) } else { (id.as_str(), "") };
        ask_secrets(whose, &shown(), &get("name"))
    });
    refetch_at_rest(loading, changes_secrets);
    let forms = Forms { set: FormState::new(None), remove: FormState::new(None) };
    loaded_page(loading, move |page| show(&page, &untrack(shown), loading, forms))
}

/// The forms of the page; they outlive that the page is read anew.
#[derive(Clone, Copy)]
struct Forms {
    set: FormState,
    remove: FormState,
}

fn changes_secrets(envelope: &Envelope) -> bool {
    envelope.kind == kinds::SECRETS_CHANGED
}

fn show(page: &SecretsPage, shown: &Shown, loading: Loading<SecretsPage>, forms: Forms) -> AnyView {
    let Forms { set, remove } = forms;
    if let Some(error) = page.flash.error.clone() {
        set.error.set(Some(error));
    }
    let (crumbs, top) = match (&page.project, &page.team) {
        (Some(head), _) => (
            vec![
                Crumb::new("Projects", to::PROJECTS),
                project::crumb(&head.name, head.id),
                Crumb::new("Secrets", to::project_secrets(head.id)),
            ],
            pieces(vec![project::head(head), project::tabs(head, "secrets")]),
        ),
        (None, Some((id, name))) => (
            vec![
                Crumb::new("Teams", to::TEAMS),
                Crumb::new(name.clone(), to::team(*id)),
                Crumb::new("Secrets", to::team_secrets(*id)),
            ],
            ui::page_head(
                "Secrets",
                about("For the processes of the team's projects. A project's own secret of the same name wins."),
                nothing(),
            ),
        ),
        (None, None) => {
            let about = about("For the processes of all projects. A team's and a project's own secret of the same name win.");
            (
                vec![Crumb::new("Admin", to::ADMIN), Crumb::new("Secrets", to::ADMIN_SECRETS)],
                ui::page_head("Secrets", about, nothing()),
            )
        }
    };
    let chosen = page.chosen.as_ref();
    let mut parts = vec![top, list(page, shown, loading, remove)];
    if page.may_write {
        let title = if chosen.is_some() { "Change a secret" } else { "Set a secret" };
        parts.push(ui::padded_panel(title, form(page, chosen, loading, set)));
    }
    ui::page("Secrets".to_owned(), crumbs, pieces(parts))
}

fn about(words: &'static str) -> AnyView {
    el("p").class("soft").text(words).view()
}

fn list(page: &SecretsPage, shown: &Shown, loading: Loading<SecretsPage>, state: FormState) -> AnyView {
    let address = address(page);
    let search = || search(&address, "Search secrets", &shown.q, &shown.sort);
    if page.secrets.is_empty() && !shown.q.is_empty() {
        let all = ui::link_button(Kind::Normal, "Show all secrets", address.clone());
        let none = ui::empty("No secret found", "No secret has these words in its name.", all);
        return pieces(vec![search(), none]);
    }
    if page.secrets.is_empty() {
        let words = "A secret is an environment variable for the processes that you name. Its value is never shown again.";
        let first = el("a").class("btn").attr("href", "#secret").attr("rel", "external").text("Set a secret");
        return ui::empty("No secrets yet", words, if page.may_write { first.view() } else { nothing() });
    }
    // Who only looks has nothing to do in the last column.
    let (columns, _) = COLUMNS.split_at(if page.may_write { 4 } else { 3 });
    let rows = page.secrets.iter().map(|secret| {
        let written = el("span").class("soft").child(ui::ago(secret.updated_at)).text(format!(" by {}", secret.updated_by));
        let (given, written) = (text(given_to(secret)), written.view());
        if !page.may_write {
            return Row::new(vec![el("span").class("mono").text(secret.name.clone()).view(), given, written]);
        }
        let link = el("a").class("mono").attr("href", change_link(&address, shown, &secret.name)).text(secret.name.clone());
        let (project, team) = whose(page);
        let fields = to::asking("", &[("project", &project), ("team", &team), ("name", &secret.name)]);
        let row = Row::new(vec![link.view(), given, written, remove(page, &secret.name, loading, state)]);
        row.selected_by(ui::pick("Remove", "/ui/remove_secret", fields, &secret.name))
    });
    let sorted = |sort: &str| to::asking(&address, &[("q", &shown.q), ("sort", sort)]);
    let table = ui::table_sorted("Secrets", columns, rows.collect(), (&SORTS, &shown.sort), &sorted);
    let table = ui::panel("", table);
    let mut parts = vec![search(), table];
    if let Some(after) = &page.next {
        let more = to::asking(&address, &[("q", &shown.q), ("sort", &shown.sort), ("after", after)]);
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, "Show more secrets", more)).view());
    }
    pieces(parts)
}

/// Where the page is.
fn address(page: &SecretsPage) -> String {
    match (&page.project, &page.team) {
        (Some(head), _) => to::project_secrets(head.id),
        (None, Some((id, _))) => to::team_secrets(*id),
        (None, None) => to::ADMIN_SECRETS.to_owned(),
    }
}

/// To the form with that secret, below the same rows.
fn change_link(address: &str, shown: &Shown, name: &str) -> String {
    let Shown { q, sort, after } = shown;
    format!("{}#secret", to::asking(address, &[("q", q), ("sort", sort), ("after", after), ("name", name)]))
}

fn given_to(secret: &Secret) -> String {
    let named = |kind: &SecretUse| match kind {
        SecretUse::Agent => "agent",
        SecretUse::Tests => "tests",
        SecretUse::Preview => "preview (not yet)",
        SecretUse::Terminal => "terminal (not yet)",
    };
    let names: Vec<&str> = secret.uses.iter().map(named).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

/// Whose secrets a form is about: a project's id and a team's, empty where there is none.
fn whose(page: &SecretsPage) -> (String, String) {
    let project = page.project.as_ref().map(|head| head.id.to_string());
    let team = page.team.as_ref().map(|(id, _)| id.to_string());
    (project.unwrap_or_default(), team.unwrap_or_default())
}

fn remove(page: &SecretsPage, name: &str, loading: Loading<SecretsPage>, state: FormState) -> AnyView {
    let toasts = ui::toasts();
    let done = move || {
        toasts.show(Tone::Good, "Secret removed.");
        loading.refetch();
    };
    let button = el("button").attr("type", "submit").class("btn danger").attr("aria-label", format!("Remove {name}"));
    let (project, team) = whose(page);
    let fields = vec![
        ui::hidden("project", project),
        ui::hidden("team", team),
        ui::hidden("name", name.to_owned()),
        button.text("Remove").view(),
    ];
    ui::form("/ui/remove_secret", state, done, pieces(fields))
}

fn form(page: &SecretsPage, chosen: Option<&Secret>, loading: Loading<SecretsPage>, state: FormState) -> AnyView {
    let toasts = ui::toasts();
    let done = move || {
        toasts.show(Tone::Good, "Secret saved.");
        loading.refetch();
    };
    let name = Field {
        id: "secret",
        name: "form[name]",
        label: "Name",
        hint: "The environment variable that it becomes.",
        placeholder: "DATABASE_PASSWORD",
        value: chosen.map_or_else(|| page.flash.value("name"), |secret| secret.name.clone()),
        required: true,
    };
    let value = Field {
        id: "secret-value",
        name: "form[value]",
        label: "Value",
        hint: if chosen.is_some() {
            "Empty keeps the value that is there. It is never shown."
        } else {
            "At least 8 characters. It is never shown again."
        },
        required: chosen.is_none(),
        ..Field::default()
    };
    let (project, team) = whose(page);
    let fields = vec![
        ui::hidden("form[project]", project),
        ui::hidden("form[team]", team),
        ui::text_input(name),
        ui::text_area(value, 3),
        uses(chosen),
        div("form-end").child(ui::submit_button(Kind::Primary, "Save secret", state.is_busy())).view(),
    ];
    ui::form("/ui/set_secret", state, done, pieces(fields))
}

fn uses(chosen: Option<&Secret>) -> AnyView {
    let boxes = USES.into_iter().map(|(kind, name, words)| {
        let is_on = chosen.is_some_and(|secret| secret.uses.contains(&kind));
        let control = input("checkbox").attr("name", name).attr("value", "on").flag("checked", is_on).view();
        el("label").class("check").child(control).child(el("span").text(words).view()).view()
    });
    el("fieldset").class("checks").child(el("legend").text("Who is given it").view()).children(boxes).view()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use protocol::Timestamp;

    use super::*;
    use crate::rendering_tests::html;

    #[tokio::test]
    async fn names_and_uses_are_shown_and_forms_need_no_script() {
        let at = Timestamp::from_millis(1_795_240_925_123);
        let secret = Secret {
            name: "DATABASE_PASSWORD".to_owned(),
            uses: vec![SecretUse::Agent, SecretUse::Tests, SecretUse::Preview],
            created_at: at,
            updated_at: at,
            updated_by: "Ada".to_owned(),
        };
        let html = html("/admin/secrets?name=DATABASE_PASSWORD", move || {
            let flash = crate::server_fns::flash::Flash::default();
            let chosen = Some(secret.clone());
            let page =
                SecretsPage { project: None, team: None, secrets: vec![secret], next: None, chosen, may_write: true, flash };
            let loading = load(|| ask_secrets(("", ""), &Shown::default(), ""));
            show(&page, &Shown::default(), loading, Forms { set: FormState::new(None), remove: FormState::new(None) })
        });

        let parts = [
            "DATABASE_PASSWORD",
            "agent, tests, preview (not yet)",
            "Previews (not used by this version yet)",
            "Terminals (not used by this version yet)",
            "by Ada",
            r#"action="/ui/remove_secret""#,
            r#"action="/ui/set_secret""#,
            "Change a secret",
            "Who is given it",
        ];
        for part in parts {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
        assert_eq!(html.matches("checked").count(), 3, "{html}");
    }
}
