//! One prompt in one session of the protocol: initialize, a new session, the model, the prompt, its answer.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use agent_client_protocol::{
    schema::ProtocolVersion,
    v1::schema::{
        ClientCapabilities, ContentBlock, ErrorCode, FileSystemCapabilities, Implementation, InitializeRequest,
        InitializeResponse, NewSessionRequest, NewSessionResponse, PermissionOptionKind, PromptRequest, ReadTextFileRequest,
        ReadTextFileResponse, RequestPermissionOutcome, RequestPermissionRequest, RequestPermissionResponse,
        SelectedPermissionOutcome, SessionId, TextContent, WriteTextFileRequest, WriteTextFileResponse,
    },
};
use domain::ports::agent::{AgentEvent, AgentOutcome, AgentResult, Usage};
use serde_json::{Value, json};

use super::{
    files::{self, FileError},
    updates::{self, Updates},
    wire::{self, Message},
};
use crate::{
    driver::{Dialogue, Ending, Step, merged},
    text::{Said, one_line},
};

/// The request that is being answered; its number is its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Initialize = 1,
    NewSession = 2,
    Model = 3,
    Prompt = 4,
}

pub(super) struct Session {
    prompt: String,
    model: Option<String>,
    workspace: PathBuf,
    told_version: Arc<Mutex<Option<String>>>,
    stage: Stage,
    id: Option<SessionId>,
    updates: Updates,
    said: Said,
    has_acted: bool,
    usage: Usage,
    outcome: Option<AgentOutcome>,
}

impl Session {
    pub(super) fn new(
        prompt: String,
        model: Option<String>,
        workspace: PathBuf,
        told_version: Arc<Mutex<Option<String>>>,
    ) -> Self {
        let updates = Updates::new(workspace.clone());
        let (stage, said, usage) = (Stage::Initialize, Said::default(), Usage::default());
        Self { prompt, model, workspace, told_version, stage, id: None, updates, said, has_acted: false, usage, outcome: None }
    }

    fn answered(&mut self, result: Value) -> Vec<Step> {
        match self.stage {
            Stage::Initialize => self.initialized(result),
            Stage::NewSession => self.opened(result),
            Stage::Model => self.ask(),
            Stage::Prompt => self.finished(&result),
        }
    }

    fn initialized(&mut self, result: Value) -> Vec<Step> {
        let Ok(response) = serde_json::from_value::<InitializeResponse>(result) else {
            return self.fail("its answer to initialize is not understood");
        };
        if response.protocol_version != ProtocolVersion::V1 {
            return self.fail("it speaks another version of the protocol than 1");
        }
        if let Some(info) = response.agent_info {
            let version = one_line(&format!("{} {}", info.name, info.version));
            *self.told_version.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
        }
        let request = NewSessionRequest::new(self.workspace.clone());
        self.send(Stage::NewSession, |id| wire::request(id, &request))
    }

    fn opened(&mut self, result: Value) -> Vec<Step> {
        let model_option = model_option(&result);
        let Ok(response) = serde_json::from_value::<NewSessionResponse>(result) else {
            return self.fail("its answer to session/new is not understood");
        };
        let session = response.session_id;
        self.id = Some(session.clone());
        match (self.model.clone(), model_option) {
            (None, _) => self.ask(),
            (Some(model), Some(option)) => {
                let params = json!({ "sessionId": session, "configId": option, "value": model });
                self.send(Stage::Model, |id| wire::custom_request(id, "session/set_config_option", &params))
            }
            (Some(model), None) => {
                let mut steps = vec![Step::Stray(format!("this agent has no choice of models; {model} is not used"))];
                steps.extend(self.ask());
                steps
            }
        }
    }

    fn ask(&mut self) -> Vec<Step> {
        let Some(session) = self.id.clone() else { return self.fail("it has no session") };
        let prompt = vec![ContentBlock::Text(TextContent::new(std::mem::take(&mut self.prompt)))];
        self.send(Stage::Prompt, |id| wire::request(id, &PromptRequest::new(session, prompt)))
    }

    fn send(&mut self, stage: Stage, line: impl FnOnce(u64) -> String) -> Vec<Step> {
        self.stage = stage;
        vec![Step::Send(line(stage as u64))]
    }

    fn finished(&mut self, result: &Value) -> Vec<Step> {
        let mut steps: Vec<Step> = self.updates.rest().into_iter().map(|event| self.event(event)).collect();
        if let Some(tokens) = updates::tokens(result) {
            steps.push(self.event(AgentEvent::Usage(Usage { cost_usd: None, tokens: Some(tokens) })));
        }
        let reason = result.get("stopReason").and_then(Value::as_str).unwrap_or_default();
        let note = match reason {
            "max_tokens" => Some("the agent stopped because it may not use more tokens"),
            "max_turn_requests" => Some("the agent stopped because it may not ask its model more often"),
            "refusal" => Some("the agent refuses to go on"),
            _ => None,
        };
        steps.extend(note.map(|note| Step::Stray(note.to_owned())));
        self.outcome = Some(match reason {
            "cancelled" => AgentOutcome::Cancelled,
            _ if self.has_acted || note.is_some() => AgentOutcome::Finished,
            _ => AgentOutcome::Silent,
        });
        steps.push(Step::Over);
        steps
    }

    fn failed(&mut self, code: i64, message: String) -> Vec<Step> {
        if self.stage == Stage::Model {
            let mut steps = vec![Step::Stray(format!("the model could not be chosen: {message}"))];
            steps.extend(self.ask());
            return steps;
        }
        // Some agents pass on the HTTP status of their model's service as the code.
        self.outcome = Some(match code {
            -32000 | 401 | 403 => AgentOutcome::Unauthorized { detail: message },
            429 => AgentOutcome::RateLimited { detail: message },
            500..=599 => AgentOutcome::Unreachable { detail: message },
            _ => AgentOutcome::Crashed { exit: format!("error {code}"), detail: message },
        });
        vec![Step::Over]
    }

