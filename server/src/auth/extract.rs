//! From a request to the actor behind it: a bearer token first, else the browser's login.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, header, request::Parts},
};
use domain::{
    access_tokens::shapes::{holds_api_token, holds_token},
    actor::{Actor, Origin},
};
use openidconnect::url::form_urlencoded;
use services::accounts::KnownToken;
use tower_sessions::Session;

use super::{address, sessions};
use crate::{edge::Edge, error::HttpError, guard::Caller};

/// The actor of a request that needs one.
#[derive(Clone, Debug)]
pub struct Signed(pub Actor);

/// What a request proves itself with, and where it came from. Sockets keep it and prove themselves again from time to time.
#[derive(Clone)]
pub struct Credentials {
    proof: Proof,
    from: Arc<Origin>,
    answer: AnswerTo,
}

/// What the answer to a request may do with the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnswerTo {
    /// Put another one in its place.
    One,
    /// Renew it: a page asks for several things at the same time, and none may take the cookie away from the others.
    Page,
    /// Nothing.
    Socket,
}

#[derive(Clone)]
enum Proof {
    Bearer(String),
    Browser(Session),
}

/// Who proved to be whom.
#[derive(Clone, Debug)]
pub struct Known {
    pub actor: Actor,
    /// The token that it used; absent for a person in a browser.
    pub token: Option<Arc<KnownToken>>,
    /// The person's count of changed privileges; absent for a token.
    privileges: Option<i64>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret does not belong into logs.
        f.write_str(match self.proof {
            Proof::Bearer(_) => "Bearer",
            Proof::Browser(_) => "Browser",
        })
    }
}

impl Credentials {
    /// What the request brought. A token wins over a cookie; anything else in `Authorization` is refused, and so is a token
    /// in the address.
    pub fn of(parts: &Parts) -> Result<Self, HttpError> {
        if names_token(parts.uri.query().unwrap_or_default()) {
            return Err(HttpError::bad_token());
        }
        let proof = match bearer(&parts.headers)? {
            Some(secret) => Proof::Bearer(secret.to_owned()),
            None => Proof::Browser(parts.extensions.get::<Session>().cloned().ok_or_else(HttpError::sign_in)?),
        };
        let answer = match parts.uri.path() {
            "/ws" => AnswerTo::Socket,
            path if path.starts_with("/ui/") && parts.method.is_safe() => AnswerTo::Page,
            _ => AnswerTo::One,
        };
        Ok(Self { proof, from: address::of(parts), answer })
    }

    /// The actor as the database has it now, so that a role that was taken away is gone with the next request.
    pub async fn known(&self, edge: &Edge) -> Result<Known, HttpError> {
        match &self.proof {
            Proof::Bearer(secret) => {
                let token = edge.tokens.authenticate(&edge.cx, secret, &edge.settings.public_url).await?;
                let actor = token.actor(Arc::clone(&self.from)).map_err(|_| HttpError::bad_token())?;
                Ok(Known { actor, token: Some(token), privileges: None })
            }
            Proof::Browser(session) => Box::pin(browser(edge, session, Arc::clone(&self.from))).await,
        }
    }

    /// Keeps a browser's login fresh, under another id when its person may do something else than before.
    pub async fn renew(&self, edge: &Edge, known: &Known) -> Result<(), HttpError> {
        let Proof::Browser(session) = &self.proof else { return Ok(()) };
        match self.answer {
            AnswerTo::One => Box::pin(sessions::renew(&edge.cx, session, known.privileges, &self.from)).await,
            AnswerTo::Page => Box::pin(sessions::renew(&edge.cx, session, None, &self.from)).await,
            AnswerTo::Socket => Ok(()),
        }
    }

    /// After a request that may have changed what its person may do: their login gets its other id with this very answer.
    pub async fn renew_after(&self, edge: &Edge) {
        if !matches!(self.proof, Proof::Browser(_)) {
            return;
        }
        // Whoever signed out or was removed by it has nothing left to renew.
        if let Ok(known) = self.known(edge).await
            && let Err(error) = self.renew(edge, &known).await
        {
            tracing::warn!(problem = error.detail(), "a login could not be renewed");
        }
    }

    /// Forgets what was read before, so that the next answer is the database's.
    pub async fn refresh(&self) -> Result<(), HttpError> {
        match &self.proof {
            // What a session was once is kept in it; asking again means reading it again.
            Proof::Browser(session) => Ok(session.load().await?),
            Proof::Bearer(_) => Ok(()),
        }
    }
}

/// Who a request is from that is refused before anybody looks at it, by its token or cookie, for the record alone: nothing is
/// renewed, and the request is not let in by it.
pub async fn seen(edge: &Edge, headers: &HeaderMap, from: &Arc<Origin>) -> Option<Actor> {
    let proof = match bearer(headers).ok()? {
        Some(secret) => Proof::Bearer(secret.to_owned()),
        None => Proof::Browser(sessions::of_cookie(&edge.cx, headers, edge.settings.transport)?),
    };
    let credentials = Credentials { proof, from: Arc::clone(from), answer: AnswerTo::Socket };
    credentials.known(edge).await.ok().map(|known| known.actor)
}

