//! One call of the agent, in the sandbox, live in the log.

use std::time::Duration;

use domain::{
    errors::explain,
    ports::agent::{Agent, AgentCall, AgentEvent, AgentOutcome, AgentResult, Usage},
    runs::{Input, RunRecord, limits, steps},
};
use protocol::{
    runs::{LogKind, Step},
    secrets::SecretUse,
};
use services::{Cx, Error, vault};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Outcome;
use crate::{journal::Extra, output::Output};

/// Without a byte for this long, an agent counts as stalled.
const STALL: Duration = Duration::from_secs(300);
/// Events of the agent that wait to be written; then the agent waits.
const WAITING_EVENTS: usize = 256;

pub(super) async fn act(
    cx: &Cx,
    record: &RunRecord,
    call: u32,
    restore: Option<&str>,
    cancel: &CancellationToken,
) -> Result<Outcome, Error> {
    let worktree = super::worktree(record)?;
    if let Some(checkpoint) = restore {
        cx.vcs.restore(&worktree, checkpoint).await?;
    }
    let prompt = {
        let tx = cx.store.read().await?;
        tx.journal().call(record.id, call).await?
    };
    let Some(prompt) = prompt else {
        return Err(Error::Internal("the prompt of this call is not stored".to_owned()));
    };
    let Some(agent) = cx.agents.iter().find(|agent| agent.provider() == record.provider) else {
        return Err(Error::Unavailable(format!("{} is not known to this server", record.provider.title())));
    };
    let given = vault::given(cx, record.project_id).await?;
    let run_dir = cx.settings.run_dir(record.id);
    let home = run_dir.join("home");
    tokio::fs::create_dir_all(&home).await?;
    let ask = AgentCall {
        prompt: prompt.prompt,
        model: record.model.clone(),
        workspace: worktree,
        readable: vec![cx.vcs.data(&super::repository(cx, record).await?)?],
        home,
        transcript: run_dir.join("transcript.jsonl"),
        stall: cx.settings.stall.unwrap_or(STALL),
        wall: Duration::from_millis(u64::try_from(record.state.millis_left()).unwrap_or(0)),
        cost_usd: record.state.micros_left().map(limits::usd),
        secrets: given.env(SecretUse::Agent),
        masks: given.masks().clone(),
    };
    let (result, over_budget) = listen(cx, record, agent.as_ref(), ask, cancel).await?;
    Ok(Outcome { input: Input::Acted { result }, extra: Extra::None, over_budget })
}

/// Runs the call, writes what it says into the log, and ends it when it becomes too dear.
async fn listen(
    cx: &Cx,
    record: &RunRecord,
    agent: &dyn Agent,
    ask: AgentCall,
    cancel: &CancellationToken,
) -> Result<(AgentResult, Option<String>), Error> {
    let (sender, mut events) = mpsc::channel(WAITING_EVENTS);
    let stop = cancel.child_token();
    let ceiling = record.state.micros_left();
    let masks = ask.masks.clone();
    let mut output = Output::new(cx, record, Step::Act).hiding(&masks);
    let mut usage = Usage::default();
    let mut over_budget = None;
    let call = agent.call(ask, sender, stop.clone());
    tokio::pin!(call);
    let mut result = None;
    loop {
        let next = output.next_flush();
        tokio::select! {
            done = &mut call, if result.is_none() => result = Some(done),
            event = events.recv() => match event {
                Some(AgentEvent::Usage(seen)) => {
                    usage = seen;
                    let spent = seen.cost_usd.map(limits::micros);
                    if over_budget.is_none() && ceiling.zip(spent).is_some_and(|(left, spent)| spent >= left) {
                        over_budget = Some(steps::cost_ceiling(&record.state));
                        stop.cancel();
                    }
                }
                Some(event) => output.push(kind(&event), text(event)),
                None => break,
            },
            () = tokio::time::sleep_until(next) => log_only(record, output.flush().await),
        }
    }
    let mut result = match result {
        Some(result) => result,
        None => call.await,
    };
    log_only(record, output.finish().await);
    // What it thought before may have been the beginning of a value.
    result.said = masks.mask_with_rest(result.said);
    if result.outcome == AgentOutcome::Cancelled && result.usage == Usage::default() {
        result.usage = usage;
    }
    Ok((result, over_budget))
}

/// A log that cannot be written never costs a call, which would have to be paid again.
fn log_only(record: &RunRecord, written: Result<(), Error>) {
    if let Err(error) = written {
        tracing::warn!(run = %record.id, error = %explain(&error), "a piece of the log is lost; the transcript has it");
    }
}

fn kind(event: &AgentEvent) -> LogKind {
    match event {
        AgentEvent::Text(_) | AgentEvent::Usage(_) => LogKind::Text,
        AgentEvent::Thought(_) => LogKind::Thought,
        AgentEvent::Tool(_) => LogKind::Tool,
        AgentEvent::Output(_) => LogKind::Output,
        AgentEvent::Error(_) => LogKind::Error,
    }
}

fn text(event: AgentEvent) -> String {
    match event {
        AgentEvent::Text(text) | AgentEvent::Thought(text) => text,
        AgentEvent::Tool(line) | AgentEvent::Output(line) | AgentEvent::Error(line) => {
            if line.ends_with('\n') {
                line
            } else {
                line + "\n"
            }
        }
        AgentEvent::Usage(_) => String::new(),
    }
}
