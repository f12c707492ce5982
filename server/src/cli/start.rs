//! `loki start`.

use std::{io::Read, path::Path, time::Duration};

use clap::Args;
use protocol::{
    ProjectId, RunId,
    agents::{AgentInfo, ProviderId},
    projects::{Project, ProjectList},
    runs::{Limits, RunStatus, StartRun, Started},
};
use serde::Deserialize;

use super::{
    Exit, Failure,
    client::{Client, ServerArgs, exit_of, line_of},
    print,
};

/// The largest spec that a server takes.
const LARGEST: u64 = 1 << 20;
const POLL: Duration = Duration::from_millis(500);
/// And of a run that takes longer, so that waiting alone stays below the limit of reading.
const POLL_LATER: Duration = Duration::from_secs(2);
/// Questions in quick succession before that.
const QUICK: u32 = 20;

#[derive(Args, Debug)]
pub(super) struct StartArgs {
    /// A file with the spec, or the spec itself in one line, which may begin with "- "
    #[arg(value_name = "SPEC", allow_hyphen_values = true, value_parser = spec, required_unless_present_any = ["template", "project_spec"], conflicts_with_all = ["template", "project_spec"])]
    spec: Option<String>,
    /// The project, by its id or name
    #[arg(long, value_name = "ID|NAME")]
    project: String,
    /// A template instead of a spec
    #[arg(long)]
    template: Option<String>,
    /// A value for one of the template's variables; can be given more than once
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variable, requires = "template", conflicts_with_all = ["spec", "project_spec"])]
    variables: Vec<(String, String)>,
    /// The spec that is kept with the project
    #[arg(long, conflicts_with = "template")]
    project_spec: bool,
    /// demo, claude or acp; when absent, the first that is there, the demo last
    #[arg(long, value_parser = provider)]
    provider: Option<ProviderId>,
    #[arg(long)]
    model: Option<String>,
    /// At most so many iterations, 1 to 1000; 25 when absent
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    iterations: Option<u32>,
    /// At most so many minutes, 1 to 1440; 60 when absent
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: Option<u32>,
    /// At most so many US dollars; no ceiling when absent
    #[arg(long, value_parser = cost)]
    cost_usd: Option<f64>,
    /// Makes the command repeatable: the same id starts one run only
    #[arg(long)]
    request_id: Option<String>,
    /// Wait for the end; the exit code then says how it was
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// An option that there is not would otherwise be a spec.
fn spec(given: &str) -> Result<String, String> {
    let is_option = given.starts_with('-') && given != "-" && !given.starts_with("- ");
    if is_option { Err("there is no such option".to_owned()) } else { Ok(given.to_owned()) }
}

fn variable(given: &str) -> Result<(String, String), String> {
    let (name, value) = given.split_once('=').ok_or("it must be a name and a value, like language=Rust")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn provider(name: &str) -> Result<ProviderId, String> {
    ProviderId::parse(name).ok_or_else(|| "there are demo, claude and acp".to_owned())
}

fn cost(given: &str) -> Result<f64, String> {
    let usd = given.parse().ok().filter(|usd: &f64| usd.is_finite() && *usd > 0.0 && *usd <= 100_000.0);
    usd.ok_or_else(|| "it must be an amount above 0, at most 100000, like 2.5".to_owned())
}

pub(super) async fn run(args: StartArgs) -> Result<Exit, Failure> {
    let client = Client::new(&args.server)?;
    let prd_text = args.spec.as_deref().map(read_spec).transpose()?;
    let project = find_project(&client, &args.project).await?;
    if args.project_spec && client.get::<Project>(&format!("/api/projects/{project}")).await?.spec.is_none() {
        let way_out = "give a file or words instead of --project-spec, or --template NAME";
        return Err(Failure(format!("the project \"{}\" has no spec of its own: {way_out}", args.project)));
    }
    let provider = match args.provider {
        Some(provider) => provider,
        None => first_available(&client).await?,
    };
    let limits = Limits { iterations: args.iterations, minutes: args.minutes, cost_usd: args.cost_usd };
    let command = StartRun {
        project_id: project,
        prd_text,
        prd_path: None,
        template: args.template,
        variables: args.variables.into_iter().collect(),
        provider,
        model: args.model,
        limits: (limits != Limits::default()).then_some(limits),
        request_id: args.request_id,
    };
    let started: Started = client.post("/api/control/start", &command).await?;
    print::line(&started.run_id.to_string());
    if args.wait { wait(&client, started.run_id).await } else { Ok(Exit::Done) }
}

/// What is piped in for `-`, a file's text if there is such a file, else the words themselves.
fn read_spec(spec: &str) -> Result<String, Failure> {
    if spec == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(Failure("what was piped in is longer than a spec may be (1 MiB)".to_owned()));
        }
        return String::from_utf8(bytes).map_err(|_| Failure("what was piped in is no text (UTF-8)".to_owned()));
    }
    let path = Path::new(spec);
    let Ok(metadata) = std::fs::metadata(path) else {
        if looks_like_path(spec) {
            return Err(Failure(format!("there is no file {spec}")));
        }
        return Ok(spec.to_owned());
    };
    if !metadata.is_file() {
        return Err(Failure(format!("{spec} is no file")));
    }
    if metadata.len() > LARGEST {
        return Err(Failure(format!("{spec} has {} bytes; a spec may have 1 MiB", metadata.len())));
    }
    let bytes = std::fs::read(path)?;
    String::from_utf8(bytes).map_err(|_| Failure(format!("{spec} is no text (UTF-8)")))
}

