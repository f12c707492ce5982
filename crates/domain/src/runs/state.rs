//! Everything that a run has to remember to go on from where it was.

use protocol::{
    Timestamp,
    receipts::ExampleFact,
    runs::{Iteration, Phase, PhaseRecord, RunStatus, Step, StepRecord, StepStatus, TaskStatus, Tier, Tokens, Verdict},
};
use serde::{Deserialize, Serialize};

use super::{Ceilings, Wait, limits::usd};
use crate::{ports::agent::Usage, specs::TaskDraft};

/// Where a run stands and what it has so far. Written with each journaled input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    pub stage: Stage,
    /// Set while nothing may go on.
    pub hold: Option<Hold>,
    /// Set once it is clear that no further iteration follows.
    pub ending: Option<Ending>,
    pub ceilings: Ceilings,
    pub tier: Option<Tier>,
    pub phases: Vec<PhaseRecord>,
    pub phase: Option<Phase>,
    pub tasks: Vec<TaskState>,
    /// The iteration that runs now.
    pub current: Option<Iteration>,
    /// Counts iterations; the number of the current or last one.
    pub iteration: u32,
    /// Counts agent calls over the whole run.
    pub call: u32,
    /// Calls of this iteration that ended in a crash or a broken connection.
    pub broken_calls: u32,
    /// The agent's model is asked again only then.
    #[serde(default)]
    pub wait: Option<Wait>,
    /// Waits in a row that did not help.
    #[serde(default)]
    pub waits: u32,
    /// How often the check of the whole sent the run back to work.
    pub check_rounds: u32,
    /// What the last verification found; goes into the next prompt.
    pub findings: Vec<String>,
    /// The agent's closing words of the last call.
    pub said: Option<String>,
    pub branch: Option<String>,
    pub worktree: Option<String>,
    /// The commit that the run began from.
    pub base: Option<String>,
    /// The newest commit of the run's branch.
    pub tip: Option<String>,
    /// The tree to go back to when a call has to be made again.
    pub checkpoint: Option<String>,
    /// The tree that is being verified.
    pub tree: Option<String>,
    /// The next iteration begins from the last commit, without the remains of a task that was given up.
    pub discard: bool,
    /// The spec's examples by task, as the check of the whole carried them out; before it, as the last check of their task did.
    pub examples: Vec<(u32, ExampleFact)>,
    /// The commit of the project's branch that holds the run's work, once it was handed over.
    pub delivered: Option<String>,
    /// Whether it waits for a person to merge it, as the project asks.
    #[serde(default)]
    pub for_review: bool,
    /// How it was handed over, in words.
    pub delivery_note: Option<String>,
    pub spent: Spent,
    pub worked_ms: i64,
    pub verdict: Option<Verdict>,
    pub reason: Option<String>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    Queued,
    Preparing,
    Planning,
    Reasoning,
    Acting,
    Reflecting,
    Verifying,
    Committing {
        message: String,
        at: Timestamp,
    },
    /// The gates on the whole, after all tasks.
    Checking,
    Delivering,
    Sealing,
    Over,
}

/// Why nothing goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// It was asked for, by `by` in words.
    Paused {
        by: String,
        #[serde(default)]
        asker: Asker,
    },
    /// Only a person can mend it.
    NeedsYou { reason: String },
}

impl Hold {
    /// Whether `.loki/PAUSE` asked for it. What was stored before [`Asker`] says so in its words alone.
    pub fn is_by_file(&self) -> bool {
        match self {
            Self::Paused { asker: Asker::Untold, by } => by.starts_with("the file .loki/PAUSE"),
            Self::Paused { asker, .. } => *asker == Asker::File,
            Self::NeedsYou { .. } => false,
        }
    }
}

/// Who asked for something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asker {
    Person,
    /// A file under `.loki/`, which asks for as long as it is there.
    File,
    /// It was stored before this was written down.
    #[default]
    Untold,
}

