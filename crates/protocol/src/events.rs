//! Committed facts with a position, as they travel over the socket.

pub mod kinds;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    EventSeq, ProjectId, RunId, TeamId, Timestamp, UserId,
    projects::ProjectStatus,
    runs::{Gate, Iteration, LogChunk, Phase, PhaseRecord, Run, Task},
};

/// What an event is about; who may see that may see the event. What is of nothing named here is the installation's: whoever
/// reads all of it, the admins, may see that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
// Clients made from the OpenAPI document know it by this name.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Scope))]
pub struct EventScope {
    pub project_id: Option<ProjectId>,
    pub run_id: Option<RunId>,
    /// The team itself; what belongs to it is told by its project
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// The person whom alone it concerns. Decides who may see it, and is told to nobody
    #[serde(skip)]
    pub user_id: Option<UserId>,
}

impl EventScope {
    /// Of a project.
    pub fn project(id: ProjectId) -> Self {
        Self { project_id: Some(id), ..Self::default() }
    }

    /// Of a run of a project.
    pub fn run(project: ProjectId, run: RunId) -> Self {
        Self { run_id: Some(run), ..Self::project(project) }
    }

    /// Of a team.
    pub fn team(id: TeamId) -> Self {
        Self { team_id: Some(id), ..Self::default() }
    }

    /// Of one person, and nobody else's.
    pub fn person(id: UserId) -> Self {
        Self { user_id: Some(id), ..Self::default() }
    }
}

/// An event with its position, as it is stored and sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Envelope {
    pub seq: EventSeq,
    pub at: Timestamp,
    /// The event's name, like `run_started`.
    #[serde(rename = "type")]
    pub kind: String,
    pub scope: EventScope,
    /// The event's fields.
    pub data: Value,
}

