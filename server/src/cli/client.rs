//! The client half of the command line: one small REST client.

use std::time::Duration;

use clap::Args;
use protocol::{ApiError, RunId, runs::Run};
use reqwest::{
    Method, RequestBuilder, Response, StatusCode, Upgraded,
    header::{
        CONNECTION, HeaderMap, HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::Role,
    },
};

use super::{Exit, Failure};
use crate::config::{ADDRESS, variable};

/// How long a command waits in all for a server that was asked too often.
const PATIENCE: Duration = Duration::from_mins(2);

/// Which server a command talks to.
#[derive(Args, Clone, Debug)]
pub(super) struct ServerArgs {
    /// The server's address
    #[arg(long, env = "LOKI_SERVER", default_value = ADDRESS, value_name = "URL", value_parser = address)]
    server: String,
}

/// An address without a slash at its end.
fn address(given: &str) -> Result<String, String> {
    let address = given.trim_end_matches('/');
    let is_http = ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
    if is_http && reqwest::Url::parse(address).is_ok() {
        Ok(address.to_owned())
    } else {
        Err(format!("it has to begin with http:// or https://, like {ADDRESS}"))
    }
}

/// A run's id.
pub(super) fn run_id(given: &str) -> Result<RunId, String> {
    given.parse().map_err(|_| "that is no run: give its id, as `loki status` shows it".to_owned())
}

/// A connection to a server.
pub(super) struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
}

impl Client {
    pub(super) fn new(args: &ServerArgs) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(Duration::from_secs(35)).build()?;
        Ok(Self { http, server: args.server.clone(), token: variable("LOKI_TOKEN") })
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask(Method::GET, path, None::<&()>).await
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(super) async fn run(&self, id: RunId) -> Result<Run, Failure> {
        self.get(&format!("/api/v2/runs/{id}")).await
    }

    /// A WebSocket at that path, by the connection that everything else goes by, with its TLS and its proxy; nothing where
    /// something on the way lets none through.
    pub(super) async fn socket(&self, path: &str) -> Result<Option<WebSocketStream<Upgraded>>, Failure> {
        let key = generate_key();
        let request = self.request(Method::GET, path).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let request = request.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, &key);
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => {}
            // What the server says to a wish that did not reach it.
            StatusCode::BAD_REQUEST | StatusCode::UPGRADE_REQUIRED => return Ok(None),
            status => return Err(self.refused(status, &response.bytes().await?)),
        }
        let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(Failure(format!("{} opened a connection as loki does not", self.server)));
        }
        let upgraded = response.upgrade().await?;
        Ok(Some(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await))
    }

    pub(super) async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.ask(Method::PUT, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.answer(Method::DELETE, path, None::<&()>).await?;
        Ok(())
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<T, Failure> {
        let bytes = self.answer(method, path, body).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Failure(format!("{} answered something else than loki does: {error}", self.server)))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// The body of a good answer.
    async fn answer(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<Vec<u8>, Failure> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = self.send(request).await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        if status.is_success() {
            return Ok(bytes.to_vec());
        }
        Err(self.refused(status, &bytes))
    }

    /// Sends it, and again when the server says that it was asked too often: then nothing was done yet.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let mut waited = Duration::ZERO;
        while let Some(attempt) = request.try_clone() {
            let response = attempt.send().await.map_err(|error| self.unreachable(&error))?;
            let wait = retry_after(response.status(), response.headers()).filter(|wait| waited + *wait <= PATIENCE);
            let Some(wait) = wait else { return Ok(response) };
            super::print::note(&format!("asked too often, going on in {} s", wait.as_secs()));
            tokio::time::sleep(wait).await;
            waited += wait;
        }
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        if error.is_connect() {
            // Behind TLS it may be the certificate that is not right.
            let why = Failure::of(error).0;
            let why = if self.server.starts_with("https://") { format!(" ({why})") } else { String::new() };
            return Failure(format!(
                "no server answers at {}{why}. Start one with `loki serve`, or name another with --server or LOKI_SERVER",
                self.server
            ));
        }
        Failure::of(error)
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Failure {
        let Ok(error) = serde_json::from_slice::<ApiError>(body) else {
            return Failure(format!("{} answered {status}", self.server));
        };
        let hint = match (status, &self.token) {
            (StatusCode::UNAUTHORIZED, None) => ". Put a token into LOKI_TOKEN; `loki token create` on the server makes one",
            (StatusCode::UNAUTHORIZED, Some(_)) => ". The token in LOKI_TOKEN does not count at this server",
            _ => "",
        };
        Failure(format!("{}{hint} (request {})", super::print::plain(&error.detail), error.request_id))
    }
}

/// How long to wait before asking again, when the answer is that this was one request too many.
fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    (status == StatusCode::TOO_MANY_REQUESTS).then(|| Duration::from_secs(seconds).max(Duration::from_secs(1)))
}

/// What the end of a command says about a run.
pub(super) fn exit_of(run: &Run) -> Exit {
    use protocol::runs::{RunStatus, Verdict};
    match (run.status, run.verdict) {
        (RunStatus::NeedsYou, _) | (RunStatus::Finished, Some(Verdict::NotVerified) | None) => Exit::NeedsHuman,
        (RunStatus::Failed | RunStatus::Stopped, _) => Exit::Bad,
        _ => Exit::Done,
    }
}

/// How a run stands, in one line.
pub(super) fn line_of(run: &Run) -> String {
    use protocol::runs::{RunStatus, Verdict};
    let state = match (run.status, run.verdict) {
        (RunStatus::Finished, Some(Verdict::Verified)) => "verified",
        (RunStatus::Finished, Some(Verdict::VerifiedWithGaps)) => "verified with gaps",
        (RunStatus::Finished, Some(Verdict::NotVerified)) => "not verified",
        (status, _) => status.as_str(),
    };
    let state = state.replace('_', " ");
    let phase = run.phase.map(|phase| format!(" · {}", phase.as_str())).unwrap_or_default();
    let cost = run.cost_usd.map_or_else(|| "cost not recorded".to_owned(), |cost| format!("${cost:.2}"));
    let reason = run.reason.as_ref().map(|reason| format!(" · {reason}")).unwrap_or_default();
    let text = format!(
        "{} · {state}{phase} · iteration {} · {}/{} tasks · {cost} · {} · {}{reason}",
        run.id,
        run.iteration,
        run.tasks_done,
        run.tasks_total,
        run.provider.title(),
        run.title,
    );
    super::print::one_line(&text)
}
