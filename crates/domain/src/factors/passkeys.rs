//! Passkeys: the name that browsers bind them to. It comes from the server's public address and never from a request.

use std::net::IpAddr;

/// Who a passkey is for, as browsers see it (`WebAuthn`'s relying party).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The host's name.
    pub id: String,
    /// Scheme, name and port: the one address at which its passkeys count.
    pub origin: String,
}

/// The relying party of a server with that public address, `scheme://host[:port]`. Browsers know no passkeys for bare IP
/// addresses, but this machine is also called localhost. The error says what is missing, for a person.
pub fn relying_party(public_url: &str) -> Result<RelyingParty, String> {
    let nameless = "Passkeys are bound to the server's name, and this one has none: an admin can give it one with --public-url.";
    let (scheme, host) = public_url.split_once("://").ok_or(nameless)?;
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, format!(":{port}")),
        _ => (host, String::new()),
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        let is_here = address.is_loopback() && scheme == "http";
        return is_here.then(|| party(scheme, "localhost", &port)).ok_or_else(|| nameless.to_owned());
    }
    // Browsers read a name that ends in a number as an address.
    let last = bare.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    if last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(nameless.to_owned());
    }
    if scheme != "https" && bare != "localhost" && !bare.ends_with(".localhost") {
        return Err("Browsers have passkeys over https alone, and this server is reached by http.".to_owned());
    }
    Ok(party(scheme, bare, &port))
}

fn party(scheme: &str, name: &str, port: &str) -> RelyingParty {
    RelyingParty { id: name.to_owned(), origin: format!("{scheme}://{name}{port}") }
}

impl RelyingParty {
    /// Whether a page that was asked for under `host`, a name with a port unless it is the scheme's own, is one of its own.
    pub fn is_at(&self, host: &str) -> bool {
        let own_port = if self.origin.starts_with("https:") { ":443" } else { ":80" };
        let own = self.origin.split_once("://").map_or("", |(_, own)| own);
        let plain = |host: &str| host.strip_suffix(own_port).unwrap_or(host).to_ascii_lowercase();
        plain(own) == plain(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_a_name_is_a_relying_party() {
        let cases = [
            ("https://loki.example.org", Some(("loki.example.org", "https://loki.example.org"))),
            ("https://loki.example.org:8443", Some(("loki.example.org", "https://loki.example.org:8443"))),
            ("https://loki", Some(("loki", "https://loki"))),
            ("http://localhost:57374", Some(("localhost", "http://localhost:57374"))),
            ("http://a.localhost", Some(("a.localhost", "http://a.localhost"))),
            // This machine has a name, whichever way it is written.
            ("http://127.0.0.1:57374", Some(("localhost", "http://localhost:57374"))),
            ("http://[::1]:57374", Some(("localhost", "http://localhost:57374"))),
            ("http://[::1]", Some(("localhost", "http://localhost"))),
            ("http://192.0.2.7:57374", None),
            ("https://192.0.2.7", None),
            ("https://127.0.0.1", None),
            ("https://[2001:db8::1]", None),
            ("https://127.1", None),
            ("https://2130706433", None),
            ("http://loki.example.org", None),
            ("http://notlocalhost", None),
            ("", None),
        ];
        for (url, expected) in cases {
            let found = relying_party(url);
            let found = found.as_ref().map(|party| (party.id.as_str(), party.origin.as_str())).ok();
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn its_pages_are_those_under_its_own_name_and_port() {
        let local = relying_party("http://127.0.0.1:57374").unwrap();
        for (host, expected) in
            [("localhost:57374", true), ("LOCALHOST:57374", true), ("127.0.0.1:57374", false), ("localhost", false)]
        {
            assert_eq!(local.is_at(host), expected, "{host}");
        }
        let public = relying_party("https://loki.example.org").unwrap();
        for (host, expected) in [("loki.example.org", true), ("loki.example.org:443", true), ("loki.example.org:80", false)] {
            assert_eq!(public.is_at(host), expected, "{host}");
        }
    }
}
