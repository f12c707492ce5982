//! The panel that starts a run: on which spec, by which agent, within which limits.

use leptos::prelude::*;
use protocol::{
    agents::{AgentInfo, KeyOrigin},
    projects::{Delivery, Project, ProjectStatus},
};

use super::super::spec_field::spec_field;
use crate::{
    server_fns::{flash::Flash, projects::ProjectPage},
    ui::{self, Choice, Field, FormState, Kind, Tone, div, el, pieces},
};

/// For a project that has its repository or gets it in a moment, and who may start runs of it.
pub(super) fn start(page: &ProjectPage, state: FormState) -> AnyView {
    let body = if page.project.status == ProjectStatus::Ready {
        form(page, state)
    } else {
        el("p").class("panel-body soft").text("The repository is being prepared; a run can start in a moment.").view()
    };
    ui::panel("Start a run", body)
}

fn form(page: &ProjectPage, state: FormState) -> AnyView {
    let flash = &page.flash;
    let fields = vec![
        ui::hidden("form[project_id]", page.project.id.to_string()),
        specs(page),
        agents(&page.agents, &flash.value("provider")),
        model(flash),
        limits(flash),
        el("p").class("hint").text(promise(&page.project)).view(),
        div("form-end in-sight").child(ui::submit_button(Kind::Primary, "Start run", state.is_busy())).view(),
    ];
    div("panel-body").child(ui::form("/ui/start_run", state, || (), pieces(fields))).view()
}

fn specs(page: &ProjectPage) -> AnyView {
    const NAME: &str = "form[spec]";
    let flash = &page.flash;
    let has_spec = page.project.spec.is_some();
    let typed = flash.value("spec");
    let chosen = match (typed.as_str(), has_spec) {
        ("", true) => "project",
        ("", false) => "paste",
        (typed, _) => typed,
    };
    let mut cards = Vec::new();
    if has_spec {
        cards.push(
            Choice::new(NAME, "project", "The project's spec", "As it is kept with the project.").checked(chosen == "project"),
        );
    }
    let paste = spec_field("start-spec", "form[prd_text]", "Text", flash.value("prd_text"));
    cards.push(Choice::new(NAME, "paste", "Another text", "Paste or upload it.").checked(chosen == "paste").with_fields(paste));
    let ready: Vec<(String, String)> = page
        .templates
        .iter()
        .filter(|template| template.variables.iter().all(|variable| variable.default.is_some()))
        .map(|template| (template.name.clone(), template.title.clone()))
        .collect();
    if !ready.is_empty() {
        let field = Field {
            id: "start-template",
            name: "form[template]",
            label: "Template",
            value: flash.value("template"),
            ..Field::default()
        };
        let template = Choice::new(NAME, "template", "A template", "With the defaults of its variables.");
        cards.push(template.checked(chosen == "template").with_fields(ui::select(field, ready)));
    }
    ui::choices("What to work on", cards)
}

fn agents(agents: &[AgentInfo], typed: &str) -> AnyView {
    let first = agents.iter().find(|agent| agent.available && !agent.demo);
    let first = first.or_else(|| agents.iter().find(|agent| agent.available));
    let chosen = if typed.is_empty() { first.map_or("", |agent| agent.provider.as_str()) } else { typed };
    let cards = agents.iter().map(|agent| agent_card(agent, chosen)).collect();
    ui::choices("Which agent does it", cards)
}

fn model(flash: &Flash) -> AnyView {
    ui::text_input(Field {
        id: "start-model",
        name: "form[model]",
        label: "Model",
        placeholder: "the agent's own choice",
        value: flash.value("model"),
        ..Field::default()
    })
}

const DEMO: &str = "Works offline, costs nothing, and shows how a run goes: it builds what the examples in a spec say.";

/// An agent with what was found of it, or what is missing.
fn agent_card(agent: &AgentInfo, chosen: &str) -> Choice {
    let found = [agent.version.clone(), agent.path.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let hint: &str = match &agent.problem {
        Some(problem) => problem,
        None if agent.demo => DEMO,
        None => agent.key.map_or("", KeyOrigin::title),
    };
    let mark = match (agent.available, agent.demo) {
        (false, _) => ui::chip(Tone::Warn, "warn", "missing"),
        (true, true) => ui::chip(Tone::Held, "flask", "demo"),
        (true, false) => ui::chip(Tone::Good, "check", "ready"),
    };
    let card = Choice::new("form[provider]", agent.provider.as_str(), &agent.title, hint);
    Choice { disabled: !agent.available, mark, found, ..card.checked(agent.provider.as_str() == chosen && agent.available) }
}

fn limits(flash: &Flash) -> AnyView {
    let limit =
        |id, name, label, placeholder, value| ui::text_input(Field { id, name, label, value, placeholder, ..Field::default() });
    let legend = el("legend").text("How much it may use up").view();
    let cost = limit("limit-cost", "form[cost_usd]", "Cost ceiling, $", "none", flash.value("cost_usd"));
    let minutes = limit("limit-minutes", "form[minutes]", "Minutes", "60", flash.value("minutes"));
    let count = limit("limit-iterations", "form[iterations]", "Iterations", "25", flash.value("iterations"));
    el("fieldset").class("limits").children([legend, cost, minutes, count]).view()
}

/// What will happen, in one sentence.
fn promise(project: &Project) -> String {
    let branch = project.branch.as_deref().unwrap_or("the project's branch");
    let end = match project.delivery {
        Delivery::Merge => format!("are merged into {branch} once every blocking gate has passed"),
        Delivery::Review => "stay on a branch of their own until you merge it".to_owned(),
    };
    format!("The agent works in a worktree of its own and stops at the first limit; its commits {end}.")
}
