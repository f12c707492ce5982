//! What every request goes through, outermost first: an id, the checks of Host, Origin and address, a time-out, a catch for
//! panics, figures, the error shape and the security headers.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use app::server_fns::{Refusal, Refusals, RequestId};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{
    access_tokens::shapes::without_tokens,
    actor::{Actor, Origin},
    ports::clock::Ids,
};
use futures::FutureExt as _;
use services::audit::DeniedRequest;
use tracing::Instrument as _;

pub mod headers;
pub mod limits;

use crate::{
    auth::{address, extract, origin, sessions},
    edge::Edge,
    error::{self, HttpError},
    pages::Around,
};

/// A request that is not answered by then is given up. A socket's is answered by its handshake, and what comes after goes on
/// without it.
const TIME_OUT: Duration = Duration::from_secs(30);
/// So long is looked for who sent a request that is refused anyway.
const LOOK: Duration = Duration::from_secs(2);
const SLOW: Duration = Duration::from_secs(1);
/// Longer addresses are cut in the audit trail.
const LONGEST_ASKED: usize = 300;
/// Longer ids of clients are cut in the log.
const LONGEST_ID: usize = 64;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives ids to requests: which start of the server, and the how-manieth request since. They only have to differ.
#[derive(Debug)]
pub struct RequestIds {
    start: u32,
    given: AtomicU64,
}

impl RequestIds {
    pub fn new(ids: &dyn Ids) -> Self {
        let mut start = [0; 4];
        ids.random(&mut start);
        Self { start: u32::from_be_bytes(start), given: AtomicU64::new(0) }
    }

    fn next(&self) -> Arc<str> {
        format!("{:08x}{:08x}", self.start, self.given.fetch_add(1, Ordering::Relaxed)).into()
    }
}

/// Who a request turned out to come from; filled in by whoever looked.
#[derive(Clone, Debug, Default)]
pub struct Caller(Arc<OnceLock<Actor>>);

impl Caller {
    /// Says who it is.
    pub fn is(&self, actor: &Actor) {
        let _ = self.0.set(actor.clone());
    }
}

/// The outermost middleware.
pub async fn guard(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = edge.request_ids.next();
    let client_id = clients_id(request.headers());
    // Shares its text with the request's.
    let uri = request.uri().clone();
    let path = uri.path();
    let method = request.method().clone();
    let reader = error::Reader::of(path, request.headers());
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let origin = Arc::new(address::origin(&request, &edge.settings.proxies, &id));
    let caller = Caller::default();
    request.extensions_mut().insert(caller.clone());
    request.extensions_mut().insert(Arc::clone(&origin));
    let refusals = Refusals::default();
    request.extensions_mut().insert(refusals.clone());

    // The query stays out of the log: it may hold a setup token or words of a person.
    let shown = without_tokens(path);
    let span = tracing::info_span!("request", id = &*id, client_request_id = client_id.as_deref(), %method, path = &*shown);
    let mut response = match check(&edge, &request) {
        Ok(()) => answer(sessions::tell_lack(next.run(request)), TIME_OUT).instrument(span.clone()).await,
        Err(refused) => {
            // Of two that say who it is, neither does.
            if refused.status() != StatusCode::BAD_REQUEST {
                let headers = request.headers().clone();
                Box::pin(recognise(&edge, &headers, &origin, &caller)).instrument(span.clone()).await;
            }
            refused.into_response()
        }
    };

    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let (told, about) = refusals.told();
    let refused = Refused::of(&response, told);
    if refused.is_denied(&method) {
        note(&edge, refused, asked(&method, path, &about), &caller, &origin);
    }
    // An error from outside of the pages' gate says what every page says.
    response.extensions_mut().get_or_insert_with(|| Around::of(&edge, None));
    let mut response = error::shape(response, path, reader, &id);
    headers::secure(response.headers_mut(), edge.settings.transport);
    if error::is_api(path) || path == "/docs" {
        // Answers of the API are for the one who asked: neither the browser nor a proxy keeps them.
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let took = began.elapsed();
    edge.metrics.request(route, &method, response.status(), took);
    span.in_scope(|| log(&method, response.status(), took));
    response
}

/// What is refused unseen.
fn check(edge: &Edge, request: &Request) -> Result<(), HttpError> {
    origin::check(&edge.settings.hosts, request)?;
    extract::refuse_secret_in_query(request.uri())
}

/// How a request ended, as far as the audit trail asks.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    error: String,
    is_hidden: bool,
    /// Whether the trail has it already.
    is_noted: bool,
}

