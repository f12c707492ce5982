//! Addresses of repositories: what of them may be kept and shown.

/// The address without what signs in at the other end. A user name alone is no secret for ssh, and is needed there; for http
/// even that may be a token.
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some((signs_in, host)) = authority.rsplit_once('@') else { return url.to_owned() };
    let user = signs_in.split(':').next().unwrap_or_default();
    if scheme == "ssh" && !user.is_empty() {
        return format!("{scheme}://{user}@{host}{path}");
    }
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn what_signs_in_is_left_out() {
        for (url, kept) in [
            ("https://host.example/a/b.git", "https://host.example/a/b.git"),
            ("https://me:secret@host.example/a", "https://host.example/a"),
            ("https://me:se@cret@host.example:8443/a@b", "https://host.example:8443/a@b"),
            ("https://token@host.example", "https://host.example"),
            ("http://:token@host.example/a", "http://host.example/a"),
            ("ssh://git@host.example:22/a", "ssh://git@host.example:22/a"),
            ("ssh://git:secret@host.example/a", "ssh://git@host.example/a"),
            ("git@host.example:a/b.git", "git@host.example:a/b.git"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), kept, "{url}");
        }
    }
}
