//! Reusable specs to begin with.

use leptos::prelude::*;
use protocol::templates::{Template, TemplateVariable};

use crate::{
    loading::{load, loaded},
    routes::to,
    server_fns::templates::ask_templates,
    ui::{self, Column, Crumb, Kind, Row, nothing, pieces, text},
};

const COLUMNS: &[Column] = &[Column { title: "Template", class: "main" }, Column { title: "Asks for", class: "place wide" }];

pub fn page() -> AnyView {
    let body = pieces(vec![ui::page_head("Templates", nothing(), nothing()), loaded(load(ask_templates), list)]);
    ui::page("Templates".to_owned(), vec![Crumb::new("Templates", to::TEMPLATES)], body)
}

fn list(templates: Vec<Template>) -> AnyView {
    if templates.is_empty() {
        return ui::empty(
            "No templates",
            "This server was started without templates.",
            ui::link_button(Kind::Normal, "Make a project", to::NEW_PROJECT),
        );
    }
    ui::panel("", ui::table("Templates", COLUMNS, templates.into_iter().map(row).collect()))
}

fn row(template: Template) -> Row {
    let names: Vec<String> = asked_for(template.variables).map(|variable| variable.name.replace('_', " ")).collect();
    let asks = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let name = ui::opener(to::template(&template.name), &template.title, text(template.description));
    Row { cells: vec![name, ui::clipped(&asks)] }
}

/// What a template has to be told besides the project's name, which every form asks for anyway.
pub(super) fn asked_for(variables: Vec<TemplateVariable>) -> impl Iterator<Item = TemplateVariable> {
    variables.into_iter().filter(|variable| variable.name != "project_name")
}
