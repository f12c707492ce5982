//! Between the password and the code: a sign-in that waits for its second step. It belongs to one browser, lasts ten minutes
//! and is no login; nothing but the second step can be done with it.

use domain::{actor::Origin, factors::Given, sign_in::Vouched};
use protocol::{Timestamp, UserId};
use sha2::{Digest as _, Sha256};
use store::HalfLoginRow;

use super::{Takes, counting, later, prove::prove};
use crate::{
    Cx, Error,
    accounts::{UserRecord, id_tokens},
    context::hex,
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

/// What the first step leads to: nothing when the person has no factor, and otherwise a sign-in that waits. Returned is the
/// value of the browser's cookie.
pub async fn second_step(cx: &Cx, user: UserId, next: &str, vouched: Option<&Vouched>) -> Result<Option<String>, Error> {
    {
        let tx = cx.store.read().await?;
        if counting(&tx, user).await?.is_empty() {
            return Ok(None);
        }
    }
    let mut secret = [0; 32];
    cx.ids.random(&mut secret);
    let browser = hex(&secret);
    let now = cx.clock.now();
    let half = HalfLoginRow {
        browser_hash: hash(&browser),
        user_id: user,
        next: next.to_owned(),
        vouched: vouched.map(|vouched| id_tokens::sealed(cx, browser.as_bytes(), vouched.clone())),
        expires_at: later(now, LASTS_MS),
    };
    let tx = cx.store.begin().await?;
    if tx.factors().wait(&half, now).await? >= MOST {
        return Err(Error::TooMany { retry_after_seconds: 60 });
    }
    tx.commit().await?;
    Ok(Some(browser))
}

/// Whether a sign-in of the browser with that cookie waits.
pub async fn second_step_waits(cx: &Cx, browser: &str) -> Result<bool, Error> {
    Ok(waiting(cx, browser, cx.clock.now()).await?.is_some())
}

/// The second step, with a code of a factor or a recovery code. [`Error::NotFound`] when nothing waits any more, and
/// [`Error::Invalid`] when the code does not count.
pub async fn finish_second_step(cx: &Cx, browser: &str, code: &str, from: &Origin) -> Result<Entered, Error> {
    let half = waiting(cx, browser, cx.clock.now()).await?.ok_or_else(over)?;
    let user = {
        let tx = cx.store.read().await?;
        // Somebody whose factors were taken away meanwhile begins anew.
        counting(&tx, half.user_id).await?.first().ok_or_else(over)?;
        tx.accounts().by_id(half.user_id).await?.filter(|user| user.switched_off_at.is_none()).ok_or_else(over)?
    };
    prove(cx, &user, (&Given::of(code), Takes::Codes), from).await?;
    let tx = cx.store.begin().await?;
    if !tx.factors().end_waiting(&half.browser_hash).await? {
        return Err(over());
    }
    tx.commit().await?;
    let vouched = half.vouched.map(|vouched| id_tokens::opened(browser.as_bytes(), vouched));
    Ok(Entered { user: user.into(), next: half.next, vouched })
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

fn hash(browser: &str) -> String {
    hex(&Sha256::digest(browser.as_bytes()))
}
