//! The prompt of a call: a stable beginning, so that a provider's cache can serve it, and the task at its end.

use std::sync::LazyLock;

use domain::{
    errors::explain,
    runs::{RunRecord, steps},
    specs::{Spec, TaskDraft},
    text::joined,
};
use minijinja::{Environment, UndefinedBehavior, context};
use services::Error;

/// Tasks whose titles the prompt shows around the current one.
const PLAN_AROUND: usize = 12;
/// Bytes of a title in the plan, and of the project's name.
const NAME_BYTES: usize = 120;
/// Bytes of all findings together; each is at most 300 characters, and there are at most twelve.
const FINDINGS_BYTES: usize = 2_400;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in [("iteration", include_str!("../prompts/iteration.md")), ("mend", include_str!("../prompts/mend.md"))] {
        if let Err(error) = environment.add_template(name, source) {
            tracing::error!(error = %explain(&error), name, "a prompt template is broken");
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
pub(crate) fn render(record: &RunRecord, spec: &Spec) -> Result<Prompt, Error> {
    let state = &record.state;
    let findings = bounded(&state.findings);
    let project = cut(&record.project_name, NAME_BYTES);
    let Some(task) = state.task() else {
        let text = render_template("mend", &context! { project => &project, findings => &findings })?;
        return Ok(Prompt { scaffold_tokens: tokens(text.len().saturating_sub(listed(&findings))), text });
    };
    let draft = task.draft(&spec.tasks);
    let requirement = draft.map_or(task.title.as_str(), |draft| draft.requirement.as_str());
    let criteria = draft.map(unsaid).unwrap_or_default();
    let text = render_template(
        "iteration",
        &context! {
            project => &project,
            plan => plan_lines(record, task.number),
            requirement => requirement,
            criteria => &criteria,
            findings => &findings,
            simpler => steps::wants_simpler(task),
        },
    )?;
    let own = requirement.len() + listed(&criteria) + listed(&findings);
    Ok(Prompt { scaffold_tokens: tokens(text.len().saturating_sub(own)), text })
}

/// The criteria that the requirement does not say already.
fn unsaid(draft: &TaskDraft) -> Vec<String> {
    let said = joined(&draft.requirement);
    draft.criteria.iter().filter(|words| !said.contains(joined(words).trim_end_matches('…'))).cloned().collect()
}

/// As many findings as there is room for; those that were cut off come back if they still hold.
fn bounded(findings: &[String]) -> Vec<String> {
    let mut room = FINDINGS_BYTES;
    let fits = |finding: &&String| {
        let fits = finding.len() <= room;
        room = room.saturating_sub(finding.len());
        fits
    };
    let shown: Vec<String> = findings.iter().take_while(fits).cloned().collect();
    match findings.first() {
        Some(first) if shown.is_empty() => vec![cut(first, FINDINGS_BYTES)],
        _ => shown,
    }
}

/// Bytes of the lines of a list, with their marks.
fn listed(lines: &[String]) -> usize {
    lines.iter().map(|line| line.len() + "- \n".len()).sum()
}

/// At most so many bytes of a text, with `…` where something was left out.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub('…'.len_utf8()));
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// The titles around the current task, each marked done, now or later.
fn plan_lines(record: &RunRecord, number: u32) -> Vec<String> {
    let tasks = &record.state.tasks;
    if tasks.len() < 2 {
        return Vec::new();
    }
    let here = tasks.iter().position(|task| task.number == number).unwrap_or(0);
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
            format!("{}. [{mark}] {}", task.number, cut(&task.title, NAME_BYTES))
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        runs::{Ceilings, RunState, TaskState},
        specs,
    };
    use protocol::{
        Timestamp,
        agents::ProviderId,
        runs::{Iteration, Limits, Phase, TaskStatus},
    };

    const NIL: &str = "00000000-0000-0000-0000-000000000000";

    /// A run in the middle of a task, with what is longest everywhere.
    fn longest(spec: &str) -> (RunRecord, Spec) {
        let spec = specs::parse(spec.as_bytes(), None).unwrap();
        let mut state = RunState::queued(Ceilings::from_limits(Limits::default()).unwrap());
        state.tasks = spec
            .tasks
            .iter()
            .map(|draft| TaskState {
                number: draft.number,
                title: draft.title.clone(),
                depends_on: Vec::new(),
                status: TaskStatus::Failed,
                attempts: 5,
                commit: None,
                note: None,
                subject: String::new(),
            })
            .collect();
        state.findings = vec!["😀".repeat(300); 12];
        let at = Timestamp::from_millis(0);
        state.current = Some(Iteration {
            number: 1,
            phase: Phase::Development,
            task: Some(1),
            title: String::new(),
            steps: Vec::new(),
            started_at: at,
            ended_at: None,
            failed_gates: Vec::new(),
            cost_usd: None,
        });
        let record = RunRecord {
            id: NIL.parse().unwrap(),
            project_id: NIL.parse().unwrap(),
            project_name: "😀".repeat(200),
            number: 1,
            title: String::new(),
            spec: String::new(),
            provider: ProviderId::Demo,
            model: None,
            started_by: String::new(),
            request_id: None,
            request_hash: None,
            sandboxed: true,
            state,
            wish: None,
            journal_seq: 0,
            queued_at: at,
            started_at: None,
            ended_at: None,
        };
        (record, spec)
    }

    #[test]
    fn what_is_lokis_own_has_a_bound_whatever_the_spec_and_the_findings_are() {
        let line = format!("- {}\n", "😀".repeat(400));
        let criteria = (0..600).map(|at| format!("  - `g{at}` prints `{at}`\n")).collect::<String>();
        let (mut record, spec) = longest(&(line.clone() + &criteria + &line.repeat(499)));

        let prompt = render(&record, &spec).unwrap();
        assert!((1..=1_000).contains(&prompt.scaffold_tokens), "{}", prompt.scaffold_tokens);
        let findings = prompt.text.split("## Findings to fix").nth(1).unwrap();
        assert!(findings.len() <= FINDINGS_BYTES + 200, "{}", findings.len());

        record.state.current = None;
        let mending = render(&record, &spec).unwrap();
        assert!((1..=1_000).contains(&mending.scaffold_tokens), "{}", mending.scaffold_tokens);
    }

    #[test]
    fn a_task_whose_words_the_spec_has_no_longer_is_told_by_its_title() {
        let (mut record, spec) = longest("- `greet NAME` prints `Hi NAME`\n");
        record.state.tasks[0].title = "Wave".to_owned();

        let prompt = render(&record, &spec).unwrap().text;

        assert!(prompt.contains("## Task\nWave\n") && !prompt.contains("greet NAME"), "{prompt}");
    }

    #[test]
    fn nothing_is_said_twice() {
        let (record, spec) =
            longest("- `greet NAME` prints `Hi NAME`\n  - it is **fast**\n    and small\n  Acceptance: it is tested\n");

        let prompt = render(&record, &spec).unwrap().text;

        for said in ["`greet NAME` prints `Hi NAME`", "it is **fast**", "it is tested"] {
            assert_eq!(prompt.matches(said).count(), 1, "{said}: {prompt}");
        }
    }
}
