//! One run: what its page shows and what can be done to it.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::{
    EventSeq, Timestamp,
    runs::{Diff, LogEntry, RunView},
};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask, flash::Flash};

/// Everything that the page of a run shows, but its diff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPage {
    pub view: RunView,
    /// The server's clock when this was read.
    pub now: Timestamp,
    /// What links to this server begin with.
    pub server: String,
    pub may_control: bool,
    pub flash: Flash,
}

/// A part of the log from before what a page has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OlderLog {
    /// Oldest first.
    pub entries: Vec<LogEntry>,
    pub has_more: bool,
}

/// Bytes of the log that a page brings along; the rest is loaded when somebody asks for it.
#[cfg(feature = "ssr")]
const FIRST_BYTES: usize = 192 << 10;

/// One run as it stands.
#[server(name = ReadRun, prefix = "/ui", endpoint = "run", input = GetUrl)]
pub async fn run(id: String) -> Result<RunPage, UiError> {
    use domain::access::Action;

    use super::{asked, context};

    let (cx, actor) = context()?;
    let mut view = asked(services::runs::view(&cx, &actor, known(&id)?).await)?;
    let project = asked(services::projects::get(&cx, &actor, view.run.project_id).await)?;
    let may_control = services::projects::may(&actor, &project, Action::ControlRun);
    let left_out = newest(&mut view.log);
    view.log_has_more |= left_out;
    let server = super::public_url().to_string();
    Ok(RunPage { view, now: cx.clock.now(), server, may_control, flash: super::flash::take() })
}

/// What the run changed so far; nothing unless `wanted`, which is when its tab is open.
#[server(name = ReadRunDiff, prefix = "/ui", endpoint = "run_diff", input = GetUrl)]
pub async fn run_diff(id: String, wanted: bool) -> Result<Option<Diff>, UiError> {
    use super::{asked, context};

    if !wanted {
        return Ok(None);
    }
    let (cx, actor) = context()?;
    asked(services::runs::diff(&cx, &actor, known(&id)?).await).map(Some)
}

/// The log just before a position. Positions count the events of all runs, so what lies before is found by looking back
/// further and further.
#[server(name = ReadOlderLog, prefix = "/ui", endpoint = "run_log", input = GetUrl)]
pub async fn older_log(id: String, before: EventSeq) -> Result<OlderLog, UiError> {
    use super::{asked, context};

    const ENOUGH: usize = 200;
    let (cx, actor) = context()?;
    let id = known(&id)?;
    // Somebody else than the page may name any number.
    let newest = asked(services::events::last_seq(&cx).await)?;
    let (mut end, mut reach) = (before.min(newest.saturating_add(1)), 1_000);
    let mut entries = Vec::new();
    while end > 1 && entries.len() < ENOUGH {
        let start = (end - reach).max(1);
        let mut found = log_between(&cx, &actor, id, start, end).await?;
        found.append(&mut entries);
        entries = found;
        end = start;
        reach = reach.saturating_mul(4);
    }
    Ok(OlderLog { entries, has_more: end > 1 })
}

/// Asks for [`run`].
pub fn ask_run(id: &str) -> Ask<RunPage> {
    Ask::new("run", &[("id", id)], || run(id.to_owned()))
}

/// Asks for [`run_diff`].
pub fn ask_run_diff(id: &str, wanted: bool) -> Ask<Option<Diff>> {
    let word = if wanted { "true" } else { "false" };
    Ask::new("run_diff", &[("id", id), ("wanted", word)], || run_diff(id.to_owned(), wanted))
}

/// Asks for [`older_log`].
pub fn ask_older_log(id: &str, before: EventSeq) -> Ask<OlderLog> {
    Ask::new("run_log", &[("id", id), ("before", &before.to_string())], || older_log(id.to_owned(), before))
}

/// Pauses a run after its running step.
#[server(prefix = "/ui", endpoint = "pause_run")]
pub async fn pause_run(id: String, tab: String) -> Result<(), UiError> {
    let (cx, actor) = super::context()?;
    let id = known(&id)?;
    finished(services::runs::pause(&cx, &actor, id).await, id, &tab)
}

/// Goes on with a run that is paused or needs a person.
#[server(prefix = "/ui", endpoint = "resume_run")]
pub async fn resume_run(id: String, tab: String) -> Result<(), UiError> {
    let (cx, actor) = super::context()?;
    let id = known(&id)?;
    finished(services::runs::resume(&cx, &actor, id).await, id, &tab)
}

