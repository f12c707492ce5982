//! A test mail: sent at once and past the queue to the admin who asks, so that what the mail server says can be told.

use std::time::Duration;

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    mail as rules,
    ports::mailer::Mail,
};
use protocol::{Timestamp, server::MailTrial};
use store::Tx;
use zeroize::Zeroizing;

use crate::{Cx, Error, audit::done};

/// The setting that holds how the last one went.
const LAST: &str = "mail_trial";
/// Less than a request may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two of them, in milliseconds: a mail server that gets one after the other takes the sender for a nuisance.
const PAUSE: i64 = 10_000;
/// What is known while one is on its way.
const UNANSWERED: &str = "the mail server has not answered yet";

/// Sends a test mail to the admin who asks, now and once: it is not tried again.
pub async fn try_out(cx: &Cx, actor: &Actor) -> Result<MailTrial, Error> {
    access::require(actor, Action::ReadSettings)?;
    let missing = || Error::Conflict("no mail is set up: start the server with --mail-url and --mail-from".to_owned());
    let mailer = cx.mailer.as_ref().ok_or_else(missing)?;
    let Actor::User { email, .. } = actor else {
        let text = "a test mail goes to the person who asks, and a token is none: \"loki mail test\" sends one to any address";
        return Err(Error::Invalid(text.to_owned()));
    };
    let (at, claim) = claim(cx, email).await?;
    let letter = rules::trial();
    let (id, to) = (cx.ids.uuid(), email.clone());
    let mail = Mail { id, to: to.clone(), subject: letter.subject, text: Zeroizing::new(letter.text), at };
    let problem = match tokio::time::timeout(PATIENCE, mailer.send(&mail)).await {
        Ok(sent) => sent.err().map(|error| rules::said(&error.to_string())),
        Err(_) => Some(format!("the server did not answer within {} seconds; the mail may still arrive", PATIENCE.as_secs())),
    };
    let trial = MailTrial { at, to, problem };
    let tx = cx.store.begin().await?;
    // Where another one was asked for meanwhile, that one is the last.
    tx.accounts().replace_setting(LAST, Some(&claim), &written(&trial)?).await?;
    let problem = trial.problem.as_deref().unwrap_or_default();
    let changes = Changes::default().field("to", "", &trial.to).field("problem", "", problem);
    tx.record(done(cx, actor, "test mail", id).with(changes));
    tx.commit().await?;
    Ok(trial)
}

/// Writes down that one is on its way, and since when. Of those who ask at the same time, one may.
async fn claim(cx: &Cx, to: &str) -> Result<(Timestamp, String), Error> {
    let too_soon = |left: i64| Error::TooMany { retry_after_seconds: left.unsigned_abs().div_ceil(1_000) };
    let tx = cx.store.begin().await?;
    let before = tx.accounts().setting(LAST).await?;
    // Asked behind that, the time is not before the last one's.
    let at = cx.clock.now();
    let left = before.as_deref().and_then(read).map_or(0, |trial| PAUSE - at.millis_since(trial.at));
    // A clock that was put back does not hold anybody up for longer.
    if (1..=PAUSE).contains(&left) {
        return Err(too_soon(left));
    }
    let claim = written(&MailTrial { at, to: to.to_owned(), problem: Some(UNANSWERED.to_owned()) })?;
    if !tx.accounts().replace_setting(LAST, before.as_deref(), &claim).await? {
        return Err(too_soon(PAUSE));
    }
    tx.commit().await?;
    Ok((at, claim))
}

/// How the last one went, if there was one.
pub(super) async fn last(tx: &Tx) -> Result<Option<MailTrial>, Error> {
    Ok(tx.accounts().setting(LAST).await?.as_deref().and_then(read))
}

fn read(text: &str) -> Option<MailTrial> {
    serde_json::from_str(text).ok()
}

fn written(trial: &MailTrial) -> Result<String, Error> {
    serde_json::to_string(trial).map_err(|error| Error::Internal(error.to_string()))
}
