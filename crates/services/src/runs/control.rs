//! Pause, resume and stop: a wish is written down, and the engine carries it out.

use domain::{
    access::Action,
    actor::Actor,
    runs::{Hold, Wish},
};
use protocol::{RunId, runs::Run};

use super::load;
use crate::{Cx, Error, audit::done};

/// Asks for a pause after the running step.
pub async fn pause(cx: &Cx, actor: &Actor, id: RunId) -> Result<Run, Error> {
    wish(cx, actor, id, Wish::Pause { by: actor.display_name().to_owned() }).await
}

/// Goes on with a run that is paused or needs a person.
pub async fn resume(cx: &Cx, actor: &Actor, id: RunId) -> Result<Run, Error> {
    wish(cx, actor, id, Wish::Resume { by: actor.display_name().to_owned() }).await
}

/// Ends a run in the middle of whatever it does.
pub async fn stop(cx: &Cx, actor: &Actor, id: RunId) -> Result<Run, Error> {
    wish(cx, actor, id, Wish::Stop { by: actor.display_name().to_owned() }).await
}

async fn wish(cx: &Cx, actor: &Actor, id: RunId, wish: Wish) -> Result<Run, Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    let record = load(&tx, actor, id, Action::ControlRun).await?;
    if record.state.is_over() {
        let run = record.view();
        return Err(Error::Conflict(format!(
            "run {} is over ({}); nothing can be changed any more",
            run.number,
            run.status.as_str()
        )));
    }
    let (action, wanted) = match (&wish, &record.state.hold) {
        (Wish::Pause { .. }, Some(Hold::Paused { .. })) => ("pause run", false),
        (Wish::Pause { .. }, _) => ("pause run", true),
        // A pause that was not carried out yet is taken back.
        (Wish::Resume { .. }, hold) => ("resume run", hold.is_some() || record.wish.is_some()),
        (Wish::Stop { .. }, _) => ("stop run", true),
    };
    let stopping = matches!(record.wish, Some(Wish::Stop { .. }));
    if wanted && !stopping {
        tx.runs().set_wish(id, Some(&wish)).await?;
    }
    tx.record(done(cx, actor, action, id).about(record.project_id));
    tx.commit().await?;
    cx.nudges.engine();
    Ok(record.view())
}