/// Ends a run in the middle of whatever it does.
#[server(prefix = "/ui", endpoint = "stop_run")]
pub async fn stop_run(id: String, #[server(default)] tab: String) -> Result<(), UiError> {
    let (cx, actor) = super::context()?;
    let id = known(&id)?;
    finished(services::runs::stop(&cx, &actor, id).await, id, &tab)
}

/// Starts a new run with the spec, agent and limits of one that is over, and goes to it.
#[server(prefix = "/ui", endpoint = "replay_run")]
pub async fn replay_run(id: String) -> Result<(), UiError> {
    use super::{asked, context, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = known(&id)?;
    match asked(services::runs::replay(&cx, &actor, id).await) {
        Ok(run) => {
            leptos_axum::redirect(&to::run(run.id));
            Ok(())
        }
        Err(error) => Err(refused(error, &to::run(id), Vec::new())),
    }
}

/// With script the page stays where it is; without, the browser goes back to its tab.
#[cfg(feature = "ssr")]
fn finished(result: Result<protocol::runs::Run, services::Error>, id: protocol::RunId, tab: &str) -> Result<(), UiError> {
    use super::{asked, flash::refused, server_side::wants_redirect};

    let page = crate::routes::to::run_tab(id, tab);
    match asked(result) {
        Ok(_) => {
            if wants_redirect() {
                leptos_axum::redirect(&page);
            }
            Ok(())
        }
        Err(error) => Err(refused(error, &page, Vec::new())),
    }
}

/// The id in an address; anything that is none names no run.
#[cfg(feature = "ssr")]
fn known(id: &str) -> Result<protocol::RunId, UiError> {
    super::id_of(id, "There is no such run.")
}

/// Keeps the newest pieces of a log; answers whether others went.
#[cfg(feature = "ssr")]
fn newest(log: &mut Vec<LogEntry>) -> bool {
    let mut bytes = 0;
    let kept = log.iter().rev().take_while(|entry| {
        bytes += entry.chunk.text.len();
        bytes <= FIRST_BYTES
    });
    let drop = log.len() - kept.count();
    // One piece stays, however long it is.
    let drop = drop.min(log.len().saturating_sub(1));
    log.drain(..drop);
    drop > 0
}

/// The pieces of a run's log at `start` or later and before `end`.
#[cfg(feature = "ssr")]
async fn log_between(
    cx: &services::Cx,
    actor: &domain::actor::Actor,
    id: protocol::RunId,
    start: EventSeq,
    end: EventSeq,
) -> Result<Vec<LogEntry>, UiError> {
    let mut entries = Vec::new();
    let mut after = Some((start - 1).to_string());
    while after.is_some() {
        let query = protocol::page::PageQuery { after, limit: Some(200) };
        let page = super::asked(services::runs::log(cx, actor, id, &query).await)?;
        let whole = page.entries.len();
        entries.extend(page.entries.into_iter().filter(|entry| entry.seq < end));
        let reached = whole == 0 || entries.last().is_some_and(|entry| entry.seq + 1 >= end);
        after = page.next.filter(|next| !reached && next.parse::<EventSeq>().is_ok_and(|next| next < end));
    }
    Ok(entries)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use protocol::runs::{LogChunk, LogKind};

    use super::*;

    fn entry(seq: EventSeq, bytes: usize) -> LogEntry {
        let chunk = LogChunk { iteration: 1, step: None, kind: LogKind::Output, text: "x".repeat(bytes) };
        LogEntry { seq, at: Timestamp::from_millis(0), chunk }
    }

    #[test]
    fn a_page_brings_the_newest_part_of_a_long_log() {
        let mut log = vec![entry(1, 100 << 10), entry(2, 100 << 10), entry(3, 50 << 10)];

        assert!(newest(&mut log));
        assert_eq!(log.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [2, 3]);
        assert!(!newest(&mut log));
    }

    #[test]
    fn one_piece_stays_however_long_it_is() {
        let mut log = vec![entry(1, 10), entry(2, 900 << 10)];

        assert!(newest(&mut log));
        assert_eq!(log.len(), 1);
        assert!(!newest(&mut Vec::new()));
    }
}
