//! From a request to the actor behind it: a bearer token first, else the browser's login.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use domain::actor::Actor;
use tower_sessions::Session;

use super::sessions;
use crate::{edge::Edge, error::HttpError};

/// The actor of a request that needs one.
#[derive(Clone, Debug)]
pub struct Signed(pub Actor);

/// What a request proves itself with. Sockets keep it and prove themselves again from time to time.
#[derive(Clone)]
pub enum Credentials {
    Bearer(String),
    Browser(Session),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret does not belong into logs.
        f.write_str(match self {
            Self::Bearer(_) => "Bearer",
            Self::Browser(_) => "Browser",
        })
    }
}

impl Credentials {
    /// What the request brought. A token wins over a cookie; anything else in `Authorization` is refused.
    pub fn of(parts: &Parts) -> Result<Self, HttpError> {
        if let Some(secret) = bearer(&parts.headers)? {
            return Ok(Self::Bearer(secret.to_owned()));
        }
        parts.extensions.get::<Session>().cloned().map(Self::Browser).ok_or_else(HttpError::sign_in)
    }

    /// The actor as the database has it now, so that a role that was taken away is gone with the next request.
    pub async fn actor(&self, edge: &Edge) -> Result<Actor, HttpError> {
        match self {
            Self::Bearer(secret) => edge.tokens.authenticate(&edge.cx, secret).await,
            Self::Browser(session) => browser(edge, session).await,
        }
    }
}

async fn browser(edge: &Edge, session: &Session) -> Result<Actor, HttpError> {
    let login = sessions::login(&edge.cx, session).await.map_err(|error| HttpError::internal(&error))?;
    let login = login.ok_or_else(HttpError::sign_in)?;
    let user = services::accounts::user(&edge.cx, login.user).await?.ok_or_else(HttpError::sign_in)?;
    Ok(Actor::User { id: user.id, login: login.id, name: user.name, email: user.email, role: user.role })
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, HttpError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| HttpError::bad_token())?;
    let (scheme, secret) = text.split_once(' ').ok_or_else(HttpError::bad_token)?;
    let secret = secret.trim();
    if scheme.eq_ignore_ascii_case("bearer") && secret.starts_with("loki_") && secret.len() <= 256 {
        Ok(Some(secret))
    } else {
        Err(HttpError::bad_token())
    }
}

impl FromRequestParts<Edge> for Signed {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, HttpError> {
        if let Some(actor) = parts.extensions.get::<Actor>() {
            return Ok(Self(actor.clone()));
        }
        if names_token_in_query(parts.uri.query().unwrap_or_default()) {
            return Err(HttpError::bad_token());
        }
        Credentials::of(parts)?.actor(edge).await.map(Self)
    }
}

/// Addresses end up in logs and histories, so a secret in one is refused even if it would count.
fn names_token_in_query(query: &str) -> bool {
    query.split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        matches!(name, "token" | "access_token" | "api_key") || value.starts_with("loki_")
    })
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
            ("Bearer abc", Err(())),
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
        for (query, noticed) in [("token=loki_x", true), ("after=1&access_token=x", true), ("q=loki_x", true), ("after=1", false)]
        {
            assert_eq!(names_token_in_query(query), noticed, "{query}");
        }
    }
}
