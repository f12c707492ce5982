//! What an API token may look like, and where it counts from.

pub mod shapes;

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use protocol::access::{Role, Scope};

use crate::access;

/// Days that a token lives when nothing is said.
pub const DEFAULT_DAYS: u32 = 90;
/// Hours that a replaced token still counts when nothing is said.
pub const DEFAULT_GRACE_HOURS: u32 = 24;
/// More networks than this are a list that nobody reads.
const MOST_NETWORKS: usize = 50;

/// Addresses and networks that a token counts from. Empty: from everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedAddresses(Vec<IpNet>);

impl AllowedAddresses {
    /// Reads addresses (`203.0.113.7`) and networks (`10.0.0.0/8`). The error names the one that is none.
    pub fn parse<T: AsRef<str>>(list: &[T]) -> Result<Self, String> {
        if list.len() > MOST_NETWORKS {
            return Err(format!("there are {} allowed addresses; at most {MOST_NETWORKS}", list.len()));
        }
        list.iter().map(|text| network(text.as_ref().trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request from `address` counts. One whose address is not known counts only where all do.
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        self.0.is_empty() || address.is_some_and(|address| self.contain(address))
    }

    /// Whether `address` is one of them, or lies in one of the networks.
    pub fn contain(&self, address: IpAddr) -> bool {
        // An IPv4 client of an IPv6 listener comes as ::ffff:203.0.113.7.
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether everything that counts from `other` counts from here too.
    pub fn cover(&self, other: &Self) -> bool {
        let within = |network: &IpNet| self.0.iter().any(|own| own.contains(network));
        self.0.is_empty() || (!other.0.is_empty() && other.0.iter().all(within))
    }

    /// What counts from here and from `other`; nothing when no address does, or when that is a longer list than one may be.
    pub fn cut(&self, other: &Self) -> Option<Self> {
        if other.is_empty() || self.is_empty() {
            return Some(if self.is_empty() { other.clone() } else { self.clone() });
        }
        let mut both: Vec<IpNet> = Vec::new();
        for (own, other) in self.0.iter().flat_map(|own| other.0.iter().map(move |other| (own, other))) {
            // Of two networks, one holds the other or they have no address in common.
            let narrower = if own.contains(other) { Some(*other) } else { other.contains(own).then_some(*own) };
            both.extend(narrower.filter(|network| !both.contains(network)));
        }
        (1..=MOST_NETWORKS).contains(&both.len()).then_some(Self(both))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In their plain form.
    pub fn list(&self) -> Vec<String> {
        let plain = |network: &IpNet| {
            let single = network.prefix_len() == network.max_prefix_len();
            if single { network.addr().to_string() } else { network.trunc().to_string() }
        };
        self.0.iter().map(plain).collect()
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let parsed =
        parsed.map_err(|_| format!("{text:?} is no address and no network; they look like 203.0.113.7 and 10.0.0.0/8"))?;
    // Clients are looked for by their IPv4 address, also where they came as ::ffff:203.0.113.7.
    let IpNet::V6(written) = parsed else { return Ok(parsed) };
    let Some(address) = written.addr().to_ipv4_mapped() else { return Ok(parsed) };
    let length = written.prefix_len().checked_sub(96);
    let network = length.and_then(|length| Ipv4Net::new(address, length).ok()).map(IpNet::V4);
    network.ok_or_else(|| format!("{text:?} is wider than IPv4; write it as an IPv4 network, like 203.0.113.0/24"))
}

/// The scopes of a token to be: a role's, or its own in their order without doubles; a viewer's when neither is given.
pub fn scopes(role: Option<Role>, own: Option<Vec<Scope>>) -> Result<(Option<Role>, Vec<Scope>), String> {
    match (role, own) {
        (Some(_), Some(_)) => Err("give either a role or scopes, not both".to_owned()),
        (None, Some(own)) if own.is_empty() => {
            Err("`scopes` is empty; there are read, write, control, audit, admin and *".to_owned())
        }
        (None, Some(mut own)) => {
            own.sort_unstable();
            own.dedup();
            Ok((None, own))
        }
        (role, None) => {
            let role = role.unwrap_or(Role::Viewer);
            Ok((Some(role), access::scopes(role).to_vec()))
        }
    }
}

/// Projects or teams that a token is held to, each once. An empty list would hold it to nothing and is a mistake.
pub fn held_to<T: Ord>(what: &str, given: Option<Vec<T>>) -> Result<Vec<T>, String> {
    let Some(mut ids) = given else { return Ok(Vec::new()) };
    if ids.is_empty() || ids.len() > MOST_NETWORKS {
        return Err(format!("`{what}` must have 1 to {MOST_NETWORKS} ids, not {}, or be left out", ids.len()));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// A token's name or a description of at most `longest` characters.
pub fn words(what: &str, text: &str, longest: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(format!("the {what} must have at most {longest} characters, without control characters"));
    }
    match crate::names::problem(text) {
        Some(problem) => Err(format!("the {what} {problem}")),
        None => Ok(text.to_owned()),
    }
}

/// Days that a token lives, in range.
pub fn days(given: Option<u32>) -> Result<u32, String> {
    match given.unwrap_or(DEFAULT_DAYS) {
        days @ 1..=3_650 => Ok(days),
        days => Err(format!("`expires_days` must be from 1 to 3650, not {days}")),
    }
}

/// Hours that a replaced token still counts, in range.
pub fn grace_hours(given: Option<u32>) -> Result<u32, String> {
    match given.unwrap_or(DEFAULT_GRACE_HOURS) {
        hours @ 0..=720 => Ok(hours),
        hours => Err(format!("`grace_period_hours` must be from 0 to 720, not {hours}")),
    }
}

/// Requests a minute that a token may make, in range.
pub fn rate_limit(given: Option<u32>) -> Result<Option<u32>, String> {
    match given {
        None | Some(1..=100_000) => Ok(given),
        Some(limit) => Err(format!("`rate_limit` must be from 1 to 100000 requests a minute, not {limit}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_counts_from_its_networks_alone() {
        let cases: [(&[&str], &str, bool); 12] = [
            (&["::ffff:203.0.113.0/120"], "203.0.113.7", true),
            (&["::ffff:203.0.113.0/120"], "::ffff:203.0.113.7", true),
            (&["::ffff:203.0.113.0/120"], "203.0.114.7", false),
            (&["::ffff:0:0/96"], "203.0.113.7", true),
            (&[], "203.0.113.7", true),
            (&["203.0.113.7"], "203.0.113.7", true),
            (&["203.0.113.7"], "203.0.113.8", false),
            (&["10.0.0.0/8", "2001:db8::/32"], "10.200.3.4", true),
            (&["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", true),
            (&["10.0.0.0/8"], "::ffff:10.1.1.1", true),
            (&["10.0.0.0/8"], "11.0.0.1", false),
            (&["0.0.0.0/0"], "::1", false),
        ];
        for (allowed, address, expected) in cases {
            let allowed = AllowedAddresses::parse(allowed).unwrap();
            assert_eq!(allowed.allow(address.parse().ok()), expected, "{allowed:?} {address}");
        }
        assert!(!AllowedAddresses::parse(&["10.0.0.0/8"]).unwrap().allow(None));
        assert!(AllowedAddresses::default().allow(None));
    }

    #[test]
    fn what_counts_from_both_is_the_narrower_of_each_two() {
        type List = &'static [&'static str];
        let cases: [(List, List, Option<List>); 6] = [
            (&[], &[], Some(&[])),
            (&[], &["10.0.0.0/8"], Some(&["10.0.0.0/8"])),
            (&["10.0.0.0/8"], &[], Some(&["10.0.0.0/8"])),
            (&["10.0.0.0/8", "::1"], &["10.1.0.0/16", "10.2.0.1", "192.0.2.1"], Some(&["10.1.0.0/16", "10.2.0.1"])),
            (&["10.1.0.0/16", "10.1.2.0/24"], &["10.0.0.0/8"], Some(&["10.1.0.0/16", "10.1.2.0/24"])),
            (&["10.0.0.0/8"], &["192.0.2.1"], None),
        ];
        for (own, other, expected) in cases {
            let (own, other) = (AllowedAddresses::parse(own).unwrap(), AllowedAddresses::parse(other).unwrap());
            let both = own.cut(&other).map(|both| both.list());
            assert_eq!(both, expected.map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>()), "{own:?} {other:?}");
        }
    }

    #[test]
    fn addresses_are_covered_by_the_networks_around_them() {
        let cases: [(&[&str], &[&str], bool); 8] = [
            (&[], &[], true),
            (&[], &["10.0.0.0/8"], true),
            (&["10.0.0.0/8"], &[], false),
            (&["10.0.0.0/8"], &["10.1.0.0/16", "10.9.9.9"], true),
            (&["10.0.0.0/8"], &["10.1.0.0/16", "11.0.0.1"], false),
            (&["10.1.0.0/16"], &["10.0.0.0/8"], false),
            (&["0.0.0.0/0"], &["::1"], false),
            (&["10.0.0.1", "::1"], &["::1", "10.0.0.1"], true),
        ];
        for (maker, made, expected) in cases {
            let [maker, made] = [maker, made].map(|list| AllowedAddresses::parse(list).unwrap());
            assert_eq!(maker.cover(&made), expected, "{maker:?} {made:?}");
        }
    }

    #[test]
    fn addresses_are_kept_in_their_plain_form() {
        let given = [" 10.1.2.3/8", "::ffff:1.2.3.4", "::1", "::ffff:203.0.113.9/120", "::ffff:1.2.3.4/128", "::/0"];
        let parsed = AllowedAddresses::parse(&given).unwrap();
        assert_eq!(parsed.list(), ["10.0.0.0/8", "1.2.3.4", "::1", "203.0.113.0/24", "1.2.3.4", "::/0"]);
        for wrong in ["", "example.org", "10.0.0.0/33", "10.0.0", "1.2.3.4:80", "*", "::ffff:10.0.0.0/8", "::ffff:0:0/95"] {
            assert!(AllowedAddresses::parse(&[wrong]).unwrap_err().contains(&format!("{wrong:?}")), "{wrong}");
        }
        assert!(AllowedAddresses::parse(&["::1"; 51]).is_err());
    }

    #[test]
    fn a_token_has_a_role_or_scopes_and_the_least_by_default() {
        assert_eq!(scopes(None, None), Ok((Some(Role::Viewer), vec![Scope::Read])));
        assert_eq!(scopes(Some(Role::Admin), None), Ok((Some(Role::Admin), vec![Scope::All])));
        let own = vec![Scope::Audit, Scope::Read, Scope::Audit];
        assert_eq!(scopes(None, Some(own)), Ok((None, vec![Scope::Read, Scope::Audit])));
        assert!(scopes(None, Some(Vec::new())).is_err());
        assert!(scopes(Some(Role::Admin), Some(vec![Scope::Read])).is_err());
    }

    #[test]
    fn figures_out_of_range_are_named() {
        assert_eq!((days(None), grace_hours(None), rate_limit(None)), (Ok(90), Ok(24), Ok(None)));
        assert!(days(Some(0)).unwrap_err().contains("expires_days") && days(Some(3_651)).is_err());
        assert!(grace_hours(Some(721)).unwrap_err().contains("grace_period_hours") && grace_hours(Some(0)).is_ok());
        assert!(rate_limit(Some(0)).unwrap_err().contains("rate_limit"));
        assert_eq!(words("name", " ci ", 3), Ok("ci".to_owned()));
        assert!(words("name", "four", 3).is_err() && words("name", "a\nb", 3).is_err());
    }
}
