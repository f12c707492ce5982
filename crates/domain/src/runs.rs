//! Runs: a pure state machine and the rules around it. The engine carries out what it asks for and journals what came of it.

pub mod backoff;
pub mod limits;
pub mod machine;
pub mod record;
pub mod state;
pub mod steps;

pub use backoff::Wait;
pub use limits::Ceilings;
pub use machine::{Effect, Input, RunChange, Verification, next_effect, step};
pub use record::{RunRecord, Wish, task_view};
pub use state::{Asker, Ending, Hold, RunState, Spent, Stage, TaskState};
