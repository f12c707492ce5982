//! Asking an executable for its version, once for each version of its file.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use domain::ports::sandbox::{Exit, Job, JobLimits, Network, Sandbox};
use tokio_util::sync::CancellationToken;

use crate::{executable::Executable, text::one_line};

const LIMIT: Duration = Duration::from_secs(10);
/// How much of the answer is read, in bytes.
const KEPT: usize = 4 << 10;

/// Remembers the versions of executables by file and time of change.
pub(crate) struct Versions {
    sandbox: Arc<dyn Sandbox>,
    scratch: PathBuf,
    known: Mutex<HashMap<PathBuf, (SystemTime, String)>>,
}

impl Versions {
    pub(crate) fn new(sandbox: Arc<dyn Sandbox>, scratch: PathBuf) -> Self {
        Self { sandbox, scratch, known: Mutex::default() }
    }

    /// The first line of what the executable answers to `--version`, or why there is none.
    pub(crate) async fn of(&self, executable: &Executable) -> Result<String, String> {
        let changed = fs::metadata(&executable.resolved).and_then(|meta| meta.modified()).map_err(|error| error.to_string())?;
        if let Some(version) = self.known(executable, changed) {
            return Ok(version);
        }
        let version = self.ask(executable).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(executable.resolved.clone(), (changed, version.clone()));
        Ok(version)
    }

    fn known(&self, executable: &Executable, changed: SystemTime) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&executable.resolved).filter(|(at, _)| *at == changed).map(|(_, version)| version.clone())
    }

    async fn ask(&self, executable: &Executable) -> Result<String, String> {
        fs::create_dir_all(&self.scratch).map_err(|error| format!("{}: {error}", self.scratch.display()))?;
        let job = Job {
            argv: vec![executable.path.clone().into(), "--version".into()],
            workspace: self.scratch.clone(),
            readable: executable.readable.clone(),
            home: None,
            env: vec![("DISABLE_AUTOUPDATER".to_owned(), "1".to_owned())],
            network: Network::Off,
            limits: JobLimits::for_agents(LIMIT),
        };
        let output = self.sandbox.run(job, KEPT, &CancellationToken::new()).await.map_err(|error| error.to_string())?;
        let line = one_line(&output.text);
        match output.exit {
            Exit::Code(0) if !line.is_empty() => Ok(line),
            Exit::Code(0) => Err("it does not say its version".to_owned()),
            Exit::TimedOut => Err(format!("it did not say its version within {} seconds", LIMIT.as_secs())),
            _ => Err(line),
        }
    }
}
