//! `loki receipt verify`: whether a receipt is whole, follows from its facts, and still describes a repository.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use domain::{
    ports::vcs::{Vcs as _, VcsError},
    receipts,
};
use protocol::{RunId, receipts::Receipt, runs::Verdict};

use super::{
    Exit, Failure,
    client::{Client, ServerArgs},
    print,
};
use crate::config::agents::AgentsConfig;

#[derive(Debug, Subcommand)]
pub(super) enum ReceiptCommand {
    /// Check a receipt: its hash, its verdict, and with --repository the code it speaks of
    Verify {
        /// A file, or the id of a run on a server
        #[arg(value_name = "FILE|RUN")]
        receipt: String,
        /// A checkout that holds the run's commits
        #[arg(long, value_name = "DIR")]
        repository: Option<PathBuf>,
        #[command(flatten)]
        server: ServerArgs,
    },
}

pub(super) async fn run(command: ReceiptCommand) -> Result<Exit, Failure> {
    let ReceiptCommand::Verify { receipt, repository, server } = command;
    let receipt = load(&receipt, &server).await?;
    let now = match &repository {
        Some(repository) => digest(&receipt, repository).await?,
        None => None,
    };
    if let Err(error) = receipts::check(&receipt, now.as_deref()) {
        print::line(&format!("NOT GENUINE: {}", print::plain(&error.to_string())));
        return Ok(Exit::Bad);
    }

    let facts = &receipt.facts;
    print::line(&format!("{} · {} · run {}", receipts::headline(receipt.verdict), print::plain(&facts.project), facts.run_id));
    for gap in &receipt.gaps {
        print::line(&format!("  {}", print::plain(gap)));
    }
    print::line(&format!("The receipt is whole: SHA-256 {}", receipt.sha256));
    match (&repository, now) {
        (None, _) => print::note("The code itself was not looked at: give --repository DIR to compare it"),
        (Some(_), None) => print::note("The receipt names no commits, so there was nothing to compare the repository with"),
        (Some(_), Some(_)) if facts.base_commit == facts.head_commit => {
            print::note("The run committed nothing, so there was nothing to compare the repository with");
        }
        (Some(_), Some(_)) => {
            print::line(&format!("The repository is what was checked: its diff has SHA-256 {}", facts.diff_sha256));
        }
    }
    Ok(if receipt.verdict == Verdict::NotVerified { Exit::NeedsHuman } else { Exit::Done })
}

async fn load(given: &str, server: &ServerArgs) -> Result<Receipt, Failure> {
    if !Path::new(given).is_file()
        && let Ok(id) = given.parse::<RunId>()
    {
        return Client::new(server)?.get(&format!("/api/v2/runs/{id}/receipt")).await;
    }
    let text = std::fs::read_to_string(given)
        .map_err(|error| Failure(format!("{given} is neither a run's id nor a file that can be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| Failure(format!("{given} is no receipt: {error}")))
}

/// The hash of what the repository has between the receipt's commits; nothing where it names none.
async fn digest(receipt: &Receipt, repository: &Path) -> Result<Option<String>, Failure> {
    let (Some(base), Some(head)) = (&receipt.facts.base_commit, &receipt.facts.head_commit) else { return Ok(None) };
    let repository = repository.canonicalize().map_err(|error| Failure(format!("{}: {error}", repository.display())))?;
    let search_path = std::env::join_paths(&AgentsConfig::from_env()?.search_path)?;
    let private = std::env::temp_dir().join(format!("loki-receipt-{}", std::process::id()));
    let git = git::Git::new(&private, search_path)?;
    let digest = git.diff_sha256(&repository, base, head).await;
    let _ = std::fs::remove_dir_all(&private);
    match digest {
        Ok(digest) => Ok(Some(digest)),
        Err(VcsError::Git { .. } | VcsError::Refused(_)) => {
            let of = print::plain(&format!("{} to {}", short(base), short(head)));
            let way_out = "Give the project's own repository, or one that has fetched the run's branch";
            Err(Failure(format!("{} does not hold the commits of this run ({of}). {way_out}", repository.display())))
        }
        Err(other) => Err(other.into()),
    }
}

/// As much of a commit's name as people read.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
