//! `loki template list` and `loki template show`.

use clap::Subcommand;
use protocol::{
    ProjectId,
    templates::{TemplateBody, TemplateList},
};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs},
    print,
};

#[derive(Debug, Subcommand)]
pub(super) enum TemplateCommand {
    /// Show all templates
    List {
        /// With the templates in `.loki/templates/` of this project's repository
        #[arg(long, value_name = "ID")]
        project: Option<ProjectId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show one template with its variables and text
    Show {
        name: String,
        /// Looks among the templates of this project's repository first
        #[arg(long, value_name = "ID")]
        project: Option<ProjectId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
}

pub(super) async fn run(command: TemplateCommand) -> Result<Exit, Failure> {
    match command {
        TemplateCommand::List { project, json, server } => list(&Client::new(&server)?, project, json).await,
        TemplateCommand::Show { name, project, json, server } => show(&Client::new(&server)?, (&name, project), json).await,
    }
}

async fn list(client: &Client, project: Option<ProjectId>, json: bool) -> Result<Exit, Failure> {
    let of = project.map(|id| format!("&project_id={id}")).unwrap_or_default();
    let list: TemplateList = client.get(&format!("/api/templates?limit=200{of}")).await?;
    if json {
        print::json(&list);
    } else {
        for template in &list.templates {
            print::line(&format!("{:20} {}", template.name, template.description));
        }
    }
    Ok(Exit::Done)
}

async fn show(client: &Client, (name, project): (&str, Option<ProjectId>), json: bool) -> Result<Exit, Failure> {
    let of = project.map(|id| format!("?project_id={id}")).unwrap_or_default();
    let body: TemplateBody = client.get(&format!("/api/templates/{}{of}", app::routes::to::segment(name))).await?;
    if json {
        print::json(&body);
        return Ok(Exit::Done);
    }
    for variable in &body.template.variables {
        let default = variable.default.as_ref().map_or_else(|| "required".to_owned(), |value| format!("default: {value}"));
        print::note(&format!("{} ({default}): {}", variable.name, variable.description));
    }
    print::line(&body.source);
    Ok(Exit::Done)
}