    fn fail(&mut self, detail: &str) -> Vec<Step> {
        self.outcome =
            Some(AgentOutcome::Crashed { exit: "none".to_owned(), detail: format!("The agent is not usable: {detail}.") });
        vec![Step::Over]
    }

    fn event(&mut self, event: AgentEvent) -> Step {
        match &event {
            AgentEvent::Text(text) => {
                self.has_acted |= !text.trim().is_empty();
                self.said.add(text);
            }
            AgentEvent::Tool(_) => {
                self.has_acted = true;
                self.said.close();
            }
            AgentEvent::Usage(usage) => {
                self.usage = merged(self.usage, *usage);
                return Step::Event(AgentEvent::Usage(self.usage));
            }
            _ => {}
        }
        Step::Event(event)
    }

    async fn requested(&mut self, id: Value, method: &str, params: Value) -> Vec<Step> {
        match method {
            "session/request_permission" => self.permit(&id, params),
            "fs/read_text_file" => {
                let Ok(request) = serde_json::from_value::<ReadTextFileRequest>(params) else { return not_understood(&id) };
                let workspace = self.workspace.clone();
                let read = off_thread(move || files::read(&workspace, &request.path, request.line, request.limit)).await;
                vec![Step::Send(file_answer(&id, read.map(ReadTextFileResponse::new)))]
            }
            "fs/write_text_file" => {
                let Ok(request) = serde_json::from_value::<WriteTextFileRequest>(params) else { return not_understood(&id) };
                self.has_acted = true;
                let workspace = self.workspace.clone();
                let written = off_thread(move || files::write(&workspace, &request.path, &request.content)).await;
                vec![Step::Send(file_answer(&id, written.map(|()| WriteTextFileResponse::new())))]
            }
            _ => vec![Step::Send(wire::refusal(&id, ErrorCode::MethodNotFound, "this client does not offer that"))],
        }
    }

    /// The sandbox is what holds an agent; inside it may do everything, preferably once.
    fn permit(&mut self, id: &Value, params: Value) -> Vec<Step> {
        let Ok(request) = serde_json::from_value::<RequestPermissionRequest>(params) else { return not_understood(id) };
        let events = self.updates.asks(&request.tool_call);
        let mut steps: Vec<Step> = events.into_iter().map(|event| self.event(event)).collect();
        let option = [PermissionOptionKind::AllowOnce, PermissionOptionKind::AllowAlways]
            .iter()
            .find_map(|kind| request.options.iter().find(|option| option.kind == *kind));
        let outcome = match option {
            Some(option) => RequestPermissionOutcome::Selected(SelectedPermissionOutcome::new(option.option_id.clone())),
            None => RequestPermissionOutcome::Cancelled,
        };
        steps.push(Step::Send(wire::answer(id, RequestPermissionResponse::new(outcome))));
        steps
    }
}

/// The option of a session that chooses the model.
fn model_option(session: &Value) -> Option<String> {
    let options = session.get("configOptions")?.as_array()?;
    let is_model =
        |option: &&Value| ["category", "id"].iter().any(|name| option.get(name).and_then(Value::as_str) == Some("model"));
    Some(options.iter().find(is_model)?.get("id")?.as_str()?.to_owned())
}

fn not_understood(id: &Value) -> Vec<Step> {
    vec![Step::Send(wire::refusal(id, ErrorCode::InvalidParams, "the parameters are not understood"))]
}

fn file_answer<T: serde::Serialize>(id: &Value, done: Result<T, FileError>) -> String {
    match done {
        Ok(response) => wire::answer(id, response),
        Err(error @ (FileError::Outside | FileError::Git)) => wire::refusal(id, ErrorCode::InvalidParams, &error.to_string()),
        Err(error) => wire::refusal(id, ErrorCode::InternalError, &error.to_string()),
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, FileError> + Send + 'static) -> Result<T, FileError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(FileError::Failed(std::io::Error::other(error))))
}

impl Dialogue for Session {
    fn opening(&mut self) -> Vec<Step> {
        let files = FileSystemCapabilities::new().read_text_file(true).write_text_file(true);
        let request = InitializeRequest::new(ProtocolVersion::V1)
            .client_capabilities(ClientCapabilities::new().fs(files))
            .client_info(Implementation::new("loki", env!("CARGO_PKG_VERSION")));
        self.send(Stage::Initialize, |id| wire::request(id, &request))
    }

    async fn line(&mut self, line: &str) -> Vec<Step> {
        let expected = json!(self.stage as u64);
        match wire::read(line) {
            Some(Message::Request { id, method, params }) => self.requested(id, &method, params).await,
            Some(Message::Notification { method, params }) if method == "session/update" => {
                let events = self.updates.read(params);
                events.into_iter().map(|event| self.event(event)).collect()
            }
            Some(Message::Result { id, result }) if id == expected => self.answered(result),
            Some(Message::Failure { id, code, message }) if id == expected => self.failed(code, message),
            // Notifications of other kinds and late answers.
            Some(_) => Vec::new(),
            None => vec![Step::Stray(line.to_owned())],
        }
    }

    fn result(&self, why: Ending) -> AgentResult {
        let outcome = match (&self.outcome, why) {
            (Some(outcome), why) if why != Ending::Cancelled => outcome.clone(),
            (_, why) if self.has_acted => why.outcome(),
            (_, why) => why.silent_outcome(),
        };
        AgentResult { outcome, said: self.said.closing_words(), usage: self.usage }
    }
}
