//! Finds work and hands it to drivers: a nudge wakes it, and it also looks by itself.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    errors::explain,
    runs::{Effect, RunRecord, Wish, next_effect},
};
use protocol::{ProjectId, RunId, Timestamp};
use services::{Cx, Error, projects, server::Wait};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    control_files,
    driver::{self, Slot},
};

/// How long a claim holds without being renewed.
pub(crate) const LEASE_MS: i64 = 30_000;
/// How often it looks without being woken.
const TICK: Duration = Duration::from_secs(1);
/// How long a server that found the disk full, or no database, leaves others' runs alone after that, also where their leases have
/// ended: whoever has a run's result in hand could not renew one. It tries again every [`driver::AGAIN_EVERY`]; where PostgreSQL
/// refuses connections, a try that is under way asks for one every three seconds.
pub(crate) const HEAD_START: Duration = Duration::from_secs(10);
/// The longest pause after a driver that ended with an error.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Projects whose repositories are made at the same time.
const PREPARED_AT_ONCE: usize = 4;

/// What this process drives right now, and what it leaves alone for a while.
#[derive(Debug, Default)]
struct Driven {
    now: HashMap<RunId, Slot>,
    /// Runs whose driver ended with an error: how often in a row, and until when they are left alone.
    pauses: HashMap<RunId, (u32, Instant)>,
    /// The database lacked something when it was last looked for runs.
    is_kept_out: bool,
    /// Until when runs are left to whom they were leased to.
    others_first: Option<Instant>,
}

impl Driven {
    /// What the run takes if it may be driven now.
    fn room(&self, record: &RunRecord, slots: usize, now: Instant) -> Option<Slot> {
        let pausing = self.pauses.get(&record.id).is_some_and(|(_, until)| *until > now);
        if pausing || self.now.contains_key(&record.id) {
            return None;
        }
        let slot = slot_of(record);
        let taken = self.now.values().filter(|slot| **slot == Slot::Taken).count();
        (slot == Slot::None || taken < slots).then_some(slot)
    }

    /// The database lacks something.
    fn keep_out(&mut self) {
        self.is_kept_out = true;
    }

    /// It was looked for runs, to the end, at `at`. What others had in hand may have waited until now, so this and not the last
    /// failure is where their head start begins.
    fn has_looked(&mut self, at: Instant) {
        if std::mem::take(&mut self.is_kept_out) {
            self.others_first = Some(at + HEAD_START);
        }
    }

    /// Before when another server's lease has to have ended for its run to be taken over, at `at`, which is `now`.
    fn leases_end_before(&self, now: Timestamp, at: Instant) -> Timestamp {
        let are_first = self.is_kept_out || self.others_first.is_some_and(|until| until > at);
        if are_first { Timestamp::from_millis(0) } else { now }
    }

    fn ended(&mut self, id: RunId) {
        self.now.remove(&id);
        self.pauses.remove(&id);
    }

    /// Its driver ended with an error at `now`.
    fn failed(&mut self, id: RunId, now: Instant) {
        self.now.remove(&id);
        let tries = self.pauses.get(&id).map_or(1, |(tries, _)| tries.saturating_add(1));
        let pause = TICK.saturating_mul(1 << (tries - 1).min(6)).min(LONGEST_PAUSE);
        self.pauses.insert(id, (tries, now + pause));
    }
}

/// A run that is to be stopped or paused asks no agent any more, so it waits for no other run.
fn slot_of(record: &RunRecord) -> Slot {
    match record.wish {
        Some(Wish::Stop { .. } | Wish::Pause { .. }) => Slot::None,
        Some(Wish::Resume { .. }) | None => Slot::Taken,
    }
}

