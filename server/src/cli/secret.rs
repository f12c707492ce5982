//! `loki secret`: secrets on a server. Values come from standard input and go nowhere else.

use clap::{Args, Subcommand};
use protocol::{
    TeamId,
    secrets::{PutSecret, Secret, SecretList, SecretUse},
    teams::TeamList,
};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs},
    offline::from_stdin,
    print::{self, Printed},
    start::find_project,
};

#[derive(Debug, Subcommand)]
pub(super) enum SecretCommand {
    /// Make a secret, or change its value or uses
    Set(SetArgs),
    /// Show names and uses, never values
    List {
        #[command(flatten)]
        scope: ScopeArgs,
        #[command(flatten)]
        printed: Printed,
    },
    /// Remove a secret
    Remove {
        name: String,
        #[command(flatten)]
        scope: ScopeArgs,
    },
}

#[derive(Args, Debug)]
pub(super) struct SetArgs {
    /// The environment variable that it becomes, like `DATABASE_PASSWORD`
    name: String,
    #[command(flatten)]
    scope: ScopeArgs,
    /// agent or tests, or what this version does not use yet: preview or terminal (may be given several times); needed for a new
    /// one
    #[arg(long = "use", value_name = "USE", value_parser = kind)]
    uses: Vec<SecretUse>,
    /// Give it to no process any more
    #[arg(long, conflicts_with = "uses")]
    no_use: bool,
    /// Read the value from standard input; without it only the uses change
    #[arg(long)]
    value_stdin: bool,
}

/// Whose secret it is.
#[derive(Args, Debug)]
pub(super) struct ScopeArgs {
    /// The project, by its id or name [default: the installation]
    #[arg(long, value_name = "ID|NAME")]
    project: Option<String>,
    /// The team whose projects are all given it, by its id or name
    #[arg(long, value_name = "ID|NAME", conflicts_with = "project")]
    team: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

fn kind(name: &str) -> Result<SecretUse, String> {
    SecretUse::parse(name).ok_or_else(|| "there are agent, tests, preview and terminal".to_owned())
}

impl ScopeArgs {
    /// The server, and the address of the secrets there.
    async fn find(&self) -> Result<(Client, String), Failure> {
        let client = Client::new(&self.server)?;
        let path = match (&self.project, &self.team) {
            (Some(project), _) => format!("/api/v2/projects/{}/secrets", find_project(&client, project).await?),
            (None, Some(team)) => format!("/api/v2/teams/{}/secrets", find_team(&client, team).await?),
            (None, None) => "/api/v2/secrets".to_owned(),
        };
        Ok((client, path))
    }
}

/// The team of that id or name; no two have the same.
async fn find_team(client: &Client, wanted: &str) -> Result<TeamId, Failure> {
    if let Ok(id) = wanted.parse::<TeamId>() {
        return Ok(id);
    }
    let (folded, mut after) = (domain::teams::folded(wanted), String::new());
    loop {
        let page: TeamList = client.get(&format!("/api/v2/teams?limit=200{after}")).await?;
        if let Some(team) = page.teams.iter().find(|team| domain::teams::folded(&team.name) == folded) {
            return Ok(team.id);
        }
        let next = page.next.ok_or_else(|| Failure(format!("there is no team named \"{wanted}\" that you know")))?;
        after = format!("&after={}", app::routes::to::segment(&next));
    }
}

pub(super) async fn run(command: SecretCommand) -> Result<Exit, Failure> {
    match command {
        SecretCommand::Set(args) => set(args).await,
        SecretCommand::List { scope, printed } => {
            let (client, path) = scope.find().await?;
            let list: SecretList = client.get(&path).await?;
            if printed.json {
                print::json(&list.secrets);
            } else {
                list.secrets.iter().for_each(|secret| print::line(&line_of(secret)));
            }
            Ok(Exit::Done)
        }
        SecretCommand::Remove { name, scope } => {
            let (client, path) = scope.find().await?;
            client.delete(&format!("{path}/{}", app::routes::to::segment(&name))).await?;
            print::note(&format!("{} is gone", print::plain(&name)));
            Ok(Exit::Done)
        }
    }
}

async fn set(args: SetArgs) -> Result<Exit, Failure> {
    let longest = domain::vault::LONGEST_VALUE as u64 + 2;
    let value = args.value_stdin.then(|| from_stdin("secret", longest)).transpose()?;
    let uses = (args.no_use || !args.uses.is_empty()).then_some(args.uses);
    if value.is_none() && uses.is_none() {
        return Err(Failure("give --value-stdin for a value, --use for who is given it, or both".to_owned()));
    }
    let (client, path) = args.scope.find().await?;
    if value.is_none() || uses.is_none() {
        let list: SecretList = client.get(&path).await?;
        if !list.secrets.iter().any(|secret| secret.name == args.name) {
            let missing = if value.is_none() {
                "pipe its value in with --value-stdin"
            } else {
                "say who is given it with --use, or --no-use"
            };
            return Err(Failure(format!("there is no secret {} yet: {missing}", print::plain(&args.name))));
        }
    }
    let path = format!("{path}/{}", app::routes::to::segment(&args.name));
    let secret: Secret = client.put(&path, &PutSecret { value, uses }).await?;
    print::note(&line_of(&secret));
    Ok(Exit::Done)
}

fn line_of(secret: &Secret) -> String {
    let uses: Vec<&str> = secret.uses.iter().map(|kind| kind.as_str()).collect();
    let uses = if uses.is_empty() { "given to nobody".to_owned() } else { uses.join(", ") };
    let text = format!("{} · {uses} · {} · by {}", secret.name, secret.updated_at, secret.updated_by);
    print::one_line(&text)
}