impl Envelope {
    /// The typed event, or nothing if this client does not know its type or shape.
    ///
    /// Read by name instead of by a derived `Deserialize`: a tagged enum would bring two more readers for every type of the
    /// wire into the browser, a third of all that it loads.
    pub fn event(&self) -> Option<Event> {
        let data = self.data.to_string();
        Some(match self.kind.as_str() {
            kinds::PROJECT_CREATED => Event::ProjectCreated { name: read::<OfName>(&data)?.name },
            kinds::PROJECT_UPDATED => Event::ProjectUpdated { name: read::<OfName>(&data)?.name },
            kinds::PROJECT_DELETED => Event::ProjectDeleted { name: read::<OfName>(&data)?.name },
            kinds::PROJECT_READY => {
                let OfStatus { status, problem } = read(&data)?;
                Event::ProjectReady { status, problem }
            }
            kinds::TEAM_UPDATED => Event::TeamUpdated { name: read::<OfName>(&data)?.name },
            kinds::USERS_CHANGED => Event::UsersChanged {},
            kinds::TOKENS_CHANGED => Event::TokensChanged {},
            kinds::SECRETS_CHANGED => Event::SecretsChanged {},
            kinds::LOGINS_CHANGED => Event::LoginsChanged {},
            kinds::RUN_QUEUED => Event::RunQueued { run: read::<OfRun>(&data)?.run },
            kinds::RUN_STARTED => Event::RunStarted { run: read::<OfRun>(&data)?.run },
            kinds::RUN_PAUSED => Event::RunPaused { run: read::<OfRun>(&data)?.run },
            kinds::RUN_RESUMED => Event::RunResumed { run: read::<OfRun>(&data)?.run },
            kinds::RUN_UPDATED => Event::RunUpdated { run: read::<OfRun>(&data)?.run },
            kinds::RUN_FINISHED => Event::RunFinished { run: read::<OfRun>(&data)?.run },
            kinds::PHASE_CHANGED => {
                let OfPhase { phase, phases, summary } = read(&data)?;
                Event::PhaseChanged { phase, phases, summary }
            }
            kinds::ITERATION_START => Event::IterationStart { iteration: read::<OfIteration>(&data)?.iteration },
            kinds::ITERATION_PROGRESS => Event::IterationProgress { iteration: read::<OfIteration>(&data)?.iteration },
            kinds::ITERATION_COMPLETE => Event::IterationComplete { iteration: read::<OfIteration>(&data)?.iteration },
            kinds::TASK_QUEUED => Event::TaskQueued { task: read::<OfTask>(&data)?.task },
            kinds::TASK_STARTED => Event::TaskStarted { task: read::<OfTask>(&data)?.task },
            kinds::TASK_COMPLETED => Event::TaskCompleted { task: read::<OfTask>(&data)?.task },
            kinds::TASK_FAILED => Event::TaskFailed { task: read::<OfTask>(&data)?.task },
            kinds::AGENT_OUTPUT => Event::AgentOutput { chunk: read::<OfChunk>(&data)?.chunk },
            kinds::QUALITY_GATE_PASSED => Event::QualityGatePassed { gate: read::<OfGate>(&data)?.gate },
            kinds::QUALITY_GATE_SKIPPED => Event::QualityGateSkipped { gate: read::<OfGate>(&data)?.gate },
            kinds::QUALITY_GATE_FAILED => Event::QualityGateFailed { gate: read::<OfGate>(&data)?.gate },
            kinds::BUILD_PROGRESS => Event::BuildProgress(read(&data)?),
            _ => return None,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(data: &str) -> Option<T> {
    serde_json::from_str(data).ok()
}

#[derive(Deserialize)]
struct OfName {
    name: String,
}

#[derive(Deserialize)]
struct OfStatus {
    status: ProjectStatus,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct OfRun {
    run: Run,
}

#[derive(Deserialize)]
struct OfPhase {
    phase: Phase,
    phases: Vec<PhaseRecord>,
    summary: String,
}

#[derive(Deserialize)]
struct OfIteration {
    iteration: Iteration,
}

#[derive(Deserialize)]
struct OfTask {
    task: Task,
}

#[derive(Deserialize)]
struct OfChunk {
    chunk: LogChunk,
}

#[derive(Deserialize)]
struct OfGate {
    gate: Gate,
}

/// Everything that can happen. Stored and sent as `type` and `data`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Event {
    ProjectCreated {
        name: String,
    },
    ProjectUpdated {
        name: String,
    },
    ProjectReady {
        status: ProjectStatus,
        problem: Option<String>,
    },
    ProjectDeleted {
        name: String,
    },
    /// A team, its members or its invitations changed, or it is gone.
    TeamUpdated {
        name: String,
    },
    /// People, their roles or who is invited. Like the next three it names nothing: whoever may look reads anew.
    UsersChanged {},
    /// API tokens.
    TokensChanged {},
    /// Secrets of the project, the team or the installation that the scope names.
    SecretsChanged {},
    /// Where somebody is signed in, or how they sign in.
    LoginsChanged {},
    RunQueued {
        run: Run,
    },
    RunStarted {
        run: Run,
    },
    PhaseChanged {
        phase: Phase,
        phases: Vec<PhaseRecord>,
        summary: String,
    },
    IterationStart {
        iteration: Iteration,
    },
    /// A step of the running iteration began or ended; carries the whole iteration as it stands.
    IterationProgress {
        iteration: Iteration,
    },
    IterationComplete {
        iteration: Iteration,
    },
    TaskQueued {
        task: Task,
    },
    TaskStarted {
        task: Task,
    },
    TaskCompleted {
        task: Task,
    },
    TaskFailed {
        task: Task,
    },
    AgentOutput {
        chunk: LogChunk,
    },
    QualityGatePassed {
        gate: Gate,
    },
    /// There was nothing for the gate to judge.
    QualityGateSkipped {
        gate: Gate,
    },
    QualityGateFailed {
        gate: Gate,
    },
    BuildProgress(BuildProgress),
    RunPaused {
        run: Run,
    },
    RunResumed {
        run: Run,
    },
    /// The run changed in a way that has no event of its own.
    RunUpdated {
        run: Run,
    },
    RunFinished {
        run: Run,
    },
}

/// Where a run stands in numbers, for bars and estimates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildProgress {
    pub run: Run,
    pub phase: Option<Phase>,
    pub tasks_done: u32,
    pub tasks_total: u32,
    pub cost_usd: Option<f64>,
    /// Milliseconds until all tasks are done at the pace so far; absent before the first one.
    pub eta_ms: Option<i64>,
}

impl Event {
    /// The `type` on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ProjectCreated { .. } => kinds::PROJECT_CREATED,
            Self::ProjectUpdated { .. } => kinds::PROJECT_UPDATED,
            Self::ProjectReady { .. } => kinds::PROJECT_READY,
            Self::ProjectDeleted { .. } => kinds::PROJECT_DELETED,
            Self::TeamUpdated { .. } => kinds::TEAM_UPDATED,
            Self::UsersChanged {} => kinds::USERS_CHANGED,
            Self::TokensChanged {} => kinds::TOKENS_CHANGED,
            Self::SecretsChanged {} => kinds::SECRETS_CHANGED,
            Self::LoginsChanged {} => kinds::LOGINS_CHANGED,
            Self::RunQueued { .. } => kinds::RUN_QUEUED,
            Self::RunStarted { .. } => kinds::RUN_STARTED,
            Self::PhaseChanged { .. } => kinds::PHASE_CHANGED,
            Self::IterationStart { .. } => kinds::ITERATION_START,
            Self::IterationProgress { .. } => kinds::ITERATION_PROGRESS,
            Self::IterationComplete { .. } => kinds::ITERATION_COMPLETE,
            Self::TaskQueued { .. } => kinds::TASK_QUEUED,
            Self::TaskStarted { .. } => kinds::TASK_STARTED,
            Self::TaskCompleted { .. } => kinds::TASK_COMPLETED,
            Self::TaskFailed { .. } => kinds::TASK_FAILED,
            Self::AgentOutput { .. } => kinds::AGENT_OUTPUT,
            Self::QualityGatePassed { .. } => kinds::QUALITY_GATE_PASSED,
            Self::QualityGateSkipped { .. } => kinds::QUALITY_GATE_SKIPPED,
            Self::QualityGateFailed { .. } => kinds::QUALITY_GATE_FAILED,
            Self::BuildProgress(_) => kinds::BUILD_PROGRESS,
            Self::RunPaused { .. } => kinds::RUN_PAUSED,
            Self::RunResumed { .. } => kinds::RUN_RESUMED,
            Self::RunUpdated { .. } => kinds::RUN_UPDATED,
            Self::RunFinished { .. } => kinds::RUN_FINISHED,
        }
    }

    /// The fields alone, as `Envelope::data` carries them.
    pub fn data(&self) -> Value {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut tagged)) => tagged.remove("data").unwrap_or(Value::Null),
            _ => Value::Null,
        }
    }
}

