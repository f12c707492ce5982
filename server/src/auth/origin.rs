//! Host and Origin: a browser on another site, or one that was lied to by DNS, does not act here.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, header},
};

use crate::{config::hosts::AllowedHosts, error::HttpError, error::is_api};

/// What a request is judged by. A proxy could go by another one of two than we do.
static ONCE: [HeaderName; 3] = [header::HOST, header::ORIGIN, header::AUTHORIZATION];

/// Refuses requests that say twice who they are or where they come from, those under a foreign name, and those that
/// change something (or open a socket) from a foreign page.
pub fn check(hosts: &AllowedHosts, request: &Request) -> Result<(), HttpError> {
    if let Some(twice) = ONCE.iter().find(|name| request.headers().get_all(*name).iter().nth(1).is_some()) {
        let words = format!("The header {twice} is there twice. Send it once");
        return Err(HttpError::new(StatusCode::BAD_REQUEST, words));
    }
    let path = request.uri().path();
    // Probes ask by address, and the answer tells nothing.
    if path != "/health" {
        let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(axum::http::uri::Authority::as_str).or(header);
        check_host(hosts, host)?;
    }
    let upgrade = request.headers().contains_key(header::UPGRADE) || path == "/ws";
    if request.method().is_safe() && !upgrade {
        return Ok(());
    }
    check_origin(hosts, request.headers(), path)
}

fn check_host(hosts: &AllowedHosts, host: Option<&str>) -> Result<(), HttpError> {
    match host {
        None => Err(HttpError::new(StatusCode::BAD_REQUEST, "The request names no host")),
        Some(host) if hosts.allows_host(host) => Ok(()),
        Some(_) => Err(HttpError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "This server is not known under the name that it was asked by. If it should be, start it with --public-url or --allow-host",
        )),
    }
}

fn check_origin(hosts: &AllowedHosts, headers: &HeaderMap, path: &str) -> Result<(), HttpError> {
    let refuse = |why: &str| Err(HttpError::new(StatusCode::FORBIDDEN, why));
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return refuse("Requests from pages of other sites are refused");
    }
    let bearer = headers.contains_key(header::AUTHORIZATION);
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.to_str().is_ok_and(|origin| hosts.allows_origin(origin)) => Ok(()),
        Some(_) => refuse("Requests from pages of other sites are refused"),
        // No browser leaves Origin out of these requests, so this is a program; with a token it may, with a cookie it may not.
        None if bearer || (is_api(path) && !headers.contains_key(header::COOKIE)) => Ok(()),
        None => refuse("A request with a cookie has to say where it comes from (Origin). Programs use an API token"),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;
    use crate::config::hosts::Transport;

    fn outcome(method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let listen = "127.0.0.1:57374".parse().unwrap();
        let hosts = AllowedHosts::new(listen, "http://127.0.0.1:57374", &[], Transport::Plain);
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&hosts, &request.body(Body::empty()).unwrap()).map_or_else(|error| error.status().as_u16(), |()| 200)
    }

    #[test]
    fn a_foreign_host_is_refused_everywhere_but_at_the_probe() {
        assert_eq!(outcome("GET", "/", &[("host", "127.0.0.1:57374")]), 200);
        assert_eq!(outcome("GET", "/", &[("host", "evil.example:57374")]), 421);
        assert_eq!(outcome("GET", "/", &[]), 400);
        assert_eq!(outcome("GET", "/", &[("host", "127.0.0.1:57374"), ("host", "evil.example")]), 400);
        assert_eq!(outcome("GET", "/health", &[("host", "10.0.0.7:57374")]), 200);
    }

    /// Method, path, header fields, and the status of the answer.
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u16);

    #[test]
    fn what_changes_something_or_opens_a_socket_has_to_come_from_here() {
        let host = ("host", "localhost:57374");
        let (own, foreign, null) = (("origin", "http://localhost:57374"), ("origin", "http://evil.example"), ("origin", "null"));
        let (cookie, bearer, cross) =
            (("cookie", "loki_login=x"), ("authorization", "Bearer loki_x"), ("sec-fetch-site", "cross-site"));
        let cases: [Case; 13] = [
            ("POST", "/api/projects", &[host, own, cookie], 200),
            ("POST", "/api/projects", &[host, foreign, cookie], 403),
            ("POST", "/api/projects", &[host, foreign, bearer], 403),
            ("POST", "/api/projects", &[host, null, cookie], 403),
            ("POST", "/api/projects", &[host, cookie], 403),
            ("POST", "/api/projects", &[host, bearer], 200),
            ("POST", "/api/projects", &[host, bearer, cookie], 200),
            ("POST", "/api/projects", &[host], 200),
            ("POST", "/login", &[host], 403),
            ("POST", "/login", &[host, own, cross], 403),
            ("GET", "/ws", &[host, cookie], 403),
            ("GET", "/ws", &[host, own, cookie, ("upgrade", "websocket")], 200),
            ("GET", "/projects", &[host, foreign, cookie, cross], 200),
        ];
        for (method, path, headers, expected) in cases {
            assert_eq!(outcome(method, path, headers), expected, "{method} {path} {headers:?}");
        }
    }
}
