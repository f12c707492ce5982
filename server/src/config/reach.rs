//! What admins may read of the set-up on their pages.

use services::server::{Database, Reach};

use super::Config;

impl Config {
    /// What of it admins may read on their pages.
    pub fn reach(&self) -> Reach {
        let postgres = self.data.database_url.starts_with("postgres");
        Reach {
            listen: Some(self.listen),
            public_url: self.public_url.clone(),
            tls: self.tls,
            proxies: self.trusted_proxies.list(),
            database: if postgres { Database::Postgres } else { Database::Sqlite },
            audit_days: self.audit_days,
            limits: self.limits,
            sign_in_file: self.data.sign_in_path().display().to_string(),
        }
    }
}
