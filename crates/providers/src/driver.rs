//! One call of an agent's process: its streams, its time limits, and that nothing of it is left afterwards.

use std::{future::Future, path::PathBuf, pin::Pin, time::Duration};

use domain::ports::{
    agent::{AgentCall, AgentEvent, AgentOutcome, AgentResult, Usage},
    sandbox::{Exit, Job, Process, ProcessHandle, Sandbox},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use self::{
    input::Input,
    lines::{Line, LineSplitter},
    stderr::ErrorLines,
    transcript::Transcript,
};
use crate::{
    secrets::Secrets,
    text::{cut_middle, head},
};

mod input;
mod lines;
mod stderr;
mod transcript;

/// The longest line that is understood, in bytes.
const LONGEST_LINE: usize = 4 << 20;
/// The longest line of standard error, in bytes.
const LONGEST_ERROR: usize = 64 << 10;
/// The longest piece of words in one event, in bytes.
const LONGEST_TEXT: usize = 32 << 10;
/// The longest output of a tool in one event, in bytes.
const LONGEST_OUTPUT: usize = 8 << 10;
/// How long a process that has said its last word, or is gone, may keep its streams open.
const GRACE: Duration = Duration::from_secs(10);

/// What one kind of agent makes of the lines of its process.
pub(crate) trait Dialogue: Send {
    /// What is said first.
    fn opening(&mut self) -> Vec<Step>;

    /// Takes a line of standard output.
    fn line(&mut self, line: &str) -> impl Future<Output = Vec<Step>> + Send;

    /// How the call ended; `why` is known to the driver, the rest to the dialogue.
    fn result(&self, why: Ending) -> AgentResult;
}

/// What is to be done after a line.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    Event(AgentEvent),
    /// A line of standard output that is no part of the conversation.
    Stray(String),
    /// Bytes for standard input.
    Send(String),
    /// Nothing more will be sent.
    CloseInput,
    /// The last word is said; the process should end by itself.
    Closing,
    /// The conversation is over; the process is not needed any more.
    Over,
}

/// Why a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The dialogue is over.
    Over,
    Exited {
        exit: Exit,
        errors: String,
    },
    NotStarted(String),
    Stalled,
    Cancelled,
}

impl Ending {
    /// The outcome where the agent said or did something, but not how it ended.
    pub(crate) fn outcome(self) -> AgentOutcome {
        match self {
            Self::Stalled => AgentOutcome::Stalled,
            Self::Cancelled | Self::Exited { exit: Exit::TimedOut | Exit::Cancelled, .. } => AgentOutcome::Cancelled,
            Self::Over => AgentOutcome::Finished,
            Self::NotStarted(detail) => AgentOutcome::Crashed { exit: "not started".to_owned(), detail },
            Self::Exited { exit, errors } => {
                let detail = if errors.is_empty() { "It ended in the middle of its work.".to_owned() } else { errors };
                AgentOutcome::Crashed { exit: exit_text(exit), detail }
            }
        }
    }

    /// The outcome where it neither said nor did anything.
    pub(crate) fn silent_outcome(self) -> AgentOutcome {
        match self {
            Self::Over | Self::Exited { exit: Exit::Code(0), .. } => AgentOutcome::Silent,
            other => other.outcome(),
        }
    }
}

/// An exit as a shell reports it: 137 is SIGKILL.
fn exit_text(exit: Exit) -> String {
    match exit {
        Exit::Code(137) | Exit::Signal(9) => "137 (killed)".to_owned(),
        Exit::Code(code) => code.to_string(),
        Exit::Signal(signal) => format!("{} (signal {signal})", 128 + signal),
        Exit::TimedOut => "timed out".to_owned(),
        Exit::Cancelled => "cancelled".to_owned(),
    }
}

/// The borders of a call.
pub(crate) struct Borders {
    stall: Duration,
    until: Instant,
    transcript: PathBuf,
    events: mpsc::Sender<AgentEvent>,
    cancel: CancellationToken,
    secrets: Secrets,
}

impl Borders {
    pub(crate) fn new(call: &AgentCall, secrets: Secrets, events: mpsc::Sender<AgentEvent>, cancel: CancellationToken) -> Self {
        let until = Instant::now() + call.wall;
        Self { stall: call.stall, until, transcript: call.transcript.clone(), events, cancel, secrets }
    }
}

