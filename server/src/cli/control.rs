//! `loki pause`, `loki resume`, `loki stop`.

use clap::Args;
use protocol::{
    RunId,
    runs::{Control, Run},
};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs, line_of},
    print,
};

#[derive(Args, Debug)]
pub(super) struct ControlArgs {
    /// The run's id, as `loki status` shows it
    #[arg(value_name = "SESSION")]
    session: RunId,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(what: &str, args: ControlArgs) -> Result<Exit, Failure> {
    let client = Client::new(&args.server)?;
    let run: Run = client.post(&format!("/api/control/{what}"), &Control { session_id: args.session }).await?;
    print::line(&line_of(&run));
    Ok(Exit::Done)
}
