//! Where a request comes from. A header names the client only when a proxy that is trusted wrote it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, header, request::Parts},
};
use domain::{access_tokens::AllowedAddresses, actor::Origin};

/// More of what a client says it is does not help anybody.
const LONGEST_AGENT: usize = 200;

/// Where the request comes from, with what the client says it is and the request's id.
pub(crate) fn origin(request: &Request, proxies: &AllowedAddresses, id: &str) -> Origin {
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    Origin {
        address: peer.map(|peer| client(peer, request.headers(), proxies)),
        agent: agent.chars().filter(|character| !character.is_control()).take(LONGEST_AGENT).collect(),
        request_id: id.to_owned(),
    }
}

/// What the guard found out.
pub(crate) fn of(parts: &Parts) -> Arc<Origin> {
    parts.extensions.get::<Arc<Origin>>().cloned().unwrap_or_default()
}

/// From the last entry, which the nearest proxy wrote, back to the first one that no trusted proxy wrote.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &AllowedAddresses) -> IpAddr {
    if !proxies.contain(peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let entries: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let mut nearest = peer;
    for entry in entries.into_iter().rev() {
        let Ok(address) = entry.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !proxies.contain(nearest) {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_header_names_the_client_only_when_a_trusted_proxy_wrote_it() {
        let cases: [(&str, &[&str], &[&str], &str); 8] = [
            // Nobody is trusted.
            ("203.0.113.7", &[], &["1.1.1.1"], "203.0.113.7"),
            ("127.0.0.1", &["127.0.0.0/8"], &["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["127.0.0.0/8"], &["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["127.0.0.0/8"], &[], "127.0.0.1"),
            ("127.0.0.1", &["127.0.0.0/8"], &["1.1.1.1, nonsense"], "127.0.0.1"),
            // Two proxies, both trusted.
            ("10.0.0.2", &["10.0.0.0/8"], &["1.1.1.1, 203.0.113.7, 10.0.0.1"], "203.0.113.7"),
            ("10.0.0.2", &["10.0.0.0/8"], &["10.0.0.9, 10.0.0.1"], "10.0.0.9"),
            ("::ffff:127.0.0.1", &["127.0.0.1"], &["2001:db8::1"], "2001:db8::1"),
        ];
        for (peer, proxies, lines, expected) in cases {
            let name = HeaderName::from_static("x-forwarded-for");
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(name.clone(), HeaderValue::from_str(line).unwrap());
            }
            let peer = peer.parse::<IpAddr>().unwrap().to_canonical();
            let found = client(peer, &headers, &AllowedAddresses::parse(proxies).unwrap());
            assert_eq!(found.to_string(), expected, "{peer} {lines:?}");
        }
    }
}
