//! The site that is embedded in the binary: what browsers load besides pages, precompressed and cached by name.

use std::ops::Range;

use app::SiteAssets;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

/// The site, and where its files are in the bytes that it was packed into; by default there is none. `main.rs` has the bytes, so
/// that a changed interface does not compile this crate again.
#[derive(Debug, Default)]
pub struct Site {
    names: Option<SiteAssets>,
    files: Vec<File>,
}

/// Paths of what a page has to name; they carry a hash, so that browsers may keep the files for ever.
#[derive(Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
}

/// One embedded file with its compressed twins.
#[derive(Debug)]
struct File {
    path: String,
    /// What its content hashes to.
    hash: String,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// The first line of a pack, in JSON; the files' bytes lie behind it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    manifest: Manifest,
    files: Vec<Indexed>,
}

/// A file in the index: where its bytes are, counted from the end of the first line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Indexed {
    path: String,
    hash: String,
    plain: Range<usize>,
    brotli: Option<Range<usize>>,
    gzip: Option<Range<usize>>,
}

impl Site {
    /// The site that `deploy/site.sh` packed; what is empty or no pack is no site.
    pub fn of(pack: &'static [u8]) -> Self {
        unpack(pack).unwrap_or_default()
    }

    /// What a page has to name, or nothing when the binary was built without a site.
    pub fn names(&self) -> Option<&SiteAssets> {
        self.names.as_ref()
    }

    /// Serves an embedded file, or nothing when there is none of that path.
    pub fn serve(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        if method != Method::GET && method != Method::HEAD {
            return None;
        }
        let file = self.files.iter().find(|file| file.path == uri.path())?;
        Some(respond(file, method, headers))
    }
}

fn unpack(pack: &'static [u8]) -> Option<Site> {
    let end = pack.iter().position(|byte| *byte == b'\n')?;
    let (line, bytes) = (pack.get(..end)?, pack.get(end + 1..)?);
    let index: Index = serde_json::from_slice(line).ok()?;
    let at = |range: Range<usize>| bytes.get(range);
    let files = index.files.into_iter().map(|file| {
        let (brotli, gzip) = (file.brotli.and_then(at), file.gzip.and_then(at));
        Some(File { path: file.path, hash: file.hash, plain: at(file.plain)?, brotli, gzip })
    });
    let Manifest { js, wasm, css } = index.manifest;
    let names = SiteAssets { js: js.into(), wasm: wasm.into(), css: css.into() };
    Some(Site { names: Some(names), files: files.collect::<Option<_>>()? })
}

fn respond(file: &File, method: &Method, headers: &HeaderMap) -> Response {
    let (encoding, bytes) = choose(file, accepted(headers));
    let etag = etag(&file.hash, encoding);
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
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&file.path)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(&file.path)));
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
fn etag(hash: &str, encoding: Option<&str>) -> String {
    match encoding {
        Some(encoding) => format!("\"{hash}-{encoding}\""),
        None => format!("\"{hash}\""),
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

    static PACK: &[u8] = br#"{"manifest":{"js":"/a.js","wasm":"/a.wasm","css":"/a.css"},"files":[{"path":"/pkg/a.0123.js","hash":"0123","plain":{"start":0,"end":5},"brotli":{"start":5,"end":7},"gzip":null}]}
plainbr"#;
    fn file() -> File {
        File { path: "/pkg/a.0123.js".into(), hash: "0123".into(), plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") }
    }

    fn asking(encodings: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings))])
    }

    #[test]
    fn what_is_packed_is_found_again_and_what_is_no_pack_is_no_site() {
        let site = unpack(PACK).unwrap();
        assert_eq!(&*site.names().unwrap().css, "/a.css");
        assert_eq!(choose(&site.files[0], Accepted::default()), (None, &b"plain"[..]));
        assert_eq!(choose(&site.files[0], Accepted { brotli: true, gzip: true }), (Some("br"), &b"br"[..]));

        let short = &PACK[..PACK.len() - 3];
        for pack in [&b""[..], b"\n", b"no pack", b"{}\n", short] {
            assert!(Site::of(pack).names().is_none(), "{pack:?}");
        }
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
            assert_eq!(choose(&file(), accepted(&asking(header))).0, expected, "{header}");
        }
    }

    #[test]
    fn a_known_etag_is_answered_without_a_body_and_belongs_to_its_encoding() {
        let mut headers = asking("br");
        let first = respond(&file(), &Method::GET, &headers);
        assert_eq!(first.headers()[header::ETAG], "\"0123-br\"");
        assert_eq!(first.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");

        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"0123-br\""));
        assert_eq!(respond(&file(), &Method::GET, &headers).status(), StatusCode::NOT_MODIFIED);

        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(respond(&file(), &Method::GET, &headers).status(), StatusCode::OK);
    }
}
