//! Sending what is due: one mail after the other, each under a lease, so that of several servers one sends it. A mail that the
//! server took while we ended is sent once more, under the same id.

use domain::{
    actor::Actor,
    audit::Changes,
    mail::{self as rules, Letter, State},
    ports::mailer::{Mail, MailError, Mailer},
    vault::Binding,
};
use protocol::timestamp::DAY_MS;
use store::MailRow;
use zeroize::Zeroizing;

use crate::{Cx, Error, accounts, audit::done};

/// The right to send a mail lasts longer than any attempt.
const LEASE_MS: i64 = 5 * 60 * 1_000;
/// For so long it is known what became of a mail.
const KEPT_MS: i64 = 7 * DAY_MS;

/// Makes due again what this server was sending when it ended.
pub async fn take_back(cx: &Cx) -> Result<(), Error> {
    let now = cx.clock.now();
    let tx = cx.store.begin().await?;
    tx.mails().release(&cx.settings.instance, now).await?;
    Ok(tx.commit().await?)
}

/// Forgets what became of mails long ago.
pub async fn forget(cx: &Cx) -> Result<(), Error> {
    let tx = cx.store.begin().await?;
    tx.mails().forget(cx.clock.now().plus_millis(-KEPT_MS)).await?;
    Ok(tx.commit().await?)
}

/// Does one thing of what there is to do; false when there is nothing.
pub async fn step(cx: &Cx) -> Result<bool, Error> {
    let now = cx.clock.now();
    let (over, asked, due) = {
        let tx = cx.store.read().await?;
        let mails = tx.mails();
        (mails.overdue(now).await?, mails.asked().await?, mails.due(now).await?)
    };
    if let Some(row) = over {
        if row.state == State::Asked {
            // Nobody knows whose it is, so there is nothing to tell.
            let tx = cx.store.begin().await?;
            tx.mails().take_asked(row.id).await?;
            tx.commit().await?;
            return Ok(true);
        }
        let problem = if row.problem.is_empty() { "there was no time to send it" } else { &row.problem };
        end(cx, &row, row.attempts, (State::GivenUp, problem)).await?;
        return Ok(true);
    }
    let Some(mailer) = &cx.mailer else { return Ok(false) };
    if let Some(row) = asked {
        accounts::answer_forgotten(cx, &row).await?;
        return Ok(true);
    }
    match due {
        Some(row) => deliver(cx, &**mailer, row).await.map(|()| true),
        None => Ok(false),
    }
}

async fn deliver(cx: &Cx, mailer: &dyn Mailer, row: MailRow) -> Result<(), Error> {
    {
        let tx = cx.store.begin().await?;
        if !tx.mails().claim(&row, &cx.settings.instance, cx.clock.now().plus_millis(LEASE_MS)).await? {
            return Ok(());
        }
        tx.commit().await?;
    }
    let attempt = row.attempts.saturating_add(1);
    let sent = match open(cx, &row) {
        Ok(mail) => mailer.send(&mail).await,
        Err(problem) => Err(MailError::Later(problem)),
    };
    match sent {
        Ok(()) => end(cx, &row, attempt, (State::Sent, "")).await,
        Err(MailError::Refused(problem)) => {
            tracing::warn!(mail = %row.id, problem, "a mail was refused");
            end(cx, &row, attempt, (State::Refused, &problem)).await
        }
        Err(MailError::Later(problem)) => {
            if attempt == 1 {
                tracing::warn!(mail = %row.id, problem, "a mail could not be sent; it is tried again");
            }
            let tx = cx.store.begin().await?;
            let until = cx.clock.now().plus_millis(rules::pause_ms(attempt));
            tx.mails().put_off(row.id, attempt, (until, &problem)).await?;
            Ok(tx.commit().await?)
        }
    }
}

/// The mail as it goes out; the error says why it cannot be read.
fn open(cx: &Cx, row: &MailRow) -> Result<Mail, String> {
    let ring = cx.keys.load()?;
    let lost = || "it cannot be opened: the vault's master key that it was sealed with is not here".to_owned();
    let sealed = row.letter.as_ref().ok_or_else(lost)?;
    let key = ring.find(&sealed.master).ok_or_else(lost)?;
    let whole = key.open(&Binding::mail(row.id), sealed).map_err(|_| "it does not open: it was altered".to_owned())?;
    let letter = Letter::read(&whole).ok_or_else(lost)?;
    Ok(Mail {
        id: row.id,
        to: row.recipient.clone(),
        subject: letter.subject,
        text: Zeroizing::new(letter.text),
        at: row.created_at,
    })
}

async fn end(cx: &Cx, row: &MailRow, attempt: u32, (state, problem): (State, &str)) -> Result<(), Error> {
    let tx = cx.store.begin().await?;
    if !tx.mails().end(row.id, attempt, state, (cx.clock.now(), problem)).await? {
        return Ok(());
    }
    let what = match state {
        State::Sent => "send mail",
        State::Refused => "refuse mail",
        State::Asked | State::Waiting | State::GivenUp => "give_up mail",
    };
    let changes = Changes::default().field("kind", "", row.kind.as_str()).field("to", "", &row.recipient);
    let changes = changes.field("problem", "", problem);
    tx.record(done(cx, &Actor::Automation, what, row.id).with(changes));
    Ok(tx.commit().await?)
}
