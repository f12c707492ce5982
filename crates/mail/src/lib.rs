//! Mail over SMTP: behind the port `Mailer`, one connection for each mail. The only place that knows the mail library.

mod set_up;

pub use set_up::{Security, Sender, Server};

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use domain::{
    errors::explain,
    mail::said,
    ports::mailer::{Mail, MailError, Mailer},
};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
    transport::smtp::{
        Error as SmtpError,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use tokio::time::timeout;

/// A server that needs longer for one mail is asked again later. Servers may look a mail over for a while before they take it,
/// and whoever hangs up then gets it delivered twice.
const PATIENCE: Duration = Duration::from_mins(2);

/// Characters of a subject; longer lines than 998 bytes are no mail (RFC 5322, 2.1.1).
const LONGEST_SUBJECT: usize = 200;

/// A server that takes mail for delivery.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Sender,
    described: String,
    patience: Duration,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("server", &self.described).finish_non_exhaustive()
    }
}

impl Smtp {
    /// For that server; nothing is connected yet. The error says why there can be no TLS.
    pub fn new(server: &Server, from: &Sender) -> Result<Self, String> {
        let parameters =
            || TlsParameters::new(server.host.clone()).map_err(|error| format!("TLS towards the mail server: {error}"));
        let tls = match server.security {
            Security::Tls => Tls::Wrapper(parameters()?),
            // A server that does not offer it, or somebody between who takes the offer away, gets nothing.
            Security::StartTls => Tls::Required(parameters()?),
            Security::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let Some((account, password)) = &server.account {
            builder = builder.credentials(Credentials::new(account.clone(), password.to_string()));
        }
        let described = format!("{server}, from {from}");
        Ok(Self { transport: builder.build(), from: from.clone(), described, patience: PATIENCE })
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn message(&self, mail: &Mail, to: Address) -> Result<Message, String> {
        let id = format!("<{}@{}>", mail.id, self.from.0.email.domain());
        let millis = u64::try_from(mail.at.millis()).unwrap_or(0);
        Message::builder()
            .message_id(Some(id))
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
            .from(self.from.0.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&mail.subject))
            .header(AutoSubmitted)
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.to_string())
            .map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let to: Address = mail.to.parse().map_err(|_| MailError::Refused("no mail can be sent to this address".to_owned()))?;
        let is_plain = mail.to.is_ascii();
        let message = self.message(mail, to).map_err(MailError::Refused)?;
        match timeout(self.patience, self.transport.send(message)).await {
            Err(_) => Err(MailError::Later(self.too_slow())),
            Ok(Err(error)) if is_for_good(&error) || (error.is_client() && !is_plain) => Err(MailError::Refused(words(&error))),
            Ok(Err(error)) => Err(MailError::Later(words(&error))),
            Ok(Ok(_)) => Ok(()),
        }
    }

    async fn probe(&self) -> Result<(), String> {
        match timeout(self.patience.min(Duration::from_secs(15)), self.transport.test_connection()).await {
            Err(_) => Err(self.too_slow()),
            Ok(Err(error)) => Err(words(&error)),
            Ok(Ok(false)) => Err("the server does not answer as a mail server does".to_owned()),
            Ok(Ok(true)) => Ok(()),
        }
    }

    fn describe(&self) -> String {
        self.described.clone()
    }
}

impl Smtp {
    fn too_slow(&self) -> String {
        format!("the server did not answer within {} seconds", self.patience.as_secs())
    }
}

/// Whether the server would refuse the same mail again. What it says of our account is the set-up's fault, and can be mended
/// while the mail waits.
fn is_for_good(error: &SmtpError) -> bool {
    let code = error.status().map(u16::from);
    error.is_permanent() && !matches!(code, Some(500..=504 | 530 | 534 | 535 | 538))
}

/// What the server said, or what failed, as it may be kept.
fn words(error: &SmtpError) -> String {
    said(&explain(error))
}

/// The library encodes line ends in a header; without them there is nothing to encode. A word without end it cannot fold.
fn one_line(text: &str) -> String {
    text.chars().take(LONGEST_SUBJECT).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// RFC 3834: written by a machine, so that no machine answers.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests;