/// Starts `job`, leads the conversation to its end and sees to it that nothing of the process is left.
pub(crate) async fn drive<D: Dialogue>(sandbox: &dyn Sandbox, job: Job, dialogue: D, borders: Borders) -> AgentResult {
    let mut conversation = Conversation {
        dialogue,
        transcript: Transcript::open(&borders.transcript).await,
        errors: ErrorLines::default(),
        closing: false,
        deaf: false,
        borders,
    };
    let ending = match sandbox.spawn(job).await {
        Ok(process) => conversation.lead(process).await,
        Err(error) => Ending::NotStarted(error.to_string()),
    };
    conversation.transcript.flush().await;
    conversation.masked_result(ending)
}

/// A process's streams, as far as they have been taken apart.
struct Streams {
    input: Input,
    stdout: Stream,
    stderr: Stream,
}

/// One stream that is read until it ends.
struct Stream {
    reader: Option<Box<dyn AsyncRead + Send + Unpin>>,
    buffer: Vec<u8>,
    lines: LineSplitter,
}

impl Stream {
    fn new(reader: Box<dyn AsyncRead + Send + Unpin>, limit: usize) -> Self {
        Self { reader: Some(reader), buffer: vec![0; 64 << 10], lines: LineSplitter::new(limit) }
    }

    /// The lines that the next bytes complete; at the end of the stream, what is left of the last one.
    async fn read(&mut self) -> Vec<Line> {
        let Some(reader) = &mut self.reader else { return std::future::pending().await };
        if let Ok(count @ 1..) = reader.read(&mut self.buffer).await {
            self.lines.push(self.buffer.get(..count).unwrap_or_default())
        } else {
            self.reader = None;
            self.lines.finish().into_iter().collect()
        }
    }

    fn is_open(&self) -> bool {
        self.reader.is_some()
    }
}

/// The process's end, waited for beside its streams.
type Waiting<'a> = Pin<Box<dyn Future<Output = Exit> + Send + 'a>>;

struct Conversation<D> {
    dialogue: D,
    borders: Borders,
    transcript: Transcript,
    errors: ErrorLines,
    /// The agent's last word is said.
    closing: bool,
    /// Nobody listens to the events any more.
    deaf: bool,
}

impl<D: Dialogue> Conversation<D> {
    async fn lead(&mut self, process: Process) -> Ending {
        let Process { stdin, stdout, stderr, mut handle } = process;
        let mut streams = Streams {
            input: Input::new(stdin),
            stdout: Stream::new(stdout, LONGEST_LINE),
            stderr: Stream::new(stderr, LONGEST_ERROR),
        };
        let kill = CancellationToken::new();
        let handle: &mut dyn ProcessHandle = handle.as_mut();
        let mut waiting: Waiting<'_> = Box::pin(handle.wait(&kill));
        let mut exited = None;
        let ending = self.talk(&mut streams, &mut waiting, &mut exited).await;
        drop(streams);
        if exited.is_none() {
            kill.cancel();
            waiting.await;
        }
        ending.unwrap_or_else(|ending| ending)
    }

    /// Reads and writes until there is a reason to stop; `Err` is a reason that came up in the middle of a step.
    async fn talk(
        &mut self,
        streams: &mut Streams,
        waiting: &mut Waiting<'_>,
        exited: &mut Option<Exit>,
    ) -> Result<Ending, Ending> {
        let opening = self.dialogue.opening();
        self.carry_out(opening, &mut streams.input).await?;
        let mut quiet_until = Instant::now() + self.borders.stall;
        loop {
            if let Some(exit) = *exited
                && !streams.stdout.is_open()
                && !streams.stderr.is_open()
            {
                return Ok(Ending::Exited { exit, errors: self.errors.last_words() });
            }
            let Streams { input, stdout, stderr } = streams;
            tokio::select! {
                biased;
                () = self.borders.cancel.cancelled() => return Ok(Ending::Cancelled),
                () = sleep_until(self.borders.until) => return Ok(Ending::Cancelled),
                () = input.work(), if input.has_work() => continue,
                lines = stdout.read(), if stdout.is_open() => self.take_output(lines, input).await?,
                lines = stderr.read(), if stderr.is_open() => self.take_errors(lines).await?,
                exit = waiting.as_mut(), if exited.is_none() => *exited = Some(exit),
                () = sleep_until(quiet_until) => return Ok(match (*exited, self.closing) {
                    (Some(exit), _) => Ending::Exited { exit, errors: self.errors.last_words() },
                    (None, true) => Ending::Over,
                    (None, false) => Ending::Stalled,
                }),
            }
            let has_ended = exited.is_some() || self.closing;
            quiet_until = Instant::now() + if has_ended { GRACE.min(self.borders.stall) } else { self.borders.stall };
        }
    }

