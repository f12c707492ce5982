//! `loki status`.

use clap::Args;
use protocol::{RunId, health::Status, runs::RunStatus};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs, exit_of, line_of, run_id},
    print::{self, Printed},
};

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// A run's id; without one, all that are active
    #[arg(value_name = "RUN", value_parser = run_id)]
    run: Option<RunId>,
    #[command(flatten)]
    printed: Printed,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: StatusArgs) -> Result<Exit, Failure> {
    let client = Client::new(&args.server)?;
    if let Some(id) = args.run {
        let run = client.run(id).await?;
        if args.printed.json {
            print::json(&run);
        } else {
            print::line(&line_of(&run));
            if let Some(worktree) = &run.worktree {
                print::line(&format!("worktree: {}", print::plain(worktree)));
            }
        }
        return Ok(exit_of(&run));
    }

    let status: Status = client.get("/api/status").await?;
    let stuck = status.sessions.iter().any(|session| session.status == RunStatus::NeedsYou);
    if args.printed.json {
        print::json(&status);
    } else {
        print::line(&format!("loki {} · {} · up {} s", status.version, status.status, status.uptime_seconds));
        for session in &status.sessions {
            print::line(&line_of(&client.run(session.session_id).await?));
        }
    }
    Ok(if stuck { Exit::NeedsHuman } else { Exit::Done })
}
