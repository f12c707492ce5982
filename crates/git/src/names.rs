//! What may be handed to git as a branch, revision, address, path or identity.

use std::path::{Component, Path};

use domain::{
    addresses::without_credentials,
    ports::vcs::{CommitIdentity, VcsError},
};

use crate::{command::masked, remote::Remote};

fn refused(text: String) -> VcsError {
    VcsError::Refused(text)
}

/// A branch's full reference name. The rules are those of `git check-ref-format --branch`.
pub(crate) fn branch_reference(branch: &str) -> Result<String, VcsError> {
    check_reference(branch)?;
    Ok(format!("refs/heads/{branch}"))
}

fn check_reference(name: &str) -> Result<(), VcsError> {
    let bad_part = |part: &str| {
        let lock = Path::new(part).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("lock"));
        part.is_empty() || part.starts_with('.') || part.ends_with('.') || lock
    };
    let bad_character = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\\u{fffd}".contains(c);
    let bad = name.len() > 200
        || name.starts_with('-')
        || name == "@"
        || name == "HEAD"
        || name.contains("..")
        || name.contains("@{")
        || name.contains(bad_character)
        || name.split('/').any(bad_part);
    if bad { Err(refused(format!("{name:?} is not allowed as the name of a branch"))) } else { Ok(()) }
}

/// An object's full name.
pub(crate) fn object(name: &str) -> Result<&str, VcsError> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if digits && matches!(name.len(), 40 | 64) { Ok(name) } else { Err(refused(format!("{name:?} is no full object name"))) }
}

/// An object's full name, `HEAD`, or a branch.
pub(crate) fn revision(name: &str) -> Result<String, VcsError> {
    if name == "HEAD" || object(name).is_ok() {
        return Ok(name.to_owned());
    }
    branch_reference(name)
}

/// A path inside a repository: relative, plain, and outside `.git`.
pub(crate) fn inner_path(path: &str) -> Result<&str, VcsError> {
    let plain = Path::new(path).components().all(|part| match part {
        Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
        _ => false,
    });
    let odd = path.is_empty() || path.contains('\0') || path.ends_with('/') || path.contains("//") || path.contains("/./");
    if plain && !odd { Ok(path) } else { Err(refused(format!("{path:?} is not allowed as a path in a repository"))) }
}

/// A name and an address that stand in a commit as they are.
pub(crate) fn identity(identity: &CommitIdentity) -> Result<&CommitIdentity, VcsError> {
    let bad =
        |text: &str| text.len() > 200 || text.trim().is_empty() || text.contains(|c: char| c.is_control() || "<>".contains(c));
    let crud = |text: &str| text.chars().all(|c| c <= ' ' || ".,:;<>\"\\'".contains(c));
    if bad(&identity.name) || bad(&identity.email) || crud(&identity.name) {
        return Err(refused(format!("{:?} with {:?} is not allowed as an author", identity.name, identity.email)));
    }
    Ok(identity)
}

/// An address to clone from, and the same without credentials, to be kept.
pub(crate) fn clone_url(url: &str) -> Result<String, VcsError> {
    let no = |why: &str| {
        refused(format!("the git URL {} cannot be cloned: {why}", masked(&url.chars().take(200).collect::<String>())))
    };
    if url.is_empty() || url.len() > 2000 || url.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(no("it is empty, too long, or has blanks or control characters"));
    }
    if url.starts_with('-') {
        return Err(no("it looks like an option"));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return scp_like(url).ok_or_else(|| no("only https, http, ssh and git are allowed"));
    };
    if !["https", "http", "ssh", "git"].contains(&scheme) {
        return Err(no("only https, http, ssh and git are allowed"));
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    if host.is_empty() || path.is_empty() {
        return Err(no("it names no host or no path"));
    }
    if [user, host].into_iter().chain(path.split('/')).any(|part| part.starts_with('-')) {
        return Err(no("a part of it begins with a dash"));
    }
    if Remote::of(url).is_none() {
        return Err(no("its host is letters, digits, dots and dashes, its port a number, and an @ in a password is written %40"));
    }
    Ok(without_credentials(url))
}

/// `user@host:path`.
fn scp_like(url: &str) -> Option<String> {
    let (user, rest) = url.split_once('@')?;
    let (host, path) = rest.split_once(':')?;
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let dash = [user, host].into_iter().chain(path.split('/')).any(|part| part.starts_with('-'));
    (plain(user) && plain(host) && !path.is_empty() && !path.starts_with(':') && !dash).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_or_refused() {
        for (url, kept) in [
            ("https://host.example/a/b.git", Some("https://host.example/a/b.git")),
            ("https://me:secret@host.example/a", Some("https://host.example/a")),
            ("https://token@host.example/a", Some("https://host.example/a")),
            ("ssh://git@host.example:22/a", Some("ssh://git@host.example:22/a")),
            ("git://host.example/a", Some("git://host.example/a")),
            ("git@host.example:a/b.git", Some("git@host.example:a/b.git")),
            ("ext::sh -c touch% /tmp/x", None),
            ("ext::sh", None),
            ("git@ext::sh", None),
            ("file:///etc", None),
            ("/etc", None),
            ("../up", None),
            ("host:path", None),
            ("--upload-pack=touch x", None),
            ("--upload-pack=x", None),
            ("ssh://-oProxyCommand=x/y", None),
            ("ssh://git@-oProxyCommand=x/y", None),
            ("git@-oProxyCommand=x:y", None),
            ("git@host:-x", None),
            ("https://host/-x", None),
            ("https://inner#@host/a", None),
            ("https://host/a\nb", None),
            ("https://", None),
            ("HTTPS://host/a", None),
            ("", None),
        ] {
            assert_eq!(clone_url(url).ok().as_deref(), kept, "{url}");
        }
        let error = clone_url("ftp://me:secret@host/a").unwrap_err().to_string();
        assert_eq!(error, "the git URL ftp://***@host/a cannot be cloned: only https, http, ssh and git are allowed");
    }

    #[test]
    fn branches_are_taken_or_refused() {
        for good in ["main", "loki/run-1", "feature/ü", "a.b", "v1@2"] {
            assert!(branch_reference(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "-x",
            "--upload-pack=x",
            "a..b",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "[",
            "a\\b",
            "@",
            "a@{1}",
            "HEAD",
            "/a",
            "a/",
        ];
        for bad in bad.into_iter().chain(["a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a\nb", "a\u{7f}b"]) {
            assert!(branch_reference(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_are_taken_or_refused() {
        for good in ["a", "a/b", "-x", ".gitignore", "ü \"\n"] {
            assert!(inner_path(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "../a", "a/../b", ".git/config", "a/.GIT/x", "./a", "a//b", "a/", "a\0"] {
            assert!(inner_path(bad).is_err(), "{bad:?}");
        }
    }
}
