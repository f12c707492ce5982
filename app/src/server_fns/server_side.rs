//! The server's half of server functions: who asks, with what, and how errors leave.

use std::{
    fmt::Display,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{StatusCode, request::Parts};
use domain::{
    access_tokens::shapes::without_tokens,
    actor::Actor,
    errors::{capitalised, explain},
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use protocol::{TeamId, page::PageQuery, teams::Invitation};
use services::{Cx, Page};

use super::UiError;

/// The id under which the logs know a request, its `x-request-id`; provided by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// Ids that the record keeps of one request at most.
const MOST_ABOUT: usize = 4;

/// How a request to a page or a function was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As in HTTP, also where a form without script is answered with a redirect.
    pub status: u16,
    /// What the person is told.
    pub detail: String,
    /// Whether it is there and the person may not know.
    pub is_hidden: bool,
}

/// What a page or a function says of its request for the audit trail, which the answer alone does not show; provided by the
/// server, which reads it after the answer.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    refusal: Option<Refusal>,
    about: Vec<String>,
}

impl Refusals {
    /// How it was refused, if it was, and the ids that it named.
    pub fn told(&self) -> (Option<Refusal>, Vec<String>) {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (told.refusal.clone(), told.about.clone())
    }

    /// The first one counts, but one that hides something counts before any other.
    fn add(&self, refusal: Refusal) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.refusal.as_ref().is_none_or(|first| refusal.is_hidden && !first.is_hidden) {
            told.refusal = Some(refusal);
        }
    }

    fn is_about(&self, id: String) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.about.len() < MOST_ABOUT && !told.about.contains(&id) {
            told.about.push(id);
        }
    }
}

/// How browsers reach this server, for links that leave it; provided by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(pub Arc<str>);

/// What links that leave this server begin with.
pub(super) fn public_url() -> Arc<str> {
    use_context::<PublicUrl>().map_or_else(|| Arc::from(""), |PublicUrl(url)| url)
}

/// The use cases' context and who asks.
pub fn context() -> Result<(Cx, Actor), UiError> {
    let cx = use_context::<Cx>().ok_or_else(|| fail(UiError::new(500, "This server is not set up for pages.")))?;
    let actor = use_context::<Actor>().ok_or_else(|| fail(UiError::new(401, "Sign in to see this page.")))?;
    Ok((cx, actor))
}

/// What a program hears that asks for a person. A page that it reads is still shown, without the person.
pub(super) fn for_people() -> UiError {
    let error = UiError::new(401, "Sign in to see this page.");
    let asked = use_context::<Parts>().is_some_and(|parts| parts.uri.path().starts_with("/ui/"));
    if asked { fail(error) } else { error }
}

/// A use case's answer as the interface takes it; an error also sets the response's status.
pub fn asked<T>(result: Result<T, services::Error>) -> Result<T, UiError> {
    result.map_err(|error| refuse(described(&error), matches!(error, services::Error::Hidden(_))))
}

/// The order that an address asks for; the list's own where that is none of its columns.
pub(super) fn order(sort: &str, columns: &[domain::sort::Column]) -> Option<domain::sort::Sort> {
    domain::sort::Sort::parse(sort, columns).unwrap_or_default()
}

/// The invitations that a page shows, a team's or all of them: those with the words, from behind the cursor on.
pub(super) async fn invited(
    cx: &Cx,
    actor: &Actor,
    team: Option<TeamId>,
    (words, after): (&str, String),
) -> Result<Page<Invitation>, UiError> {
    let query = PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(20) };
    asked(services::accounts::invitations(cx, actor, team, words, &query).await)
}

/// The id in an address or a form. Anything that is none names nothing, which `missing` says.
pub(super) fn id_of<T: FromStr + Display>(text: &str, missing: &str) -> Result<T, UiError> {
    let id: T = text.parse().map_err(|_| fail(UiError::new(404, missing)))?;
    if let Some(refusals) = use_context::<Refusals>() {
        refusals.is_about(id.to_string());
    }
    Ok(id)
}

