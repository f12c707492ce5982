//! How often the API may be asked: who asks is found out first, then a request is taken out of their bucket. What a person
//! changes on a page is taken out of the same one. Reading pages and the socket that keeps them live are not counted.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{
    actor::Actor,
    rate_limits::{Bucket, Changes, Class, Empty, Left, RateLimits},
};
use protocol::{TokenId, UserId};

use super::Caller;
use crate::{
    auth::{Credentials, address, extract::Known},
    edge::Edge,
    error::HttpError,
    openapi,
};

/// Buckets that are remembered at most.
const MOST: usize = 20_000;
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Routes that answer without a login. The last one counts as signing in.
const PUBLIC: [&str; 5] = [
    "/health",
    "/.well-known/jwks.json",
    "/api/enterprise/status",
    "/logout/back-channel/{provider}",
    "/api/v2/second-step/passkey",
];

/// Whose bucket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Principal {
    Token(TokenId),
    User(UserId),
    Address(IpAddr),
    /// Nothing is known of where it comes from.
    Nobody,
}

impl Principal {
    /// Who is known here; nothing for loki itself, which is never held up.
    pub(crate) fn of(actor: &Actor) -> Option<Self> {
        match actor {
            Actor::Token { id, .. } => Some(Self::Token(*id)),
            Actor::User { id, .. } => Some(Self::User(*id)),
            Actor::Automation => None,
        }
    }
}

/// The buckets of this process.
#[derive(Debug)]
pub struct Buckets {
    limits: RateLimits,
    kept: Mutex<HashMap<(Principal, Class), Bucket>>,
}

/// What a request took.
#[derive(Clone, Copy, Debug)]
struct Taken {
    class: Class,
    limit: u32,
    left: Result<Left, Empty>,
}

impl Buckets {
    pub fn new(limits: RateLimits) -> Self {
        Self { limits, kept: Mutex::default() }
    }

    /// A try to sign in from that address. The error is how many seconds to wait.
    pub fn sign_in(&self, from: Option<IpAddr>, now_ms: i64) -> Result<(), u64> {
        let taken = self.take(of_address(from), Class::SignIn, self.limits.of(Class::SignIn), now_ms);
        taken.map_or(Ok(()), |taken| taken.left.map(|_| ()).map_err(|empty| empty.wait))
    }

    /// Whether somebody at that address may show once more what proves itself. The error is how many seconds to wait.
    pub fn may_guess(&self, from: Option<IpAddr>, now_ms: i64) -> Result<(), u64> {
        let Some(limit) = self.limits.of(Class::Unknown) else { return Ok(()) };
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bucket = kept.get(&(of_address(from), Class::Unknown)).copied().unwrap_or_default();
        bucket.take(limit, now_ms.saturating_mul(1_000_000)).map(|_| ()).map_err(|empty| empty.wait)
    }

    /// What they showed was wrong.
    pub fn guessed_wrong(&self, from: Option<IpAddr>, now_ms: i64) {
        self.take(of_address(from), Class::Unknown, self.limits.of(Class::Unknown), now_ms);
    }

    /// Takes a request out; nothing when there is no limit.
    fn take(&self, whose: Principal, class: Class, limit: Option<u32>, now_ms: i64) -> Option<Taken> {
        let limit = limit?;
        let now = now_ms.saturating_mul(1_000_000);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST && !kept.contains_key(&(whose, class)) {
            make_room(&mut kept, now);
        }
        let left = kept.entry((whose, class)).or_default().take(limit, now);
        Some(Taken { class, limit, left })
    }
}

/// Forgets buckets that are full, and if there are too many others, half of them: whoever floods from many addresses is
/// forgiven before anybody else has to wait.
fn make_room(kept: &mut HashMap<(Principal, Class), Bucket>, now: i64) {
    kept.retain(|_, bucket| !bucket.is_full(now));
    if kept.len() >= MOST {
        let mut keep = false;
        kept.retain(|_, _| {
            keep = !keep;
            keep
        });
    }
}

/// One household or one machine has a whole network of IPv6 addresses.
fn of_address(address: Option<IpAddr>) -> Principal {
    match address {
        None => Principal::Nobody,
        Some(IpAddr::V6(address)) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            Principal::Address(IpAddr::V6(network.into()))
        }
        Some(address) => Principal::Address(address),
    }
}

