//! One form for a new project, whatever it is made from.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use protocol::templates::{Template, TemplateVariable};

use super::{spec_field::spec_field, templates::asked_for};
use crate::{
    loading::{load, loaded},
    routes::to,
    server_fns::{
        flash::Flash,
        projects::{CHOOSE_TEMPLATE, NewProjectPage, ask_new_project},
    },
    ui::{self, Choice, Crumb, Field, FormState, Kind, div, el, input, live, nothing, pieces},
};

pub fn page() -> AnyView {
    let crumbs = vec![Crumb::new("Projects", to::PROJECTS), Crumb::new("New project", to::NEW_PROJECT)];
    let body = pieces(vec![ui::page_head("New project", nothing(), nothing()), loaded(load(ask_new_project), form)]);
    ui::page("New project".to_owned(), crumbs, body)
}

fn form(page: NewProjectPage) -> AnyView {
    if !page.may_write {
        return ui::empty(
            "Operators and admins make projects",
            "Your role looks at projects and runs. Somebody who is an admin here can give you another one.",
            ui::link_button(Kind::Normal, "Open projects", to::PROJECTS),
        );
    }
    let flash = &page.flash;
    let asked = use_query_map().with_untracked(|query| query.get("template").unwrap_or_default());
    let state = FormState::new(flash.error.clone());
    let name = Field {
        id: "name",
        name: "form[name]",
        label: "Name",
        hint: "What people will call it, at most 100 characters.",
        value: if flash.error.is_some() { flash.value("name") } else { name_in(&page.templates, &asked) },
        required: true,
        ..Field::default()
    };
    let end = div("form-end in-sight").child(ui::submit_button(Kind::Primary, "Create project", state.is_busy()));
    let end = end.child(el("p").class("hint").text("No agent works and nothing is spent before you start a run.").view());
    let fields = vec![
        ui::text_input(name),
        sources(&page, &asked, state),
        delivery_choice("form[delivery]", &flash.value("delivery")),
        end.view(),
    ];
    ui::padded_panel("", ui::form("/ui/create_project", state, || (), pieces(fields)))
}

/// What a template calls what is made of it, until somebody says otherwise; empty where it has no name for it.
fn name_in(templates: &[Template], asked: &str) -> String {
    let variables = templates.iter().find(|template| template.name == asked).map(|template| &template.variables);
    let name = variables.and_then(|variables| variables.iter().find(|variable| variable.name == "project_name"));
    name.and_then(|variable| variable.default.clone()).unwrap_or_default()
}

/// What happens to verified commits; `value` is `review` or anything else for merging.
pub(super) fn delivery_choice(name: &'static str, value: &str) -> AnyView {
    let review = value == "review";
    ui::choices(
        "What happens to verified commits",
        vec![
            Choice::new(name, "merge", "Merge", "They go into the project's branch by themselves.").checked(!review),
            Choice::new(name, "review", "Keep for review", "They stay on the run's branch until a person merges it.")
                .checked(review),
        ],
    )
}

fn sources(page: &NewProjectPage, asked: &str, state: FormState) -> AnyView {
    const NAME: &str = "form[source]";
    let flash = &page.flash;
    let typed = flash.value("source");
    let chosen = if !typed.is_empty() {
        typed
    } else if asked.is_empty() {
        "prd".to_owned()
    } else {
        "template".to_owned()
    };
    let template = if asked.is_empty() { flash.value("template") } else { asked.to_owned() };
    let source = |value: &str, title: &str, hint: &str, fields: AnyView| {
        Choice::new(NAME, value, title, hint).checked(chosen == value).with_fields(fields)
    };
    let folder = if page.may_open_folders {
        source("folder", "Folder", "Use a repository on this server's disk.", folder(flash))
    } else {
        let why = "This server opens no folders of its disk: it was started without `--allow-root`.";
        Choice { disabled: true, ..Choice::new(NAME, "folder", "Folder", why) }
    };
    ui::choices(
        "What it is made from",
        vec![
            source(
                "prd",
                "Spec",
                "Paste or upload a PRD or an OpenAPI document.",
                spec_field("prd_text", "form[prd_text]", "Spec", flash.value("prd_text")),
            ),
            source("brief", "One-line brief", "Say in a sentence what you want.", brief(flash)),
            source(
                "template",
                "Template",
                "Start from a spec that is ready.",
                template_choice(page.templates.clone(), &template, state),
            ),
            source("git", "Git URL", "Clone a repository over https, http, ssh or git.", git_url(flash)),
            folder,
        ],
    )
}

fn brief(flash: &Flash) -> AnyView {
    ui::text_input(Field {
        id: "brief",
        name: "form[brief]",
        label: "Brief",
        value: flash.value("brief"),
        placeholder: "A command line tool that greets by name in three languages",
        ..Field::default()
    })
}

fn git_url(flash: &Flash) -> AnyView {
    ui::text_input(Field {
        id: "git_url",
        name: "form[git_url]",
        label: "URL",
        value: flash.value("git_url"),
        placeholder: "https://example.com/team/repository.git",
        ..Field::default()
    })
}

fn folder(flash: &Flash) -> AnyView {
    ui::text_input(Field {
        id: "path",
        name: "form[path]",
        label: "Path",
        hint: "It must lie below a folder that the server was started with (--allow-root).",
        value: flash.value("path"),
        placeholder: "/srv/repositories/greeter",
        ..Field::default()
    })
}

/// The chosen one stands first, where it is seen with its fields.
fn template_choice(mut templates: Vec<Template>, chosen: &str, state: FormState) -> AnyView {
    if let Some(at) = templates.iter().position(|template| template.name == chosen) {
        let first = templates.remove(at);
        templates.insert(0, first);
    }
    if templates.is_empty() {
        return el("p").class("hint").text("This server has no templates.").view();
    }
    let cards = templates
        .into_iter()
        .map(|template| {
            let asked = asked_for(template.variables);
            let fields: Vec<AnyView> = asked.map(|variable| variable_field(&template.name, variable)).collect();
            let card = Choice::new("form[template]", &template.name, &template.title, &template.description);
            let card = card.checked(template.name == chosen);
            if fields.is_empty() { card } else { card.with_fields(pieces(fields)) }
        })
        .collect();
    // Said above the form as well, which is where the focus goes.
    let missing = live(move || {
        let is_missing = state.error.with(|error| error.as_ref().is_some_and(|error| error.detail == CHOOSE_TEMPLATE));
        if is_missing { el("p").class("hint missing").text(CHOOSE_TEMPLATE).view() } else { nothing() }
    });
    div("choice-list").child(missing).child(ui::choices("Which template", cards)).view()
}

fn variable_field(template: &str, variable: TemplateVariable) -> AnyView {
    let id = format!("{template}-{}", variable.name);
    let label = ui::capital(&variable.name.replace('_', " "));
    let name = format!("form[variables][{template}.{}]", variable.name);
    let hint = if variable.default.is_some() { variable.description } else { format!("{} Must be given.", variable.description) };
    let control = input("text").attr("id", id.clone()).attr("name", name).attr("autocomplete", "off");
    let control = control.maybe("placeholder", variable.default).attr("aria-describedby", format!("{id}-hint"));
    ui::field(&id, &label, &hint, control.view())
}
