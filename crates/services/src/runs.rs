//! Runs: asking for them, steering them, reading what they did.

mod control;
mod read;
mod start;

pub use control::{pause, resume, stop};
pub use read::{RunFilter, diff, get, list, log, receipt, timeline, transcript, view};
pub use start::{replay, start};

use domain::{
    access::Action,
    actor::Actor,
    runs::RunRecord,
    specs::{self, Spec, SpecError},
};
use protocol::RunId;
use store::Tx;

use crate::{Error, projects};

/// The run of that id, if the actor may do `action` with its project.
pub(crate) async fn load(tx: &Tx, actor: &Actor, id: RunId, action: Action) -> Result<RunRecord, Error> {
    const NO_RUN: &str = "there is no run with that id";
    let found = tx.runs().owned(id).await?;
    let (record, owner) = found.ok_or_else(|| Error::NotFound(NO_RUN.to_owned()))?;
    projects::check(actor, record.project_id, owner, action).map_err(|refusal| projects::hidden_or(refusal, NO_RUN))?;
    Ok(record)
}

/// Reads a spec, or says what is wrong with it.
pub(crate) fn check_spec(text: &str) -> Result<Spec, Error> {
    // PostgreSQL keeps none, and what is kept does not depend on the database.
    if text.contains('\0') {
        return Err(Error::Invalid("the spec holds a NUL character, which is not text".to_owned()));
    }
    specs::parse(text.as_bytes(), None).map_err(|error| match error {
        SpecError::TooLong { .. } => Error::TooLarge(error.to_string()),
        other => Error::Invalid(other.to_string()),
    })
}
