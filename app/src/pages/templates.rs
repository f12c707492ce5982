//! Reusable specs to begin with.

use leptos::prelude::*;
use protocol::templates::{Template, TemplateVariable};

use super::asked::asked_here;
use crate::{
    loading::{load, loaded},
    routes::to,
    server_fns::templates::ask_templates,
    ui::{self, Column, Crumb, Kind, Row, nothing, pieces, text},
};

const COLUMNS: &[Column] = &[Column { title: "Template", class: "main" }, Column { title: "Asks for", class: "place wide" }];

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 2] = ["name", ""];

pub fn page() -> AnyView {
    let query = asked_here();
    let sort = move || query.with(|query| query.get("sort").unwrap_or_default());
    let list = loaded(load(move || ask_templates(&sort())), move |templates| list(templates, &untrack(sort)));
    let body = pieces(vec![ui::page_head("Templates", nothing(), nothing()), list]);
    ui::page("Templates".to_owned(), vec![Crumb::new("Templates", to::TEMPLATES)], body)
}

fn list(templates: Vec<Template>, sort: &str) -> AnyView {
    if templates.is_empty() {
        return ui::empty(
            "No templates",
            "This server was started without templates.",
            ui::link_button(Kind::Normal, "New project", to::NEW_PROJECT),
        );
    }
    let sorted = |sort: &str| to::asking(to::TEMPLATES, &[("sort", sort)]);
    let rows = templates.into_iter().map(row).collect();
    ui::panel("", ui::table_sorted("Templates", COLUMNS, rows, (&SORTS, sort), &sorted))
}

fn row(template: Template) -> Row {
    let names: Vec<String> = asked_for(template.variables).map(|variable| variable.name.replace('_', " ")).collect();
    let asks = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let name = ui::opener(to::template(&template.name), &template.title, text(template.description));
    Row::new(vec![name, ui::clipped(&asks)])
}

/// What a template has to be told besides the project's name, which every form asks for anyway.
pub(super) fn asked_for(variables: Vec<TemplateVariable>) -> impl Iterator<Item = TemplateVariable> {
    variables.into_iter().filter(|variable| variable.name != "project_name")
}
