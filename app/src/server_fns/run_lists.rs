//! Lists of runs: what needs a person, what works, what was done.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::runs::Run;
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask};

/// What the home page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HomePage {
    /// Runs that a person has to look at: they need one, or ended without being verified and nobody went on from there.
    pub waiting: Vec<Run>,
    /// Other runs that are not over.
    pub running: Vec<Run>,
    /// The newest of the other runs that are over.
    pub recent: Vec<Run>,
    /// Whether there is any project.
    pub any_project: bool,
    pub may_write: bool,
}

/// Runs that are sorted at most: as many of the newest as can be read at once.
#[cfg(feature = "ssr")]
const SORTED: u32 = 200;
/// What a page says that sorted so many while there are older ones.
pub const SORTED_NOTE: &str = "The newest 200 runs, sorted.";

/// A page of runs; sorted, `next` only tells that there are older ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunsPage {
    pub runs: Vec<Run>,
    pub next: Option<String>,
}

/// What needs a person, what works and what was done last.
#[server(name = ReadHome, prefix = "/ui", endpoint = "home", input = GetUrl)]
pub async fn home() -> Result<HomePage, UiError> {
    use domain::access::{Action, may};

    use super::{asked, context};

    let (cx, actor) = context()?;
    let Apart { waiting, running, recent } = apart(&cx, &actor).await?;
    let one = protocol::page::PageQuery { after: None, limit: Some(1) };
    let projects = asked(services::projects::list(&cx, &actor, None, &one).await)?;
    let any_project = !projects.items.is_empty();
    Ok(HomePage { waiting, running, recent, any_project, may_write: may(&actor, Action::WriteProject) })
}

/// How many runs need a person, as [`home`] lists them.
#[server(name = ReadInbox, prefix = "/ui", endpoint = "inbox", input = GetUrl)]
pub async fn inbox() -> Result<u32, UiError> {
    let (cx, actor) = super::context()?;
    Ok(u32::try_from(apart(&cx, &actor).await?.waiting.len()).unwrap_or(u32::MAX))
}

/// Runs, apart by what they ask for.
#[cfg(feature = "ssr")]
struct Apart {
    waiting: Vec<Run>,
    running: Vec<Run>,
    recent: Vec<Run>,
}

#[cfg(feature = "ssr")]
async fn apart(cx: &services::Cx, actor: &domain::actor::Actor) -> Result<Apart, UiError> {
    use protocol::{Timestamp, page::PageQuery};
    use services::runs::RunFilter;

    use super::asked;

    let query = |limit| PageQuery { after: None, limit: Some(limit) };
    let now = cx.clock.now();
    let today = Some(Timestamp::from_millis(now.millis() - DAY));
    let (any, active) = (RunFilter::default(), RunFilter { active: true, ..RunFilter::default() });
    let ended = RunFilter { ended_since: today, ..RunFilter::default() };
    let active = asked(services::runs::list(cx, actor, active, &query(100)).await)?.items;
    let ended = asked(services::runs::list(cx, actor, ended, &query(200)).await)?.items;
    let newest = asked(services::runs::list(cx, actor, any, &query(30)).await)?.items;
    // Where a project has gone on since, the newer run works, ended today as well, or is one of the newest.
    let known: Vec<Run> = [&active, &ended, &newest].into_iter().flatten().cloned().collect();
    let (mut waiting, running): (Vec<Run>, Vec<Run>) = active.into_iter().partition(|run| waits(run, &known, now));
    waiting.extend(ended.into_iter().filter(|run| run.status.is_over() && waits(run, &known, now)));
    let recent = newest.into_iter().filter(|run| run.status.is_over() && !waits(run, &known, now));
    Ok(Apart { waiting, running, recent: recent.take(10).collect() })
}

/// How long a run waits for somebody that ended without being verified, in milliseconds.
#[cfg(feature = "ssr")]
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Whether a run waits for somebody. Nobody notes who has read what, so a run that ended without being verified does so for a
/// day, or until its project has a newer one among `known`.
#[cfg(feature = "ssr")]
fn waits(run: &Run, known: &[Run], now: protocol::Timestamp) -> bool {
    use protocol::runs::{RunStatus, Verdict};

    let unverified = match run.status {
        RunStatus::NeedsYou => return true,
        RunStatus::Finished => !matches!(run.verdict, Some(Verdict::Verified | Verdict::VerifiedWithGaps)),
        RunStatus::Failed => true,
        RunStatus::Queued
        | RunStatus::Preparing
        | RunStatus::Working
        | RunStatus::Verifying
        | RunStatus::Paused
        | RunStatus::Stopped => false,
    };
    let is_fresh = run.ended_at.is_some_and(|ended| now.millis() - ended.millis() < DAY);
    let gone_on = known.iter().any(|other| other.project_id == run.project_id && other.number > run.number);
    unverified && is_fresh && !gone_on
}

