//! `loki template list` and `loki template show`.

use clap::Subcommand;
use protocol::templates::{TemplateBody, TemplateList};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs},
    print,
};

#[derive(Debug, Subcommand)]
pub(super) enum TemplateCommand {
    /// Show all templates
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show one template with its variables and text
    Show {
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
}

pub(super) async fn run(command: TemplateCommand) -> Result<Exit, Failure> {
    match command {
        TemplateCommand::List { json, server } => list(&Client::new(&server)?, json).await,
        TemplateCommand::Show { name, json, server } => show(&Client::new(&server)?, &name, json).await,
    }
}

async fn list(client: &Client, json: bool) -> Result<Exit, Failure> {
    let list: TemplateList = client.get("/api/templates?limit=200").await?;
    if json {
        print::json(&list);
    } else {
        for template in &list.templates {
            print::line(&format!("{:20} {}", template.name, template.description));
        }
    }
    Ok(Exit::Done)
}

async fn show(client: &Client, name: &str, json: bool) -> Result<Exit, Failure> {
    let body: TemplateBody = client.get(&format!("/api/templates/{}", app::routes::to::segment(name))).await?;
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
