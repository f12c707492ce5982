//! Drives one run: asks the machine what is next, has it carried out, journals what came of it, until the run is over or held.

use std::{
    path::Path,
    time::{Duration, Instant},
};

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
    let Some(record) = load(cx, id).await? else { return Ok(()) };
    let mut run = DrivenRun { cx, record, unkept_ms: 0, stop };
    if let Err(error) = effects::prepare::reopen(cx, &run.record).await {
        let Some(outcome) = Outcome::of_error(&error) else { return Err(error) };
        run.keep(outcome.into_input().0, Extra::None).await?;
    }
    run.go_on(slot).await?;
    if run.record.state.is_over() {
        effects::clean_up(cx, &run.record).await;
    }
    release(cx, id).await
}

/// A run as it was journaled last, and who drives it.
struct DrivenRun<'a> {
    cx: &'a Cx,
    record: RunRecord,
    /// Milliseconds of work that are not journaled yet: the next row has them.
    unkept_ms: i64,
    /// Says that this server ends.
    stop: &'a CancellationToken,
}

impl DrivenRun<'_> {
    /// Goes from effect to effect until the run is over, held or waits, or this server may not go on with it.
    async fn go_on(&mut self, slot: Slot) -> Result<(), Error> {
        let mut follows: Option<Effect> = None;
        let mut appeared = Appeared::BetweenCalls;
        while !self.record.state.is_over() {
            if let Some((wish, asker)) = self.pending_wish(appeared).await? {
                self.grant(wish, asker).await?;
                continue;
            }
            let Some(effect) = next_effect(&self.record.state) else { break };
            if let Effect::Wait { until } = effect {
                if self.cx.clock.now() < until {
                    break;
                }
                self.keep(Input::Waited, Extra::None).await?;
                continue;
            }
            // Somebody resumed it after it was claimed for its pause: the dispatcher gives it a slot first.
            if slot == Slot::None && effect != Effect::Seal {
                break;
            }
            let asked = control_files::asks(&self.record);
            let took = Instant::now();
            let (outcome, interrupt) = self.carry_out(&effect, follows.as_ref()).await?;
            self.unkept_ms = i64::try_from(took.elapsed().as_millis()).unwrap_or(i64::MAX);
            if !asked {
                appeared = Appeared::during(&effect);
            }
            match interrupt {
                Some(Interrupt::Shutdown) => {
                    self.keep_spending(outcome).await?;
                    break;
                }
                Some(Interrupt::LeaseLost) => break,
                Some(Interrupt::Wish(wish, asker)) => {
                    self.keep_spending(outcome).await?;
                    self.grant(wish, asker).await?;
                }
                Some(Interrupt::Limit(which)) => {
                    self.keep_spending(outcome).await?;
                    self.keep(Input::LimitReached { which }, Extra::None).await?;
                }
                None => {
                    let (input, extra) = outcome.into_input();
                    self.leave_clean(&input).await?;
                    self.keep(input, extra).await?;
                }
            }
            follows = Some(effect);
        }
        Ok(())
    }

    /// Makes what came of an effect last. While the disk is full, or the database does not answer, it is kept in hand: what an
    /// agent did is paid for, and is asked for once.
    ///
    /// The lease may end meanwhile, but nobody takes the run over by that. It is renewed with one small row, which may find room
    /// where a result finds none. Where that cannot be written either, other servers cannot take the run, and when it can be they
    /// leave this one the first word ([`crate::dispatcher::HEAD_START`]).
    ///
    /// Two cases remain. A server that could write all the time, since only the way from here was cut, or that started just then,
    /// may have taken the run and asked again. And what was written last may have lasted although nobody could say so. In both
    /// the journal takes each position once: of two results one counts, and whoever comes second takes the run up from there.
    async fn keep(&mut self, input: Input, extra: Extra) -> Result<(), Error> {
        let worked_ms = std::mem::take(&mut self.unkept_ms);
        let mut waits: Option<Wait> = None;
        loop {
            let error = match journal::record(self.cx, &mut self.record, input.clone(), worked_ms, extra.clone()).await {
                Err(error) if error.lack().is_some() && !self.stop.is_cancelled() => error,
                done => return done,
            };
            if let Some(lack) = error.lack()
                && waits.as_ref().map(Wait::lack) != Some(lack)
            {
                tracing::error!(run = %self.record.id, error = %explain(&error), "{lack}: what a run has done waits");
                waits = Some(self.cx.waits.begin(lack));
            }
            interrupts::renew(self.cx, &self.record).await;
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(AGAIN_EVERY) => {}
            }
        }
    }

    /// Of an effect that was cut short, only what it cost is kept.
    async fn keep_spending(&mut self, outcome: Outcome) -> Result<(), Error> {
        let (input, _) = outcome.into_input();
        // A call that was cut off without having cost anything leaves nothing to remember.
        let is_free = matches!(&input, Input::Acted { result }
            if result.outcome == AgentOutcome::Cancelled && result.usage == Usage::default());
        if matches!(input, Input::Acted { .. }) && !is_free {
            self.keep(input, Extra::None).await?;
        }
        Ok(())
    }

    /// What a person, or a control file, asks for now.
    async fn pending_wish(&self, appeared: Appeared) -> Result<Option<(Wish, Asker)>, Error> {
        let stored = load(self.cx, self.record.id).await?.and_then(|record| record.wish);
        if let Some(wish) = stored {
            return Ok(Some((wish, Asker::Person)));
        }
        if control_files::may_resume(&self.record) {
            return Ok(Some((Wish::Resume { by: "removing .loki/PAUSE".to_owned() }, Asker::File)));
        }
        let state = &self.record.state;
        let worktree = state.worktree.as_deref().map(Path::new);
        Ok(match worktree.and_then(|worktree| control_files::wish(worktree, appeared)) {
            // A file asks for a pause after the iteration, so that what is changed then is seen by the next prompt.
            Some(Wish::Pause { .. }) if state.hold.is_some() || !state.is_between_iterations() => None,
            wish => wish.map(|wish| (wish, Asker::File)),
        })
    }

    /// Does what was asked for.
    async fn grant(&mut self, wish: Wish, asker: Asker) -> Result<(), Error> {
        if let (Wish::Resume { .. } | Wish::Stop { .. }, Some(worktree)) = (&wish, &self.record.state.worktree) {
            control_files::clear(Path::new(worktree));
        }
        let granted = wish.clone();
        let input = match wish {
            Wish::Pause { by } => Input::PauseAsked { by, asker },
            Wish::Resume { by } => Input::ResumeAsked { by },
            Wish::Stop { by } => Input::StopAsked { by },
        };
        self.leave_clean(&input).await?;
        self.keep(input, Extra::ClearWish(granted)).await
    }

    /// Before a run is held, the worktree goes back to where work goes on from: in the middle of a call to its checkpoint, after
    /// a task that was given up to the last commit. What is found there later is a person's.
    async fn leave_clean(&self, input: &Input) -> Result<(), Error> {
        let state = &self.record.state;
        let (next, _) = machine::step(state.clone(), input.clone(), self.cx.clock.now(), 0);
        let is_held_now = next.hold.is_some() && state.hold.is_none();
        let begins_at = match next.stage {
            Stage::Acting => next.checkpoint,
            _ if next.discard => next.tip,
            _ => None,
        };
        if let (true, Some(tree), Some(worktree)) = (is_held_now, begins_at, &state.worktree) {
            self.cx.vcs.restore(Path::new(worktree), &tree).await?;
        }
        Ok(())
    }

    /// Carries `effect` out while watching for whatever may end it early. It fails where there is nothing to write down.
    async fn carry_out(&self, effect: &Effect, follows: Option<&Effect>) -> Result<(Outcome, Option<Interrupt>), Error> {
        let cancel = self.stop.child_token();
        let watch = interrupts::watch(self.cx, &self.record, effect, self.stop);
        tokio::pin!(watch);
        let work = self.try_often(effect, follows, &cancel);
        tokio::pin!(work);
        tokio::select! {
            outcome = &mut work => {
                let outcome = outcome?;
                export::write(&self.record);
                let ended = self.stop.is_cancelled().then_some(Interrupt::Shutdown);
                let over_budget = outcome.over_budget().map(Interrupt::Limit);
                Ok((outcome, ended.or(over_budget)))
            }
            interrupt = &mut watch => {
                cancel.cancel();
                Ok((work.await?, Some(interrupt)))
            }
        }
    }

    /// Tries it a few times, and then the run fails. A database that does not answer is no fault of the run's: nothing was done
    /// yet that would have to be written down, and the run is taken up again when that is over.
    async fn try_often(&self, effect: &Effect, follows: Option<&Effect>, cancel: &CancellationToken) -> Result<Outcome, Error> {
        let mut last = String::new();
        for attempt in 1..=TRIES {
            // Only the first try can count on the worktree that the effect before left.
            let follows = follows.filter(|_| attempt == 1);
            match effects::carry_out(self.cx, &self.record, effect, follows, cancel).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) => {
                    tracing::warn!(run = %self.record.id, attempt, error = %explain(&error), "an effect failed");
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
}

async fn release(cx: &Cx, id: RunId) -> Result<(), Error> {
    let tx = cx.store.begin().await?;
    tx.runs().release(id, &cx.settings.instance).await?;
    Ok(tx.commit().await?)
}

async fn load(cx: &Cx, id: RunId) -> Result<Option<RunRecord>, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.runs().by_id(id).await?)
}
