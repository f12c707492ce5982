//! The site that is embedded in the binary: what browsers load besides pages, precompressed and cached by name.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

mod embedded {
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/site.rs"));
}

/// One embedded file with its compressed twins.
struct File {
    path: &'static str,
    etag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// Paths of what a page has to name; they carry a hash, so that browsers may keep the files for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    pub js: String,
    pub wasm: String,
    pub css: String,
}

/// The names of the embedded site, or nothing when the binary was built without one.
pub fn manifest() -> Option<Manifest> {
    serde_json::from_str(embedded::MANIFEST).ok()
}

/// Serves an embedded file, or nothing when there is none of that path.
pub fn serve(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    if method != Method::GET && method != Method::HEAD {
        return None;
    }
    let file = embedded::FILES.iter().find(|file| file.path == uri.path())?;
    Some(respond(file, method, headers))
}

fn respond(file: &File, method: &Method, headers: &HeaderMap) -> Response {
    let (encoding, bytes) = choose(file, accepted(headers));
    let etag = etag(file.etag, encoding);
    let matches =
        headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|given| given.contains(&etag));
    let mut response = if matches {
        StatusCode::NOT_MODIFIED.into_response()
    } else if method == Method::HEAD {
        StatusCode::OK.into_response()
    } else {
        Body::from(bytes).into_response()
    };

    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(file.path)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(file.path)));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        out.insert(header::ETAG, value);
    }
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Each encoding is a representation of its own and needs an ETag of its own (RFC 9110, 8.8.3).
fn etag(plain: &str, encoding: Option<&str>) -> String {
    match encoding {
        Some(encoding) => format!("{}-{encoding}\"", plain.trim_end_matches('"')),
        None => plain.to_owned(),
    }
}

fn choose(file: &File, accepted: Accepted) -> (Option<&'static str>, &'static [u8]) {
    match (file.brotli, file.gzip) {
        (Some(bytes), _) if accepted.brotli => (Some("br"), bytes),
        (_, Some(bytes)) if accepted.gzip => (Some("gzip"), bytes),
        _ => (None, file.plain),
    }
}

/// Which encodings a client takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Accepted {
    brotli: bool,
    gzip: bool,
}

fn accepted(headers: &HeaderMap) -> Accepted {
    let mut accepted = Accepted::default();
    for value in headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for part in value.split(',') {
            let mut fields = part.split(';').map(str::trim);
            let name = fields.next().unwrap_or_default().to_ascii_lowercase();
            let refused = fields.any(|field| field.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().unwrap_or(1.0) <= 0.0));
            match name.as_str() {
                "br" => accepted.brotli = !refused,
                "gzip" => accepted.gzip = !refused,
                "*" if !refused => accepted = Accepted { brotli: true, gzip: true },
                _ => {}
            }
        }
    }
    accepted
}

fn cache_control(path: &str) -> &'static str {
    // Names below /pkg/ carry a hash; everything else keeps its name when it changes.
    if path.starts_with("/pkg/") { "public, max-age=31536000, immutable" } else { "public, max-age=3600, must-revalidate" }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: File = File { path: "/pkg/a.0123.js", etag: "\"0123\"", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") };

    fn asking(encodings: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings))])
    }

    #[test]
    fn the_smallest_accepted_encoding_is_chosen() {
        let cases = [
            ("gzip, deflate, br", Some("br")),
            ("gzip", Some("gzip")),
            ("GZIP;q=0.5", Some("gzip")),
            ("br;q=0, gzip", Some("gzip")),
            ("br;q=0.0", None),
            ("*", Some("br")),
            ("identity", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(choose(&FILE, accepted(&asking(header))).0, expected, "{header}");
        }
    }

    #[test]
    fn a_known_etag_is_answered_without_a_body_and_belongs_to_its_encoding() {
        let mut headers = asking("br");
        let first = respond(&FILE, &Method::GET, &headers);
        assert_eq!(first.headers()[header::ETAG], "\"0123-br\"");
        assert_eq!(first.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");

        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"0123-br\""));
        assert_eq!(respond(&FILE, &Method::GET, &headers).status(), StatusCode::NOT_MODIFIED);

        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(respond(&FILE, &Method::GET, &headers).status(), StatusCode::OK);
    }
}
