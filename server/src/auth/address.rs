//! Where a sign-in comes from, for slowing down guesses.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, request::Parts},
};

/// The caller's address without its port. `proxied` says that it stands in a header that the proxy in front writes.
pub(super) fn of(parts: &Parts, proxied: bool) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let forwarded = if proxied { forwarded_for(&parts.headers) } else { None };
    forwarded.or(peer).map_or_else(|| "unknown".to_owned(), |address| address.to_string())
}

/// The last entry is the one that the proxy itself wrote; those before it are what the client claims.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_the_proxys_own_entry_names_the_caller() {
        let name = HeaderName::from_static("x-forwarded-for");
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_static("1.1.1.1, 203.0.113.7"))]);
        assert_eq!(forwarded_for(&headers), "203.0.113.7".parse().ok());
    }
}
