//! The prompt of a call: a stable beginning, so that a provider's cache can serve it, and the task at its end.

use std::sync::LazyLock;

use domain::{
    runs::{Record, steps},
    specs::{Spec, TaskDraft},
};
use minijinja::{Environment, UndefinedBehavior, context};
use services::Error;

/// Tasks whose titles the prompt shows around the current one.
const PLAN_AROUND: usize = 12;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in [("iteration", include_str!("../prompts/iteration.md")), ("mend", include_str!("../prompts/mend.md"))] {
        if let Err(error) = environment.add_template(name, source) {
            tracing::error!(%error, name, "a prompt template is broken");
        }
    }
    environment
});

/// A rendered prompt, and how much of it is loki's own, in tokens at four characters each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) text: String,
    pub(crate) scaffold_tokens: u64,
}

/// The prompt for the running iteration.
pub(crate) fn render(record: &Record, spec: &Spec) -> Result<Prompt, Error> {
    let state = &record.state;
    let findings = &state.findings;
    let project = &record.project_name;
    let number = state.task().map(|task| task.number);
    let draft = spec.tasks.iter().find(|draft| Some(draft.number) == number);
    let Some(draft) = draft else {
        let text = render_template("mend", &context! { project => project, findings => findings })?;
        let own: usize = findings.iter().map(String::len).sum();
        return Ok(Prompt { scaffold_tokens: tokens(text.len().saturating_sub(own)), text });
    };
    let simpler = state.task().is_some_and(steps::wants_simpler);
    let text = render_template(
        "iteration",
        &context! {
            project => project,
            plan => plan_lines(record, draft),
            requirement => &draft.requirement,
            criteria => &draft.criteria,
            findings => findings,
            simpler => simpler,
        },
    )?;
    let own = draft.requirement.len()
        + draft.criteria.iter().map(String::len).sum::<usize>()
        + findings.iter().map(String::len).sum::<usize>();
    Ok(Prompt { scaffold_tokens: tokens(text.len().saturating_sub(own)), text })
}

/// The titles around the current task, each marked done, now or later.
fn plan_lines(record: &Record, draft: &TaskDraft) -> Vec<String> {
    let tasks = &record.state.tasks;
    if tasks.len() < 2 {
        return Vec::new();
    }
    let here = tasks.iter().position(|task| task.number == draft.number).unwrap_or(0);
    let from = here.saturating_sub(PLAN_AROUND / 2);
    tasks
        .iter()
        .skip(from)
        .take(PLAN_AROUND)
        .map(|task| {
            let mark = match task.status {
                protocol::runs::TaskStatus::Completed => "done",
                protocol::runs::TaskStatus::InProgress => "now",
                protocol::runs::TaskStatus::Pending => "later",
                protocol::runs::TaskStatus::Failed => "given up",
            };
            format!("{}. [{mark}] {}", task.number, task.title)
        })
        .collect()
}

fn render_template(name: &str, values: &minijinja::Value) -> Result<String, Error> {
    let rendered = TEMPLATES.get_template(name).and_then(|template| template.render(values));
    rendered.map_err(|error| Error::Internal(format!("the prompt could not be rendered: {error}")))
}

fn tokens(characters: usize) -> u64 {
    u64::try_from(characters.div_ceil(4)).unwrap_or(u64::MAX)
}
