//! `loki vault`: the key that secrets are sealed with, on the data directory itself, with or without a server running.

use clap::Subcommand;
use domain::actor::Actor;

use super::{Exit, Failure, offline::open_config, print};
use crate::config::{DataArgs, DataConfig};

#[derive(Debug, Subcommand)]
pub(super) enum VaultCommand {
    /// Put another master key into force: a new one in the key's file, or the one that `LOKI_VAULT_KEY` gives, with the one
    /// before it in `LOKI_VAULT_OLD_KEY`. What broke off is taken up
    Rotate {
        #[command(flatten)]
        data: DataArgs,
    },
}

pub(super) async fn run(command: VaultCommand) -> Result<Exit, Failure> {
    match command {
        VaultCommand::Rotate { data } => rotate(data).await,
    }
}

async fn rotate(data: DataArgs) -> Result<Exit, Failure> {
    let config = DataConfig::existing(data)?;
    let cx = open_config(&config).await?;
    let keys = &config.vault_keys;
    let key = keys.begin(&*cx.ids)?;
    let count = services::vault::rotate(&cx, &Actor::Automation, &key).await?;
    // Only now: until everything is sealed with the new key, the old one is needed.
    keys.finish(&key)?;
    print::note(&format!("{count} secrets are sealed with the master key {} now", key.id()));
    if keys.is_given() {
        print::note("LOKI_VAULT_OLD_KEY is not needed any more, but for backups of the database from before");
    }
    Ok(Exit::Done)
}
