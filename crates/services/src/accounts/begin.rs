//! Whether an actor still is who they were when their request came in, asked once more when it is its turn to write.

use domain::{
    actor::Actor,
    reach::{Grants, Reach},
};
use store::Tx;

use super::{logins, tokens};
use crate::{Cx, Error};

/// A transaction that writes for an actor. A request may have waited for its turn behind the very one that took its token, login,
/// role, team or share away: what was answered there holds for it too. What it was given meanwhile stops nobody.
pub(crate) async fn begin(cx: &Cx, actor: &Actor) -> Result<Tx, Error> {
    let tx = cx.store.begin().await?;
    let now = match actor {
        Actor::Automation => return Ok(tx),
        Actor::Token { id, .. } => tokens::reach_of_token(&tx, *id, cx.clock.now()).await?.ok_or_else(ended)?,
        Actor::User { id, login, reach, .. } => {
            let account = tx.accounts().by_id(*id).await?.filter(|account| account.switched_off_at.is_none());
            let account = account.ok_or_else(ended)?;
            if !logins::is_there(cx, &tx, *id, *login).await? {
                return Err(ended());
            }
            let by_role = Reach::of_person(*id, account.role, Grants::default());
            // Most have nothing else, and an admin's role opens everything: the rest is asked for where it matters.
            if by_role.covers(reach) { by_role } else { Reach::of_person(*id, account.role, tx.teams().grants(*id).await?) }
        }
    };
    if !now.in_installation().covers(actor.scopes()) || !has_all(&tx, &now, actor.reach()).await? {
        let text = "what you may do was changed at the same time: look at it again, then try again";
        return Err(Error::Conflict(text.to_owned()));
    }
    Ok(tx)
}

/// Whether nothing was taken. Shares go along with their project, and its end takes nothing else from anybody.
async fn has_all(tx: &Tx, now: &Reach, before: &Reach) -> Result<bool, Error> {
    if now.covers(before) {
        return Ok(true);
    }
    let there = tx.projects().known(&before.shared()).await?;
    Ok(now.covers(&before.shared_at_most(&there)))
}

fn ended() -> Error {
    Error::Unauthorized("this token or sign-in has ended".to_owned())
}
