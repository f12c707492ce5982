//! Drives one run: asks the machine what is next, has it carried out, journals what came of it, until the run is over or held.

use std::{path::Path, time::Duration};

use domain::{
    errors::explain,
    ports::agent::{AgentOutcome, Usage},
    runs::{Asker, Effect, Input, RunRecord, Stage, Wish, machine, next_effect},
};
use protocol::RunId;
use services::{Cx, Error, server::Wait};
use tokio_util::sync::CancellationToken;

use crate::{
    control_files::{self, Appeared},
    effects::{self, Outcome},
    export,
    interrupts::{self, Interrupt},
    journal::{self, Extra},
};

/// Times that an effect is tried before the run fails.
const TRIES: u32 = 3;

/// How often a database that lacked something is tried again.
pub(crate) const AGAIN_EVERY: Duration = Duration::from_secs(1);

/// Whether a run counts among those that work at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Taken,
    /// It was claimed for being paused or stopped only.
    None,
}

/// Drives the run until it is over, held, waits, or `stop` says that this server ends.
pub(crate) async fn drive(cx: &Cx, id: RunId, slot: Slot, stop: &CancellationToken) -> Result<(), Error> {
    let Some(mut record) = load(cx, id).await? else { return Ok(()) };
    let mut follows: Option<Effect> = None;
    let mut appeared = Appeared::BetweenCalls;
    if let Err(error) = effects::prepare::reopen(cx, &record).await {
        let Some(outcome) = Outcome::of_error(&error) else { return Err(error) };
        keep(cx, &mut record, (outcome.into_input().0, Extra::None), (0, stop)).await?;
    }
    while !record.state.is_over() {
        if let Some(wish) = pending_wish(cx, &record, appeared).await? {
            grant(cx, &mut record, wish, (0, stop)).await?;
            continue;
        }
        let Some(effect) = next_effect(&record.state) else { break };
        if let Effect::Wait { until } = effect {
            if cx.clock.now() < until {
                break;
            }
            keep(cx, &mut record, (Input::Waited, Extra::None), (0, stop)).await?;
            continue;
        }
        // Somebody resumed it after it was claimed for its pause: the dispatcher gives it a slot first.
        if slot == Slot::None && effect != Effect::Seal {
            break;
        }
        let asked = control_files::asks(&record);
        let took = std::time::Instant::now();
        let (outcome, interrupt) = carry_out(cx, &record, &effect, follows.as_ref(), stop).await?;
        let worked_ms = i64::try_from(took.elapsed().as_millis()).unwrap_or(i64::MAX);
        if !asked {
            appeared = Appeared::during(&effect);
        }
        match interrupt {
            Some(Interrupt::Shutdown) => {
                keep_spending(cx, &mut record, outcome, (worked_ms, stop)).await?;
                break;
            }
            Some(Interrupt::LeaseLost) => break,
            Some(Interrupt::Wish(wish, asker)) => {
                let worked_ms = keep_spending(cx, &mut record, outcome, (worked_ms, stop)).await?;
                grant(cx, &mut record, (wish, asker), (worked_ms, stop)).await?;
            }
            Some(Interrupt::Limit(which)) => {
                let worked_ms = keep_spending(cx, &mut record, outcome, (worked_ms, stop)).await?;
                keep(cx, &mut record, (Input::LimitReached { which }, Extra::None), (worked_ms, stop)).await?;
            }
            None => {
                let (input, extra) = outcome.into_input();
                leave_clean(cx, &record, &input).await?;
                keep(cx, &mut record, (input, extra), (worked_ms, stop)).await?;
            }
        }
        follows = Some(effect);
    }
    if record.state.is_over() {
        effects::clean_up(cx, &record).await;
    }
    release(cx, id).await
}

async fn release(cx: &Cx, id: RunId) -> Result<(), Error> {
    let tx = cx.store.begin().await?;
    tx.runs().release(id, &cx.settings.instance).await?;
    Ok(tx.commit().await?)
}

/// Makes what came of an effect last. While the disk is full, or the database does not answer, it is kept in hand: what an agent
/// did is paid for, and is asked for once.
///
/// The lease may end meanwhile, but nobody takes the run over by that. It is renewed with one small row, which may find room
/// where a result finds none. Where that cannot be written either, other servers cannot take the run, and when it can be they
/// leave this one the first word ([`crate::dispatcher::HEAD_START`]).
///
/// Two cases remain. A server that could write all the time, since only the way from here was cut, or that started just then, may
/// have taken the run and asked again. And what was written last may have lasted although nobody could say so. In both the
/// journal takes each position once: of two results one counts, and whoever comes second takes the run up from there.
async fn keep(
    cx: &Cx,
    record: &mut RunRecord,
    (input, extra): (Input, Extra),
    (worked_ms, stop): (i64, &CancellationToken),
) -> Result<(), Error> {
    let mut waits: Option<Wait> = None;
    loop {
        let error = match journal::record(cx, record, input.clone(), worked_ms, extra.clone()).await {
            Err(error) if error.lack().is_some() && !stop.is_cancelled() => error,
            done => return done,
        };
        if let Some(lack) = error.lack()
            && waits.as_ref().map(Wait::lack) != Some(lack)
        {
            tracing::error!(run = %record.id, error = %explain(&error), "{lack}: what a run has done waits");
            waits = Some(cx.waits.begin(lack));
        }
        interrupts::renew(cx, record).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(AGAIN_EVERY) => {}
        }
    }
}

async fn load(cx: &Cx, id: RunId) -> Result<Option<RunRecord>, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.runs().by_id(id).await?)
}

