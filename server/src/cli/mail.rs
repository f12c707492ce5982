//! `loki mail`: whether mail arrives.

use clap::Subcommand;
use domain::{
    mail::{said, trial},
    ports::{
        clock::{Clock as _, Ids as _},
        mailer::{Mail, Mailer as _},
    },
};
use mail::Smtp;
use zeroize::Zeroizing;

use super::{Exit, Failure, print};
use crate::{
    config::mail::{MailArgs, MailConfig},
    wiring::clock::{SystemClock, SystemIds},
};

#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    /// Send a mail, to see whether it arrives
    Test {
        #[command(flatten)]
        mail: MailArgs,
        /// Whom it is for
        #[arg(long, value_name = "EMAIL")]
        to: String,
    },
}

pub(super) async fn run(command: MailCommand) -> Result<Exit, Failure> {
    let MailCommand::Test { mail, to } = command;
    let config = MailConfig::new(mail).map_err(Failure)?;
    let config = config.ok_or_else(|| {
        Failure("no mail is set up: name the server with --mail-url and the sender with --mail-from".to_owned())
    })?;
    let to = domain::sign_in::email(&to)
        .ok_or_else(|| Failure("--to is no email address; it looks like name@example.org".to_owned()))?;
    let smtp = Smtp::new(&config.server, &config.from).map_err(Failure)?;
    let letter = trial();
    let mail =
        Mail { id: SystemIds.uuid(), to, subject: letter.subject, text: Zeroizing::new(letter.text), at: SystemClock.now() };
    match smtp.send(&mail).await {
        Ok(()) => {
            print::note(&format!("{} took the mail to {}: look whether it arrives", smtp.describe(), mail.to));
            Ok(Exit::Done)
        }
        Err(error) => Err(Failure(format!("{} did not take the mail: {}", smtp.describe(), said(&error.to_string())))),
    }
}
