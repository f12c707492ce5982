//! One template: what it asks for and its text.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use protocol::templates::TemplateVariable;

use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::templates::{TemplatePage, ask_template},
    ui::{self, Crumb, Kind, el, nothing, pieces},
};

pub fn page() -> AnyView {
    let params = use_params_map();
    let loading = load(move || params.with(|params| ask_template(&params.get("name").unwrap_or_default())));
    loaded_page(loading, show)
}

fn show(page: TemplatePage) -> AnyView {
    let TemplatePage { body, may_write } = page;
    let template = body.template;
    let address = to::template(&template.name);
    let crumbs = vec![Crumb::new("Templates", to::TEMPLATES), Crumb::new(template.title.clone(), address)];
    let use_it = || ui::link_button(Kind::Primary, "Use template", to::new_project_from(&template.name));
    let action = if may_write { use_it() } else { nothing() };
    let mut parts =
        vec![ui::page_head(template.title.clone(), el("p").class("soft").child(ui::prose(&template.description)).view(), action)];
    if !template.variables.is_empty() {
        let variables = el("dl").class("variables").children(template.variables.into_iter().map(variable)).view();
        parts.push(ui::panel("Variables", variables));
    }
    parts.push(ui::panel("Text", ui::code_block("The template's text", body.source)));
    ui::page(template.title, crumbs, pieces(parts))
}

fn variable(variable: TemplateVariable) -> AnyView {
    let words = el("span").class("muted");
    let default = match variable.default {
        Some(default) => words.text("default ").child(ui::code(default)),
        None => words.text("must be given"),
    };
    let name = el("dt").child(ui::code(variable.name)).view();
    let meaning = el("dd").text(format!("{} ", variable.description)).child(default.view()).view();
    el("div").child(name).child(meaning).view()
}
