//! Addresses of repositories: what of them may be kept and shown, and where they may lead.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

/// Whether an address is one of the Internet at large: not of this machine, its own networks, or a use of its own. By the registries
/// of special-purpose addresses (RFC 6890); IPv6 addresses that lead to an IPv4 address count as that.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Translated to IPv4 on the way.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Tunnels, documentation and protocols.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002 | 0x3fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_public, without_credentials};

    #[test]
    fn addresses_of_the_own_network_are_known() {
        for address in
            ["1.1.1.1", "93.184.216.34", "192.0.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
        {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

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
