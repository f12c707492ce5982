//! Where the audit trail is sent on to.

use std::path::PathBuf;

/// A collector that takes RFC 5424.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyslogTarget {
    /// `host:port`; a datagram an entry (RFC 5426). What is lost on the way nobody learns of.
    Udp(String),
    /// `host:port`; each entry behind its length (RFC 6587, octet counting).
    Tcp(String),
    /// A datagram socket of this machine, like `/dev/log`.
    Unix(PathBuf),
}

impl SyslogTarget {
    /// Reads `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:/PATH`. The error says what is wrong.
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
            _ => Err("write it like udp://logs.example.org:514, tcp://logs.example.org:601 or unix:/dev/log".to_owned()),
        }
    }
}

impl std::fmt::Display for SyslogTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Udp(address) => write!(f, "udp://{address}"),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SyslogTarget;

    #[test]
    fn targets_are_read_and_written_alike_and_others_named() {
        for text in ["udp://127.0.0.1:514", "tcp://[::1]:601", "tcp://logs.example.org:6514", "unix:/dev/log"] {
            assert_eq!(SyslogTarget::parse(text).map(|target| target.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "logs:514", "udp://logs", "tcp://logs:0", "tcp://:601", "http://logs:80", "unix:dev/log", "tcp://a/b:1"]
        {
            assert!(SyslogTarget::parse(text).is_err(), "{text}");
        }
    }
}