/// Why a run comes to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Every task was completed or given up.
    TasksDone,
    Limit {
        which: String,
    },
    Stopped {
        by: String,
    },
    /// The engine itself could not go on.
    Failed {
        reason: String,
    },
}

/// One task as the machine sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskState {
    pub number: u32,
    pub title: String,
    pub depends_on: Vec<u32>,
    pub status: TaskStatus,
    pub attempts: u32,
    pub commit: Option<String>,
    pub note: Option<String>,
    /// The subject of the commit that completes it.
    pub subject: String,
}

impl TaskState {
    /// What the spec says of it: the task of its number and title. A later version may read the same spec otherwise.
    pub fn draft<'a>(&self, drafts: &'a [TaskDraft]) -> Option<&'a TaskDraft> {
        drafts.iter().find(|draft| draft.number == self.number && draft.title == self.title)
    }
}

/// The run's ledger. A call is added exactly once: when its result is journaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Millionths of a US dollar; `None` until a provider reports any.
    pub cost_micros: Option<i64>,
    pub tokens: Option<Tokens>,
    pub scaffold_tokens: u64,
}

impl Spent {
    /// Adds the usage of a finished call.
    pub fn add(&mut self, usage: &Usage) {
        if let Some(cost) = usage.cost_usd {
            *self.cost_micros.get_or_insert(0) += super::limits::micros(cost);
        }
        if let Some(count) = usage.tokens {
            let tokens = self.tokens.get_or_insert_default();
            tokens.input += count.input;
            tokens.cached += count.cached;
            tokens.output += count.output;
            tokens.scaffold = self.scaffold_tokens;
        }
    }

    pub fn cost_usd(&self) -> Option<f64> {
        self.cost_micros.map(usd)
    }
}

impl RunState {
    /// A run that was just asked for.
    pub fn queued(ceilings: Ceilings) -> Self {
        Self {
            stage: Stage::Queued,
            hold: None,
            ending: None,
            ceilings,
            tier: None,
            phases: Vec::new(),
            phase: None,
            tasks: Vec::new(),
            current: None,
            iteration: 0,
            call: 0,
            broken_calls: 0,
            wait: None,
            waits: 0,
            check_rounds: 0,
            findings: Vec::new(),
            said: None,
            branch: None,
            worktree: None,
            base: None,
            tip: None,
            checkpoint: None,
            tree: None,
            discard: false,
            examples: Vec::new(),
            delivered: None,
            for_review: false,
            delivery_note: None,
            spent: Spent::default(),
            worked_ms: 0,
            verdict: None,
            reason: None,
        }
    }

    /// The word that people see.
    pub fn status(&self) -> RunStatus {
        match (&self.stage, &self.hold, &self.ending) {
            (Stage::Over, _, Some(Ending::Stopped { .. })) => RunStatus::Stopped,
            (Stage::Over, _, Some(Ending::Failed { .. })) => RunStatus::Failed,
            (Stage::Over, _, _) => RunStatus::Finished,
            (_, Some(Hold::NeedsYou { .. }), _) => RunStatus::NeedsYou,
            (_, Some(Hold::Paused { .. }), _) => RunStatus::Paused,
            (Stage::Queued, ..) => RunStatus::Queued,
            (Stage::Preparing | Stage::Planning, ..) => RunStatus::Preparing,
            (Stage::Reasoning | Stage::Acting | Stage::Reflecting, ..) => RunStatus::Working,
            _ => RunStatus::Verifying,
        }
    }

    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The step of the running iteration.
    pub fn step(&self) -> Option<Step> {
        self.current.as_ref()?;
        match self.stage {
            Stage::Reasoning => Some(Step::Reason),
            Stage::Acting => Some(Step::Act),
            Stage::Reflecting => Some(Step::Reflect),
            Stage::Verifying | Stage::Committing { .. } => Some(Step::Verify),
            _ => None,
        }
    }

    /// The task that the running iteration works on.
    pub fn task(&self) -> Option<&TaskState> {
        let number = self.current.as_ref()?.task?;
        self.tasks.iter().find(|task| task.number == number)
    }

