//! The browser's half of a sign-in that takes several requests: cookies that the server knows the other half of.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{config::hosts::Transport, edge::Edge};

/// How long the browser keeps one, in seconds.
const KEPT: u32 = 600;

/// What the sign-in waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// The answer of a provider.
    Provider,
    SecondStep,
}

impl Half {
    /// Gives it to the browser; made of hexadecimal digits.
    pub(super) fn given(self, edge: &Edge, value: &str) -> HeaderValue {
        self.cookie(edge, value, KEPT)
    }

    /// Takes it away from the browser.
    pub(super) fn over(self, edge: &Edge) -> HeaderValue {
        self.cookie(edge, "", 0)
    }

    /// The one that a browser brings.
    pub(super) fn of<'a>(self, edge: &Edge, headers: &'a HeaderMap) -> Option<&'a str> {
        the_one(headers, self.name(edge))
    }

    fn name(self, edge: &Edge) -> &'static str {
        match (self, edge.settings.transport) {
            (Self::Provider, Transport::Tls) => "__Host-loki_sign_in",
            (Self::Provider, Transport::Plain) => "loki_sign_in",
            (Self::SecondStep, Transport::Tls) => "__Host-loki_half",
            (Self::SecondStep, Transport::Plain) => "loki_half",
        }
    }

    fn cookie(self, edge: &Edge, value: &str, seconds: u32) -> HeaderValue {
        let secure = match edge.settings.transport {
            Transport::Tls => "; Secure",
            Transport::Plain => "",
        };
        // Lax, since a provider's answer comes from another site.
        let text = format!("{}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}", self.name(edge));
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// The value of the one cookie of that name; several are somebody's trick.
fn the_one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_somebody_planted_beside_ours_does_not_count() {
        let headers = |line| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
        assert_eq!(the_one(&headers("a=1; loki_sign_in=x; b=2"), "loki_sign_in"), Some("x"));
        assert_eq!(the_one(&headers("loki_sign_in=x; loki_sign_in=y"), "loki_sign_in"), None);
        assert_eq!(the_one(&headers("loki_sign_in_2=x"), "loki_sign_in"), None);
    }
}