    async fn take_output(&mut self, lines: Vec<Line>, input: &mut Input) -> Result<(), Ending> {
        for line in lines {
            // Before parsing: what is told, kept and answered is then masked alike.
            let text = self.borders.secrets.mask(line.text);
            self.transcript.line(&text).await;
            let steps = if line.cut {
                vec![Step::Stray(format!("a line of more than {LONGEST_LINE} bytes was left out: {}", head(&text, 100)))]
            } else {
                self.dialogue.line(&text).await
            };
            self.carry_out(steps, input).await?;
        }
        Ok(())
    }

    async fn take_errors(&mut self, lines: Vec<Line>) -> Result<(), Ending> {
        for line in lines {
            let text = self.borders.secrets.mask(line.text);
            if let Some(told) = self.errors.take(&text) {
                self.send(AgentEvent::Error(told)).await?;
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, steps: Vec<Step>, input: &mut Input) -> Result<(), Ending> {
        for step in steps {
            match step {
                Step::Event(event) => self.send(event).await?,
                Step::Stray(line) => {
                    if let Some(told) = self.errors.tell(&line) {
                        self.send(AgentEvent::Error(told)).await?;
                    }
                }
                Step::Send(text) => input.send(text.as_bytes()),
                Step::CloseInput => input.close(),
                Step::Closing => self.closing = true,
                Step::Over => return Err(Ending::Over),
            }
        }
        Ok(())
    }

    /// Hands out an event. A slow receiver makes the agent wait, but never past its limits.
    async fn send(&mut self, event: AgentEvent) -> Result<(), Ending> {
        if self.deaf {
            return Ok(());
        }
        let event = self.bounded(event);
        tokio::select! {
            biased;
            () = self.borders.cancel.cancelled() => return Err(Ending::Cancelled),
            sent = self.borders.events.send(event) => self.deaf = sent.is_err(),
            () = sleep_until(self.borders.until) => return Err(Ending::Cancelled),
        }
        Ok(())
    }

    /// JSON can spell a key with escapes, so that masking the line is not enough.
    fn bounded(&self, event: AgentEvent) -> AgentEvent {
        let mask = |text: String| self.borders.secrets.mask(text);
        match event {
            AgentEvent::Text(text) => AgentEvent::Text(cut_middle(&mask(text), LONGEST_TEXT)),
            AgentEvent::Thought(text) => AgentEvent::Thought(cut_middle(&mask(text), LONGEST_TEXT)),
            AgentEvent::Tool(text) => AgentEvent::Tool(mask(text)),
            AgentEvent::Output(text) => AgentEvent::Output(cut_middle(&mask(text), LONGEST_OUTPUT)),
            AgentEvent::Error(text) => AgentEvent::Error(mask(text)),
            AgentEvent::Usage(usage) => AgentEvent::Usage(usage),
        }
    }

    fn masked_result(&self, ending: Ending) -> AgentResult {
        let AgentResult { outcome, said, usage } = self.dialogue.result(ending);
        let mask = |text: String| head(&self.borders.secrets.mask(text), 2_000);
        let outcome = match outcome {
            AgentOutcome::Crashed { exit, detail } => AgentOutcome::Crashed { exit, detail: mask(detail) },
            AgentOutcome::Unauthorized { detail } => AgentOutcome::Unauthorized { detail: mask(detail) },
            AgentOutcome::RateLimited { detail } => AgentOutcome::RateLimited { detail: mask(detail) },
            AgentOutcome::Unreachable { detail } => AgentOutcome::Unreachable { detail: mask(detail) },
            plain => plain,
        };
        AgentResult { outcome, said: self.borders.secrets.mask(said), usage }
    }
}

/// Spending that is better known than before: `None` never replaces a number.
pub(crate) fn merged(old: Usage, new: Usage) -> Usage {
    Usage { cost_usd: new.cost_usd.or(old.cost_usd), tokens: new.tokens.or(old.tokens) }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Reading a transcript without a process.

    use std::fmt::Write;

    use super::{Dialogue, Ending, Step};

    /// What a dialogue makes of a transcript, a line for each step and the result at the end.
    pub(crate) async fn told<D: Dialogue>(mut dialogue: D, transcript: &str, ending: Ending) -> String {
        let mut told = String::new();
        let mut steps = dialogue.opening();
        for line in transcript.lines() {
            steps.extend(dialogue.line(line).await);
        }
        for step in steps {
            match step {
                Step::Event(event) => writeln!(told, "{event:?}").unwrap(),
                Step::Send(text) => writeln!(told, "> {}", text.trim_end()).unwrap(),
                step => writeln!(told, "{step:?}").unwrap(),
            }
        }
        let result = dialogue.result(ending);
        write!(told, "= {:?}\n= {:?}\n= {:?}", result.outcome, result.said, result.usage).unwrap();
        told
    }
}
