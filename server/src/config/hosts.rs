//! Under which names this server may be asked, and from which origins pages may act on it. Pages of other sites reach
//! a local server through a browser (DNS rebinding, cross-site requests); these rules keep them out.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

/// How browsers come to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS ends in front of it: cookies are Secure, and browsers are told to stay with https.
    Tls,
    Plain,
}

/// The allow-list of `Host` and `Origin` values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHosts {
    /// `host:port` or, for the scheme's own port, also `host`; lower case.
    hosts: BTreeSet<String>,
    /// `scheme://host[:port]`, as browsers write it.
    origins: BTreeSet<String>,
}

impl AllowedHosts {
    /// The listen address, this machine's own names with its port, the public address and what was allowed by name.
    pub fn new(listen: SocketAddr, public_url: &str, more: &[String], transport: Transport) -> Self {
        let mut allowed = Self { hosts: BTreeSet::new(), origins: BTreeSet::new() };
        for name in ["localhost", "127.0.0.1", "[::1]"] {
            allowed.add("http", &format!("{name}:{}", listen.port()));
        }
        if !listen.ip().is_unspecified() {
            allowed.add("http", &listen.to_string());
        }
        if let Some((scheme, host)) = public_url.split_once("://") {
            allowed.add(scheme, host);
        }
        for host in more {
            match transport {
                Transport::Tls => allowed.add("https", host),
                Transport::Plain => {
                    allowed.add("http", host);
                    if !has_port(host) {
                        allowed.add("http", &format!("{host}:{}", listen.port()));
                    }
                }
            }
        }
        allowed
    }

    /// Whether a request may be sent to this `Host` (or HTTP/2 authority).
    pub fn allows_host(&self, host: &str) -> bool {
        // Nearly always it is written in lower case already, and then nothing is copied.
        self.hosts.contains(host) || self.hosts.contains(&host.to_ascii_lowercase())
    }

    /// Whether a page of this `Origin` may act here. `null` never is.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.contains(&origin.to_ascii_lowercase())
    }

    fn add(&mut self, scheme: &str, host: &str) {
        let host = host.trim().to_ascii_lowercase();
        if host.is_empty() {
            return;
        }
        let own_port = if scheme == "https" { ":443" } else { ":80" };
        let bare = host.strip_suffix(own_port).unwrap_or(&host);
        // Browsers leave the scheme's own port out, other clients may write it.
        self.hosts.insert(bare.to_owned());
        if !has_port(bare) {
            self.hosts.insert(format!("{bare}{own_port}"));
        }
        self.origins.insert(format!("{scheme}://{bare}"));
    }
}

