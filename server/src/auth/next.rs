//! Where a person goes after signing in: only to a page of this server.

/// The path to go to, or `/` when what was asked for is anything else than a local path.
pub fn local_path(next: Option<&str>) -> &str {
    next.filter(|next| is_local(next)).unwrap_or("/")
}

fn is_local(next: &str) -> bool {
    // Browsers take a backslash for a slash and drop tabs and line ends, so `/\evil.example` would lead away.
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain
        && next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 2000
        && !next.starts_with("/login")
        && !next.starts_with("/logout")
}

/// The sign-in page that leads back to `path_and_query`.
pub fn login_for(path_and_query: &str) -> String {
    match local_path(Some(path_and_query)) {
        "/" => "/login".to_owned(),
        path => format!("/login?next={}", app::routes::to::segment(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_gone_to() {
        let cases = [
            ("/runs/1?tab=log", "/runs/1?tab=log"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("runs", "/"),
            ("", "/"),
            ("/login?next=/login", "/"),
        ];
        for (given, expected) in cases {
            assert_eq!(local_path(Some(given)), expected, "{given:?}");
        }
        assert_eq!(local_path(None), "/");
        assert_eq!(login_for("/runs?state=active"), "/login?next=%2Fruns%3Fstate%3Dactive");
        assert_eq!(login_for("/"), "/login");
    }
}
