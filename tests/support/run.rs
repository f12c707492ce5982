//! Runs, followed from outside.

use std::{path::PathBuf, time::Duration};

use protocol::{
    RunId,
    receipts::Receipt,
    runs::{Diff, Gate, GateVerdict, LogEntry, LogPage, Run, RunStatus, Timeline, Verdict},
};

use crate::{Actor, Answer, DEADLINE, eventually};

/// A run.
#[derive(Clone, Copy, Debug)]
pub struct RunHandle<'a> {
    pub actor: &'a Actor<'a>,
    pub id: RunId,
}

impl RunHandle<'_> {
    pub async fn now(&self) -> Run {
        self.actor.get(&format!("/api/v2/runs/{}", self.id)).await.expect(200).json()
    }

    /// Waits until `is` holds.
    pub async fn reaches(&self, what: &str, is: impl Fn(&Run) -> bool) -> Run {
        let began = std::time::Instant::now();
        loop {
            let run = self.now().await;
            if is(&run) {
                return run;
            }
            let stuck = began.elapsed() > DEADLINE || run.status.is_over();
            assert!(!stuck, "the run never was {what}: {run:#?}\n{}", self.log_text().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn becomes(&self, status: RunStatus) -> Run {
        self.reaches(status.as_str(), |run| run.status == status).await
    }

    /// Waits for its end.
    pub async fn finishes(&self) -> Run {
        self.reaches("over", |run| run.status.is_over()).await
    }

    /// Waits for its end, which has to be good.
    pub async fn is_verified(&self) -> Run {
        let run = self.finishes().await;
        if run.verdict != Some(Verdict::Verified) {
            let receipt = self.receipt().await;
            panic!("{:?}: {:#?}\n{}", run.verdict, receipt.gaps, self.log_text().await);
        }
        assert_eq!(run.status, RunStatus::Finished);
        run
    }

    pub async fn timeline(&self) -> Timeline {
        self.actor.get(&format!("/api/v2/runs/{}/timeline", self.id)).await.expect(200).json()
    }

    pub async fn receipt(&self) -> Receipt {
        self.actor.get(&format!("/api/v2/runs/{}/receipt", self.id)).await.expect(200).json()
    }

    pub async fn diff(&self) -> Diff {
        self.actor.get(&format!("/api/v2/runs/{}/diff", self.id)).await.expect(200).json()
    }

    /// The first gate of that name for which `is` holds.
    pub async fn gate(&self, name: &str, is: impl Fn(&Gate) -> bool) -> Gate {
        let gates = self.timeline().await.gates;
        let found = gates.iter().find(|gate| gate.name == name && is(gate));
        found.unwrap_or_else(|| panic!("there is no such gate {name}: {gates:#?}")).clone()
    }

    /// The gates that failed, each once, in order of their names.
    pub async fn failed_gates(&self) -> Vec<String> {
        let failed = |gate: &Gate| gate.verdict == GateVerdict::Failed;
        let mut names: Vec<String> = self.timeline().await.gates.into_iter().filter(failed).map(|gate| gate.name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The whole log.
    pub async fn log(&self) -> Vec<LogEntry> {
        let (mut entries, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v2/runs/{}/log?limit=200{after}", self.id);
            let page: LogPage = self.actor.get(&path).await.expect(200).json();
            entries.extend(page.entries);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return entries,
            }
        }
    }

    pub async fn log_text(&self) -> String {
        self.log().await.into_iter().map(|entry| entry.chunk.text).collect()
    }

    /// Waits until the log has `words`.
    pub async fn says(&self, words: &str) {
        eventually(&format!("the log has {words:?}"), async || self.log_text().await.contains(words).then_some(())).await;
    }

    /// Its worktree, once it has one.
    pub async fn worktree(&self) -> PathBuf {
        PathBuf::from(self.reaches("prepared", |run| run.worktree.is_some()).await.worktree.expect("a worktree"))
    }

    /// Waits until a run that is over has no worktree any more, which is a moment after its end.
    pub async fn worktree_is_put_away(&self) {
        assert_eq!(self.now().await.worktree, None, "a run that is over has no worktree");
        let worktree = self.actor.app.data_dir().join("worktrees").join(self.id.to_string());
        eventually("the worktree is put away", async || (!worktree.exists()).then_some(())).await;
    }

    pub async fn pause(&self) -> Answer {
        self.actor.controls("pause", self.id).await
    }

    pub async fn resume(&self) -> Answer {
        self.actor.controls("resume", self.id).await
    }

    pub async fn stop(&self) -> Answer {
        self.actor.controls("stop", self.id).await
    }
}
