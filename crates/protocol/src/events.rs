//! Committed facts with a position, as they travel over the socket.

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
            "project_created" => Event::ProjectCreated { name: read::<OfName>(&data)?.name },
            "project_updated" => Event::ProjectUpdated { name: read::<OfName>(&data)?.name },
            "project_deleted" => Event::ProjectDeleted { name: read::<OfName>(&data)?.name },
            "project_ready" => {
                let OfStatus { status, problem } = read(&data)?;
                Event::ProjectReady { status, problem }
            }
            "team_updated" => Event::TeamUpdated { name: read::<OfName>(&data)?.name },
            "users_changed" => Event::UsersChanged {},
            "tokens_changed" => Event::TokensChanged {},
            "secrets_changed" => Event::SecretsChanged {},
            "logins_changed" => Event::LoginsChanged {},
            "run_queued" => Event::RunQueued { run: read::<OfRun>(&data)?.run },
            "run_started" => Event::RunStarted { run: read::<OfRun>(&data)?.run },
            "run_paused" => Event::RunPaused { run: read::<OfRun>(&data)?.run },
            "run_resumed" => Event::RunResumed { run: read::<OfRun>(&data)?.run },
            "run_updated" => Event::RunUpdated { run: read::<OfRun>(&data)?.run },
            "run_finished" => Event::RunFinished { run: read::<OfRun>(&data)?.run },
            "phase_changed" => {
                let OfPhase { phase, phases, summary } = read(&data)?;
                Event::PhaseChanged { phase, phases, summary }
            }
            "iteration_start" => Event::IterationStart { iteration: read::<OfIteration>(&data)?.iteration },
            "iteration_progress" => Event::IterationProgress { iteration: read::<OfIteration>(&data)?.iteration },
            "iteration_complete" => Event::IterationComplete { iteration: read::<OfIteration>(&data)?.iteration },
            "task_queued" => Event::TaskQueued { task: read::<OfTask>(&data)?.task },
            "task_started" => Event::TaskStarted { task: read::<OfTask>(&data)?.task },
            "task_completed" => Event::TaskCompleted { task: read::<OfTask>(&data)?.task },
            "task_failed" => Event::TaskFailed { task: read::<OfTask>(&data)?.task },
            "agent_output" => Event::AgentOutput { chunk: read::<OfChunk>(&data)?.chunk },
            "quality_gate_passed" => Event::QualityGatePassed { gate: read::<OfGate>(&data)?.gate },
            "quality_gate_skipped" => Event::QualityGateSkipped { gate: read::<OfGate>(&data)?.gate },
            "quality_gate_failed" => Event::QualityGateFailed { gate: read::<OfGate>(&data)?.gate },
            "build_progress" => Event::BuildProgress(read(&data)?),
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
            Self::ProjectCreated { .. } => "project_created",
            Self::ProjectUpdated { .. } => "project_updated",
            Self::ProjectReady { .. } => "project_ready",
            Self::ProjectDeleted { .. } => "project_deleted",
            Self::TeamUpdated { .. } => "team_updated",
            Self::UsersChanged {} => "users_changed",
            Self::TokensChanged {} => "tokens_changed",
            Self::SecretsChanged {} => "secrets_changed",
            Self::LoginsChanged {} => "logins_changed",
            Self::RunQueued { .. } => "run_queued",
            Self::RunStarted { .. } => "run_started",
            Self::PhaseChanged { .. } => "phase_changed",
            Self::IterationStart { .. } => "iteration_start",
            Self::IterationProgress { .. } => "iteration_progress",
            Self::IterationComplete { .. } => "iteration_complete",
            Self::TaskQueued { .. } => "task_queued",
            Self::TaskStarted { .. } => "task_started",
            Self::TaskCompleted { .. } => "task_completed",
            Self::TaskFailed { .. } => "task_failed",
            Self::AgentOutput { .. } => "agent_output",
            Self::QualityGatePassed { .. } => "quality_gate_passed",
            Self::QualityGateSkipped { .. } => "quality_gate_skipped",
            Self::QualityGateFailed { .. } => "quality_gate_failed",
            Self::BuildProgress(_) => "build_progress",
            Self::RunPaused { .. } => "run_paused",
            Self::RunResumed { .. } => "run_resumed",
            Self::RunUpdated { .. } => "run_updated",
            Self::RunFinished { .. } => "run_finished",
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
