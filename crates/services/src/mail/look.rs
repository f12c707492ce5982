//! How sending mail goes, for admins.

use protocol::{Timestamp, server::MailTrial, timestamp::DAY_MS};

use super::trial;
use crate::{Cx, Error};

/// How far back failures are shown.
const SHOWN_MS: i64 = 7 * DAY_MS;
/// Failures that are counted.
const MOST: u64 = 1_000;

/// How sending mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Server and sender, without a password.
    pub server: String,
    /// Mails that wait, with when the oldest was written and what the server said of one of them.
    pub waiting: Option<(usize, Timestamp, String)>,
    /// Mails that did not arrive within seven days, with the last one's address and what was said of it.
    pub failed: Option<(usize, String, String)>,
    /// The last test mail, if there was one.
    pub trial: Option<MailTrial>,
}

/// Nothing when no mail is set up. Whoever calls has asked whether the actor may know.
pub async fn standing(cx: &Cx) -> Result<Option<Standing>, Error> {
    let Some(mailer) = &cx.mailer else { return Ok(None) };
    let (waiting, failed, trial) = {
        let tx = cx.store.read().await?;
        let since = cx.clock.now().plus_millis(-SHOWN_MS);
        (tx.mails().waiting().await?, tx.mails().failed_since(since, MOST).await?, trial::last(&tx).await?)
    };
    let problem = waiting.iter().map(|row| &row.problem).find(|problem| !problem.is_empty()).cloned().unwrap_or_default();
    Ok(Some(Standing {
        server: mailer.describe(),
        waiting: waiting.first().map(|oldest| (waiting.len(), oldest.created_at, problem)),
        failed: failed.first().map(|last| (failed.len(), last.recipient.clone(), last.problem.clone())),
        trial,
    }))
}
