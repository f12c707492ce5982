//! The one function that starts git, in an environment that nothing outside has written to.

use std::{
    ffi::OsString,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use domain::ports::vcs::VcsError;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

use crate::{Git, checkout::Checkout, config};

/// Long enough for anything that reads; hashing and checking out get more.
const USUAL: Duration = Duration::from_mins(1);
/// The most that is kept of what git prints, where it is kept as a whole.
const MAX_OUTPUT: usize = 64 << 20;
const MAX_ERROR_TEXT: usize = 16 << 10;

/// What takes git's output piece by piece, and may stop git by breaking off.
pub(crate) type Sink<'a> = &'a mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send);

/// One call of git.
pub(crate) struct Call<'a> {
    /// The command's name, for errors.
    name: &'static str,
    arguments: Vec<OsString>,
    checkout: Option<&'a Checkout>,
    index: Option<PathBuf>,
    apart: bool,
    environment: Vec<(&'static str, OsString)>,
    settings: Vec<(&'static str, String)>,
    input: Vec<u8>,
    limit: Duration,
    network: Option<&'a CancellationToken>,
    signing: bool,
    lasting: bool,
}

impl<'a> Call<'a> {
    /// `git name arguments…` outside any repository.
    pub(crate) fn new(name: &'static str, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        let (environment, input) = (Vec::new(), Vec::new());
        Self {
            name,
            arguments,
            checkout: None,
            index: None,
            apart: false,
            environment,
            settings: Vec::new(),
            input,
            limit: USUAL,
            network: None,
            signing: false,
            lasting: false,
        }
    }

    /// With more arguments.
    pub(crate) fn arguments(mut self, arguments: impl IntoIterator<Item = OsString>) -> Self {
        self.arguments.extend(arguments);
        self
    }

    /// In this repository and its work tree.
    pub(crate) fn at(mut self, checkout: &'a Checkout) -> Self {
        self.checkout = Some(checkout);
        self
    }

    /// In this repository without its work tree and index. Attributes that an agent may have written have no say then.
    pub(crate) fn apart_at(mut self, checkout: &'a Checkout) -> Self {
        self.checkout = Some(checkout);
        self.apart = true;
        self
    }

    pub(crate) fn index(mut self, index: &Path) -> Self {
        self.index = Some(index.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// A setting of git for this call alone.
    pub(crate) fn setting(mut self, key: &'static str, value: String) -> Self {
        self.settings.push((key, value));
        self
    }

    pub(crate) fn input(mut self, input: Vec<u8>) -> Self {
        self.input = input;
        self
    }

    /// Ten minutes instead of one, for what reads or writes a whole work tree.
    pub(crate) fn long(mut self) -> Self {
        self.limit = Duration::from_mins(10);
        self
    }

    /// Lets git start `ssh-keygen`, and no program that the repository names in its place.
    pub(crate) fn signing(mut self) -> Self {
        self.signing = true;
        self
    }

    /// In the repository's own objects, without the snapshots of the worktree.
    pub(crate) fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// Allows the protocols of `clone`, until cancelled.
    pub(crate) fn network(mut self, cancel: &'a CancellationToken) -> Self {
        self.network = Some(cancel);
        self
    }
}

/// How git ended.
pub(crate) struct Outcome {
    name: &'static str,
    /// `None` when the sink broke off, or a signal ended git.
    pub(crate) code: Option<i32>,
    broken_off: bool,
    pub(crate) errors: String,
}

impl Outcome {
    /// Nothing went wrong, or the reader had enough.
    pub(crate) fn ok(self) -> Result<(), VcsError> {
        if self.code == Some(0) || self.broken_off { Ok(()) } else { Err(self.error()) }
    }

    pub(crate) fn error(self) -> VcsError {
        if ["No space left on device", "Disk quota exceeded"].iter().any(|text| self.errors.contains(text)) {
            return VcsError::DiskFull;
        }
        let detail = if self.errors.trim().is_empty() { "it ended without a word".to_owned() } else { shown(&self.errors) };
        VcsError::Git { command: self.name, detail }
    }
}

/// Git's own text for people: without credentials, at most 2,000 characters.
pub(crate) fn shown(text: &str) -> String {
    masked(text.trim()).chars().filter(|c| !c.is_control() || *c == '\n').take(2000).collect()
}

/// Replaces what stands between `://` and `@`.
pub(crate) fn masked(text: &str) -> String {
    let mut parts = text.split("://");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c == '/' || c.is_whitespace() || c == '\'' || c == '"').unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        result.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => result.extend(["***@", host]),
            None => result.push_str(authority),
        }
        result.push_str(rest);
    }
    result
}

/// Ends git together with everything it started, also when the future that waits for it is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// Git has been waited for; its number may be another's by now.
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            // Fails only where the group is gone already.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

impl Git {
    /// Runs git and returns what it printed; any exit code but 0 is an error.
    pub(crate) async fn output(&self, call: Call<'_>) -> Result<Vec<u8>, VcsError> {
        let (outcome, output) = self.outcome(call).await?;
        outcome.ok()?;
        Ok(output)
    }

    /// As `output`, for commands that print one word.
    pub(crate) async fn word(&self, call: Call<'_>) -> Result<String, VcsError> {
        Ok(String::from_utf8_lossy(&self.output(call).await?).trim().to_owned())
    }

