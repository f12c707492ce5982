//! No isolation, for `--no-sandbox`: a clean environment, limits, and an end for everything that a job started.

mod running;

use std::{
    ffi::OsString,
    fs,
    io::{self, PipeWriter},
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use async_trait::async_trait;
use domain::ports::sandbox::{Job, Output, Process, ProcessHandle as _, Sandbox, SandboxError};
use rustix::process::{Resource, geteuid};
use tokio::{
    process::{Child, Command},
    sync::OnceCell,
};
use tokio_util::sync::CancellationToken;

use crate::{
    limits,
    output::{Kept, read_while_it_runs, stream},
    paths::{Resolved, binary_folders, find_program, invalid, not_started, search_path},
    spawner,
};
use running::Running;

/// What holds for every job of a [`Plain`].
#[derive(Clone, Debug, Default)]
pub struct PlainConfig {
    /// Folders in which util-linux's `setpriv`, `prlimit` and `unshare` are looked for.
    pub search_path: Vec<PathBuf>,
    /// Where jobs get their temporary folders.
    pub scratch: PathBuf,
    /// As in [`BubblewrapConfig::toolchains`](crate::BubblewrapConfig::toolchains).
    pub toolchains: Vec<PathBuf>,
    /// As in [`BubblewrapConfig::env`](crate::BubblewrapConfig::env).
    pub env: Vec<(String, String)>,
}

/// Runs every job as an ordinary process of the server's user. It sees the whole machine and has its network.
///
/// As root each job has a pid namespace, so that nothing of it can stay. As a user a job's processes are found by their
/// ancestry and by a variable in their environment: one that both detaches itself and clears its environment gets away.
#[derive(Debug)]
pub struct Plain {
    config: PlainConfig,
    /// Whether pid namespaces can be made here.
    namespaces: OnceCell<bool>,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// The variable that marks a job's processes.
const MARK: &str = "LOKI_JOB";

struct Launched {
    child: Child,
    running: Running,
}

enum Streams {
    Piped,
    Merged(PipeWriter),
}

impl Plain {
    pub fn new(config: PlainConfig) -> Self {
        Self { config, namespaces: OnceCell::new() }
    }

    fn tool(&self, name: &str) -> Result<PathBuf, SandboxError> {
        find_program(name.as_ref(), &self.config.search_path, Path::new("/"))
            .map_err(|_| SandboxError::Unavailable(format!("{name} was not found. Install it: apt-get install util-linux")))
    }

    /// `unshare` with all it takes to run a program under an init of its own.
    async fn unshare(&self) -> Result<Vec<OsString>, SandboxError> {
        let unshare = self.tool("unshare")?;
        let works = *self.namespaces.get_or_init(|| namespaces_work(&unshare)).await;
        if !works {
            return Ok(Vec::new());
        }
        let mut words = vec![unshare.into_os_string()];
        // The shell is the namespace's init: the job's program as init would be deaf to signals.
        words.extend(UNSHARE.iter().chain(&["/bin/sh", "-c", "\"$@\"; exit \"$?\"", "sh"]).map(OsString::from));
        Ok(words)
    }

    async fn launch(&self, job: &Job, streams: Streams) -> Result<Launched, SandboxError> {
        let failed = |error| not_started(&job.argv, error);
        let (setpriv, prlimit, unshare) = (self.tool("setpriv")?, self.tool("prlimit")?, self.unshare().await?);
        let deadline = limits::deadline(job.limits.wall);
        let workspace = Resolved::own_folder(&job.workspace).map_err(failed)?;
        let folders = binary_folders(self.config.toolchains.iter().chain(&job.readable));
        let program = job.argv.first().ok_or_else(|| failed(invalid("the command is empty".to_owned())))?;
        find_program(program, &folders, &workspace.given).map_err(failed)?;

        let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let scratch = Scratch::create(self.config.scratch.join(format!("job-{mark}"))).map_err(failed)?;
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", "KILL"]).args(unshare).arg(prlimit).args(ceilings(job)).arg("--").args(&job.argv);
        command.env_clear().envs(self.config.env.iter().chain(&job.env).map(|(name, value)| (name, value)));
        command.env("PATH", search_path(&folders)).env("LANG", "C.UTF-8").env("USER", "user").env(MARK, &mark);
        command.env("HOME", job.home.as_ref().unwrap_or(&scratch.home)).env("TMPDIR", &scratch.temporary);
        command.current_dir(&workspace.given).process_group(0).kill_on_drop(true);
        match streams {
            Streams::Piped => command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()),
            Streams::Merged(writer) => command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer),
        };
        let child = spawner::spawn(command).await.map_err(failed)?;
        let running = Running::new(child.id(), format!("{MARK}={mark}"), deadline, scratch);
        Ok(Launched { child, running })
    }
}

const UNSHARE: [&str; 5] = ["--pid", "--fork", "--kill-child", "--mount-proc", "--"];

async fn namespaces_work(unshare: &Path) -> bool {
    let mut command = Command::new(unshare);
    command.args(UNSHARE).arg("/bin/true").env_clear().kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    geteuid().is_root() && command.status().await.is_ok_and(|status| status.success())
}

/// Arguments for `prlimit`. No limit on processes: the kernel would count all of the user's.
fn ceilings(job: &Job) -> [String; 3] {
    let memory = limits::allowed(Resource::Data, job.limits.memory);
    let file = limits::allowed(Resource::Fsize, job.limits.file_size);
    [format!("--data={memory}:{memory}"), format!("--fsize={file}:{file}"), "--core=0:0".to_owned()]
}

/// A job's temporary folders, removed with it.
struct Scratch {
    folder: PathBuf,
    home: PathBuf,
    temporary: PathBuf,
}

impl Scratch {
    fn create(folder: PathBuf) -> io::Result<Self> {
        let scratch = Self { home: folder.join("home"), temporary: folder.join("tmp"), folder };
        fs::create_dir_all(&scratch.home)?;
        fs::create_dir_all(&scratch.temporary)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = files::removal::remove_path(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "a job's temporary folder stays");
        }
    }
}

#[async_trait]
impl Sandbox for Plain {
    async fn spawn(&self, job: Job) -> Result<Process, SandboxError> {
        let Launched { mut child, running } = self.launch(&job, Streams::Piped).await?;
        let missing = || not_started(&job.argv, io::Error::other("a stream is missing"));
        Ok(Process {
            stdin: Box::new(child.stdin.take().ok_or_else(missing)?),
            stdout: Box::new(child.stdout.take().ok_or_else(missing)?),
            stderr: Box::new(child.stderr.take().ok_or_else(missing)?),
            handle: Box::new(running.watching(child)),
        })
    }

    async fn run(&self, job: Job, keep: usize, cancel: &CancellationToken) -> Result<Output, SandboxError> {
        let started = Instant::now();
        let (mut reader, writer) = stream().map_err(|error| not_started(&job.argv, error))?;
        let Launched { child, running } = self.launch(&job, Streams::Merged(writer)).await?;
        let mut handle = running.watching(child);
        let mut kept = Kept::new(keep);
        let exit = read_while_it_runs(&mut kept, &mut reader, handle.wait(cancel)).await;
        let (text, truncated) = kept.into_text();
        Ok(Output { exit, text, truncated, took: started.elapsed() })
    }

    fn isolates(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), SandboxError> {
        self.tool("setpriv")?;
        self.tool("prlimit")?;
        self.tool("unshare")?;
        Ok(())
    }
}
