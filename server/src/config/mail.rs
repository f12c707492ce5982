//! Which server takes the mail, and where its password is.

use std::path::PathBuf;

use clap::Args;
use mail::{Sender, Server};
use zeroize::Zeroizing;

/// Longer files hold no password.
const LONGEST: u64 = 4096;

/// How mail is sent; nothing is when no server is named.
#[derive(Args, Clone, Debug, Default)]
pub struct MailArgs {
    /// The server that takes mail: `smtps://ACCOUNT@HOST:465` with TLS, `smtp://ACCOUNT@HOST:587` with STARTTLS,
    /// `smtp://127.0.0.1:25` without, on this machine alone
    #[arg(long, env = "LOKI_MAIL_URL", value_name = "URL", hide_env_values = true)]
    pub mail_url: Option<String>,
    /// Whom mail is from, like `Loki <loki@example.org>`
    #[arg(long, env = "LOKI_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// A file with the password of the account at the mail server
    #[arg(long, env = "LOKI_MAIL_PASSWORD_FILE", value_name = "FILE")]
    pub mail_password_file: Option<PathBuf>,
}

/// A mail server and whom mail is from, checked.
#[derive(Clone, Debug)]
pub struct MailConfig {
    pub server: Server,
    pub from: Sender,
}

impl MailConfig {
    /// Nothing when no server is named. The error says what to do; it repeats neither address nor password.
    pub fn new(args: MailArgs) -> Result<Option<Self>, String> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let Some(url) = given(args.mail_url).map(Zeroizing::new) else {
            return match (given(args.mail_from), args.mail_password_file) {
                (None, None) => Ok(None),
                _ => {
                    Err("--mail-from and --mail-password-file go with --mail-url: name the mail server, or leave them out"
                        .to_owned())
                }
            };
        };
        let mut server = Server::parse(&url).map_err(|problem| format!("--mail-url: {problem}"))?;
        let from = given(args.mail_from);
        let from = from.ok_or("--mail-from is needed with --mail-url: say whom mail is from, like Loki <loki@example.org>")?;
        let from = Sender::parse(&from).map_err(|problem| format!("--mail-from: {problem}"))?;
        let wants = server.wants_password();
        match (&mut server.account, args.mail_password_file) {
            (Some((_, password)), Some(file)) if wants => *password = read(&file)?,
            (Some(_), Some(_)) => {
                return Err("--mail-url and --mail-password-file both give a password: leave one of them out".to_owned());
            }
            (None, Some(_)) => {
                return Err(
                    "--mail-password-file needs the account in --mail-url, like smtps://account@mail.example.org".to_owned()
                );
            }
            (Some(_), None) if wants => {
                return Err(
                    "--mail-url names an account without its password: give a file with it as --mail-password-file".to_owned()
                );
            }
            (_, None) => {}
        }
        Ok(Some(Self { server, from }))
    }
}

fn read(file: &std::path::Path) -> Result<Zeroizing<String>, String> {
    let wrong = |why: &str| format!("--mail-password-file {}: {why}", file.display());
    let length = std::fs::metadata(file).map_err(|error| wrong(&error.to_string()))?.len();
    if length > LONGEST {
        return Err(wrong("it is too long for a password"));
    }
    let text = Zeroizing::new(std::fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.chars().any(char::is_control) {
        return Err(wrong("it must hold the password on one line"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: &str, from: &str, file: Option<PathBuf>) -> MailArgs {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        MailArgs { mail_url: given(url), mail_from: given(from), mail_password_file: file }
    }

    #[test]
    fn a_server_needs_a_sender_and_an_account_its_password_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "hunter22 hunter22\r\n").unwrap();
        let (from, with) = ("loki@example.org", "smtps://loki@mail.example.org");
        let password = |args| MailConfig::new(args).unwrap().unwrap().server.account.map(|(_, password)| password.to_string());

        assert!(MailConfig::new(args("", "", None)).unwrap().is_none());
        assert_eq!(password(args("smtp://127.0.0.1:25", from, None)), None);
        assert_eq!(password(args(with, from, Some(file.clone()))).as_deref(), Some("hunter22 hunter22"));
        assert_eq!(password(args("smtps://loki:secret@mail.example.org", from, None)).as_deref(), Some("secret"));
        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        std::fs::write(folder.path().join("lines"), "one\ntwo\n").unwrap();
        for (wrong, word) in [
            (args("", from, None), "--mail-url"),
            (args("", "", Some(file.clone())), "--mail-url"),
            (args("http://a", from, None), "smtps://"),
            (args("smtp://127.0.0.1", "", None), "--mail-from"),
            (args("smtp://127.0.0.1", "nobody", None), "--mail-from"),
            (args(with, from, None), "--mail-password-file"),
            (args("smtps://loki:secret@a.example", from, Some(file.clone())), "one of them"),
            (args("smtp://127.0.0.1", from, Some(file)), "account"),
            (args(with, from, Some(folder.path().join("gone"))), "gone"),
            (args(with, from, Some(folder.path().join("empty"))), "one line"),
            (args(with, from, Some(folder.path().join("lines"))), "one line"),
        ] {
            let problem = MailConfig::new(wrong).unwrap_err();
            assert!(problem.contains(word) && !problem.contains("secret") && !problem.contains("hunter22"), "{problem}");
        }
    }
}