    /// Whether the commits wait for a person to merge them. Runs of before the field say it in the words of their delivery.
    pub fn waits_for_review(&self) -> bool {
        let says_so = |note: &str| note.ends_with("for review, as the project asks");
        self.for_review || (self.delivered.is_none() && self.delivery_note.as_deref().is_some_and(says_so))
    }

    /// Whether no iteration is in its middle: the next prompt sees what a person changes now.
    pub fn is_between_iterations(&self) -> bool {
        !matches!(self.stage, Stage::Acting | Stage::Reflecting | Stage::Verifying | Stage::Committing { .. })
    }

    /// Milliseconds of work that are left.
    pub fn millis_left(&self) -> i64 {
        (self.ceilings.millis() - self.worked_ms).max(0)
    }

    /// What may still be spent, in millionths of a US dollar.
    pub fn micros_left(&self) -> Option<i64> {
        self.ceilings.cost_micros.map(|ceiling| (ceiling - self.spent.cost_micros.unwrap_or(0)).max(0))
    }

    /// Whether nothing speaks against bringing the commits into the project's branch.
    pub fn deserves_delivery(&self) -> bool {
        self.tip != self.base && self.findings.is_empty() && self.tasks.iter().all(|task| task.status == TaskStatus::Completed)
    }
}

/// The four steps of a new iteration, none begun.
pub(super) fn pending_steps() -> Vec<StepRecord> {
    Step::ALL
        .into_iter()
        .map(|step| StepRecord { step, status: StepStatus::Pending, summary: String::new(), started_at: None, ended_at: None })
        .collect()
}

#[cfg(test)]
mod tests {
    use protocol::runs::Limits;

    use super::*;

    #[test]
    fn runs_of_before_the_field_wait_for_review_by_the_words_of_their_delivery() {
        let queued = RunState::queued(Ceilings::from_limits(Limits::default()).unwrap());
        let mut stored = serde_json::to_value(queued).unwrap();
        stored.as_object_mut().unwrap().remove("for_review");
        for (delivered, note, waits) in [
            (None, Some("The commits wait on loki/1 for review, as the project asks"), true),
            (None, Some("The commits stay on loki/1: not everything was verified"), false),
            (Some("c1"), Some("loki/1 is merged into main for review, as the project asks"), false),
            (None, None, false),
        ] {
            stored["delivered"] = serde_json::json!(delivered);
            stored["delivery_note"] = serde_json::json!(note);
            let state: RunState = serde_json::from_value(stored.clone()).unwrap();
            assert_eq!(state.waits_for_review(), waits, "{note:?}");
        }
    }

    #[test]
    fn a_hold_knows_its_file_and_one_of_before_the_field_says_so_in_words() {
        for (stored, by_file) in [
            (r#"{"Paused": {"by": "the file .loki/PAUSE, which appeared while the agent worked"}}"#, true),
            (r#"{"Paused": {"by": "Ada"}}"#, false),
            (r#"{"Paused": {"by": "words", "asker": "File"}}"#, true),
            (r#"{"Paused": {"by": "the file .loki/PAUSE", "asker": "Person"}}"#, false),
            (r#"{"NeedsYou": {"reason": "the file .loki/PAUSE"}}"#, false),
        ] {
            assert_eq!(serde_json::from_str::<Hold>(stored).unwrap().is_by_file(), by_file, "{stored}");
        }
    }

    #[test]
    fn a_task_is_found_in_the_spec_by_its_number_and_its_title() {
        let drafts = crate::specs::parse(b"- a\n- b", None).unwrap().tasks;
        let task = |number: u32, title: &str| TaskState {
            number,
            title: title.to_owned(),
            depends_on: Vec::new(),
            status: TaskStatus::Pending,
            attempts: 0,
            commit: None,
            note: None,
            subject: String::new(),
        };
        assert_eq!(task(2, "b").draft(&drafts).map(|draft| draft.number), Some(2));
        assert_eq!(task(1, "b").draft(&drafts), None);
    }
}
