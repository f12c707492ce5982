//! Where a clone connects to: looked up once, checked, and held to, so that a name which points elsewhere a moment later leads
//! nowhere else.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use domain::{addresses, ports::vcs::VcsError};
use tokio::net::TcpStream;

use crate::{Git, command::Call, config};

/// The longest that looking a name up may take.
const LOOK_UP: Duration = Duration::from_secs(20);
/// The longest that one address of several may take to answer, and the longest for all of them.
const ANSWER: Duration = Duration::from_secs(5);
const ANSWERS: Duration = Duration::from_secs(20);
/// What git, curl and ssh say, in small letters, where there was no answer.
const NO_ANSWER: [&str; 11] = [
    "failed to connect",
    "couldn't connect",
    "unable to connect",
    "could not resolve",
    "timed out",
    "is unreachable",
    "no route to host",
    "hung up",
    "connection reset",
    "connection refused",
    "empty reply",
];

/// The other end of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote<'a> {
    scheme: &'a str,
    /// Without brackets.
    host: &'a str,
    port: u16,
}

impl<'a> Remote<'a> {
    /// Of an address in which every program finds the same host: what they read differently is refused.
    pub(crate) fn of(url: &'a str) -> Option<Self> {
        let Some((scheme, rest)) = url.split_once("://") else {
            let (_, rest) = url.split_once('@')?;
            let (host, _) = rest.split_once(':')?;
            return is_plain(host).then_some(Self { scheme: "ssh", host, port: 22 });
        };
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            "ssh" => 22,
            "git" => 9418,
            _ => return None,
        };
        let authority = rest.split('/').next()?;
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        if user.contains(['@', '#', '?', '\\', '[', ']']) {
            return None;
        }
        let (host, port) = match place.strip_prefix('[') {
            Some(place) => place.split_once(']').filter(|(host, _)| host.parse::<Ipv6Addr>().is_ok())?,
            None => {
                let (host, port) = place.split_at(place.find(':').unwrap_or(place.len()));
                (is_plain(host).then_some(host)?, port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => usual,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().filter(|port| *port > 0)?,
            _ => return None,
        };
        Some(Self { scheme, host, port })
    }
}

fn is_plain(host: &str) -> bool {
    !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// The first address that takes a connection. When none does it is the first of all, where git finds out what is wrong.
async fn connectable(addresses: &[IpAddr], port: u16) -> Option<IpAddr> {
    let first = addresses.first().copied();
    if addresses.len() < 2 {
        return first;
    }
    let search = async {
        for address in addresses {
            if let Ok(Ok(_)) = tokio::time::timeout(ANSWER, TcpStream::connect((*address, port))).await {
                return Some(*address);
            }
        }
        None
    };
    tokio::time::timeout(ANSWERS, search).await.ok().flatten().or(first)
}

impl Git {
    /// Whether whoever runs the server said that it may be cloned from, wherever it is.
    fn allows(&self, host: &str) -> bool {
        self.clone_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    fn unreachable(&self, host: &str) -> VcsError {
        VcsError::Refused(if self.allows(host) {
            format!("{host} cannot be reached: see whether its name and port are right, and whether it answers")
        } else {
            let allow = format!("whoever runs loki may allow that with --allow-clone-from {host}");
            format!("{host} cannot be reached, or is in the server's own network: {allow}")
        })
    }

    /// The clone's call, bound to where its host is now, and the address that it is given. Hosts in the server's own network are
    /// refused unless they are among those allowed, which git looks up itself.
    pub(crate) async fn bound<'a>(&self, url: &str, call: Call<'a>) -> Result<(Call<'a>, String), VcsError> {
        let Some(remote) = Remote::of(url).filter(|_| self.protocols != "file") else { return Ok((call, url.to_owned())) };
        let Remote { scheme, host, port } = remote;
        if self.allows(host) {
            return Ok((call, url.to_owned()));
        }
        let found = tokio::time::timeout(LOOK_UP, tokio::net::lookup_host((host, port))).await;
        let found = found.ok().and_then(Result::ok).into_iter().flatten().map(|found| found.ip());
        let addresses: Vec<IpAddr> = found.filter(|address| addresses::is_public(*address)).collect();
        // Git's own protocol and ssh are told one address, so it has to be one that can be reached: often the first is an IPv6
        // address, to which there is no route.
        let one = if matches!(scheme, "ssh" | "git") { connectable(&addresses, port).await } else { addresses.first().copied() };
        let Some(one) = one else { return Err(self.unreachable(host)) };
        Ok(match scheme {
            "ssh" => {
                // Known hosts are known by their names.
                let alias = if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") };
                let ssh = format!("{} -oHostName={one} '-oHostKeyAlias={alias}'", config::SSH);
                (call.env("GIT_SSH_COMMAND", ssh), url.to_owned())
            }
            // It has no way to say a name and connect to an address.
            "git" => {
                let path = url.splitn(4, '/').nth(3).unwrap_or_default();
                (call, format!("git://{}/{path}", std::net::SocketAddr::new(one, port)))
            }
            // An address leads nowhere else.
            _ if host.parse::<IpAddr>().is_ok() => (call, url.to_owned()),
            _ => {
                let written: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                (call.setting("http.curloptResolve", format!("{host}:{port}:{}", written.join(","))), url.to_owned())
            }
        })
    }

    /// One answer for every way of not being answered: what listens in a network is not told.
    pub(crate) fn clone_error(&self, url: &str, error: VcsError) -> VcsError {
        let VcsError::Git { detail, .. } = &error else { return error };
        let detail = detail.to_lowercase();
        match Remote::of(url) {
            // Redirects are not followed: they could lead into the server's own network.
            Some(remote) if detail.contains("returned error: 30") => VcsError::Refused(format!(
                "{} says that the repository is elsewhere: give the address that it leads to, often the same with .git at its end",
                remote.host
            )),
            Some(remote) if NO_ANSWER.iter().any(|words| detail.contains(words)) => self.unreachable(remote.host),
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use tokio::net::TcpListener;

    use super::{Remote, connectable};

    #[tokio::test]
    async fn an_address_that_cannot_be_connected_is_passed_over() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let [answers, other, third] = [1, 2, 3].map(|last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)));
        for (addresses, expected) in [
            (vec![other, answers, third], Some(answers)),
            (vec![answers, other], Some(answers)),
            (vec![other, third], Some(other)),
            (vec![other], Some(other)),
            (Vec::new(), None),
        ] {
            assert_eq!(connectable(&addresses, port).await, expected, "{addresses:?}");
        }
    }

    #[test]
    fn every_program_finds_the_same_host() {
        for (url, expected) in [
            ("https://host.example/a", Some(("https", "host.example", 443))),
            ("https://me:p%40ss@host.example:8443/a@b", Some(("https", "host.example", 8443))),
            ("http://[::1]:80/a", Some(("http", "::1", 80))),
            ("http://[::1]/a", Some(("http", "::1", 80))),
            ("ssh://git@host.example:2222/a", Some(("ssh", "host.example", 2222))),
            ("git://host.example/a", Some(("git", "host.example", 9418))),
            ("git@host.example:a/b.git", Some(("ssh", "host.example", 22))),
            ("http://host.example:/a", None),
            ("http://host.example:0/a", None),
            ("http://host.example:99999/a", None),
            ("http://host.example:+80/a", None),
            ("http://inner#@host.example/a", None),
            ("http://inner?@host.example/a", None),
            (r"http://inner\@host.example/a", None),
            ("http://inner@other@host.example/a", None),
            ("http://[::1]x/a", None),
            ("http://[host]/a", None),
            ("http://ho$(id)st/a", None),
            ("ssh://git@ho'st/a", None),
            ("http://%31%32%37.1/a", None),
            ("ftp://host.example/a", None),
        ] {
            let found = Remote::of(url).map(|remote| (remote.scheme, remote.host, remote.port));
            assert_eq!(found, expected, "{url}");
        }
    }
}
