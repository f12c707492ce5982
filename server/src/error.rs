//! Errors at the edge: one shape, `{"detail", "request_id"}`, whoever they come from.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    access_tokens::shapes::without_tokens,
    errors::{capitalised, explain},
};
use protocol::ApiError;

use crate::auth::sessions;

/// Seconds after which a database that was busy or away may be asked again.
const BUSY: u64 = 5;

/// What a handler answers when it cannot do what it was asked.
#[derive(Debug)]
pub struct HttpError {
    status: StatusCode,
    detail: String,
    retry_after_seconds: Option<u64>,
    /// What the audit trail is told instead of the detail.
    reason: Option<String>,
    /// Whether it is there and the caller may not know.
    is_hidden: bool,
    /// Whether the audit trail has it already, with what the caller may not know.
    is_on_record: bool,
}

/// Marks a "not found" that hides something: no different to the caller, and noted in the audit trail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hidden;

/// Marks a refusal that is in the audit trail already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnRecord;

/// Marks a response that has words for people but no body yet; `shape` writes the body, since only it knows the request's id.
#[derive(Clone, Debug)]
pub(crate) struct Detail(pub(crate) String);

/// Why it was refused in words for the audit trail, where those for the caller are a page of its own or repeat what was sent.
#[derive(Clone, Debug)]
pub(crate) struct Reason(pub(crate) String);

impl HttpError {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, detail, retry_after_seconds: None, reason: None, is_hidden: false, is_on_record: false }
    }

    /// The same with other words for the audit trail: what repeats what was sent is only for who sent it, since that may be a
    /// password in the wrong field.
    #[must_use]
    pub fn recorded_as(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// The same where whoever refused it put it on record.
    #[must_use]
    pub fn on_record(self) -> Self {
        Self { is_on_record: true, ..self }
    }

    /// Nobody is signed in.
    pub fn sign_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Sign in or send an API token")
    }

    /// The token that was sent does not count.
    pub fn bad_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid, expired, or revoked token")
    }

    /// A body of more than `most` bytes.
    pub(crate) fn too_large(most: usize) -> Self {
        let detail = format!("The request is larger than this server takes ({} MiB)", most >> 20);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// Asked too often.
    pub fn too_many(detail: impl Into<String>, retry_after_seconds: u64) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}"))
    }

    /// The database belongs to somebody else for the moment.
    pub fn busy() -> Self {
        let words = capitalised(services::error::BUSY);
        Self { retry_after_seconds: Some(BUSY), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, words) }
    }

    /// The disk under the database is full.
    pub fn full() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, capitalised(services::error::FULL))
    }

    /// Nobody answers for the database.
    pub fn away() -> Self {
        let words = capitalised(services::error::AWAY);
        Self { retry_after_seconds: Some(BUSY), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, words) }
    }

    /// For a fault of the server; the error goes to the log, the client gets the request's id.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %explain(error), "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong here. The server's log knows more under the request id",
        )
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<services::Error> for HttpError {
    fn from(error: services::Error) -> Self {
        use services::Error as E;
        let status = match &error {
            E::NotFound(_) | E::Hidden(_) => StatusCode::NOT_FOUND,
            E::Forbidden { .. } | E::Refused(_) => StatusCode::FORBIDDEN,
            E::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            E::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            E::Conflict(_) => StatusCode::CONFLICT,
            E::Outrun(_) => {
                tracing::warn!(error = %explain(&error), "two requests changed the same thing");
                StatusCode::CONFLICT
            }
            E::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            E::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            E::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            E::Busy(_) => {
                tracing::warn!(error = %explain(&error), "the database is held by something else");
                return Self::busy();
            }
            E::Full(_) => {
                tracing::error!(error = %explain(&error), "the disk is full: a change was refused");
                return Self::full();
            }
            E::Away(_) => {
                tracing::error!(error = %explain(&error), "the database does not answer");
                return Self::away();
            }
            E::Store(_) | E::Vcs(_) | E::Io(_) | E::Internal(_) => return Self::internal(&error),
        };
        let retry_after_seconds = match &error {
            E::TooMany { retry_after_seconds } => Some(*retry_after_seconds),
            _ => None,
        };
        let is_hidden = matches!(error, E::Hidden(_));
        Self { retry_after_seconds, is_hidden, ..Self::new(status, capitalised(&error.to_string())) }
    }
}

impl From<tower_sessions::session::Error> for HttpError {
    fn from(error: tower_sessions::session::Error) -> Self {
        sessions::not_now(&error).unwrap_or_else(|| Self::internal(&error))
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.is_hidden {
            response.extensions_mut().insert(Hidden);
        }
        if self.is_on_record {
            response.extensions_mut().insert(OnRecord);
        }
        if let Some(reason) = self.reason {
            response.extensions_mut().insert(Reason(reason));
        }
        response.extensions_mut().insert(Detail(self.detail));
        response
    }
}

