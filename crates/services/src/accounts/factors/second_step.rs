//! Between the password and the code or passkey: a sign-in that waits for its second step. It belongs to one browser, lasts ten
//! minutes and is no login; nothing but the second step can be done with it.

use domain::{
    actor::Origin,
    factors::{self as rules, Given},
    sign_in::Vouched,
};
use protocol::{FactorId, Timestamp, factors::FactorKind};
use serde_json::Value;
use store::{ChallengeRow, HalfLoginRow, PasskeyRow, UserRow};
use uuid::Uuid;
use webauthn_rs::prelude::{PasskeyAuthentication, PublicKeyCredential, WebauthnError};

use super::{
    Takes, counting, passkeys,
    prove::{guess, prove},
};
use crate::{
    Cx, Error,
    accounts::{
        UserRecord, id_tokens,
        one_time::{hash, secret},
        sign_in::slowed,
    },
};

/// How long a person may take for the second step.
const LASTS_MS: i64 = 10 * 60 * 1_000;
/// Sign-ins that may wait at the same time.
const MOST: u64 = 10_000;
/// Whatever is longer was not made here.
const LONGEST: usize = 128;

/// A person who came in by both steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    pub user: UserRecord,
    /// A local path.
    pub next: String,
    /// The sign-in at a provider that they came from; absent after a password.
    pub vouched: Option<Vouched>,
}

/// What a second step can be done with, besides recovery codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub app: bool,
    pub passkey: bool,
}