fn has_port(host: &str) -> bool {
    // In `[::1]` the colons belong to the address.
    host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A public address in its plain form: http or https, a host, no path. The error says how one looks.
pub fn public_url(given: &str) -> Result<String, String> {
    let url = given.trim().trim_end_matches('/').to_ascii_lowercase();
    let is_plain = url
        .split_once("://")
        .is_some_and(|(scheme, host)| matches!(scheme, "http" | "https") && !host.is_empty() && is_host(host));
    if is_plain { Ok(url) } else { Err("write it like https://loki.example.org, without a path".to_owned()) }
}

/// A name that this server may be asked under, with a port or without. The error says how one looks; nothing at all is no
/// mistake, since an empty variable names nobody.
pub fn allowed_host(given: &str) -> Result<String, String> {
    let host = given.trim();
    if is_host(host) { Ok(host.to_owned()) } else { Err("write it like loki.example.org or loki.example.org:8080".to_owned()) }
}

/// A host that projects may be cloned from: a bare name or IP address, as it stands in an address without brackets. The error
/// says how one looks; nothing at all is no mistake here either.
pub fn clone_host(given: &str) -> Result<String, String> {
    let host = given.trim();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(bare) = bare.filter(|bare| bare.parse::<Ipv6Addr>().is_ok()) {
        return Ok(bare.to_owned());
    }
    let is_one = host.parse::<IpAddr>().is_ok() || is_host(host) && !host.contains([':', '[', ']']);
    if is_one {
        Ok(host.to_owned())
    } else {
        Err("write it like git.example.org or 10.0.0.7, without a scheme or port".to_owned())
    }
}

fn is_host(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

/// How a browser on this machine reaches the server.
pub fn local_url(listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() { format!("http://127.0.0.1:{}", listen.port()) } else { format!("http://{listen}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> AllowedHosts {
        let listen: SocketAddr = "127.0.0.1:57374".parse().unwrap();
        AllowedHosts::new(listen, &local_url(listen), &[], Transport::Plain)
    }

    #[test]
    fn a_local_server_answers_to_this_machines_names_with_its_port_only() {
        let cases = [
            ("127.0.0.1:57374", true),
            ("localhost:57374", true),
            ("LOCALHOST:57374", true),
            ("[::1]:57374", true),
            ("localhost", false),
            ("localhost:80", false),
            ("evil.example:57374", false),
            ("127.0.0.1.evil.example:57374", false),
            ("", false),
        ];
        for (host, expected) in cases {
            assert_eq!(local().allows_host(host), expected, "{host}");
        }
    }

    #[test]
    fn only_pages_of_an_allowed_origin_may_act() {
        let cases = [
            ("http://127.0.0.1:57374", true),
            ("http://localhost:57374", true),
            ("https://127.0.0.1:57374", false),
            ("http://127.0.0.1:57375", false),
            ("http://127.0.0.1", false),
            ("null", false),
            ("", false),
        ];
        for (origin, expected) in cases {
            assert_eq!(local().allows_origin(origin), expected, "{origin}");
        }
    }

    #[test]
    fn the_public_address_and_allowed_names_count_with_and_without_the_schemes_port() {
        let listen: SocketAddr = "0.0.0.0:57374".parse().unwrap();
        let hosts = AllowedHosts::new(listen, "https://loki.example.org", &["other.example".to_owned()], Transport::Tls);
        assert!(hosts.allows_host("loki.example.org"));
        assert!(hosts.allows_host("loki.example.org:443"));
        assert!(hosts.allows_origin("https://loki.example.org"));
        assert!(!hosts.allows_origin("http://loki.example.org"));
        assert!(hosts.allows_host("other.example"));
        assert!(hosts.allows_origin("https://other.example"));
        assert!(!hosts.allows_host("0.0.0.0:57374"));
    }

    #[test]
    fn an_allowed_name_is_a_host_with_or_without_its_port() {
        for (given, is_one) in [
            ("loki.example.org", true),
            ("[::1]:8080", true),
            (" a.example:80 ", true),
            ("", true),
            ("http://x/", false),
            ("a b", false),
        ] {
            assert_eq!(allowed_host(given).is_ok(), is_one, "{given}");
        }
    }

    #[test]
    fn a_host_to_clone_from_is_a_bare_name_or_address() {
        let cases = [
            ("git.example.org", Some("git.example.org")),
            (" 10.0.0.7 ", Some("10.0.0.7")),
            ("fd00::7", Some("fd00::7")),
            ("[fd00::7]", Some("fd00::7")),
            ("", Some("")),
            ("git.example.org:22", None),
            ("[fd00::7]:22", None),
            ("[git.example.org]", None),
            ("https://git.example.org", None),
            ("git@git.example.org", None),
            ("git.example.org/loki", None),
            ("10.0.0.0/8", None),
            ("*.example.org", None),
            ("a b", None),
        ];
        for (given, expected) in cases {
            assert_eq!(clone_host(given).ok().as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn a_public_address_is_scheme_and_host() {
        let cases = [
            ("https://Loki.example.org/", Some("https://loki.example.org")),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("loki.example.org", None),
            ("https://loki.example.org/path", None),
            ("https://user@loki.example.org", None),
            ("ftp://loki.example.org", None),
            ("https://", None),
        ];
        for (given, expected) in cases {
            assert_eq!(public_url(given).ok().as_deref(), expected, "{given}");
        }
    }
}
