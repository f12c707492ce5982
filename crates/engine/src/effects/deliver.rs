//! Handing the commits over: merged into the project's branch, or kept for a person to look at.

use std::path::Path;

use domain::{
    ports::vcs::{Merge, Sides, VcsError},
    runs::{Input, RunRecord},
};
use protocol::projects::Delivery;
use services::{Cx, Error};

use super::Outcome;

pub(super) async fn deliver(cx: &Cx, record: &RunRecord) -> Result<Outcome, Error> {
    let project = super::project(cx, record).await?;
    let branch = record.state.branch.clone().unwrap_or_default();
    let into = project.branch.clone().unwrap_or_else(|| "main".to_owned());
    if record.state.tip == record.state.base {
        return Ok(kept("There is nothing to hand over".to_owned()).into());
    }
    if !record.state.deserves_delivery() {
        return Ok(kept(format!("The commits stay on {branch}: not everything was verified")).into());
    }
    if project.delivery == Delivery::Review {
        let note = format!("The commits wait on {branch} for review, as the project asks");
        return Ok(Input::Delivered { merged: None, for_review: true, note }.into());
    }
    // The time is one that the journal has, so that doing it again makes the same merge commit.
    let at = record.started_at.unwrap_or(record.queued_at);
    let sides = Sides { branch: &branch, into: &into };
    let merged = cx.vcs.merge(Path::new(&project.path), sides, &super::identity(cx), at).await;
    let input = match merged {
        Ok(Merge::Merged(commit)) => {
            let note = format!("{branch} is merged into {into}");
            Input::Delivered { merged: Some(commit), for_review: false, note }
        }
        Ok(Merge::Conflict(files)) => {
            kept(format!("The commits stay on {branch}: {into} changed meanwhile in {}", files.join(", ")))
        }
        Err(VcsError::Refused(why)) => kept(format!("The commits stay on {branch}: {why}")),
        Err(error) => return Err(error.into()),
    };
    Ok(input.into())
}

/// Nothing was merged, though the project does not ask for that.
fn kept(note: String) -> Input {
    Input::Delivered { merged: None, for_review: false, note }
}