async fn browser(edge: &Edge, session: &Session, from: Arc<Origin>) -> Result<Known, HttpError> {
    let login = sessions::login(&edge.cx, session).await?.ok_or_else(HttpError::sign_in)?;
    let read = || async {
        let user = services::accounts::user(&edge.cx, login.user).await?;
        user.map(Arc::new).ok_or_else(HttpError::sign_in)
    };
    let user = edge.people.get(login.user, edge.cx.store.commits(), read).await?;
    let (name, email, reach) = (user.name.clone(), user.email.clone(), Arc::clone(&user.reach));
    let actor = Actor::User { id: user.id, login: login.id, name, email, role: user.role, reach, from };
    Ok(Known { actor, token: None, privileges: Some(user.privileges) })
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, HttpError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| HttpError::bad_token())?;
    let (scheme, secret) = text.split_once(' ').ok_or_else(HttpError::bad_token)?;
    let secret = secret.trim();
    if scheme.eq_ignore_ascii_case("bearer") && (is_api_token(secret) || is_access_token(secret)) {
        Ok(Some(secret))
    } else {
        Err(HttpError::bad_token())
    }
}

fn is_api_token(secret: &str) -> bool {
    secret.starts_with("loki_") && secret.len() <= 256
}

/// Three parts in base64url (RFC 7519).
fn is_access_token(secret: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    secret.len() <= 2048 && secret.bytes().all(plain) && secret.split('.').count() == 3
}

impl FromRequestParts<Edge> for Signed {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, HttpError> {
        if let Some(actor) = parts.extensions.get::<Actor>() {
            return Ok(Self(actor.clone()));
        }
        let credentials = Credentials::of(parts)?;
        let known = credentials.known(edge).await?;
        credentials.renew(edge, &known).await?;
        if let Some(caller) = parts.extensions.get::<Caller>() {
            caller.is(&known.actor);
        }
        Ok(Self(known.actor))
    }
}

/// Refuses a request with a token in its query, also where nobody has to be known: addresses end up in logs and histories.
pub fn refuse_secret_in_query(uri: &Uri) -> Result<(), HttpError> {
    if is_given_away(uri.path(), uri.query().unwrap_or_default()) { Err(HttpError::bad_token()) } else { Ok(()) }
}

/// Whether something in the query has the shape of a token, whatever it is called and whatever stands around it.
fn is_given_away(path: &str, query: &str) -> bool {
    // What a provider sends along with a sign-in is its own matter.
    let is_token = if path.starts_with("/login/callback/") { holds_api_token } else { holds_token };
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| is_token(&name) || is_token(&value))
}

/// Whether the query has a token by its name, where one could be meant to count. Links for a new password name theirs so too: it
/// proves nobody.
fn names_token(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| matches!(&*name, "token" | "access_token" | "api_key"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_bearer_tokens_of_ours_are_taken() {
        let cases = [
            ("Bearer loki_abc", Ok(Some("loki_abc"))),
            ("bearer  loki_abc ", Ok(Some("loki_abc"))),
            ("Bearer eyJh.e30.x-_", Ok(Some("eyJh.e30.x-_"))),
            ("Bearer abc", Err(())),
            ("Bearer a.b c.d", Err(())),
            ("Basic bG9raTpw", Err(())),
            ("loki_abc", Err(())),
        ];
        for (value, expected) in cases {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(bearer(&headers).map_err(|_| ()), expected, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()).map_err(|_| ()), Ok(None));
    }

    #[test]
    fn a_token_in_the_address_is_noticed() {
        let (page, back) = ("/docs", "/login/callback/corp");
        let ours = format!("loki_{}_{}", "0a".repeat(8), "1f".repeat(32));
        let jwt = "eyJhbGciOiJub25lIn0.e30.x";
        let with = |before: &str, token: &str| format!("{before}{token}");
        let given_away = [
            (page, with("token=", &ours)),
            (page, with("q=", &ours)),
            (page, with("after=1&q=", &ours.replace('_', "%5F").replace('l', "%6C"))),
            (page, with("q=", &ours.replace('_', "%255F"))),
            (page, with("x=Bearer%20", &ours)),
            (page, with("x=a;y=", &ours)),
            (page, with("", &ours)),
            (page, with("q=", jwt)),
            (page, with("code=x", jwt)),
            (back, with("code=", &ours)),
        ];
        for (path, query) in given_away {
            assert!(is_given_away(path, &query), "{path} {query}");
        }
        assert!(!is_given_away(back, &format!("code={jwt}&state=y")));
        for (path, query) in [(page, "q=loki_tools"), (page, "q=eyJ"), (page, "after=1"), ("/setup", "token=0123abcd")] {
            assert!(!is_given_away(path, query), "{path} {query}");
        }
        let named = [("token=x", true), ("after=1&access_token=x", true), ("api%5Fkey=", true), ("q=token", false), ("", false)];
        for (query, noticed) in named {
            assert_eq!(names_token(query), noticed, "{query}");
        }
    }
}
