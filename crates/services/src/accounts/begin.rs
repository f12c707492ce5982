//! Whether an actor still is who they were when their request came in, asked once more when it is its turn to write.

use domain::{access, actor::Actor};
use store::Tx;

use super::{logins, tokens};
use crate::{Cx, Error};

/// A transaction that writes for an actor. A request may have waited for its turn behind the very one that took its token, login or
/// role away: what was answered there holds for it too.
pub(crate) async fn begin(cx: &Cx, actor: &Actor) -> Result<Tx, Error> {
    let tx = cx.store.begin().await?;
    let has = match actor {
        Actor::Automation => return Ok(tx),
        Actor::Token { id, .. } => tokens::reach_of_token(&tx, *id, cx.clock.now()).await?.ok_or_else(ended)?.in_installation(),
        Actor::User { id, login, .. } => {
            let account = tx.accounts().by_id(*id).await?.filter(|account| account.switched_off_at.is_none());
            let account = account.ok_or_else(ended)?;
            if !logins::is_there(cx, &tx, *id, *login).await? {
                return Err(ended());
            }
            access::of_role(account.role)
        }
    };
    if !has.covers(actor.scopes()) {
        let text = "what you may do was changed at the same time: look at it again, then try again";
        return Err(Error::Conflict(text.to_owned()));
    }
    Ok(tx)
}

fn ended() -> Error {
    Error::Unauthorized("this token or sign-in has ended".to_owned())
}
