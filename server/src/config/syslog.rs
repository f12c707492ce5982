//! Where the audit trail is sent on to.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Where systems keep the authorities that they believe, in the order in which they are looked for.
const USUAL: [&str; 5] = [
    // Debian, Ubuntu, Alpine, Arch
    "/etc/ssl/certs/ca-certificates.crt",
    // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    // openSUSE
    "/etc/ssl/ca-bundle.pem",
    // macOS, the BSDs
    "/etc/ssl/cert.pem",
];

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
            "tls" if is_address => Ok(Self::Tls { address: address.to_owned(), authorities: USUAL[0].into() }),
            _ => {
                Err("write it like tls://logs.example.org:6514, tcp://127.0.0.1:601, udp://127.0.0.1:514 or unix:/dev/log"
                    .to_owned())
            }
        }
    }

    /// The same, with certificates that count by the authorities of that file, or of the first of the usual ones that has
    /// some. The error says what to do.
    pub fn with_authorities(self, file: Option<PathBuf>) -> Result<Self, String> {
        match self {
            Self::Tls { address, .. } => Ok(Self::Tls { address, authorities: choose(file, &USUAL)? }),
            other => Ok(other),
        }
    }

    /// The file of the authorities by which certificates count, where there are any.
    pub fn authorities(&self) -> Option<&Path> {
        match self {
            Self::Tls { authorities, .. } => Some(authorities),
            Self::Udp(_) | Self::Tcp(_) | Self::Unix(_) => None,
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

fn choose(file: Option<PathBuf>, usual: &[&str]) -> Result<PathBuf, String> {
    if let Some(file) = file {
        return read_authorities(&file).map(|_| file);
    }
    let found = usual.iter().map(PathBuf::from).find(|file| read_authorities(file).is_ok());
    found.ok_or_else(|| {
        format!(
            "--audit-syslog: none of {} holds authorities that a collector's certificate could count by; install the system's, or \
             name a file of them in PEM with --audit-syslog-ca",
            usual.join(", ")
        )
    })
}

/// The authorities in a file of PEM, at least one. The error says what to do.
pub fn read_authorities(file: &Path) -> Result<RootCertStore, String> {
    let unreadable =
        |why: &dyn std::fmt::Display| format!("--audit-syslog-ca {}: {why}; name a file of certificates in PEM", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
        // A system's bundle may hold one that is too odd to count.
        let _ = roots.add(certificate.map_err(|error| unreadable(&error))?);
    }
    if roots.is_empty() { Err(unreadable(&"there is no authority in it")) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::{SyslogTarget, choose};

    #[test]
    fn authorities_that_are_not_there_are_missed_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let (missing, empty) = (folder.path().join("missing.pem"), folder.path().join("empty.pem"));
        std::fs::write(&empty, "nothing\n").unwrap();
        for file in [&missing, &empty] {
            let problem = choose(Some(file.clone()), &[]).unwrap_err();
            assert!(problem.contains("--audit-syslog-ca") && problem.contains(file.to_str().unwrap()), "{problem}");
        }
        let usual = [missing.to_str().unwrap(), empty.to_str().unwrap()];
        let problem = choose(None, &usual).unwrap_err();
        assert!(problem.contains("--audit-syslog-ca") && usual.iter().all(|file| problem.contains(file)), "{problem}");
        // Nobody needs them on other ways.
        let plain = SyslogTarget::Unix("/dev/log".into());
        assert_eq!(plain.clone().with_authorities(Some(missing)), Ok(plain));
    }

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
