//! Whoever talks to the server: a person in a browser, a program with a token, or nobody.

use std::{
    process::{Command, Output},
    sync::{Arc, Mutex, PoisonError},
};

use protocol::{EventSeq, ProjectId, RunId, projects::Project, runs::Run};
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Answer, ProjectHandle, RunHandle, TestApp, command,
    project::NewProject,
    server,
    socket::{Refused, Socket},
};

/// What a request proves itself with.
#[derive(Clone, Debug)]
pub enum Credentials {
    None,
    Bearer(String),
    Cookie(String),
}

/// One who asks. A browser's takes the cookie that an answer brings, as browsers do.
#[derive(Clone, Debug)]
pub struct Actor<'a> {
    pub app: &'a TestApp,
    /// What they came with.
    pub credentials: Credentials,
    /// The cookie that they were given since.
    newer: Arc<Mutex<Option<String>>>,
}

impl<'a> Actor<'a> {
    pub fn new(app: &'a TestApp, credentials: Credentials) -> Self {
        Self { app, credentials, newer: Arc::default() }
    }

    /// The secret of the token or the value of the cookie, as it is now.
    pub fn secret(&self) -> String {
        match &self.credentials {
            Credentials::None => String::new(),
            Credentials::Bearer(secret) => secret.clone(),
            Credentials::Cookie(first) => {
                self.newer.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_else(|| first.clone())
            }
        }
    }

    /// Somebody with what they prove themselves with now, who hears of no other cookie.
    pub fn as_of_now(&self) -> Self {
        let credentials = match &self.credentials {
            Credentials::Cookie(_) => Credentials::Cookie(self.secret()),
            other => other.clone(),
        };
        Self::new(self.app, credentials)
    }

    /// A request with the credentials, and from a browser with the Origin that it sends.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let is_safe = method.is_safe();
        let request = self.app.http().request(method, format!("{}{path}", self.app.url()));
        match &self.credentials {
            Credentials::None => request,
            Credentials::Bearer(secret) => request.bearer_auth(secret),
            Credentials::Cookie(_) => {
                let request = request.header("cookie", format!("loki_login={}", self.secret()));
                if is_safe { request } else { request.header("origin", self.app.url()) }
            }
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        if let Some(cookie) = answer.cookie("loki_login").filter(|value| !value.is_empty()) {
            *self.newer.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookie);
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Sends a form as a browser without script does.
    pub async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let request = self.app.http().post(format!("{}{path}", self.app.url())).header("origin", self.app.url());
        let request = match &self.credentials {
            Credentials::Cookie(_) => request.header("cookie", format!("loki_login={}", self.secret())),
            Credentials::None | Credentials::Bearer(_) => request,
        };
        let request = request.header("accept", "text/html").header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(body.join("&"))).await
    }

    /// A project to be.
    pub fn has_project(&self) -> NewProject<'_> {
        NewProject::new(self)
    }

    /// A project that is there.
    pub fn project(&self, project: Project) -> ProjectHandle<'_> {
        ProjectHandle { actor: self, project }
    }

    pub fn run(&self, id: RunId) -> RunHandle<'_> {
        RunHandle { actor: self, id }
    }

    pub async fn reads_project(&self, id: ProjectId) -> Project {
        self.get(&format!("/api/projects/{id}")).await.expect(200).json()
    }

    pub async fn controls(&self, what: &str, id: RunId) -> Answer {
        self.post(&format!("/api/control/{what}"), &json!({"session_id": id})).await
    }

    /// All runs on the first page.
    pub async fn runs(&self) -> Vec<Run> {
        let list: protocol::runs::RunList = self.get("/api/v2/runs").await.expect(200).json();
        list.runs
    }

    /// All events from the beginning, read as pages.
    pub async fn events(&self) -> Vec<protocol::Envelope> {
        let (mut events, mut after): (Vec<protocol::Envelope>, EventSeq) = (Vec::new(), 0);
        loop {
            let page: Value = self.get(&format!("/api/events?limit=500&after={after}")).await.expect(200).value();
            let part: Vec<protocol::Envelope> = serde_json::from_value(page["events"].clone()).expect("events");
            let Some(last) = part.last() else { return events };
            after = last.seq;
            events.extend(part);
        }
    }

    /// Opens the event socket behind `after`, or from now on.
    pub async fn listens(&self, after: Option<EventSeq>) -> Socket {
        self.opens_socket(after, &[]).await.expect("a socket")
    }

    /// Tries to open the event socket, with more headers.
    pub async fn opens_socket(&self, after: Option<EventSeq>, headers: &[(&str, &str)]) -> Result<Socket, Refused> {
        Socket::open(self, after, headers).await
    }

    /// The command line against this server with this token.
    pub fn loki(&self, arguments: &[&str]) -> Output {
        command::run(self.with_token(arguments), "")
    }

    /// What the command line says on standard error, up to the line with `words`; then it is ended.
    pub fn loki_until(&self, arguments: &[&str], words: &str) -> String {
        command::said_until(self.with_token(arguments), words)
    }

    fn with_token(&self, arguments: &[&str]) -> Command {
        let mut loki = server::loki();
        loki.args(arguments).env("LOKI_SERVER", self.app.url()).env("LOKI_TOKEN", self.secret());
        loki
    }
}

/// A value as forms and addresses write it.
pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