/// What a second step is done with.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// A code of an app, or a recovery code.
    Code(&'a str),
    /// What the browser answered, in JSON.
    Passkey(&'a str),
}

/// What the first step leads to: nothing when the person has no factor, and otherwise a sign-in that waits. Returned is the
/// value of the browser's cookie.
pub async fn second_step(cx: &Cx, user: &UserRecord, next: &str, vouched: Option<&Vouched>) -> Result<Option<String>, Error> {
    {
        let tx = cx.store.read().await?;
        if counting(&tx, user.id).await?.is_empty() {
            return Ok(None);
        }
    }
    let browser = secret::<32>(cx);
    let now = cx.clock.now();
    let half = HalfLoginRow {
        browser_hash: hash(&browser),
        user_id: user.id,
        next: next.to_owned(),
        vouched: vouched.map(|vouched| id_tokens::sealed(cx, browser.as_bytes(), vouched.clone())),
        expires_at: now.plus_millis(LASTS_MS),
    };
    let tx = cx.store.begin().await?;
    // While the first step was looked at, what it was done with may have been taken away, with all that waited.
    let account = tx.accounts().by_id(user.id).await?;
    if account.is_none_or(|account| account.privileges != user.privileges) {
        return Err(Error::Conflict("the account was changed at the same time: sign in again".to_owned()));
    }
    if tx.factors().wait(&half, now).await? >= MOST {
        return Err(Error::TooMany { retry_after_seconds: 60 });
    }
    tx.commit().await?;
    Ok(Some(browser))
}

/// What the sign-in of the browser with that cookie waits for, if one waits.
pub async fn second_step_waits(cx: &Cx, browser: &str) -> Result<Option<Offer>, Error> {
    let Some(half) = waiting(cx, browser, cx.clock.now()).await? else { return Ok(None) };
    let tx = cx.store.read().await?;
    let rows = counting(&tx, half.user_id).await?;
    let has = |kind| rows.iter().any(|row| row.thing.kind() == kind);
    Ok(Some(Offer { app: has(FactorKind::Totp), passkey: has(FactorKind::Passkey) }))
}

/// Asks the browser whose sign-in waits for a passkey of its person; what it was asked before counts no longer. For
/// `navigator.credentials.get`, with bytes in base64url.
pub async fn ask_for_passkey(cx: &Cx, browser: &str) -> Result<Value, Error> {
    let now = cx.clock.now();
    let half = waiting(cx, browser, now).await?.ok_or_else(over)?;
    let library = cx.passkeys.library()?;
    let tx = cx.store.begin().await?;
    let rows = counting(&tx, half.user_id).await?;
    let known: Vec<_> = passkeys::passkeys(&rows)?.into_iter().map(|(_, _, passkey)| passkey).collect();
    if known.is_empty() {
        return Err(Error::Conflict("there is no passkey any more: type a code, or begin again".to_owned()));
    }
    let (options, state) = library
        .start_passkey_authentication(&known)
        .map_err(|error| Error::Internal(format!("a passkey could not be asked for: {error}")))?;
    let challenge = ChallengeRow {
        holder: half.browser_hash,
        user_id: half.user_id,
        factor_id: FactorId(Uuid::nil()),
        name: String::new(),
        state: passkeys::stored(&state)?,
        expires_at: now.plus_millis(rules::ANSWER_MS),
    };
    tx.challenges().ask(&challenge, now).await?;
    tx.commit().await?;
    serde_json::to_value(&options).map_err(|error| Error::Internal(error.to_string()))
}

/// The second step. [`Error::NotFound`] when nothing waits any more, and [`Error::Invalid`] when the answer does not count.
pub async fn finish_second_step(cx: &Cx, browser: &str, answer: Answer<'_>, from: &Origin) -> Result<Entered, Error> {
    let half = waiting(cx, browser, cx.clock.now()).await?.ok_or_else(over)?;
    let user = {
        let tx = cx.store.read().await?;
        // Somebody whose factors were taken away meanwhile begins anew.
        counting(&tx, half.user_id).await?.first().ok_or_else(over)?;
        tx.accounts().by_id(half.user_id).await?.filter(|user| user.switched_off_at.is_none()).ok_or_else(over)?
    };
    match answer {
        Answer::Code(code) => prove(cx, &user, (&Given::of(code), Takes::Codes), from).await?,
        Answer::Passkey(answer) => {
            let words =
                "the passkey does not count: the answer is not the one that was asked for, came too late, or was sent before";
            let look = takes_passkey(cx, &half, &user, answer);
            slowed(cx, guess(user.id, from), (from, Some(&user.email)), Error::Invalid(words.to_owned()), look).await?;
        }
    }
    let tx = cx.store.begin().await?;
    if !tx.factors().end_waiting(&half.browser_hash).await? {
        return Err(over());
    }
    tx.commit().await?;
    let vouched = half.vouched.map(|vouched| id_tokens::opened(browser.as_bytes(), vouched));
    Ok(Entered { user: user.into(), next: half.next, vouched })
}

/// Uses up what the browser was asked, and the passkey that it answered with; the text is why that does not count.
async fn takes_passkey(cx: &Cx, half: &HalfLoginRow, user: &UserRow, answer: &str) -> Result<Result<(), String>, Error> {
    let library = cx.passkeys.library()?;
    let now = cx.clock.now();
    let tx = cx.store.begin().await?;
    let challenge = tx.challenges().take(&half.browser_hash, now).await?;
    // Whatever comes of it: a question is answered once.
    tx.commit().await?;
    let Some(challenge) = challenge.filter(|challenge| challenge.user_id == user.id) else {
        return Ok(Err("a passkey was not taken: nobody had asked for it".to_owned()));
    };
    let state: PasskeyAuthentication = passkeys::restored(&challenge.state)?;
    let answer = match passkeys::parse::<PublicKeyCredential>(answer) {
        Ok(answer) => answer,
        Err(why) => return Ok(Err(format!("a passkey was not taken: {why}"))),
    };
    let tx = cx.store.begin().await?;
    let rows = counting(&tx, user.id).await?;
    let mut known = passkeys::passkeys(&rows)?.into_iter();
    let Some((row, stored, mut passkey)) =
        known.find(|(_, _, passkey)| passkey.cred_id().as_slice() == answer.get_credential_id())
    else {
        return Ok(Err("a passkey was not taken: the account does not have it".to_owned()));
    };
    let copied = || Ok(Err(format!("the passkey {} counted backwards, as a copy does, and was not taken", row.id)));
    let result = match library.finish_passkey_authentication(&answer, &state) {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => return copied(),
        Err(error) => return Ok(Err(format!("the passkey {} was not taken: {error}", row.id))),
    };
    passkey.update_credential(&result);
    let used = PasskeyRow { public: passkeys::stored(&passkey)?, sign_count: result.counter().into(), ..stored.clone() };
    // Once more by what is stored now: two questions may be answered at the same time.
    if !tx.factors().take_use(row.id, &used, now).await? {
        return copied();
    }
    tx.commit().await?;
    Ok(Ok(()))
}

async fn waiting(cx: &Cx, browser: &str, now: Timestamp) -> Result<Option<HalfLoginRow>, Error> {
    if browser.is_empty() || browser.len() > LONGEST {
        return Ok(None);
    }
    let tx = cx.store.read().await?;
    Ok(tx.factors().waiting(&hash(browser), now).await?)
}

fn over() -> Error {
    let minutes = LASTS_MS / 60_000;
    Error::NotFound(format!("signing in took more than {minutes} minutes, or was begun in another browser; begin again"))
}
