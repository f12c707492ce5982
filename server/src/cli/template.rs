//! `loki template list` and `loki template show`.

use clap::Subcommand;
use protocol::{
    ProjectId,
    templates::{TemplateBody, TemplateList},
};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs},
    print::{self, Printed},
    start::find_project,
};

#[derive(Debug, Subcommand)]
pub(super) enum TemplateCommand {
    /// Show all templates
    List {
        /// With the templates in `.loki/templates/` of this project's repository, by its id or name
        #[arg(long, value_name = "ID|NAME")]
        project: Option<String>,
        #[command(flatten)]
        printed: Printed,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show one template with its variables and text
    Show {
        name: String,
        /// Looks among the templates of this project's repository first; its id or name
        #[arg(long, value_name = "ID|NAME")]
        project: Option<String>,
        #[command(flatten)]
        printed: Printed,
        #[command(flatten)]
        server: ServerArgs,
    },
}

pub(super) async fn run(command: TemplateCommand) -> Result<Exit, Failure> {
    match command {
        TemplateCommand::List { project, printed, server } => list(&Client::new(&server)?, project.as_deref(), printed).await,
        TemplateCommand::Show { name, project, printed, server } => {
            show(&Client::new(&server)?, (&name, project.as_deref()), printed).await
        }
    }
}

/// The project that was named, if one was.
async fn project_of(client: &Client, named: Option<&str>) -> Result<Option<ProjectId>, Failure> {
    match named {
        Some(named) => Ok(Some(find_project(client, named).await?)),
        None => Ok(None),
    }
}

async fn list(client: &Client, project: Option<&str>, printed: Printed) -> Result<Exit, Failure> {
    let project = project_of(client, project).await?;
    let of = project.map(|id| format!("&project_id={id}")).unwrap_or_default();
    let list: TemplateList = client.get(&format!("/api/templates?limit=200{of}")).await?;
    if printed.json {
        print::json(&list);
    } else {
        for template in &list.templates {
            print::line(&print::one_line(&format!("{:20} {}", template.name, template.description)));
        }
    }
    Ok(Exit::Done)
}

async fn show(client: &Client, (name, project): (&str, Option<&str>), printed: Printed) -> Result<Exit, Failure> {
    let project = project_of(client, project).await?;
    let of = project.map(|id| format!("?project_id={id}")).unwrap_or_default();
    let body: TemplateBody = client.get(&format!("/api/templates/{}{of}", app::routes::to::segment(name))).await?;
    if printed.json {
        print::json(&body);
        return Ok(Exit::Done);
    }
    for variable in &body.template.variables {
        let default = variable.default.as_ref().map_or_else(|| "required".to_owned(), |value| format!("default: {value}"));
        print::note(&print::one_line(&format!("{} ({default}): {}", variable.name, variable.description)));
    }
    print::line(&print::plain(&body.source));
    Ok(Exit::Done)
}