/// Finds out who asks, for the handler too, and lets them ask as often as they may.
pub async fn limit(edge: Edge, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    if PUBLIC.contains(&route) {
        return handled(request, next).await;
    }
    let (mut parts, body) = request.into_parts();
    let now = edge.cx.clock.now();
    let (known, credentials) = match identify(&edge, &parts).await {
        Ok(found) => found,
        Err(error) if error.status() == StatusCode::UNAUTHORIZED => return stranger(&edge, &parts, error, now.millis()),
        Err(error) => return error.into_response(),
    };
    if let Some(caller) = parts.extensions.get::<Caller>() {
        caller.is(&known.actor);
    }
    if let Some(token) = &known.token {
        edge.cx.token_uses.count(token.id, now);
    }
    let is_safe = parts.method.is_safe();
    let changes = if is_safe { Changes::Nothing } else { Changes::Something };
    let taken = whose(&known, Class::of(changes, route), &edge.buckets.limits)
        .filter(|_| route != "/ws" || known.token.is_some())
        .and_then(|(whose, class, limit)| edge.buckets.take(whose, class, limit, now.millis()));
    parts.extensions.insert(known.actor);
    let mut response = match &taken {
        Some(Taken { left: Err(empty), class, limit }) => too_many(*class, *limit, *empty).into_response(),
        _ => handled(Request::from_parts(parts, body), next).await,
    };
    if !is_safe {
        Box::pin(credentials.renew_after(&edge)).await;
    }
    if let Some(taken) = taken {
        tell(response.headers_mut(), taken);
    }
    response
}

async fn handled(request: Request, next: Next) -> Response {
    match openapi::refuse_stray_query(&request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

async fn identify(edge: &Edge, parts: &Parts) -> Result<(Known, Credentials), HttpError> {
    let credentials = Credentials::of(parts)?;
    let known = credentials.known(edge).await?;
    credentials.renew(edge, &known).await?;
    Ok((known, credentials))
}

fn whose(known: &Known, class: Class, limits: &RateLimits) -> Option<(Principal, Class, Option<u32>)> {
    let own = known.token.as_ref().and_then(|token| token.rate_limit);
    let class = if own.is_some() { Class::Own } else { class };
    Some((Principal::of(&known.actor)?, class, own.or_else(|| limits.of(class))))
}

/// Whoever guesses is slowed down by address; whoever is known is never held up by a neighbour's guesses.
fn stranger(edge: &Edge, parts: &Parts, error: HttpError, now: i64) -> Response {
    let from = of_address(address::of(parts).address);
    let taken = edge.buckets.take(from, Class::Unknown, edge.buckets.limits.of(Class::Unknown), now);
    taken.and_then(refused).unwrap_or_else(|| error.into_response())
}

/// Takes what a person sends to that address below `/ui/` out of their bucket for the same at the API; the refusal, when it is
/// empty.
pub(crate) fn from_page(edge: &Edge, actor: &Actor, path: &str) -> Option<Response> {
    let class = Class::of(Changes::Something, path);
    let (limit, now) = (edge.buckets.limits.of(class), edge.cx.clock.now().millis());
    edge.buckets.take(Principal::of(actor)?, class, limit, now).and_then(refused)
}

/// The answer to a request that found its bucket empty.
fn refused(taken: Taken) -> Option<Response> {
    let Taken { class, limit, left: Err(empty) } = taken else { return None };
    let mut response = too_many(class, limit, empty).into_response();
    tell(response.headers_mut(), taken);
    Some(response)
}

fn too_many(class: Class, limit: u32, empty: Empty) -> HttpError {
    let kind = match class {
        Class::Control => "control ",
        Class::Write => "changing ",
        Class::Read => "reading ",
        Class::Own | Class::Unknown | Class::SignIn => "",
    };
    HttpError::too_many(format!("Too many {kind}requests: at most {limit} a minute. Try again in {} s", empty.wait), empty.wait)
}

/// `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers has them.
fn tell(headers: &mut HeaderMap, taken: Taken) {
    let (name, limit) = (taken.class.as_str(), taken.limit);
    let (requests, seconds) = match taken.left {
        Ok(left) => (left.requests, left.full_in),
        Err(empty) => (0, empty.wait),
    };
    let policy = HeaderValue::from_str(&format!("\"{name}\";q={limit};w=60"));
    let left = HeaderValue::from_str(&format!("\"{name}\";r={requests};t={seconds}"));
    if let (Ok(policy), Ok(left)) = (policy, left) {
        headers.insert(POLICY, policy);
        headers.insert(LEFT, left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_take_little_room_however_many_ask() {
        let buckets = Buckets::new(RateLimits::default());
        for number in 0..50_000_u32 {
            buckets.take(of_address(Some(IpAddr::from(number.to_be_bytes()))), Class::Unknown, Some(60), 0);
        }
        assert!(buckets.kept.lock().unwrap().len() <= MOST);
    }

    #[test]
    fn a_network_of_one_household_is_one_stranger() {
        let of = |text: &str| of_address(text.parse().ok());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }
}
