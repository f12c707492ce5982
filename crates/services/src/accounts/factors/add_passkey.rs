//! Adding a passkey: the browser is asked once, and its answer counts when it is the right one.

use domain::{actor::Actor, factors as rules};
use protocol::{
    FactorId, UserId,
    factors::{BeginPasskey, ConfirmedFactor, FactorKind, PasskeySetUp},
};
use serde_json::Value;
use store::{ChallengeRow, FactorRow, PasskeyRow, Thing};
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::{
    add::{added, require_room},
    counting, passkeys, person, prove, prove_again, recovery,
};
use crate::{Cx, Error, accounts::sign_in};

/// What `WebAuthn` allows, in letters of base64url.
const LONGEST_CREDENTIAL: usize = 1_364;

/// Begins to add a passkey, in place of one that this login began before.
pub async fn begin_passkey(cx: &Cx, actor: &Actor, new: BeginPasskey) -> Result<PasskeySetUp, Error> {
    let name = rules::name(&new.name.unwrap_or_default(), FactorKind::Passkey).map_err(Error::Invalid)?;
    let (_, holder) = holder(actor)?;
    let library = cx.passkeys.library()?;
    let user = prove_again(cx, actor, new.proof.as_deref()).await?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let rows = counting(&tx, user.id).await?;
    require_room(&rows)?;
    let had = passkeys::passkeys(&rows)?.into_iter().map(|(_, _, passkey)| passkey.cred_id().clone()).collect();
    let (options, state) = library
        .start_passkey_registration(user.id.0, &user.email, &user.name, Some(had))
        .map_err(|error| Error::Internal(format!("a passkey could not be asked for: {error}")))?;
    let now = cx.clock.now();
    let challenge = ChallengeRow {
        holder,
        user_id: user.id,
        factor_id: FactorId(cx.ids.uuid()),
        name,
        state: passkeys::stored(&state)?,
        expires_at: now.plus_millis(rules::ANSWER_MS),
    };
    tx.challenges().ask(&challenge, now).await?;
    tx.commit().await?;
    let options = serde_json::to_value(&options).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(PasskeySetUp { id: challenge.factor_id, name: challenge.name, options, expires_at: challenge.expires_at })
}

/// Makes a passkey count by what the browser answered. With the first factor come recovery codes, which are in this answer alone.
pub async fn confirm_passkey(cx: &Cx, actor: &Actor, id: FactorId, answer: &Value) -> Result<ConfirmedFactor, Error> {
    let (user, from) = person(actor)?;
    let Actor::User { email, .. } = actor else { return Err(refused()) };
    let Some(challenge) = question(cx, actor, id).await? else {
        // No guess: there is nothing that the answer could be right for.
        let words = format!("a passkey was not added: nobody had asked for it, for the account {email}");
        sign_in::note(cx, 422, words, &from);
        return Err(refused());
    };
    let look = answered(cx, challenge, answer);
    let row = sign_in::slowed(cx, prove::guess(user, &from), (&from, Some(email)), refused(), look).await?;

    let (codes, recovery) = recovery::new_codes(cx, user).await?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let before = counting(&tx, user).await?;
    require_room(&before)?;
    // Looked at again: two accounts may have been answered with the same one at once.
    if let Thing::Passkey(passkey) = &row.thing
        && tx.factors().has_credential(&passkey.credential).await?
    {
        return Err(refused());
    }
    tx.factors().insert(&row).await?;
    let codes = if before.is_empty() { (codes, recovery) } else { Default::default() };
    added(cx, tx, actor, row, codes).await
}

/// What the actor's login was asked for under that id. Whatever comes of it: it is asked for no longer.
async fn question(cx: &Cx, actor: &Actor, id: FactorId) -> Result<Option<ChallengeRow>, Error> {
    let (user, holder) = holder(actor)?;
    let tx = cx.store.begin().await?;
    let challenge = tx.challenges().take(&holder, cx.clock.now()).await?;
    tx.commit().await?;
    Ok(challenge.filter(|challenge| challenge.user_id == user && challenge.factor_id == id))
}

/// The passkey that was answered with, or why it is none.
async fn answered(cx: &Cx, challenge: ChallengeRow, answer: &Value) -> Result<Result<FactorRow, String>, Error> {
    let library = cx.passkeys.library()?;
    let now = cx.clock.now();
    let state: PasskeyRegistration = passkeys::restored(&challenge.state)?;
    let credential = match passkeys::parse::<RegisterPublicKeyCredential>(&answer.to_string()) {
        Ok(credential) => credential,
        Err(why) => return Ok(Err(format!("a passkey was not added: {why}"))),
    };
    let passkey = match library.finish_passkey_registration(&credential, &state) {
        Ok(passkey) => passkey,
        Err(error) => return Ok(Err(format!("a passkey was not added: {error}"))),
    };
    let credential = passkeys::credential(passkey.cred_id());
    if credential.is_empty() || credential.len() > LONGEST_CREDENTIAL {
        return Ok(Err("a passkey was not added: its id is too long or empty".to_owned()));
    }
    if cx.store.read().await?.factors().has_credential(&credential).await? {
        return Ok(Err("a passkey was not added: an account has it already".to_owned()));
    }
    let public = passkeys::stored(&passkey)?;
    Ok(Ok(FactorRow {
        id: challenge.factor_id,
        user_id: challenge.user_id,
        name: challenge.name,
        // What the device counted until now is in `public`.
        thing: Thing::Passkey(PasskeyRow { credential, public, sign_count: 0 }),
        last_step: None,
        created_at: now,
        confirmed_at: Some(now),
        last_used_at: None,
    }))
}

/// The login that a question is for.
fn holder(actor: &Actor) -> Result<(UserId, String), Error> {
    let (user, _) = person(actor)?;
    match actor {
        Actor::User { login, .. } => Ok((user, format!("login {login}"))),
        Actor::Token { .. } | Actor::Automation => Err(refused()),
    }
}

/// The refusal of an answer to a passkey's question: the same words whatever was wrong with it.
fn refused() -> Error {
    let words = "the passkey was not added: the answer is not the one that was asked for, came too late, or was sent before. \
                 Begin again";
    Error::Invalid(words.to_owned())
}