fn looks_like_path(spec: &str) -> bool {
    let ending = [".md", ".txt", ".json", ".yaml", ".yml"].iter().any(|ending| spec.to_ascii_lowercase().ends_with(ending));
    !spec.contains(' ') && (ending || spec.starts_with('/') || spec.starts_with("./") || spec.starts_with("../"))
}

/// The project of that id or name.
pub(super) async fn find_project(client: &Client, wanted: &str) -> Result<ProjectId, Failure> {
    if let Ok(id) = wanted.parse::<ProjectId>() {
        return Ok(id);
    }
    let (mut found, mut after): (Vec<ProjectId>, Option<String>) = (Vec::new(), None);
    loop {
        let cursor = after.map(|after| format!("&after={}", app::routes::to::segment(&after))).unwrap_or_default();
        let page: ProjectList = client.get(&format!("/api/projects?limit=200{cursor}")).await?;
        found.extend(page.projects.into_iter().filter(|project| project.name == wanted).map(|project| project.id));
        after = page.next;
        if after.is_none() {
            return only(wanted, &found);
        }
    }
}

/// The one project of that name.
pub(super) fn only(name: &str, found: &[ProjectId]) -> Result<ProjectId, Failure> {
    match found {
        [id] => Ok(*id),
        [] => Err(Failure(format!("there is no project named \"{name}\""))),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure(format!("several projects are named \"{name}\": give one of the ids {}", ids.join(", "))))
        }
    }
}

#[derive(Deserialize)]
struct AgentList {
    agents: Vec<AgentInfo>,
}

async fn first_available(client: &Client) -> Result<ProviderId, Failure> {
    let list: AgentList = client.get("/api/agents").await?;
    let available = list.agents.iter().filter(|agent| agent.available);
    let chosen = available
        .min_by_key(|agent| agent.demo)
        .ok_or_else(|| Failure("the server found no agent: see `loki doctor`".to_owned()))?;
    print::note(&format!("agent: {}", print::plain(&chosen.title)));
    Ok(chosen.provider)
}

async fn wait(client: &Client, id: RunId) -> Result<Exit, Failure> {
    let mut shown = String::new();
    let mut asked: u32 = 0;
    loop {
        let run = client.run(id).await?;
        let line = line_of(&run);
        if line != shown {
            print::note(&line);
            shown = line;
        }
        if run.status.is_over() || run.status == RunStatus::NeedsYou {
            return Ok(exit_of(&run));
        }
        tokio::time::sleep(if asked < QUICK { POLL } else { POLL_LATER }).await;
        asked = asked.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_a_file_or_words() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spec.md");
        std::fs::write(&file, "# Spec").unwrap();

        assert_eq!(read_spec(file.to_str().unwrap()).unwrap(), "# Spec");
        assert_eq!(read_spec("a tool that greets").unwrap(), "a tool that greets");
        assert_eq!(read_spec("- Make it nice").unwrap(), "- Make it nice");
        assert!(read_spec("missing.md").is_err());
        assert!(read_spec(folder.path().to_str().unwrap()).is_err());

        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(read_spec(file.to_str().unwrap()).is_err());
    }
}
