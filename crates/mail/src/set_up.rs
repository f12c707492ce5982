//! Which server takes the mail, and whom it is from, as an operator writes it.

use std::fmt;

use lettre::{Address, message::Mailbox};
use zeroize::Zeroizing;

const WRITE_URL: &str = "write it like smtps://account@mail.example.org:465, smtp://account@mail.example.org:587, or \
                         smtp://127.0.0.1:25 for a server on this machine";
const WRITE_FROM: &str = "write it like loki@example.org, or like Loki <loki@example.org>";

/// How the way to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS by STARTTLS, or nothing is sent.
    StartTls,
    /// None: the server is on this machine.
    Plain,
}

/// A mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Account and password.
    pub account: Option<(String, Zeroizing<String>)>,
}

/// Without the password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.security {
            Security::Tls => "with TLS",
            Security::StartTls => "with STARTTLS",
            Security::Plain => "on this machine",
        };
        write!(f, "{}:{} {how}", self.host, self.port)?;
        match &self.account {
            Some((account, _)) => write!(f, " as {account}"),
            None => Ok(()),
        }
    }
}

impl Server {
    /// Reads `smtps://` or `smtp://`, an account with or without its password, host and port. The error says what to do and
    /// repeats nothing, since there may be a password in it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let refused = || WRITE_URL.to_owned();
        let (scheme, rest) = url.trim().split_once("://").ok_or_else(refused)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (account, place) = match rest.rsplit_once('@') {
            Some((account, place)) => (Some(account), place),
            None => (None, rest),
        };
        let (host, port) = place_of(place).ok_or_else(refused)?;
        let is_local = is_loopback(&host);
        let (security, usual) = match scheme {
            "smtps" => (Security::Tls, 465),
            "smtp" if is_local => (Security::Plain, 25),
            "smtp" => (Security::StartTls, 587),
            _ => return Err(refused()),
        };
        let account = account.map(account_of).transpose()?;
        Ok(Self { host, port: port.unwrap_or(usual), security, account })
    }

    /// The account without its password, which is to come from elsewhere.
    pub fn wants_password(&self) -> bool {
        self.account.as_ref().is_some_and(|(_, password)| password.is_empty())
    }
}

/// Host and port; nothing when it is neither.
fn place_of(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte) || (text.starts_with('[') && byte == b':');
    if host.is_empty() || host.len() > 253 || !host.bytes().all(is_plain) {
        return None;
    }
    let port = match port {
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0)?),
        None => None,
    };
    Some((host.to_ascii_lowercase(), port))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn account_of(text: &str) -> Result<(String, Zeroizing<String>), String> {
    let (account, password) = text.split_once(':').unwrap_or((text, ""));
    let wrong =
        || "account and password stand in it with percent signs for what is not a letter or digit, like %40 for @".to_owned();
    let account = decoded(account).filter(|account| !account.is_empty()).ok_or_else(wrong)?;
    let password = decoded(password).map(Zeroizing::new).ok_or_else(wrong)?;
    Ok((account, password))
}

/// Percent signs resolved; nothing when they cannot be, or name control characters.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

/// Whom mail is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(pub(crate) Mailbox);

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Sender {
    /// Reads an address, or a name with an address in angle brackets.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refused = || WRITE_FROM.to_owned();
        if text.chars().any(char::is_control) || text.chars().count() > 300 {
            return Err(refused());
        }
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", text),
        };
        let address: Address = address.trim().parse().map_err(|_| refused())?;
        // A message's id ends with the domain, and ids are plain.
        let plain: &str = address.as_ref();
        if !plain.is_ascii() || name.contains(['<', '>', '"']) {
            return Err(refused());
        }
        Ok(Self(Mailbox::new(Some(name.to_owned()).filter(|name| !name.is_empty()), address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_with_their_security() {
        let cases = [
            ("smtps://mail.example.org", "mail.example.org:465 with TLS"),
            ("smtps://loki:s%40crt@mail.example.org:1465/", "mail.example.org:1465 with TLS as loki"),
            ("smtp://loki%40example.org@Mail.Example.org", "mail.example.org:587 with STARTTLS as loki@example.org"),
            ("smtp://10.0.0.7:25", "10.0.0.7:25 with STARTTLS"),
            ("smtp://127.0.0.1:2525", "127.0.0.1:2525 on this machine"),
            ("smtp://localhost", "localhost:25 on this machine"),
            ("smtp://[::1]:2525", "::1:2525 on this machine"),
            ("smtp://[2001:db8::1]", "2001:db8::1:587 with STARTTLS"),
            ("smtps://127.0.0.1:465", "127.0.0.1:465 with TLS"),
        ];
        for (url, expected) in cases {
            assert_eq!(Server::parse(url).map(|server| server.to_string()).as_deref(), Ok(expected), "{url}");
        }
        let server = Server::parse("smtps://loki:s%40cr:et@mail.example.org").unwrap();
        assert_eq!(server.account.as_ref().unwrap().1.as_str(), "s@cr:et");
        assert!(!format!("{server:?} {server}").contains("s@cr"));
        assert!(!server.wants_password() && Server::parse("smtps://loki@a.example").unwrap().wants_password());
    }

    #[test]
    fn what_is_no_server_is_refused_without_being_repeated() {
        for url in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://:25",
            "smtp://a:0",
            "smtp://a:x",
            "smtp://a:70000",
            "smtp://a b",
            "smtp://a/b",
            "smtp://a?tls=none",
            "smtp://[a]:25",
            "smtp://[::1",
            "smtp://::1:25",
            "smtps://:hunter22@a",
            "smtps://u:hunter22%2@a",
            "smtps://u:hunter22%0a@a",
        ] {
            let refused = Server::parse(url).unwrap_err();
            assert!(!refused.contains("hunter22") && refused.len() > 20, "{url}: {refused}");
        }
    }

    #[test]
    fn senders_are_an_address_with_or_without_a_name() {
        for (text, expected) in [
            ("loki@example.org", "loki@example.org"),
            (" Loki <loki@example.org> ", "Loki <loki@example.org>"),
            ("\"Loki, the builder\" <loki@example.org>", "\"Loki, the builder\" <loki@example.org>"),
            ("Løki <loki@example.org>", "Løki <loki@example.org>"),
        ] {
            let sender = Sender::parse(text).unwrap().to_string();
            assert!(sender == expected || sender.contains("loki@example.org"), "{sender}");
        }
        for text in [
            "",
            "loki",
            "loki@",
            "Loki <loki>",
            "a@b.c\r\nBcc: d@e.f",
            "Loki <a@b.c> <d@e.f>",
            "a@b.c, d@e.f",
            "løki@example.org",
        ] {
            assert!(Sender::parse(text).is_err(), "{text}");
        }
    }
}