impl Refused {
    /// What a page or a function says of itself counts before its answer: a form without script is answered with a redirect,
    /// whatever came of it.
    fn of(response: &Response, told: Option<Refusal>) -> Self {
        let marks = response.extensions();
        let is_noted = marks.get::<error::OnRecord>().is_some();
        let status = told.as_ref().and_then(|told| StatusCode::from_u16(told.status).ok()).unwrap_or_else(|| response.status());
        let is_hidden = marks.get::<error::Hidden>().is_some() || told.as_ref().is_some_and(|told| told.is_hidden);
        let reason = marks.get::<error::Reason>().map(|reason| reason.0.clone()).or_else(|| told.map(|told| told.detail));
        let error = reason.or_else(|| marks.get::<error::Detail>().map(|detail| detail.0.clone())).unwrap_or_default();
        // Messages name what was sent, also where that is a token in the wrong place.
        let error = without_tokens(&error).into_owned();
        Self { status, error, is_hidden, is_noted }
    }

    /// Whether it goes on record: what was to change something and was refused, whatever the reason, and what was only asked for
    /// if it was refused for who asked, where from or how.
    fn is_denied(&self, method: &Method) -> bool {
        let is_refused = matches!(
            self.status,
            StatusCode::BAD_REQUEST
                | StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::MISDIRECTED_REQUEST
                | StatusCode::TOO_MANY_REQUESTS
        );
        !self.is_noted && (self.is_hidden || is_refused || (!method.is_safe() && self.status.is_client_error()))
    }
}

/// What was asked for, as it stands in the audit trail: the address itself, since a route does not say which project somebody
/// tried; without the query, and without a secret that was put into it, or where a secret's name belongs. Functions are told what
/// it is about by their query or form: those ids stand behind the address.
fn asked(method: &Method, path: &str, about: &[String]) -> String {
    let is_name = |segment: &str| segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let path = without_tokens(path);
    let mut before = "";
    let plain = path.split('/').map(|segment| {
        let is_secret = before == "secrets" && !is_name(segment);
        before = segment;
        if is_secret { "[secret]" } else { segment }
    });
    let mut asked = format!("{method} {}", plain.collect::<Vec<_>>().join("/"));
    for id in about.iter().filter(|id| !path.contains(id.as_str())) {
        asked.push(' ');
        asked.push_str(&without_tokens(id));
    }
    asked.chars().filter(|character| !character.is_control()).take(LONGEST_ASKED).collect()
}

/// For the audit trail, which writes it behind the answer.
fn note(edge: &Edge, refused: Refused, what: String, caller: &Caller, origin: &Origin) {
    edge.cx.denials.note(DeniedRequest {
        at: edge.cx.clock.now().millis(),
        actor: caller.0.get().cloned(),
        what,
        status: refused.status.as_u16(),
        error: refused.error,
        origin: origin.clone(),
    });
}

/// Finds out for the record who a refused request is from. It costs a look into the database, so an address that guesses gets no
/// more looks than anywhere else, and the answer does not wait for long.
async fn recognise(edge: &Edge, headers: &HeaderMap, origin: &Arc<Origin>, caller: &Caller) {
    let now = edge.cx.clock.now().millis();
    if edge.buckets.may_guess(origin.address, now).is_err() {
        return;
    }
    let looked = AssertUnwindSafe(extract::seen(edge, headers, origin)).catch_unwind();
    match tokio::time::timeout(LOOK, looked).await {
        Ok(Ok(Some(actor))) => caller.is(&actor),
        Ok(Ok(None)) => edge.buckets.guessed_wrong(origin.address, now),
        Ok(Err(_)) => tracing::error!("looking for who sent a refused request panicked"),
        Err(_) => tracing::warn!("who sent a refused request was not found out in time"),
    }
}

/// What the client calls its request, for whoever follows one through several logs. It stands in the log beside the id of this
/// server and nowhere else: a client may choose any, also that of somebody else's request.
fn clients_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let harmless = |character: &char| character.is_ascii_alphanumeric() || "_-.:".contains(*character);
    let id: String = id.chars().filter(harmless).take(LONGEST_ID).collect();
    (!id.is_empty()).then_some(id)
}

