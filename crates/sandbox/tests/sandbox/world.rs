//! A data directory with a workspace in it, jobs for it, and looking for processes.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use domain::ports::sandbox::{Exit, Job, JobLimits, Network, Output, Sandbox, SandboxError};
use sandbox::{Bubblewrap, BubblewrapConfig, Plain, PlainConfig};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) const KEEP: usize = 64 << 10;

/// A server's folders as they are in production: workspaces and git's data below the data directory.
pub(crate) struct World {
    _root: TempDir,
    pub(crate) data: PathBuf,
    pub(crate) workspace: PathBuf,
    pub(crate) git: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = TempDir::new().unwrap();
        let data = root.path().canonicalize().unwrap().join("data");
        let (workspace, git) = (data.join("workspaces/one"), data.join("git/project"));
        for folder in [&workspace, &git, &data.join("workspaces/two"), &data.join("homes/one")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(data.join("loki.db"), "the database").unwrap();
        fs::write(data.join("workspaces/two/secret"), "of another").unwrap();
        fs::write(git.join("HEAD"), "ref: refs/heads/main").unwrap();
        fs::write(workspace.join(".git"), format!("gitdir: {}\n", git.display())).unwrap();
        Self { _root: root, data, workspace, git }
    }

    pub(crate) fn bubblewrap(&self) -> Bubblewrap {
        Bubblewrap::new(self.config())
    }

    pub(crate) fn config(&self) -> BubblewrapConfig {
        BubblewrapConfig { search_path: folders(), hidden: vec![self.data.clone()], ..BubblewrapConfig::default() }
    }

    pub(crate) fn plain(&self) -> Plain {
        Plain::new(self.plain_config())
    }

    pub(crate) fn plain_config(&self) -> PlainConfig {
        PlainConfig { search_path: folders(), scratch: self.data.join("scratch"), ..PlainConfig::default() }
    }

    /// `script` in a shell, without network.
    pub(crate) fn shell(&self, script: &str) -> Job {
        Job {
            argv: ["sh", "-c", script].map(Into::into).to_vec(),
            workspace: self.workspace.clone(),
            readable: vec![self.git.clone()],
            home: None,
            env: Vec::new(),
            network: Network::Off,
            limits: JobLimits::for_checks(Duration::from_secs(60)),
        }
    }

    /// What `script` prints in a sandbox.
    pub(crate) async fn inside(&self, script: &str) -> String {
        let output = run(&self.bubblewrap(), self.shell(script)).await.unwrap();
        format!("{}{}", output.text, ending(output.exit))
    }
}

fn ending(exit: Exit) -> String {
    if exit == Exit::Code(0) { String::new() } else { format!("[{exit:?}]") }
}

fn folders() -> Vec<PathBuf> {
    ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from).to_vec()
}

/// Runs `job`; without bubblewrap these tests fail and say what to do.
pub(crate) async fn run(sandbox: &impl Sandbox, job: Job) -> Result<Output, SandboxError> {
    let result = sandbox.run(job, KEEP, &CancellationToken::new()).await;
    if let Err(SandboxError::Unavailable(reason)) = &result {
        panic!("these tests need a working bubblewrap, run deploy/setup.sh: {reason}");
    }
    result
}

/// How many processes have `words` among their arguments.
pub(crate) fn processes_with(words: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|entry| {
            let arguments = fs::read(Path::new(&entry.path()).join("cmdline")).unwrap_or_default();
            arguments.split(|byte| *byte == 0).any(|argument| argument == words.as_bytes())
        })
        .count()
}

/// Waits until `is_so`, at most 20 seconds.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A number of seconds to sleep that no other process on this machine has in its arguments.
pub(crate) fn unique_seconds() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("3{:07}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A script that starts five sleepers of which a process group knows nothing, says so, and goes on.
pub(crate) fn detached(seconds: &str) -> String {
    format!(
        "sleep {seconds} & setsid sleep {seconds} & nohup sleep {seconds} >/dev/null 2>&1 & \
         (setsid sh -c 'sleep {seconds} & sleep {seconds}' </dev/null >/dev/null 2>&1 &) & echo ready;"
    )
}