/// Runs, the newest first: `state` is `active` or empty, `project` an id or empty. With a column in `sort`, as many of the newest
/// as can be read at once, sorted by it, whatever `after` says.
#[server(name = ReadRunList, prefix = "/ui", endpoint = "run_list", input = GetUrl)]
pub async fn run_list(
    state: String,
    project: String,
    #[server(default)] sort: String,
    after: String,
) -> Result<RunsPage, UiError> {
    use super::{asked, context};

    const SHOWN: u32 = 50;

    let (cx, actor) = context()?;
    let project = if project.is_empty() { None } else { Some(super::projects::known(&project)?) };
    let filter = services::runs::RunFilter { project, active: state == "active", ended_since: None };
    let (after, limit) = if sort.is_empty() { (after, SHOWN) } else { (String::new(), SORTED) };
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(limit) };
    let page = asked(services::runs::list(&cx, &actor, filter, &query).await)?;
    Ok(RunsPage { runs: sorted(page.items, &sort), next: page.next })
}

/// Sorts by a column as `pages::run_rows` names it, upside down with `-` before it; runs that are alike stay in their order.
#[cfg(feature = "ssr")]
fn sorted(mut runs: Vec<Run>, by: &str) -> Vec<Run> {
    use crate::words;

    let (name, turned) = by.strip_prefix('-').map_or((by, false), |name| (name, true));
    let compare = |one: &Run, other: &Run| match name {
        "state" => {
            let state = |run: &Run| words::run_state(run.status, run.verdict).2;
            state(one).cmp(state(other))
        }
        "run" => one.title.to_lowercase().cmp(&other.title.to_lowercase()),
        "elapsed" => one.worked_ms.cmp(&other.worked_ms),
        "cost" => one.cost_usd.unwrap_or(-1.0).total_cmp(&other.cost_usd.unwrap_or(-1.0)),
        _ => std::cmp::Ordering::Equal,
    };
    runs.sort_by(|one, other| if turned { compare(other, one) } else { compare(one, other) });
    runs
}

/// Asks for [`home`].
pub fn ask_home() -> Ask<HomePage> {
    Ask::new("home", &[], home)
}

/// Asks for [`inbox`].
pub fn ask_inbox() -> Ask<u32> {
    Ask::new("inbox", &[], inbox)
}

/// Asks for [`run_list`]; an empty `after` is the first page.
pub fn ask_run_list(state: &str, project: &str, sort: &str, after: &str) -> Ask<RunsPage> {
    let fields = [("state", state), ("project", project), ("sort", sort), ("after", after)];
    Ask::new("run_list", &fields, || run_list(state.to_owned(), project.to_owned(), sort.to_owned(), after.to_owned()))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use protocol::{
        Timestamp,
        runs::{RunStatus, Verdict},
    };

    use super::*;
    use crate::rendering_tests::run;

    #[test]
    fn a_run_waits_that_needs_somebody_or_ended_today_unverified() {
        let now = Timestamp::from_millis(1_795_240_925_123);
        let ended = |status, verdict, hours_ago: i64| Run {
            verdict,
            ended_at: Some(Timestamp::from_millis(now.millis() - hours_ago * 3_600_000)),
            ..run(status)
        };
        let newer = Run { number: 15, ..run(RunStatus::Working) };
        let check = |run: &Run, newest: &[Run], expected: bool| assert_eq!(waits(run, newest, now), expected, "{run:?}");

        check(&run(RunStatus::NeedsYou), &[], true);
        check(&run(RunStatus::Working), &[], false);
        let not_verified = ended(RunStatus::Finished, Some(Verdict::NotVerified), 1);
        check(&not_verified, std::slice::from_ref(&not_verified), true);
        check(&not_verified, &[newer], false);
        check(&ended(RunStatus::Failed, None, 1), &[], true);
        check(&ended(RunStatus::Finished, Some(Verdict::NotVerified), 25), &[], false);
        check(&ended(RunStatus::Finished, Some(Verdict::VerifiedWithGaps), 1), &[], false);
        check(&ended(RunStatus::Stopped, None, 1), &[], false);
    }

    #[test]
    fn the_note_names_how_many_are_sorted() {
        assert!(SORTED_NOTE.contains(&format!(" {SORTED} ")));
    }

    #[test]
    fn runs_are_sorted_by_a_column_either_way() {
        let make = |number, title: &str, worked_ms, status| Run { number, title: title.to_owned(), worked_ms, ..run(status) };
        let runs = vec![
            make(3, "beta", 10, RunStatus::Working),
            make(2, "Alpha", 30, RunStatus::Failed),
            make(1, "gamma", 20, RunStatus::Failed),
        ];
        let numbers = |by: &str| sorted(runs.clone(), by).into_iter().map(|run| run.number).collect::<Vec<_>>();

        for (by, expected) in [
            ("run", [2, 3, 1]),
            ("-run", [1, 3, 2]),
            ("elapsed", [3, 1, 2]),
            ("state", [2, 1, 3]),
            ("-state", [3, 2, 1]),
            ("nothing like it", [3, 2, 1]),
            ("", [3, 2, 1]),
        ] {
            assert_eq!(numbers(by), expected, "{by}");
        }
    }
}