async fn answer(handled: impl Future<Output = Response>, longest: Duration) -> Response {
    match tokio::time::timeout(longest, AssertUnwindSafe(handled).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            tracing::error!(panic = text.unwrap_or("without words"), "a handler panicked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

fn log(method: &Method, status: StatusCode, took: Duration) {
    // To the microsecond: more digits are noise of the float.
    let (status, ms) = (status.as_u16(), (took.as_secs_f64() * 1e6).round() / 1e3);
    if status >= 500 {
        tracing::warn!(status, ms, "failed");
    } else if !method.is_safe() || took >= SLOW {
        tracing::info!(status, ms, "answered");
    } else {
        tracing::debug!(status, ms, "answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_changes_are_on_record_and_refused_questions_for_who_asked() {
        let (get, post) = (Method::GET, Method::POST);
        let cases = [
            (&get, 200, false),
            (&get, 400, true),
            (&get, 401, true),
            (&get, 404, false),
            (&get, 421, true),
            (&get, 422, false),
            (&get, 429, true),
            (&get, 500, false),
            (&post, 303, false),
            (&post, 404, true),
            (&post, 413, true),
            (&post, 422, true),
            (&post, 500, false),
        ];
        for (method, status, expected) in cases {
            let response = StatusCode::from_u16(status).unwrap().into_response();
            assert_eq!(Refused::of(&response, None).is_denied(method), expected, "{method} {status}");
        }
        let hidden = HttpError::from(services::Error::Hidden("There is no such project".to_owned()));
        assert!(Refused::of(&hidden.into_response(), None).is_denied(&get));
        let noted = HttpError::new(StatusCode::BAD_REQUEST, "No").on_record();
        assert!(!Refused::of(&noted.into_response(), None).is_denied(&get));
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_given_up() {
        let late = answer(std::future::pending(), Duration::ZERO).await;
        assert_eq!(late.status(), StatusCode::REQUEST_TIMEOUT);
        let ready = answer(std::future::ready(StatusCode::NO_CONTENT.into_response()), TIME_OUT).await;
        assert_eq!(ready.status(), StatusCode::NO_CONTENT);
    }

    #[test]
    fn what_a_page_says_of_itself_counts_before_its_answer() {
        let redirect = StatusCode::FOUND.into_response();
        let told = |status, is_hidden| Some(Refusal { status, detail: "No.".to_owned(), is_hidden });
        let refused = Refused::of(&redirect, told(403, false));
        assert_eq!((refused.status, refused.error.as_str()), (StatusCode::FORBIDDEN, "No."));
        let (get, post) = (Method::GET, Method::POST);
        let cases = [
            (&post, told(403, false), true),
            (&post, told(404, false), true),
            (&post, told(500, false), false),
            (&get, told(404, false), false),
            (&get, told(404, true), true),
            (&post, None, false),
        ];
        for (method, told, expected) in cases {
            assert_eq!(Refused::of(&redirect, told.clone()).is_denied(method), expected, "{method} {told:?}");
        }
    }

    #[test]
    fn the_trail_is_told_less_than_who_sent_a_body() {
        let refused = HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown field `hunter2`").recorded_as("A field is wrong");
        assert_eq!(refused.detail(), "unknown field `hunter2`");
        assert_eq!(Refused::of(&refused.into_response(), None).error, "A field is wrong");
    }

    #[test]
    fn the_address_that_was_asked_for_is_kept_without_secrets() {
        let token = format!("loki_{}_{}", "0a".repeat(8), "1f".repeat(32));
        let (whole, encoded) = (format!("/api/projects/{token}/x"), format!("/x;t={}", token.replace('_', "%5F")));
        let cases = [
            ("/api/projects/0198c000/runs", "GET /api/projects/0198c000/runs"),
            (&whole, "GET /api/projects/[secret]/x"),
            (&encoded, "GET /[secret]"),
            ("/x/eyJhbGciOiJub25lIn0.e30.x", "GET /x/[secret]"),
            ("/api/projects/loki_tools", "GET /api/projects/loki_tools"),
            ("/api/v2/secrets/LD_PRELOAD", "GET /api/v2/secrets/LD_PRELOAD"),
            ("/api/v2/secrets/hunter-2", "GET /api/v2/secrets/[secret]"),
            ("/api/v2/secrets", "GET /api/v2/secrets"),
            ("/", "GET /"),
            ("", "GET "),
        ];
        for (path, expected) in cases {
            assert_eq!(asked(&Method::GET, path, &[]), expected);
        }
        assert_eq!(asked(&Method::GET, &"/x".repeat(10_000), &[]).len(), LONGEST_ASKED);
        let about = ["0198c000".to_owned()];
        assert_eq!(asked(&Method::POST, "/ui/delete_project", &about), "POST /ui/delete_project 0198c000");
        assert_eq!(asked(&Method::GET, "/projects/0198c000", &about), "GET /projects/0198c000");
    }

    #[test]
    fn a_clients_request_id_is_logged_short_and_plain() {
        let cases = [
            ("abc_DEF-123.4:5", Some("abc_DEF-123.4:5".to_owned())),
            ("", None),
            (" \"=", None),
            ("a b\"c", Some("abc".to_owned())),
            (&"x".repeat(65), Some("x".repeat(64))),
        ];
        for (id, logged) in cases {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(id).unwrap())]);
            assert_eq!(clients_id(&headers), logged, "{id}");
        }
    }
}
