//! Reusable specs to begin with.

use leptos::prelude::*;
use protocol::templates::Template;

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
    let names: Vec<String> = template.variables.into_iter().map(|variable| variable.name).collect();
    let asks = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let name = ui::opener(to::template(&template.name), &template.title, text(template.description));
    Row { cells: vec![name, ui::clipped(&asks)] }
}