/// What a person, or a control file, asks for now.
async fn pending_wish(cx: &Cx, record: &RunRecord, appeared: Appeared) -> Result<Option<(Wish, Asker)>, Error> {
    let stored = load(cx, record.id).await?.and_then(|record| record.wish);
    if let Some(wish) = stored {
        return Ok(Some((wish, Asker::Person)));
    }
    if control_files::may_resume(record) {
        return Ok(Some((Wish::Resume { by: "removing .loki/PAUSE".to_owned() }, Asker::File)));
    }
    let worktree = record.state.worktree.as_deref().map(Path::new);
    Ok(match worktree.and_then(|worktree| control_files::wish(worktree, appeared)) {
        // A file asks for a pause after the iteration, so that what is changed then is seen by the next prompt.
        Some(Wish::Pause { .. }) if record.state.hold.is_some() || !record.state.is_between_iterations() => None,
        wish => wish.map(|wish| (wish, Asker::File)),
    })
}

/// Does what was asked for; `worked_ms` is the time of the effect that it cut short.
async fn grant(
    cx: &Cx,
    record: &mut RunRecord,
    (wish, asker): (Wish, Asker),
    (worked_ms, stop): (i64, &CancellationToken),
) -> Result<(), Error> {
    let worktree = record.state.worktree.clone();
    if let (Wish::Resume { .. } | Wish::Stop { .. }, Some(worktree)) = (&wish, &worktree) {
        control_files::clear(Path::new(worktree));
    }
    let granted = wish.clone();
    let input = match wish {
        Wish::Pause { by } => Input::PauseAsked { by, asker },
        Wish::Resume { by } => Input::ResumeAsked { by },
        Wish::Stop { by } => Input::StopAsked { by },
    };
    leave_clean(cx, record, &input).await?;
    keep(cx, record, (input, Extra::ClearWish(granted)), (worked_ms, stop)).await
}

/// Before a run is held, the worktree goes back to where work goes on from: in the middle of a call to its checkpoint, after a
/// task that was given up to the last commit. What is found there later is a person's.
async fn leave_clean(cx: &Cx, record: &RunRecord, input: &Input) -> Result<(), Error> {
    let (next, _) = machine::step(record.state.clone(), input.clone(), cx.clock.now(), 0);
    let is_held_now = next.hold.is_some() && record.state.hold.is_none();
    let begins_at = match next.stage {
        Stage::Acting => next.checkpoint,
        _ if next.discard => next.tip,
        _ => None,
    };
    if let (true, Some(tree), Some(worktree)) = (is_held_now, begins_at, &record.state.worktree) {
        cx.vcs.restore(Path::new(worktree), &tree).await?;
    }
    Ok(())
}

/// Of an effect that was cut short, only what it cost is kept. Answers the time that is not journaled yet: the next row has it.
async fn keep_spending(
    cx: &Cx,
    record: &mut RunRecord,
    outcome: Outcome,
    (worked_ms, stop): (i64, &CancellationToken),
) -> Result<i64, Error> {
    let (input, _) = outcome.into_input();
    // A call that was cut off without having cost anything leaves nothing to remember.
    let is_free = matches!(&input, Input::Acted { result }
        if result.outcome == AgentOutcome::Cancelled && result.usage == Usage::default());
    if matches!(input, Input::Acted { .. }) && !is_free {
        keep(cx, record, (input, Extra::None), (worked_ms, stop)).await?;
        return Ok(0);
    }
    Ok(worked_ms)
}

/// Carries `effect` out while watching for whatever may end it early. It fails where there is nothing to write down.
async fn carry_out(
    cx: &Cx,
    record: &RunRecord,
    effect: &Effect,
    follows: Option<&Effect>,
    stop: &CancellationToken,
) -> Result<(Outcome, Option<Interrupt>), Error> {
    let cancel = stop.child_token();
    let watch = interrupts::watch(cx, record, effect, stop);
    tokio::pin!(watch);
    let work = try_often(cx, record, effect, follows, &cancel);
    tokio::pin!(work);
    tokio::select! {
        outcome = &mut work => {
            let outcome = outcome?;
            export::write(record);
            let ended = stop.is_cancelled().then_some(Interrupt::Shutdown);
            let over_budget = outcome.over_budget().map(Interrupt::Limit);
            Ok((outcome, ended.or(over_budget)))
        }
        interrupt = &mut watch => {
            cancel.cancel();
            Ok((work.await?, Some(interrupt)))
        }
    }
}

/// Tries it a few times, and then the run fails. A database that does not answer is no fault of the run's: nothing was done yet
/// that would have to be written down, and the run is taken up again when that is over.
async fn try_often(
    cx: &Cx,
    record: &RunRecord,
    effect: &Effect,
    follows: Option<&Effect>,
    cancel: &CancellationToken,
) -> Result<Outcome, Error> {
    let mut last = String::new();
    for attempt in 1..=TRIES {
        // Only the first try can count on the worktree that the effect before left.
        let follows = follows.filter(|_| attempt == 1);
        match effects::carry_out(cx, record, effect, follows, cancel).await {
            Ok(outcome) => return Ok(outcome),
            Err(error) => {
                tracing::warn!(run = %record.id, attempt, error = %explain(&error), "an effect failed");
                if let Some(outcome) = Outcome::of_error(&error) {
                    return Ok(outcome);
                }
                if attempt == TRIES && error.lack().is_some() {
                    return Err(error);
                }
                last = error.to_string();
            }
        }
        if cancel.is_cancelled() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(Outcome::broke(format!("loki itself could not go on: {last}")))
}