    /// Runs git and returns how it ended and what it printed.
    pub(crate) async fn outcome(&self, call: Call<'_>) -> Result<(Outcome, Vec<u8>), VcsError> {
        let mut output = Vec::new();
        let name = call.name;
        let outcome = self
            .run(call, &mut |piece| {
                output.extend_from_slice(piece);
                if output.len() > MAX_OUTPUT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .await?;
        if outcome.broken_off {
            return Err(VcsError::Git { command: name, detail: "it printed more than 64 MiB".to_owned() });
        }
        Ok((outcome, output))
    }

    /// Runs git, its output going to `sink`.
    pub(crate) async fn run(&self, call: Call<'_>, sink: Sink<'_>) -> Result<Outcome, VcsError> {
        let overrides = match call.checkout {
            Some(checkout) => self.overrides(checkout).await?,
            None => config::Overrides::default(),
        };
        self.start(call, &overrides.settings, sink).await
    }

    /// The only place where git is started.
    pub(crate) async fn start(&self, call: Call<'_>, settings: &[(String, String)], sink: Sink<'_>) -> Result<Outcome, VcsError> {
        let mut command = Command::new("git");
        self.surround(&mut command, &call, settings);
        let mut child = command.spawn()?;
        let group = Group::of(&child);
        let never = CancellationToken::new();
        let result = tokio::select! {
            result = talk(&mut child, &call, sink) => result,
            () = tokio::time::sleep(call.limit) => Err(VcsError::TimedOut { command: call.name, seconds: call.limit.as_secs() }),
            () = call.network.unwrap_or(&never).cancelled() => {
                Err(VcsError::Git { command: call.name, detail: "it was cancelled".to_owned() })
            }
        };
        if result.is_ok() {
            group.ended();
        } else {
            drop(group);
            child.wait().await?;
        }
        result
    }

    /// Arguments, environment, folder and pipes of one call.
    fn surround(&self, command: &mut Command, call: &Call<'_>, settings: &[(String, String)]) {
        let protocols = if call.network.is_some() { self.protocols } else { "" };
        command.arg(call.name).args(&call.arguments).env_clear().process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("PATH", &self.search_path).env("HOME", &self.empty).env("XDG_CONFIG_HOME", &self.empty);
        command.env("GIT_ALLOW_PROTOCOL", protocols).envs(config::ENVIRONMENT.iter().copied());
        let signing = if call.signing { config::SIGNING } else { &[] };
        let count = config::SETTINGS.len() + settings.len() + signing.len() + call.settings.len();
        command.env("GIT_CONFIG_COUNT", count.to_string());
        let own = settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let own = own.chain(call.settings.iter().map(|(key, value)| (*key, value.as_str())));
        for (number, (key, value)) in config::SETTINGS.iter().copied().chain(own).chain(signing.iter().copied()).enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        let work_tree = match call.checkout {
            Some(checkout) if !call.apart => &checkout.work_tree,
            _ => &self.empty,
        };
        command.current_dir(work_tree).env("GIT_CEILING_DIRECTORIES", "/");
        if let Some(checkout) = call.checkout {
            command.env("GIT_DIR", &checkout.git_dir).env("GIT_WORK_TREE", work_tree);
            if checkout.linked() {
                command.env("GIT_COMMON_DIR", &checkout.common_dir);
            }
            if let Some((store, others)) = checkout.snapshots()
                && !call.lasting
                && others.is_file()
            {
                command.env("GIT_OBJECT_DIRECTORY", store);
            }
        }
        if call.apart {
            command.env("GIT_INDEX_FILE", self.empty.join("no-index"));
        }
        if let Some(index) = &call.index {
            command.env("GIT_INDEX_FILE", index);
        }
        command.envs(call.environment.iter().map(|(name, value)| (name, value)));
    }
}

/// Feeds git, reads all it says, and waits for its end.
async fn talk(child: &mut Child, call: &Call<'_>, sink: Sink<'_>) -> Result<Outcome, VcsError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // Git may end before it has read everything; its exit code says whether that was right.
            stdin.write_all(&call.input).await.ok();
        }
    };
    let read = async {
        let Some(mut stdout) = stdout else { return Ok(false) };
        let mut buffer = vec![0; 64 << 10];
        loop {
            let length = stdout.read(&mut buffer).await?;
            if length == 0 {
                return Ok::<_, std::io::Error>(false);
            }
            if sink(buffer.get(..length).unwrap_or_default()).is_break() {
                return Ok(true);
            }
        }
    };
    let complain = async {
        let mut text = Vec::new();
        let Some(mut stderr) = stderr else { return Ok(text) };
        let mut buffer = vec![0; 4 << 10];
        loop {
            let length = stderr.read(&mut buffer).await?;
            if length == 0 {
                return Ok::<_, std::io::Error>(text);
            }
            let room = MAX_ERROR_TEXT.saturating_sub(text.len()).min(length);
            text.extend_from_slice(buffer.get(..room).unwrap_or_default());
        }
    };
    let all = async {
        let ((), broken_off, errors) = tokio::join!(feed, read, complain);
        Ok::<_, std::io::Error>((broken_off?, errors?))
    };
    // Breaking off drops the pipe's end, on which git ends by itself.
    let (broken_off, errors) = all.await?;
    let status = child.wait().await?;
    Ok(Outcome { name: call.name, code: status.code(), broken_off, errors: String::from_utf8_lossy(&errors).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn credentials_in_addresses_are_masked() {
        for (text, expected) in [
            ("fatal: unable to access 'https://me:pass@host/x': no", "fatal: unable to access 'https://***@host/x': no"),
            ("https://a@b@c/d@e", "https://***@c/d@e"),
            ("see http://host/a and ssh://git@host", "see http://host/a and ssh://***@host"),
            ("nothing: here", "nothing: here"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
