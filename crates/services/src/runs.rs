//! Runs: asking for them, steering them, reading what they did.

mod control;
mod read;
mod start;

pub use control::{pause, resume, stop};
pub use read::{RunFilter, diff, get, list, log, receipt, timeline, transcript, view};
pub use start::{replay, start};

use domain::{
    runs::Record,
    specs::{self, Spec, SpecError},
};
use protocol::RunId;
use store::Tx;

use crate::Error;

/// The run of that id.
pub(crate) async fn load(tx: &Tx, id: RunId) -> Result<Record, Error> {
    tx.runs().by_id(id).await?.ok_or_else(|| Error::NotFound("there is no run with that id".to_owned()))
}

/// Reads a spec, or says what is wrong with it.
pub(crate) fn check_spec(text: &str) -> Result<Spec, Error> {
    specs::parse(text.as_bytes(), None).map_err(|error| match error {
        SpecError::TooLong { .. } => Error::TooLarge(error.to_string()),
        other => Error::Invalid(other.to_string()),
    })
}