/// Claims runs that can go on, as many at a time as the settings allow.
pub(crate) async fn dispatch_runs(cx: Cx, tasks: TaskTracker, stop: CancellationToken) {
    let driven = Arc::default();
    let mut nudged = cx.nudges.watch_engine();
    let mut waits: Option<Wait> = None;
    loop {
        nudged.borrow_and_update();
        match claim_all(&cx, &driven, &tasks, &stop).await {
            Ok(()) => {
                locked(&driven).has_looked(Instant::now());
                waits = None;
            }
            Err(error) => {
                let lack = error.lack();
                // What lasts is told once.
                if lack.is_none() || waits.as_ref().map(Wait::lack) != lack {
                    tracing::error!(error = %explain(&error), "runs could not be claimed; trying again");
                    waits = lack.map(|lack| cx.waits.begin(lack));
                }
                if lack.is_some() {
                    locked(&driven).keep_out();
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            _ = nudged.changed() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

async fn claim_all(cx: &Cx, driven: &Arc<Mutex<Driven>>, tasks: &TaskTracker, stop: &CancellationToken) -> Result<(), Error> {
    let active = {
        let tx = cx.store.read().await?;
        tx.runs().active_slim().await?
    };
    // A pause of a run that is over by now is of no use.
    let ids: HashSet<RunId> = active.iter().map(|record| record.id).collect();
    locked(driven).pauses.retain(|id, _| ids.contains(id));
    let now = cx.clock.now();
    for record in active.iter().filter(|record| wants_attention(record, now)) {
        let room = locked(driven).room(record, cx.settings.max_runs, Instant::now());
        let Some(slot) = room else { continue };
        let ended_before = locked(driven).leases_end_before(cx.clock.now(), Instant::now());
        if stop.is_cancelled() || !claim(cx, record.id, ended_before).await? {
            continue;
        }
        let id = record.id;
        locked(driven).now.insert(id, slot);
        let (cx, driven, stop) = (cx.clone(), Arc::clone(driven), stop.clone());
        tasks.spawn(async move {
            match driver::drive(&cx, id, slot, &stop).await {
                Ok(()) => locked(&driven).ended(id),
                Err(error) => {
                    tracing::error!(run = %id, error = %explain(&error), "a run could not go on; it is taken up again");
                    locked(&driven).failed(id, Instant::now());
                }
            }
            cx.nudges.engine();
        });
    }
    Ok(())
}

fn locked(driven: &Mutex<Driven>) -> std::sync::MutexGuard<'_, Driven> {
    driven.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A held or waiting run needs nobody until its time has come, somebody wishes something of it or its control files change.
fn wants_attention(record: &RunRecord, now: Timestamp) -> bool {
    let is_due = match next_effect(&record.state) {
        Some(Effect::Wait { until }) => now >= until || control_files::asks(record),
        Some(_) => true,
        None => control_files::may_resume(record),
    };
    is_due || record.wish.is_some()
}

async fn claim(cx: &Cx, id: RunId, ended_before: Timestamp) -> Result<bool, Error> {
    let until = cx.clock.now().plus_millis(LEASE_MS);
    let tx = cx.store.begin().await?;
    let claimed = tx.runs().claim(id, &cx.settings.instance, ended_before, until).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Makes the repositories of new projects, a few at the same time: a slow clone holds up no other project.
pub(crate) async fn prepare_projects(cx: Cx, stop: CancellationToken) {
    let mut nudged = cx.nudges.watch_engine();
    // Each in a task of its own: one that only goes on while somebody looks at it could hold the database's turn while this waits
    // for the database.
    let mut making = JoinSet::new();
    let mut projects_of = HashMap::new();
    while !stop.is_cancelled() {
        nudged.borrow_and_update();
        match projects::preparing(&cx).await {
            Ok(waiting) => {
                for project in waiting {
                    if projects_of.len() < PREPARED_AT_ONCE && !projects_of.values().any(|busy| *busy == project) {
                        let task = making.spawn(prepare(cx.clone(), project, stop.clone()));
                        projects_of.insert(task.id(), project);
                    }
                }
            }
            Err(error) => tracing::error!(error = %explain(&error), "projects could not be read; trying again"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            Some(ended) = making.join_next_with_id() => {
                projects_of.remove(&ended.map_or_else(|failed| failed.id(), |(task, ())| task));
            }
            _ = nudged.changed() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
    while making.join_next().await.is_some() {}
}

async fn prepare(cx: Cx, id: ProjectId, stop: CancellationToken) {
    if let Err(error) = projects::prepare(&cx, id, &stop).await {
        tracing::error!(project = %id, error = %explain(&error), "a project could not be prepared; trying again");
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

#[cfg(test)]
mod tests;
