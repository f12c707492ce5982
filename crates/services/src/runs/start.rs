//! Queuing a run. The dispatcher takes it from there.

use domain::{
    access::Action,
    actor::Actor,
    audit::Changes,
    hex,
    runs::{Ceilings, RunRecord, RunState},
};
use protocol::{
    Event, EventScope, ProjectId, RunId,
    agents::ProviderId,
    projects::{Project, ProjectStatus},
    runs::{Run, StartRun},
};
use sha2::{Digest, Sha256};

use super::{check_spec, load};
use crate::{Cx, Error, agents, audit::done, projects, templates, vault};

/// Runs of one project that may wait for their turn.
const MOST_QUEUED: u64 = 100;
/// The longest spec that is read from a repository.
const SPEC_BYTES: usize = 1 << 20;

/// Queues a run of a project. The same `request_id` with the same body answers with the run that it made before.
pub async fn start(cx: &Cx, actor: &Actor, command: StartRun) -> Result<Run, Error> {
    let request = request(&command)?;
    let project = {
        let tx = cx.store.read().await?;
        projects::load(&tx, actor, command.project_id, Action::StartRun).await?
    };
    if let Some((id, hash)) = &request {
        let tx = cx.store.read().await?;
        if let Some(earlier) = tx.runs().by_request(id).await? {
            return same_request(&earlier, hash);
        }
    }
    let ceilings = Ceilings::from_limits(command.limits.unwrap_or_default()).map_err(Error::Invalid)?;
    check_model(command.model.as_deref())?;
    if let (ProjectStatus::Failed, problem) = (project.status, project.problem.as_deref().unwrap_or("not recorded")) {
        return Err(Error::Conflict(format!("the project's repository could not be made: {problem}")));
    }
    let (spec, title) = masked(cx, project.id, spec_text(cx, &project, &command).await?, &project.name).await?;
    check_agent(cx, command.provider).await?;
    let record = RunRecord {
        id: RunId(cx.ids.uuid()),
        project_id: project.id,
        project_name: project.name.clone(),
        number: 0,
        title,
        spec,
        provider: command.provider,
        model: command.model,
        started_by: actor.display_name().to_owned(),
        request_id: request.as_ref().map(|(id, _)| id.clone()),
        request_hash: request.map(|(_, hash)| hash),
        sandboxed: cx.sandbox.isolates(),
        state: RunState::queued(ceilings),
        wish: None,
        journal_seq: 0,
        queued_at: cx.clock.now(),
        started_at: None,
        ended_at: None,
    };
    insert(cx, actor, record).await
}

/// Queues a new run with the spec, agent and limits of an earlier one.
pub async fn replay(cx: &Cx, actor: &Actor, id: RunId) -> Result<Run, Error> {
    let earlier = {
        let tx = cx.store.read().await?;
        load(&tx, actor, id, Action::StartRun).await?
    };
    check_agent(cx, earlier.provider).await?;
    let (spec, title) = masked(cx, earlier.project_id, earlier.spec.clone(), &earlier.title).await?;
    let record = RunRecord {
        id: RunId(cx.ids.uuid()),
        title,
        spec,
        started_by: actor.display_name().to_owned(),
        request_id: None,
        request_hash: None,
        sandboxed: cx.sandbox.isolates(),
        state: RunState::queued(earlier.state.ceilings),
        wish: None,
        journal_seq: 0,
        queued_at: cx.clock.now(),
        started_at: None,
        ended_at: None,
        ..earlier
    };
    insert(cx, actor, record).await
}

async fn insert(cx: &Cx, actor: &Actor, mut record: RunRecord) -> Result<Run, Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    // Looked at again under the lock: of two equal requests at once, one makes the run.
    if let (Some(id), Some(hash)) = (&record.request_id, &record.request_hash)
        && let Some(earlier) = tx.runs().by_request(id).await?
    {
        return same_request(&earlier, hash);
    }
    projects::load(&tx, actor, record.project_id, Action::StartRun).await?;
    if tx.runs().count_queued_of(record.project_id).await? >= MOST_QUEUED {
        let text =
            format!("{MOST_QUEUED} runs of this project are waiting already: stop some of them, or try again when they are done");
        return Err(Error::Conflict(text));
    }
    record.number = tx.runs().next_number(record.project_id).await?;
    tx.runs().insert(&record).await?;
    let run = record.view();
    let scope = EventScope::run(record.project_id, record.id);
    tx.events().tell(cx.clock.now(), scope, &Event::RunQueued { run: run.clone() });
    tx.record(done(cx, actor, "start run", record.id).about(record.project_id).with(Changes::came(facts(&record))));
    tx.commit().await?;
    cx.nudges.events();
    cx.nudges.engine();
    Ok(run)
}

