//! A test mail: sent at once and past the queue to the admin who asks, so that what the mail server says can be told.

use std::time::Duration;

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    mail as rules,
    ports::mailer::Mail,
};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::Tx;
use zeroize::Zeroizing;

use crate::{Cx, Error, audit::record_changes};

/// The setting that holds how the last one went.
const LAST: &str = "mail_trial";
/// Less than a request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two of them, in milliseconds: a mail server that gets one after the other takes the sender for a nuisance.
const PAUSE: i64 = 10_000;

/// How the last test mail went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub at: Timestamp,
    /// The admin's e-mail address.
    pub to: String,
    /// What the server or the way to it said; absent when the server took the mail.
    pub problem: Option<String>,
}

/// Sends a test mail to the admin who asks, now and once: it is not tried again.
pub async fn try_out(cx: &Cx, actor: &Actor) -> Result<Trial, Error> {
    access::require(actor, Action::ReadSettings)?;
    let missing = || Error::Conflict("no mail is set up: start the server with --mail-url and --mail-from".to_owned());
    let mailer = cx.mailer.as_ref().ok_or_else(missing)?;
    let Actor::User { email, .. } = actor else {
        let text = "a test mail goes to the person who asks, and a token is none: \"loki mail test\" sends one to any address";
        return Err(Error::Invalid(text.to_owned()));
    };
    let at = cx.clock.now();
    let before = last(&cx.store.read().await?).await?;
    let left = before.map_or(0, |trial| trial.at.millis() + PAUSE - at.millis());
    // A clock that was put back does not hold anybody up for longer.
    if (1..=PAUSE).contains(&left) {
        return Err(Error::TooMany { retry_after_seconds: left.unsigned_abs().div_ceil(1_000) });
    }
    let letter = rules::trial();
    let (id, to) = (cx.ids.uuid(), email.clone());
    let mail = Mail { id, to: to.clone(), subject: letter.subject, text: Zeroizing::new(letter.text), at };
    let problem = match tokio::time::timeout(PATIENCE, mailer.send(&mail)).await {
        Ok(sent) => sent.err().map(|error| rules::said(&error.to_string())),
        Err(_) => Some(format!("the server did not answer within {} seconds; the mail may still arrive", PATIENCE.as_secs())),
    };
    let trial = Trial { at, to, problem };
    let text = serde_json::to_string(&trial).map_err(|error| Error::Internal(error.to_string()))?;
    let tx = cx.store.begin().await?;
    tx.accounts().set_setting(LAST, &text).await?;
    let problem = trial.problem.as_deref().unwrap_or_default();
    let changes = Changes::default().field("to", "", &trial.to).field("problem", "", problem);
    record_changes(cx, &tx, actor, ("test mail", id), changes).await?;
    tx.commit().await?;
    Ok(trial)
}

/// How the last one went, if there was one.
pub(super) async fn last(tx: &Tx) -> Result<Option<Trial>, Error> {
    Ok(tx.accounts().setting(LAST).await?.and_then(|text| serde_json::from_str(&text).ok()))
}
