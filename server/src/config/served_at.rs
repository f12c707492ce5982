//! What admins may read of the set-up on their pages.

use protocol::server::{Setting, SettingGroup as Group};
use services::server::{Database, ServedAt, line};

use super::{Config, LogFormat, hosts::Transport, syslog::SyslogTarget};

impl Config {
    /// What of it admins may read on their pages.
    pub fn served_at(&self) -> ServedAt {
        let postgres = self.data.database_url.starts_with("postgres");
        ServedAt {
            listen: Some(self.listen),
            public_url: self.public_url.clone(),
            tls: self.transport == Transport::Tls,
            proxies: self.trusted_proxies.list(),
            database: if postgres { Database::Postgres } else { Database::Sqlite },
            audit_days: self.audit_days,
            limits: self.limits,
            sign_in_file: self.data.sign_in_path().display().to_string(),
            others: self.others(),
        }
    }

    /// What no use case asks for. Of keys only where they are.
    fn others(&self) -> Vec<Setting> {
        let data = &self.data;
        let listed = |hosts: &[String]| if hosts.is_empty() { "none".to_owned() } else { hosts.join(", ") };
        let sent_on = self.audit_syslog.as_ref().map_or_else(|| "nowhere".to_owned(), ToString::to_string);
        let authorities = self.audit_syslog.as_ref().and_then(SyslogTarget::authorities);
        let authorities = authorities.map_or_else(|| "not asked: no tls://".to_owned(), |file| file.display().to_string());
        let plain = if self.audit_syslog_plain { "to other machines too" } else { "on this machine only" };
        let signed = self.signing_key.as_ref().map_or_else(|| "with no key".to_owned(), |file| file.display().to_string());
        let breaches = if data.breached_passwords_url.is_some() { "yes" } else { "no" };
        let log = match self.log_format {
            LogFormat::Text => "as text",
            LogFormat::Json => "as JSON",
        };
        vec![
            line(Group::Reach, "Other names of this server", listed(&self.allow_host), "--allow-host, LOKI_ALLOW_HOST"),
            line(
                Group::Reach,
                "Requests a minute, and sockets at the same time",
                self.limits.to_string(),
                "--limits, LOKI_LIMITS",
            ),
            line(Group::Server, "The log on standard error is written", log, "--log-format, LOKI_LOG_FORMAT"),
            line(Group::Audit, "Audit trail is sent on to", sent_on, "--audit-syslog, LOKI_AUDIT_SYSLOG"),
            line(Group::Audit, "Its collector's certificate counts by", authorities, "--audit-syslog-ca, LOKI_AUDIT_SYSLOG_CA"),
            line(Group::Audit, "It may be sent in plain text", plain, "--audit-syslog-plain, LOKI_AUDIT_SYSLOG_PLAIN"),
            line(
                Group::Audit,
                "Audit checkpoints are signed with",
                data.audit_key_file.display().to_string(),
                "--audit-key-file",
            ),
            line(
                Group::Projects,
                "Own hosts that may be cloned from",
                listed(&self.clone_hosts),
                "--allow-clone-from, LOKI_ALLOW_CLONE_FROM",
            ),
            line(Group::Projects, "Commits are signed", signed, "--commit-signing-key, LOKI_COMMIT_SIGNING_KEY"),
            line(
                Group::Keys,
                "Providers to sign in with",
                data.sign_in_path().display().to_string(),
                "--sign-in-file, LOKI_SIGN_IN_FILE",
            ),
            line(Group::Keys, "New passwords are looked up in breaches", breaches, "--breached-passwords-url"),
            line(
                Group::Keys,
                "Secrets are sealed with",
                data.vault_keys.place(),
                "--vault-key-file, LOKI_VAULT_KEY_FILE, LOKI_VAULT_KEY",
            ),
            line(Group::Keys, "Access tokens are signed with", data.access_keys_file.display().to_string(), "--access-keys-file"),
        ]
    }
}
