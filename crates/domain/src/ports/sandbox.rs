//! Processes that run other people's code: agents, tests, builds, linters.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

/// A process to start, and all that it may touch.
#[derive(Clone, Debug)]
pub struct Job {
    /// Program and arguments; the program is looked up on the sandbox's own PATH (`/usr/local/bin:/usr/bin:/bin` and the
    /// folders of `readable` that are named `bin`).
    pub argv: Vec<OsString>,
    /// The worktree, writable and the working directory. Seen inside under the same path.
    pub workspace: PathBuf,
    /// Folders or files seen read-only under the same path: git's own data, an agent's installation.
    pub readable: Vec<PathBuf>,
    /// A writable home that outlives the process (agents keep their sessions there); without one, home is empty and temporary.
    pub home: Option<PathBuf>,
    /// The whole environment, besides PATH, HOME, LANG, USER and TMPDIR that the sandbox sets.
    pub env: Vec<(String, String)>,
    pub network: Network,
    pub limits: JobLimits,
}

/// Whether a process can reach anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Its own network namespace with loopback alone.
    Off,
    /// The machine's network.
    Host,
}

/// What a process may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobLimits {
    /// Wall time after which everything in the sandbox is killed.
    pub wall: Duration,
    /// Private memory of each process, in bytes (`RLIMIT_DATA`), and of all of them together where a memory cgroup can be had.
    pub memory: u64,
    /// Processes and threads together.
    pub processes: u64,
    /// The largest file that can be written, in bytes.
    pub file_size: u64,
}

impl JobLimits {
    /// For tests, builds and linters.
    pub fn for_checks(wall: Duration) -> Self {
        Self { wall, memory: 8 << 30, processes: 512, file_size: 1 << 30 }
    }

    /// For agents; the run's own limits end them earlier.
    pub fn for_agents(wall: Duration) -> Self {
        Self { wall, memory: 64 << 30, processes: 2048, file_size: 4 << 30 }
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Exit {
    Code(i32),
    Signal(i32),
    /// It used up its wall time and was killed.
    TimedOut,
    /// It was cancelled and killed.
    Cancelled,
}

/// What a finished process printed, cut in the middle when too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub exit: Exit,
    /// Standard output and standard error in the order they came, invalid UTF-8 replaced.
    pub text: String,
    pub truncated: bool,
    pub took: Duration,
}

/// A running process with its streams. Dropping it kills everything in its sandbox.
pub struct Process {
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    pub stderr: Box<dyn AsyncRead + Send + Unpin>,
    pub handle: Box<dyn ProcessHandle>,
}

/// The part of a process that waits and kills.
#[async_trait]
pub trait ProcessHandle: Send + Sync {
    /// Waits for the end, at most the job's wall time; kills everything when `cancel` fires. Returns once nothing is left.
    async fn wait(&mut self, cancel: &CancellationToken) -> Exit;
}

/// Starts processes in isolation.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Starts `job` with its streams piped, for talking to it.
    async fn spawn(&self, job: Job) -> Result<Process, SandboxError>;

    /// Runs `job` to its end without input and keeps at most `keep` bytes of what it prints.
    async fn run(&self, job: Job, keep: usize, cancel: &CancellationToken) -> Result<Output, SandboxError>;

    /// Whether processes really are isolated; `false` only with `--no-sandbox`.
    fn isolates(&self) -> bool;

    /// Whether isolation works on this machine right now; the error says what is missing and what to do.
    async fn check(&self) -> Result<(), SandboxError>;
}

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the sandbox cannot work here: {0}")]
    Unavailable(String),
    #[error("{program} could not be started: {source}")]
    Start { program: String, source: std::io::Error },
}
