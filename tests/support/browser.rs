//! A browser as far as cookies go: it keeps them and sends them along, to one server.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::Value;

use crate::{Actor, Answer, TestApp, actor::Credentials, actor::escaped};

/// A browser of a person.
#[derive(Debug)]
pub struct Browser<'a> {
    pub app: &'a TestApp,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: Mutex::default() }
    }

    /// Takes a cookie over, as somebody does who plants one.
    pub fn has_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("the cookies").insert(name.to_owned(), value.to_owned());
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("the cookies").get(name).cloned()
    }

    /// The person with the login that the browser has now.
    pub fn person(&self) -> Actor<'a> {
        let credentials = self.cookie("loki_login").map_or(Credentials::None, Credentials::Cookie);
        Actor::new(self.app, credentials)
    }

    /// Opens a path or an address of the server, and goes nowhere else by itself.
    pub async fn opens(&self, path: &str) -> Answer {
        let path = path.strip_prefix(&self.app.url()).unwrap_or(path);
        let request = self.app.http().get(format!("{}{path}", self.app.url())).header("accept", "text/html");
        self.sends(request).await
    }

    /// Sends a form.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let request = self.app.http().post(format!("{}{path}", self.app.url())).header("accept", "text/html");
        let request = request.header("origin", self.app.url()).header("content-type", "application/x-www-form-urlencoded");
        self.sends(request.body(body.join("&"))).await
    }

    /// Sends JSON, as a script of a page does.
    pub async fn asks(&self, path: &str, body: &Value) -> Answer {
        let request = self.app.http().post(format!("{}{path}", self.app.url())).header("accept", "application/json");
        self.sends(request.header("origin", self.app.url()).json(body)).await
    }

    async fn sends(&self, request: reqwest::RequestBuilder) -> Answer {
        let cookies = {
            let kept = self.cookies.lock().expect("the cookies");
            kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
        };
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies) };
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        let mut kept = self.cookies.lock().expect("the cookies");
        for line in answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()) {
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if line.contains("Max-Age=0") || value.is_empty() {
                kept.remove(name);
            } else {
                kept.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(kept);
        answer
    }
}
