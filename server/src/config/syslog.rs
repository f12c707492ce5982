//! Where the audit trail is sent on to.

use std::{net::IpAddr, path::PathBuf};

/// The authorities that this system believes, where Debian and Alpine have them.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A collector that takes RFC 5424.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyslogTarget {
    /// `host:port`; a datagram an entry (RFC 5426). What is lost on the way nobody learns of.
    Udp(String),
    /// `host:port`; each entry behind its length (RFC 6587, octet counting).
    Tcp(String),
    /// The same through TLS (RFC 5425); certificates count by the authorities of that file.
    Tls { address: String, authorities: PathBuf },
    /// A datagram socket of this machine, like `/dev/log`.
    Unix(PathBuf),
}

impl SyslogTarget {
    /// Reads `tls://HOST:PORT`, `tcp://HOST:PORT`, `udp://HOST:PORT` or `unix:/PATH`. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err("write it like unix:/dev/log".to_owned()) };
        }
        let (scheme, address) = text.split_once("://").unwrap_or_default();
        let is_address = address.rsplit_once(':').is_some_and(|(host, port)| {
            let is_plain = !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
            is_plain && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        match scheme {
            "udp" if is_address => Ok(Self::Udp(address.to_owned())),
            "tcp" if is_address => Ok(Self::Tcp(address.to_owned())),
            "tls" if is_address => Ok(Self::Tls { address: address.to_owned(), authorities: AUTHORITIES.into() }),
            _ => {
                Err("write it like tls://logs.example.org:6514, tcp://127.0.0.1:601, udp://127.0.0.1:514 or unix:/dev/log"
                    .to_owned())
            }
        }
    }

    /// The same, with certificates that count by the authorities of another file.
    #[must_use]
    pub fn with_authorities(self, file: Option<PathBuf>) -> Self {
        match (self, file) {
            (Self::Tls { address, .. }, Some(authorities)) => Self::Tls { address, authorities },
            (other, _) => other,
        }
    }

    /// Whether entries leave this machine in plain text.
    pub fn is_plain_abroad(&self) -> bool {
        let (Self::Udp(address) | Self::Tcp(address)) = self else { return false };
        let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host).trim_matches(['[', ']']);
        !host.eq_ignore_ascii_case("localhost") && !host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl std::fmt::Display for SyslogTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Udp(address) => write!(f, "udp://{address}"),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Tls { address, .. } => write!(f, "tls://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SyslogTarget;

    #[test]
    fn targets_are_read_and_written_alike_and_others_named() {
        for text in ["udp://127.0.0.1:514", "tcp://[::1]:601", "tls://logs.example.org:6514", "unix:/dev/log"] {
            assert_eq!(SyslogTarget::parse(text).map(|target| target.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "logs:514", "udp://logs", "tcp://logs:0", "tcp://:601", "http://logs:80", "unix:dev/log", "tcp://a/b:1"]
        {
            assert!(SyslogTarget::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_leaves_the_machine_in_plain_text_is_known() {
        let cases = [
            ("udp://127.0.0.1:514", false),
            ("tcp://localhost:601", false),
            ("tcp://[::1]:601", false),
            ("unix:/dev/log", false),
            ("tls://logs.example.org:6514", false),
            ("tcp://logs.example.org:601", true),
            ("udp://10.0.0.7:514", true),
            ("tcp://localhost.example.org:601", true),
            ("tcp://0.0.0.0:601", true),
        ];
        for (text, expected) in cases {
            assert_eq!(SyslogTarget::parse(text).unwrap().is_plain_abroad(), expected, "{text}");
        }
    }
}
