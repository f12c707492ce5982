//! What only somebody may do who showed who they are a short while ago: whoever finds an open browser links no provider of
//! their own to the account, and ends no login that its owner has elsewhere.

use domain::actor::Actor;
use store::Tx;

use super::{factors, logins};
use crate::{Cx, Error};

/// How long signing in, or showing once more who one is, is good for.
const GOOD_FOR_MS: i64 = 15 * 60 * 1_000;

/// Where people show it.
pub const CONFIRM: &str = "/account/confirm";

/// Whether the actor showed who they are a short while ago.
pub async fn is_fresh(cx: &Cx, actor: &Actor) -> Result<bool, Error> {
    let tx = cx.store.read().await?;
    look(cx, &tx, actor).await
}

/// Refuses a person who showed it too long ago. Programs have nothing to show; what people alone can do refuses them itself.
pub(super) async fn require_fresh(cx: &Cx, tx: &Tx, actor: &Actor) -> Result<(), Error> {
    if look(cx, tx, actor).await? {
        return Ok(());
    }
    let minutes = GOOD_FOR_MS / 60_000;
    let text = format!("this asks for a proof of the last {minutes} minutes: show that it is you at {CONFIRM}, then do it again");
    Err(Error::Conflict(text))
}

async fn look(cx: &Cx, tx: &Tx, actor: &Actor) -> Result<bool, Error> {
    let Actor::User { id, login, .. } = actor else { return Ok(true) };
    let data = logins::of(cx, tx, *id).await?.into_iter().map(|(_, data)| data).find(|data| data.id == *login);
    Ok(data.is_some_and(|data| cx.clock.now().millis_since(data.proved.unwrap_or(data.since)) < GOOD_FOR_MS))
}

/// Whether the actor has a password or a second factor to show.
pub async fn can_prove(cx: &Cx, actor: &Actor) -> Result<bool, Error> {
    factors::can_prove(cx, actor).await
}

/// Checks a password or a code of the actor. Whoever calls notes in the login that they showed it. An account that has neither
/// signs in again with its provider.
pub async fn prove_oneself(cx: &Cx, actor: &Actor, proof: &str) -> Result<(), Error> {
    if !can_prove(cx, actor).await? {
        let text = "your account has neither a password nor a second factor: sign in again with your provider";
        return Err(Error::Conflict(text.to_owned()));
    }
    factors::prove_again(cx, actor, Some(proof)).await.map(drop)
}
