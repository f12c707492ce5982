//! `loki pause`, `loki resume`, `loki stop`.

use clap::Args;
use protocol::{
    RunId,
    runs::{Control, Run, RunStatus},
};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs, run_id},
    print,
};

#[derive(Args, Debug)]
pub(super) struct ControlArgs {
    /// The run's id, as `loki status` shows it
    #[arg(value_name = "RUN", value_parser = run_id)]
    run: RunId,
    #[command(flatten)]
    server: ServerArgs,
}

/// What a run is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Pause,
    Resume,
    Stop,
}

impl Wish {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
        }
    }

    /// What comes of it: the server has heard it, and the run carries it out a moment later.
    fn outcome(self, status: RunStatus) -> &'static str {
        match self {
            Self::Pause if status == RunStatus::Paused => "is paused",
            Self::Pause => "pauses after the step it is in",
            Self::Resume => "goes on",
            Self::Stop if status.is_over() => "is stopped",
            Self::Stop => "stops now; what was committed stays on its branch",
        }
    }
}

pub(super) async fn run(wish: Wish, args: ControlArgs) -> Result<Exit, Failure> {
    let client = Client::new(&args.server)?;
    let path = format!("/api/control/{}", wish.as_str());
    let run: Run = client.post(&path, &Control { session_id: args.run }).await?;
    let text = format!("{} {} · {} · {}", run.id, wish.outcome(run.status), run.project_name, run.title);
    print::line(&print::one_line(&text));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_what_will_happen() {
        let cases = [
            (Wish::Pause, RunStatus::Working, "pauses after the step it is in"),
            (Wish::Pause, RunStatus::Paused, "is paused"),
            (Wish::Resume, RunStatus::Paused, "goes on"),
            (Wish::Stop, RunStatus::Stopped, "is stopped"),
        ];
        for (wish, status, said) in cases {
            assert_eq!(wish.outcome(status), said, "{wish:?} {status:?}");
        }
        assert!(Wish::Stop.outcome(RunStatus::Working).starts_with("stops now"));
    }
}