/// The close code of a socket whose login or token counts no more.
pub const SIGNED_OUT: u16 = 1008;
/// The close code of a socket whose person may do something else than before: come back at once and load anew.
pub const ROLE_CHANGED: u16 = 1013;
/// The close code of a socket that is one more than its person or token may have open. Those up to 3999 belong to the protocol.
pub const TOO_MANY_SOCKETS: u16 = 4029;

/// What the server sends over `GET /ws`, beside envelopes, tagged by `type`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SocketMessage {
    /// First message: the position that the socket goes on from.
    Connected {
        seq: EventSeq,
        version: String,
    },
    Ping,
    Pong,
    /// The reader fell too far behind or asked for positions that are gone: load the page's state anew, then go on after `seq`.
    Resync {
        seq: EventSeq,
    },
}

impl SocketMessage {
    /// The message in a frame's text, or nothing if the frame is something else, such as an envelope.
    pub fn parse(text: &str) -> Option<Self> {
        let frame: Value = read(text)?;
        let seq = || frame.get("seq").and_then(Value::as_i64);
        match frame.get("type")?.as_str()? {
            "connected" => Some(Self::Connected { seq: seq()?, version: frame.get("version")?.as_str()?.to_owned() }),
            "ping" => Some(Self::Ping),
            "pong" => Some(Self::Pong),
            "resync" => Some(Self::Resync { seq: seq()? }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(event: &Event) -> Envelope {
        let at = Timestamp::from_millis(0);
        Envelope { seq: 1, at, kind: event.kind().to_owned(), scope: EventScope::default(), data: event.data() }
    }

    #[test]
    fn an_event_is_read_as_it_was_sent() {
        let chunk = LogChunk { iteration: 1, step: None, kind: crate::runs::LogKind::Tool, text: "x".to_owned() };
        let task = Task {
            number: 1,
            title: "a".to_owned(),
            criteria: Vec::new(),
            depends_on: vec![2],
            status: crate::runs::TaskStatus::Failed,
            attempts: 3,
            commit: None,
            note: Some("why".to_owned()),
        };
        for event in [
            Event::ProjectCreated { name: "n".to_owned() },
            Event::TeamUpdated { name: "t".to_owned() },
            Event::LoginsChanged {},
            Event::ProjectReady { status: ProjectStatus::Failed, problem: Some("p".to_owned()) },
            Event::PhaseChanged { phase: Phase::Qa, phases: Vec::new(), summary: "s".to_owned() },
            Event::TaskFailed { task },
            Event::AgentOutput { chunk },
        ] {
            assert_eq!(sent(&event).event(), Some(event));
        }
    }

    #[test]
    fn every_type_that_is_sent_is_known_to_the_reader() {
        let tagged = serde_json::to_value(Event::ProjectUpdated { name: String::new() }).unwrap();
        assert_eq!(tagged["type"], "project_updated");
        let unknown = Envelope { kind: "from_the_future".to_owned(), ..sent(&Event::ProjectUpdated { name: String::new() }) };
        assert_eq!(unknown.event(), None);
    }

    #[test]
    fn a_message_of_the_socket_is_read_as_it_was_sent() {
        for message in [
            SocketMessage::Connected { seq: 7, version: "1".to_owned() },
            SocketMessage::Ping,
            SocketMessage::Pong,
            SocketMessage::Resync { seq: 9 },
        ] {
            assert_eq!(SocketMessage::parse(&serde_json::to_string(&message).unwrap()), Some(message));
        }
    }
}
