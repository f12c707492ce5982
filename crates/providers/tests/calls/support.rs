//! A sandbox that does not isolate, and a call with everything around it.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    ports::{
        agent::{AgentCall, AgentEvent, AgentResult},
        sandbox::{Exit, Job, Output, Process, ProcessHandle, Sandbox, SandboxError},
    },
    vault::Masks,
};
use protocol::agents::ProviderId;
use providers::{Providers, ProvidersConfig};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Starts plain processes, each in a process group of its own.
pub(crate) struct PlainSandbox;

struct PlainHandle {
    child: Child,
    wall: Duration,
}

#[async_trait]
impl ProcessHandle for PlainHandle {
    async fn wait(&mut self, cancel: &CancellationToken) -> Exit {
        let group = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let exit = tokio::select! {
            status = self.child.wait() => {
                let status = status.unwrap();
                status.code().map_or_else(|| Exit::Signal(status.signal().unwrap_or_default()), Exit::Code)
            }
            () = cancel.cancelled() => Exit::Cancelled,
            () = tokio::time::sleep(self.wall) => Exit::TimedOut,
        };
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.child.wait().await.unwrap();
        exit
    }
}

#[async_trait]
impl Sandbox for PlainSandbox {
    async fn spawn(&self, job: Job) -> Result<Process, SandboxError> {
        let mut command = Command::new(&job.argv[0]);
        command.args(&job.argv[1..]).current_dir(&job.workspace).env_clear().env("PATH", PATH).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.env("HOME", job.home.unwrap_or_else(|| "/nonexistent".into())).envs(job.env);
        let program = job.argv[0].display().to_string();
        let mut child = command.spawn().map_err(|source| SandboxError::Start { program, source })?;
        Ok(Process {
            stdin: Box::new(child.stdin.take().unwrap()),
            stdout: Box::new(child.stdout.take().unwrap()),
            stderr: Box::new(child.stderr.take().unwrap()),
            handle: Box::new(PlainHandle { child, wall: job.limits.wall }),
        })
    }

    async fn run(&self, job: Job, keep: usize, cancel: &CancellationToken) -> Result<Output, SandboxError> {
        let Process { stdin, mut stdout, mut stderr, mut handle } = self.spawn(job).await?;
        drop(stdin);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let (exit, ..) = tokio::join!(handle.wait(cancel), stdout.read_to_end(&mut out), stderr.read_to_end(&mut err));
        out.extend(err);
        out.truncate(keep);
        let text = String::from_utf8_lossy(&out).into_owned();
        Ok(Output { exit, text, truncated: false, took: Duration::ZERO })
    }

    fn isolates(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), SandboxError> {
        Ok(())
    }
}

/// A workspace, a home and one agent.
pub(crate) struct Scene {
    pub(crate) root: PathBuf,
    pub(crate) config: ProvidersConfig,
    pub(crate) call: AgentCall,
    pub(crate) cancel: CancellationToken,
    _temp: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        for folder in ["workspace", "home"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        let call = AgentCall {
            prompt: "--write a greeting".to_owned(),
            model: None,
            workspace: root.join("workspace"),
            readable: Vec::new(),
            home: root.join("home"),
            transcript: root.join("transcript.jsonl"),
            stall: Duration::from_secs(60),
            wall: Duration::from_secs(120),
            cost_usd: None,
            secrets: Vec::new(),
            masks: Masks::default(),
        };
        let search_path = PATH.split(':').map(PathBuf::from).collect();
        let config = ProvidersConfig { search_path, scratch: root.join("scratch"), ..ProvidersConfig::default() };
        Self { root, config, call, cancel: CancellationToken::new(), _temp: temp }
    }

    /// Writes an executable script and answers its path.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub(crate) fn providers(&self) -> Providers {
        Providers::new(self.config.clone(), Arc::new(PlainSandbox))
    }

    pub(crate) fn workspace(&self) -> &Path {
        &self.call.workspace
    }

    pub(crate) fn transcript(&self) -> String {
        fs::read_to_string(&self.call.transcript).unwrap()
    }

    /// Carries out the call and collects its events.
    pub(crate) async fn call(&self, provider: ProviderId) -> (Vec<AgentEvent>, AgentResult) {
        self.call_and(provider, |_| {}).await
    }

    /// The same, looking at each event as it comes.
    pub(crate) async fn call_and(
        &self,
        provider: ProviderId,
        mut look: impl FnMut(&AgentEvent),
    ) -> (Vec<AgentEvent>, AgentResult) {
        let agent = self.providers().get(provider);
        let (sender, mut receiver) = mpsc::channel(4);
        let collect = async {
            let mut events = Vec::new();
            while let Some(event) = receiver.recv().await {
                look(&event);
                events.push(event);
            }
            events
        };
        let (result, events) = tokio::join!(agent.call(self.call.clone(), sender, self.cancel.clone()), collect);
        (events, result)
    }
}

/// Waits until `is_so`, at most half a minute.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