/// What the audit trail keeps of a run.
fn facts(record: &RunRecord) -> [(&'static str, String); 7] {
    let Ceilings { iterations, minutes, cost_micros } = record.state.ceilings;
    [
        ("project", record.project_id.to_string()),
        ("title", record.title.clone()),
        ("provider", record.provider.as_str().to_owned()),
        ("model", record.model.clone().unwrap_or_default()),
        ("iterations", iterations.to_string()),
        ("minutes", minutes.to_string()),
        ("cost_micros", cost_micros.map_or_else(String::new, |most| most.to_string())),
    ]
}

/// What makes a request the same, and the hash of its body. Ids count in their project, for everybody who may start runs there:
/// a call that is repeated with another token is the same call.
fn request(command: &StartRun) -> Result<Option<(String, String)>, Error> {
    let Some(id) = &command.request_id else { return Ok(None) };
    if id.is_empty() || id.len() > 128 || id.chars().any(|c| !c.is_ascii_graphic()) {
        return Err(Error::Invalid("`request_id` must have 1 to 128 visible ASCII characters".to_owned()));
    }
    let body = serde_json::to_vec(command).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Some((format!("{} {id}", command.project_id), hex::encode(&Sha256::digest(&body)))))
}

fn same_request(earlier: &RunRecord, hash: &str) -> Result<Run, Error> {
    if earlier.request_hash.as_deref() == Some(hash) {
        return Ok(earlier.view());
    }
    let text = "that `request_id` was used with another body; choose a new one for a new run";
    Err(Error::Conflict(text.to_owned()))
}

fn check_model(model: Option<&str>) -> Result<(), Error> {
    let Some(model) = model else { return Ok(()) };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@[]".contains(c);
    if model.is_empty() || model.len() > 100 || model.starts_with('-') || !model.chars().all(plain) {
        return Err(Error::Invalid("`model` must be a plain name of at most 100 characters, like \"opus\"".to_owned()));
    }
    Ok(())
}

/// The spec that the command names, or the project's own.
async fn spec_text(cx: &Cx, project: &Project, command: &StartRun) -> Result<String, Error> {
    let given = [command.prd_text.is_some(), command.prd_path.is_some(), command.template.is_some()];
    if given.into_iter().filter(|given| *given).count() > 1 {
        return Err(Error::Invalid("give at most one of `prd_text`, `prd_path` and `template`".to_owned()));
    }
    if command.template.is_none() && !command.variables.is_empty() {
        return Err(Error::Invalid("variables go with a template".to_owned()));
    }
    if let Some(text) = &command.prd_text {
        return Ok(text.clone());
    }
    if let Some(path) = &command.prd_path {
        let branch =
            project.branch.as_deref().ok_or_else(|| Error::Conflict("the project's repository is not ready yet".to_owned()))?;
        let found = cx.vcs.read(std::path::Path::new(&project.path), branch, path, SPEC_BYTES).await?;
        return found.ok_or_else(|| {
            Error::Invalid(format!("there is no text file {path} of at most 1 MiB in the project's branch {branch}"))
        });
    }
    if let Some(name) = &command.template {
        let own = templates::own(cx, project).await?;
        let template = own.find(name).map_err(Error::Invalid)?;
        return templates::render(template, &project.name, command.variables.clone());
    }
    let missing = "the project has no spec: give `prd_text`, `prd_path` or `template`";
    project.spec.clone().ok_or_else(|| Error::Invalid(missing.to_owned()))
}

/// The spec and its title without the values of the vault, since title, tasks and criteria are kept and shown. Where the vault
/// does not open, the run is queued all the same and waits for somebody who mends that: nothing is made of its spec before it is
/// masked. Its title is `otherwise`, since events and the audit trail have it at once and for ever.
async fn masked(cx: &Cx, project: ProjectId, text: String, otherwise: &str) -> Result<(String, String), Error> {
    let (text, neutral) = match vault::given(cx, project).await {
        Ok(given) => (given.masks().mask(text), None),
        Err(Error::Unavailable(_)) => (text, Some(otherwise.to_owned())),
        Err(error) => return Err(error),
    };
    let title = check_spec(&text)?.title;
    Ok((text, neutral.unwrap_or(title)))
}

/// The agent is there and can be isolated, or what to do about it.
async fn check_agent(cx: &Cx, provider: ProviderId) -> Result<(), Error> {
    cx.sandbox.check().await.map_err(|error| {
        let way_out = "Or start the server with `loki serve --no-sandbox`, if you trust every spec and agent";
        Error::Unavailable(format!("{}. {way_out}", error.to_string().trim_end_matches('.')))
    })?;
    let found = agents::detect(cx).await.into_iter().find(|agent| agent.provider == provider);
    match found {
        Some(agent) if agent.available => Ok(()),
        Some(agent) => {
            let problem = agent.problem.unwrap_or_else(|| "it was not found".to_owned());
            Err(Error::Unavailable(format!("{} cannot be used: {problem}", agent.title)))
        }
        None => Err(Error::Unavailable(format!("{} is not known to this server", provider.title()))),
    }
}
