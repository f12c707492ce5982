//! A sign-in between leaving for a provider and coming back: bound to the browser, used once, over after ten minutes.

use protocol::LoginId;
use store::FlowRow;
use subtle::ConstantTimeEq as _;

use super::refused;
use crate::{
    Cx, Error,
    accounts::one_time::{self, hash},
};

/// How long a person may take at the provider.
const LASTS_MS: i64 = 10 * 60 * 1_000;
/// Sign-ins that may be under way at the same time.
const MOST: u64 = 10_000;
/// Whatever is longer was not made here.
const LONGEST: usize = 128;

/// What leaves with the browser.
#[derive(Clone, PartialEq, Eq)]
pub struct Departure {
    /// Comes back in the address.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// The code verifier of PKCE, which stays here.
    pub verifier: String,
    /// The value of the browser's cookie.
    pub browser: String,
}

/// What a browser that came back had left with.
#[derive(Clone, PartialEq, Eq)]
pub struct Returned {
    pub nonce: String,
    pub verifier: String,
    /// A local path.
    pub next: String,
    /// The login whose account gets the identity; absent for signing in.
    pub link_login: Option<LoginId>,
}

/// Begins a sign-in with the provider of that id; `next` is a local path.
pub async fn begin_sign_in(cx: &Cx, provider: &str, next: &str, link_login: Option<LoginId>) -> Result<Departure, Error> {
    // 256 bits of chance in 64 characters, which is also the shape that PKCE wants (RFC 7636, section 4.1).
    let secret = || one_time::secret::<32>(cx);
    let departure = Departure { state: secret(), nonce: secret(), verifier: secret(), browser: secret() };
    let now = cx.clock.now();
    let flow = FlowRow {
        state_hash: hash(&departure.state),
        browser_hash: hash(&departure.browser),
        provider: provider.to_owned(),
        nonce: departure.nonce.clone(),
        verifier: departure.verifier.clone(),
        next: next.to_owned(),
        link_login,
        expires_at: now.plus_millis(LASTS_MS),
    };
    let tx = cx.store.begin().await?;
    if tx.identities().begin_flow(&flow, now).await? >= MOST {
        return Err(Error::TooMany { retry_after_seconds: 60 });
    }
    tx.commit().await?;
    Ok(departure)
}

/// What the browser left with. Whatever comes of it, the state is used up.
pub async fn take_sign_in(cx: &Cx, provider: &str, state: &str, browser: Option<&str>) -> Result<Returned, Error> {
    if state.is_empty() || state.len() > LONGEST {
        return Err(refused("the state was not made here"));
    }
    let tx = cx.store.begin().await?;
    let flow = tx.identities().take_flow(&hash(state)).await?;
    tx.commit().await?;
    let flow = flow.ok_or_else(|| refused("the state is unknown, or was used before"))?;
    let same = |browser: &str| bool::from(hash(browser).as_bytes().ct_eq(flow.browser_hash.as_bytes()));
    if !browser.is_some_and(same) {
        return Err(refused("the state belongs to another browser"));
    }
    if flow.expires_at <= cx.clock.now() {
        return Err(refused("the sign-in took more than ten minutes"));
    }
    if flow.provider != provider {
        return Err(refused("the answer is for a sign-in with another provider"));
    }
    Ok(Returned { nonce: flow.nonce, verifier: flow.verifier, next: flow.next, link_login: flow.link_login })
}
