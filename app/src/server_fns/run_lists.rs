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

/// A page of runs, and where the next one begins.
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
    waiting(&cx, &actor).await
}

/// How many runs need a person.
#[cfg(feature = "ssr")]
pub async fn waiting(cx: &services::Cx, actor: &domain::actor::Actor) -> Result<u32, UiError> {
    Ok(u32::try_from(apart(cx, actor).await?.waiting.len()).unwrap_or(u32::MAX))
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
    use protocol::{page::PageQuery, timestamp::DAY_MS};
    use services::runs::RunFilter;

    use super::asked;

    let query = |limit| PageQuery { after: None, limit: Some(limit) };
    let now = cx.clock.now();
    let today = Some(now.plus_millis(-DAY_MS));
    let (any, active) = (RunFilter::default(), RunFilter { active: true, ..RunFilter::default() });
    let ended = RunFilter { ended_since: today, ..RunFilter::default() };
    let active = asked(services::runs::list(cx, actor, active, None, &query(100)).await)?.items;
    let ended = asked(services::runs::list(cx, actor, ended, None, &query(200)).await)?.items;
    let newest = asked(services::runs::list(cx, actor, any, None, &query(30)).await)?.items;
    // Where a project has gone on since, the newer run works, ended today as well, or is one of the newest.
    let known: Vec<Run> = [&active, &ended, &newest].into_iter().flatten().cloned().collect();
    let (mut waiting, running): (Vec<Run>, Vec<Run>) = active.into_iter().partition(|run| waits(run, &known, now));
    waiting.extend(ended.into_iter().filter(|run| run.status.is_over() && waits(run, &known, now)));
    let recent = newest.into_iter().filter(|run| run.status.is_over() && !waits(run, &known, now));
    Ok(Apart { waiting, running, recent: recent.take(10).collect() })
}

/// Whether a run waits for somebody. Nobody notes who has read what, so a run that ended without being verified does so for a
/// day, or until its project has a newer one among `known`.
#[cfg(feature = "ssr")]
fn waits(run: &Run, known: &[Run], now: protocol::Timestamp) -> bool {
    use protocol::{
        runs::{RunStatus, Verdict},
        timestamp::DAY_MS,
    };

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
    let is_fresh = run.ended_at.is_some_and(|ended| now.millis_since(ended) < DAY_MS);
    let gone_on = known.iter().any(|other| other.project_id == run.project_id && other.number > run.number);
    unverified && is_fresh && !gone_on
}

/// Runs, the newest first where `sort` names no column: `state` is `active` or empty, `project` an id or empty.
#[server(name = ReadRunList, prefix = "/ui", endpoint = "run_list", input = GetUrl)]
pub async fn run_list(
    state: String,
    project: String,
    #[server(default)] sort: String,
    after: String,
) -> Result<RunsPage, UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let project = if project.is_empty() { None } else { Some(super::projects::known(&project)?) };
    let filter = services::runs::RunFilter { project, active: state == "active", ended_since: None };
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let sort = super::order(&sort, domain::sort::RUNS);
    let page = asked(services::runs::list(&cx, &actor, filter, sort, &query).await)?;
    Ok(RunsPage { runs: page.items, next: page.next })
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
        timestamp::HOUR_MS,
    };

    use super::*;
    use crate::rendering_tests::run;

    #[test]
    fn a_run_waits_that_needs_somebody_or_ended_today_unverified() {
        let now = Timestamp::from_millis(1_795_240_925_123);
        let ended = |status, verdict, hours_ago: i64| Run {
            verdict,
            ended_at: Some(now.plus_millis(-hours_ago * HOUR_MS)),
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
    fn runs_are_sorted_by_the_words_of_their_states() {
        let statuses = [
            RunStatus::Queued,
            RunStatus::Preparing,
            RunStatus::Working,
            RunStatus::Verifying,
            RunStatus::Paused,
            RunStatus::NeedsYou,
            RunStatus::Finished,
            RunStatus::Stopped,
            RunStatus::Failed,
        ];
        let verdicts = [None, Some(Verdict::Verified), Some(Verdict::VerifiedWithGaps), Some(Verdict::NotVerified)];
        let states = statuses.into_iter().flat_map(|status| verdicts.map(|verdict| (status, verdict)));
        let mut states: Vec<_> = states.collect();
        states.sort_by_key(|(status, verdict)| domain::sort::state_key(*status, *verdict));

        assert!(states.is_sorted_by_key(|(status, verdict)| crate::words::run_state(*status, *verdict).2), "{states:?}");
        assert!(domain::sort::RUNS.iter().all(|column| crate::pages::run_rows::can_be_sorted_by(column.name)));
    }
}