/// Sets the status of the response, unless a plain HTML form waits for its redirect.
pub fn set_status(status: u16) {
    if wants_redirect() {
        return;
    }
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// Whether a browser without script sent a form and shows whatever comes back.
pub(super) fn wants_redirect() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        let accepts = parts.headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
        parts.uri.path().starts_with("/ui/") && accepts.contains("text/html")
    })
}

/// The name and port that the browser asked under.
pub(super) fn host() -> String {
    let parts = use_context::<Parts>();
    let host = parts.as_ref().and_then(|parts| parts.headers.get("host")).and_then(|host| host.to_str().ok());
    host.unwrap_or_default().to_owned()
}

/// The error with the request's id; it also sets the response's status.
pub(super) fn fail(error: UiError) -> UiError {
    refuse(error, false)
}

/// The same for what the caller may not know about.
pub(super) fn hide(error: UiError) -> UiError {
    refuse(error, true)
}

fn refuse(mut error: UiError, is_hidden: bool) -> UiError {
    if let Some(RequestId(id)) = use_context::<RequestId>() {
        error.request_id = id.to_string();
    }
    if let Some(refusals) = use_context::<Refusals>() {
        refusals.add(Refusal { status: error.status, detail: error.detail.clone(), is_hidden });
    }
    set_status(error.status);
    error
}

fn described(error: &services::Error) -> UiError {
    use services::Error;
    let status = match error {
        Error::NotFound(_) | Error::Hidden(_) => 404,
        Error::Forbidden { .. } | Error::Refused(_) => 403,
        // What a form cannot be read as is refused with it too, by Leptos, and a page with it offers the way back.
        Error::Invalid(_) => 400,
        Error::TooLarge(_) => 413,
        Error::Conflict(_) | Error::Outrun(_) => 409,
        Error::Unauthorized(_) => 401,
        Error::TooMany { .. } => 429,
        Error::Unavailable(_) | Error::Busy(_) => 503,
        Error::Full(_) | Error::Away(_) => {
            log(error);
            503
        }
        Error::Store(_) | Error::Vcs(_) | Error::Io(_) | Error::Internal(_) => 500,
    };
    if status == 500 {
        log(error);
        return UiError::new(
            status,
            "Something went wrong on the server. Try again; if it stays, look for the request id in the log.",
        );
    }
    if let Error::Forbidden(_) = error {
        // Programs hear which scope is missing; people have roles.
        return UiError::new(status, "Your role does not allow this. Ask an admin for another one.");
    }
    UiError::new(status, sentence(&without_tokens(&error.to_string())))
}

fn log(error: &services::Error) {
    let id = use_context::<RequestId>().map(|RequestId(id)| id.to_string()).unwrap_or_default();
    tracing::error!(request_id = %id, error = %explain(error), "a page's request failed");
}

/// With a capital and a full stop, as people read it.
fn sentence(text: &str) -> String {
    let mut sentence = capitalised(text);
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::{MOST_ABOUT, Refusal, Refusals, sentence};

    #[test]
    fn what_hides_something_counts_before_what_was_refused_first() {
        let refusal = |status: u16, is_hidden| Refusal { status, detail: String::new(), is_hidden };
        let refusals = Refusals::default();
        assert_eq!(refusals.told(), (None, Vec::new()));
        for next in [refusal(400, false), refusal(403, false), refusal(404, true), refusal(404, false)] {
            refusals.add(next);
        }
        assert_eq!(refusals.told().0, Some(refusal(404, true)));
    }

    #[test]
    fn a_request_names_few_ids_and_each_once() {
        let refusals = Refusals::default();
        for id in [1, 1, 2, 3, 4, 5, 6] {
            refusals.is_about(id.to_string());
        }
        assert_eq!(refusals.told().1, ["1", "2", "3", "4"]);
        assert_eq!(refusals.told().1.len(), MOST_ABOUT);
    }

    #[test]
    fn errors_read_as_sentences() {
        assert_eq!(sentence("too many attempts"), "Too many attempts.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), ".");
    }
}