/// Whether errors on this path are for programs.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
        || path.starts_with("/ui/")
        || path.starts_with("/.well-known/")
        || path.starts_with("/logout/back-channel/")
        || ["/api", "/ws", "/health", "/metrics", "/openapi.json"].contains(&path)
}

/// Who reads an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Program,
    Person,
}

impl Reader {
    /// Programs ask the API, and the browser's half asks server functions. Without script a form is sent to those by a person,
    /// who sees whatever comes back.
    pub(crate) fn of(path: &str, headers: &HeaderMap) -> Self {
        let takes = |kind: &str| {
            let accepted = headers.get_all(header::ACCEPT);
            accepted.iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(kind))
        };
        let is_form = path.starts_with("/ui/") && takes("text/html") && !takes("application/json");
        if is_api(path) && !is_form { Self::Program } else { Self::Person }
    }
}

/// Gives an error response its body: JSON for programs, a plain page for people. Other responses, and errors that brought a
/// body of their own for people, stay as they are.
pub(crate) fn shape(response: Response, path: &str, reader: Reader, request_id: &str) -> Response {
    let status = response.status();
    let detail = response.extensions().get::<Detail>().map(|detail| detail.0.clone());
    if !(status.is_client_error() || status.is_server_error()) || (detail.is_none() && has_body(&response, path)) {
        return response;
    }

    let detail = detail.unwrap_or_else(|| default_detail(status).to_owned());
    let around = response.extensions().get::<crate::pages::Around>().cloned();
    // Answers end up in logs of those who asked.
    let detail = without_tokens(&detail).into_owned();
    let error = ApiError { detail, request_id: request_id.to_owned() };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    let body = match reader {
        Reader::Program => Json(&error).into_response(),
        Reader::Person => crate::pages::plain_error(status, &error, around.as_ref()),
    };
    let (body_parts, body) = body.into_parts();
    parts.headers.extend(body_parts.headers);
    Response::from_parts(parts, body)
}

/// Whether it brought a body that its readers understand.
fn has_body(response: &Response, path: &str) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if path.starts_with("/ui/") {
        // Server functions write errors in their own shape, which the browser's half reads.
        return !kind.is_empty();
    }
    if is_api(path) { kind.starts_with("application/json") } else { !(kind.is_empty() || kind.starts_with("text/plain")) }
}

fn default_detail(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "The request could not be understood",
        StatusCode::NOT_FOUND => "There is nothing at this address",
        StatusCode::METHOD_NOT_ALLOWED => "This address does not take this method",
        StatusCode::REQUEST_TIMEOUT => "The request took too long and was given up; try again",
        StatusCode::PAYLOAD_TOO_LARGE => "The request is larger than this server takes",
        StatusCode::URI_TOO_LONG => "The address is too long",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "Send the body as application/json",
        StatusCode::UPGRADE_REQUIRED => "This address speaks WebSocket only",
        _ if status.is_server_error() => "Something went wrong here. The server's log knows more under the request id",
        _ => "The request was refused",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_error_of_the_api_has_the_one_shape() {
        let refused = HttpError::from(services::Error::Invalid("no name was given".to_owned())).into_response();
        let response = shape(refused, "/api/projects", Reader::Program, "r1");
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(text(response).await, r#"{"detail":"No name was given","request_id":"r1"}"#);

        let unknown = shape(StatusCode::NOT_FOUND.into_response(), "/api/nothing", Reader::Program, "r2");
        assert_eq!(text(unknown).await, r#"{"detail":"There is nothing at this address","request_id":"r2"}"#);
    }

    #[test]
    fn forms_without_script_are_read_by_people() {
        let cases = [
            ("/ui/start_run", "text/html,application/xhtml+xml,*/*;q=0.8", Reader::Person),
            ("/ui/start_run", "application/json", Reader::Program),
            ("/ui/start_run", "application/json, text/html", Reader::Program),
            ("/ui/start_run", "*/*", Reader::Program),
            ("/api/projects", "text/html", Reader::Program),
            ("/ws", "text/html", Reader::Program),
            ("/projects", "application/json", Reader::Person),
        ];
        for (path, accept, expected) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(Reader::of(path, &headers), expected, "{path} {accept}");
        }
        assert_eq!(Reader::of("/ui/start_run", &HeaderMap::new()), Reader::Program);
    }

    #[tokio::test]
    async fn faults_of_the_server_are_not_told_to_clients() {
        let broken = HttpError::from(services::Error::Internal("secret path /var/x".to_owned())).into_response();
        let shaped = text(shape(broken, "/api/projects", Reader::Program, "r3")).await;
        assert!(!shaped.contains("/var/x") && shaped.contains("r3"), "{shaped}");
    }

    #[tokio::test]
    async fn pages_that_rendered_their_own_error_stay_as_they_are() {
        let page = (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], "a page").into_response();
        assert_eq!(text(shape(page, "/projects/x", Reader::Person, "r4")).await, "a page");
    }
}
