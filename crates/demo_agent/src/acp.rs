//! The protocol: initialize, sessions, prompts and their cancellation; every other method is answered as unknown.

mod outbox;
mod updates;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use agent_client_protocol::{
    Agent, ByteStreams, Client, Error as ProtocolError,
    schema::ProtocolVersion,
    v1::{
        ConnectionTo, Responder,
        schema::{
            AgentCapabilities, CancelNotification, ContentBlock, Implementation, InitializeRequest, InitializeResponse,
            NewSessionRequest, NewSessionResponse, PromptRequest, PromptResponse, SessionId, StopReason,
        },
    },
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{
    compat::{TokioAsyncReadCompatExt, TokioAsyncWriteCompatExt},
    sync::CancellationToken,
};

use crate::{Error, Options, work::Work};
use outbox::{Counted, Outbox};
pub(crate) use updates::Updates;

/// Serves one client until it closes `stdin`, and the work that was under way has ended.
///
/// It needs a tokio runtime with timers and input and output. Nothing but the protocol is written to `stdout`.
pub async fn serve<R, W>(stdin: R, stdout: W, options: Options) -> Result<(), Error>
where
    R: AsyncRead + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let outbox = Outbox::default();
    let counted = outbox.clone();
    let sessions = Sessions { options: Arc::new(options), outbox: outbox.clone(), ..Sessions::default() };
    let (starting, prompting, cancelling, closing) = (sessions.clone(), sessions.clone(), sessions.clone(), sessions);
    Agent
        .v1()
        .name("loki-demo-agent")
        .on_receive_request(
            async move |_request: InitializeRequest,
                        responder: Responder<InitializeResponse>,
                        _connection: ConnectionTo<Client>| {
                let info = Implementation::new("loki-demo-agent", env!("CARGO_PKG_VERSION")).title("loki demo agent".to_owned());
                let answer =
                    InitializeResponse::new(ProtocolVersion::V1).agent_capabilities(AgentCapabilities::new()).agent_info(info);
                outbox.answered();
                responder.respond(answer)
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_request(
            async move |request: NewSessionRequest,
                        responder: Responder<NewSessionResponse>,
                        _connection: ConnectionTo<Client>| {
                starting.outbox.answered();
                responder.respond_with_result(starting.start(request).map(NewSessionResponse::new))
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_request(
            async move |request: PromptRequest, responder: Responder<PromptResponse>, connection: ConnectionTo<Client>| {
                prompting.prompt(&request, responder, &connection)
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_notification(
            async move |request: CancelNotification, _connection: ConnectionTo<Client>| {
                cancelling.cancel(|id| *id == request.session_id);
                Ok(())
            },
            agent_client_protocol::on_receive_notification!(),
        )
        .on_close(async move |_connection| {
            closing.cancel(|_| true);
            Ok(())
        })
        .connect_to(ByteStreams::new(Counted { writer: stdout, outbox: counted }.compat_write(), stdin.compat()))
        .await?;
    Ok(())
}

/// The sessions of one client.
#[derive(Clone, Default)]
struct Sessions {
    options: Arc<Options>,
    outbox: Outbox,
    /// Whether it misbehaved already, for agents without a folder of their own.
    misbehaved: Arc<AtomicBool>,
    open: Arc<Mutex<HashMap<SessionId, Session>>>,
}

struct Session {
    root: PathBuf,
    prompts: u32,
    /// Of the prompt under way, or of the last one.
    cancel: CancellationToken,
}

impl Sessions {
    fn start(&self, request: NewSessionRequest) -> Result<SessionId, ProtocolError> {
        if !request.cwd.is_absolute() || !request.cwd.is_dir() {
            return Err(ProtocolError::invalid_params().data(serde_json::json!("cwd must be the absolute path of a directory")));
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let id = SessionId::new(format!("session-{}", open.len() + 1));
        open.insert(id.clone(), Session { root: request.cwd, prompts: 0, cancel: CancellationToken::new() });
        Ok(id)
    }

    fn prompt(
        &self,
        request: &PromptRequest,
        responder: Responder<PromptResponse>,
        connection: &ConnectionTo<Client>,
    ) -> Result<(), ProtocolError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = open.get_mut(&request.session_id) else {
            self.outbox.answered();
            return responder
                .respond_with_error(ProtocolError::invalid_params().data(serde_json::json!("there is no such session")));
        };
        session.prompts += 1;
        session.cancel = CancellationToken::new();
        let cancel = session.cancel.clone();
        let updates = Updates {
            connection: connection.clone(),
            session: request.session_id.clone(),
            outbox: self.outbox.clone(),
            pace: self.options.pace,
            prompt: session.prompts,
            calls: 0,
        };
        let mut work = Work::new(session.root.clone(), &text(&request.prompt), &self.options, &self.misbehaved, updates);
        let withdrawn = responder.cancellation();
        let outbox = self.outbox.clone();
        connection.spawn(async move {
            let ended = if work.cannot_be_asked_to_stop() {
                Some(work.carry_out().await)
            } else {
                tokio::select! {
                    ended = work.carry_out() => Some(ended),
                    () = cancel.cancelled() => None,
                    () = withdrawn.cancelled() => None,
                }
            };
            outbox.answered();
            match ended {
                Some(Ok(())) => responder.respond(PromptResponse::new(StopReason::EndTurn)),
                Some(Err(error)) => responder.respond_with_error(error),
                None => responder.respond(PromptResponse::new(StopReason::Cancelled)),
            }
        })
    }

    fn cancel(&self, which: impl Fn(&SessionId) -> bool) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().filter(|(id, _)| which(id)).for_each(|(_, session)| session.cancel.cancel());
    }
}

fn text(prompt: &[ContentBlock]) -> String {
    let texts =
        prompt.iter().filter_map(|block| if let ContentBlock::Text(text) = block { Some(text.text.as_str()) } else { None });
    texts.collect::<Vec<_>>().join("\n")
}
