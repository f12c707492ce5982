//! The way to the database: on another machine it goes through TLS, with a certificate that is checked, unless its address says
//! otherwise.

use std::{net::IpAddr, path::PathBuf};

use sea_orm::{
    DbErr,
    sqlx::{
        postgres::{PgConnectOptions, PgSslMode},
        sqlite::SqliteConnectOptions,
    },
};

use crate::StoreError;

/// How the way to a database is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It does not leave this machine.
    Local,
    /// TLS, and the server's certificate is checked with its name.
    Verified,
    /// TLS towards whoever answers: neither who signed the certificate nor for which name is checked in full.
    Unverified,
    /// In plain text, or so where the server has no TLS.
    Plain,
}

impl Way {
    /// What is wrong with it, and what to do.
    pub fn problem(self) -> Option<(&'static str, &'static str)> {
        let found = match self {
            Self::Local | Self::Verified => return None,
            Self::Unverified => "it is on another machine, and whose certificate it shows is not checked in full",
            Self::Plain => "it is on another machine, and what goes there and comes back may be in plain text",
        };
        let todo = "write sslmode=verify-full into its address, with sslrootcert=FILE for an authority of your own";
        Some((found, todo))
    }
}

/// The file that the database at `url` is; nothing where a server keeps it.
pub fn file(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite").then(|| url.parse::<SqliteConnectOptions>())?;
    options.ok().map(|options| options.get_filename().to_path_buf())
}

/// How the way to the database at `url` is protected. The error says why the address cannot be read.
pub fn way(url: &str) -> Result<Way, StoreError> {
    if url.starts_with("sqlite") {
        return Ok(Way::Local);
    }
    let options = url.parse::<PgConnectOptions>();
    let options = options.map_err(|error| DbErr::Custom(format!("its address cannot be read: {error}")))?;
    if is_local(&options) {
        return Ok(Way::Local);
    }
    Ok(match protected(options, says_how(url)).get_ssl_mode() {
        PgSslMode::VerifyFull => Way::Verified,
        PgSslMode::VerifyCa | PgSslMode::Require => Way::Unverified,
        PgSslMode::Prefer | PgSslMode::Allow | PgSslMode::Disable => Way::Plain,
    })
}

/// `options`, with the certificate checked where the database is on another machine and nothing was said.
pub(crate) fn protected(options: PgConnectOptions, says_how: SaysHow) -> PgConnectOptions {
    let unsaid = says_how == SaysHow::No && matches!(options.get_ssl_mode(), PgSslMode::Prefer);
    if unsaid && !is_local(&options) { options.ssl_mode(PgSslMode::VerifyFull) } else { options }
}

/// Whether an address says how the way is to be protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaysHow {
    Yes,
    No,
}

pub(crate) fn says_how(url: &str) -> SaysHow {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let says = query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, _)| matches!(name, "sslmode" | "ssl-mode"));
    if says { SaysHow::Yes } else { SaysHow::No }
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_matches(['[', ']']);
    let is_loopback = host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    // A host that is a path is the folder of a socket.
    is_loopback || host.starts_with('/') || options.get_socket().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_on_another_machine_shows_its_certificate_unless_its_address_says_otherwise() {
        let cases = [
            ("sqlite:///var/lib/loki/loki.db?mode=rwc", Way::Local),
            ("postgres://loki@localhost/loki", Way::Local),
            ("postgres://loki@127.0.0.1:5433/loki", Way::Local),
            ("postgres://loki@[::1]/loki", Way::Local),
            ("postgres://loki@localhost/loki?host=/run/postgresql", Way::Local),
            ("postgres://loki@%2Frun%2Fpostgresql/loki", Way::Local),
            ("postgres://loki@db.example.org/loki", Way::Verified),
            ("postgresql://loki@10.0.0.7/loki?application_name=sslmode", Way::Verified),
            ("postgres://loki@localhost/loki?host=db.example.org", Way::Verified),
            ("postgres://loki@db.example.org/loki?sslmode=verify-full", Way::Verified),
            ("postgres://loki@db.example.org/loki?sslmode=verify-ca", Way::Unverified),
            ("postgres://loki@db.example.org/loki?sslmode=require", Way::Unverified),
            ("postgres://loki@db.example.org/loki?application_name=a&ssl-mode=prefer", Way::Plain),
            ("postgres://loki@db.example.org/loki?sslmode=disable", Way::Plain),
        ];
        for (url, expected) in cases {
            assert_eq!(way(url).unwrap(), expected, "{url}");
        }
        assert!(way("postgres://loki@db.example.org/loki?sslmode=perhaps").is_err());
    }

    #[test]
    fn a_database_in_a_file_says_which() {
        for url in ["sqlite:///var/lib/loki/a%20b.db?mode=rwc", "sqlite:/var/lib/loki/a%20b.db"] {
            assert_eq!(file(url), Some(PathBuf::from("/var/lib/loki/a b.db")), "{url}");
        }
        assert_eq!(file("postgres://loki@localhost/loki"), None);
    }
}
