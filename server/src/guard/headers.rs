//! The security headers of every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::hosts::Transport;

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// What every page is held to, but for scripts.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of a page whose own inline scripts carry `nonce`.
pub fn page_policy(nonce: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{POLICY}; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'")).ok()
}

/// The policy of a page whose scripts are files of this server.
pub fn file_script_policy() -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{POLICY}; script-src 'self'")).ok()
}

/// Adds the headers; a policy that is there already stays.
pub(super) fn secure(headers: &mut HeaderMap, transport: Transport) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(OPENER, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS, HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"));
    if transport == Transport::Tls {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}
