//! `POST /logout/back-channel/{provider}`: a provider says that somebody signed out there (OpenID Connect Back-Channel Logout
//! 1.0). It comes without cookie, login and origin; the signed token is all that counts. Refusals say little, and why stands in
//! the audit trail under the request's id.

use axum::{
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use domain::actor::{Actor, Origin};
use openidconnect::url::form_urlencoded;
use services::{Error, audit::DeniedRequest};

use super::{Failure, KnownProvider, refused};
use crate::{api::Refusals, auth::address, edge::Edge, error::HttpError};

/// The form has one token in it.
const LARGEST: usize = 64 << 10;
const FORM: &str = "application/x-www-form-urlencoded";

/// Ends the logins that rest on a session at a sign-in provider; asked by that provider, with its signed logout token
#[utoipa::path(post, path = "/logout/back-channel/{provider}", tag = "accounts", security(()),
    params(("provider" = String, Path, description = "The provider's id in the set-up")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        description = "`logout_token`, as OpenID Connect Back-Channel Logout 1.0 has it"),
    responses((status = 200, description = "They are over, if there were any"),
        (status = 400, body = protocol::ApiError, description = "The token does not count"), Refusals))]
pub async fn sign_out(
    State(edge): State<Edge>,
    Path(provider): Path<String>,
    parts: Parts,
    body: Body,
) -> Result<StatusCode, HttpError> {
    let (from, now) = (address::of(&parts), edge.cx.clock.now());
    edge.buckets.may_guess(from.address, now.millis()).map_err(|seconds| {
        HttpError::too_many(format!("Too many logout tokens that did not count. Try again in {seconds} s"), seconds)
    })?;
    let known = edge.providers.get(&provider).ok_or_else(|| HttpError::not_found("way to sign in"))?;
    match end(&edge, known, &parts.headers, body).await {
        Ok(()) => Ok(StatusCode::OK),
        Err(Refusal::Failed(failure)) => {
            edge.buckets.guessed_wrong(from.address, now.millis());
            Err(not_believed(&edge, known, &failure, &from))
        }
        Err(Refusal::Fault(error)) => Err(error),
    }
}

/// Why nobody was signed out.
enum Refusal {
    Failed(Failure),
    /// A fault of this server.
    Fault(HttpError),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthorized(why) => Self::Failed(Failure::Refused(why)),
            other => Self::Fault(other.into()),
        }
    }
}

async fn end(edge: &Edge, known: &KnownProvider, headers: &HeaderMap, body: Body) -> Result<(), Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM) {
        return Err(refused("the logout token did not come as a form").into());
    }
    let body = to_bytes(body, LARGEST).await.map_err(|_| refused("the form with the logout token could not be read"))?;
    let token = only_token(&body).ok_or_else(|| refused("the form has no logout token, or several"))?;
    let ending = known.logout(&token, edge.cx.clock.now()).await?;
    let ended = services::accounts::signed_out_there(&edge.cx, known.rules(), &ending).await?;
    tracing::info!(provider = known.rules().id, ended, "somebody signed out at a provider");
    Ok(())
}

/// The one field of that name. Others may stand beside it.
fn only_token(form: &[u8]) -> Option<String> {
    let mut tokens = form_urlencoded::parse(form).filter(|(name, _)| name == "logout_token");
    let (_, token) = tokens.next()?;
    tokens.next().is_none().then(|| token.into_owned())
}

fn not_believed(edge: &Edge, known: &KnownProvider, failure: &Failure, from: &Origin) -> HttpError {
    tracing::warn!(provider = known.rules().id, %failure, "a logout token was refused");
    edge.cx.denials.note(DeniedRequest {
        at: edge.cx.clock.now().millis(),
        actor: None::<Actor>,
        what: "sign_out".to_owned(),
        status: StatusCode::BAD_REQUEST.as_u16(),
        error: format!("{}: {failure}", known.rules().id),
        origin: from.clone(),
    });
    let words = "The logout token does not count. The audit trail says why, under the request's id";
    HttpError::new(StatusCode::BAD_REQUEST, words).on_record()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_one_token() {
        assert_eq!(only_token(b"logout_token=a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(only_token(b"state=1&logout_token=a").as_deref(), Some("a"));
        assert_eq!(only_token(b"logout_token=a&logout_token=b"), None);
        assert_eq!(only_token(b"token=a"), None);
        assert_eq!(only_token(b""), None);
    }
}
