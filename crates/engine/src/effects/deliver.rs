//! Handing the commits over: merged into the project's branch, or kept for a person to look at.

use std::path::Path;

use domain::{
    ports::vcs::{Merge, VcsError},
    runs::{Input, Record},
};
use protocol::{projects::Delivery, receipts::FOR_REVIEW};
use services::{Cx, Error};

use super::Outcome;

pub(super) async fn deliver(cx: &Cx, record: &Record, merge: bool) -> Result<Outcome, Error> {
    let project = {
        let tx = cx.store.read().await?;
        tx.projects().by_id(record.project_id).await?
    };
    let project = project.ok_or_else(|| Error::NotFound("the project of this run is gone".to_owned()))?;
    let branch = record.state.branch.clone().unwrap_or_default();
    let into = project.branch.clone().unwrap_or_else(|| "main".to_owned());
    if record.state.tip == record.state.base {
        return Ok(Input::Delivered { merged: None, note: "There is nothing to hand over".to_owned() }.into());
    }
    if !merge {
        let note = format!("The commits stay on {branch}: not everything was verified");
        return Ok(Input::Delivered { merged: None, note }.into());
    }
    if project.delivery == Delivery::Review {
        let note = format!("The commits wait on {branch} {FOR_REVIEW}");
        return Ok(Input::Delivered { merged: None, note }.into());
    }
    // The time is one that the journal has, so that doing it again makes the same merge commit.
    let at = record.started_at.unwrap_or(record.queued_at);
    let merged = cx.vcs.merge(Path::new(&project.path), (&branch, &into), &super::identity(cx), at).await;
    let input = match merged {
        Ok(Merge::Merged(commit)) => Input::Delivered { merged: Some(commit), note: format!("{branch} is merged into {into}") },
        Ok(Merge::Conflict(files)) => {
            let note = format!("The commits stay on {branch}: {into} changed meanwhile in {}", files.join(", "));
            Input::Delivered { merged: None, note }
        }
        Err(VcsError::Refused(why)) => Input::Delivered { merged: None, note: format!("The commits stay on {branch}: {why}") },
        Err(error) => return Err(error.into()),
    };
    Ok(input.into())
}
