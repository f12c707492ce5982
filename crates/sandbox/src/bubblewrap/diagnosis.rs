//! Whether bubblewrap works here, and what to do when it does not.

use std::{fs, path::Path, process::Stdio, time::Duration};

use domain::ports::sandbox::SandboxError;
use tokio::process::Command;

use super::view;
use crate::spawner;

pub(super) const MISSING: &str = "bubblewrap (bwrap) was not found. Install it: apt-get install bubblewrap";

/// What this bubblewrap can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Features {
    /// `--disable-userns`, from version 0.8 on.
    pub disable_userns: bool,
}

/// Asks bubblewrap for its options.
pub(super) async fn features(program: &Path) -> Result<Features, SandboxError> {
    let help = output(program, &["--help".into()]).await?;
    let text = String::from_utf8_lossy(&help.stdout);
    // `--size` came last of what every job needs, with version 0.7.
    if !text.contains("--size") {
        return Err(SandboxError::Unavailable("bubblewrap is older than version 0.7. Install a newer one".to_owned()));
    }
    Ok(Features { disable_userns: text.contains("--disable-userns") })
}

/// Starts a program that does nothing in a sandbox as jobs have it.
pub(super) async fn probe(program: &Path, features: Features) -> Result<(), SandboxError> {
    let mut arguments = view::probe(features);
    arguments.extend(["--", "true"].map(Into::into));
    let output = output(program, &arguments).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(SandboxError::Unavailable(explain(String::from_utf8_lossy(&output.stderr).trim())))
}

async fn output(program: &Path, arguments: &[std::ffi::OsString]) -> Result<std::process::Output, SandboxError> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let start = |source| SandboxError::Start { program: program.display().to_string(), source };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = spawner::spawn(command).await.map_err(start)?;
    match tokio::time::timeout(PATIENCE, child.wait_with_output()).await {
        Ok(output) => output.map_err(start),
        Err(_) => Err(SandboxError::Unavailable("bubblewrap did not answer within 20 seconds".to_owned())),
    }
}

/// What bubblewrap complained about, and what to do.
pub(super) fn explain(complaint: &str) -> String {
    let advice = advice(&Kernel::read());
    if complaint.is_empty() { format!("bubblewrap started nothing. {advice}") } else { format!("{complaint}. {advice}") }
}

/// Settings that forbid namespaces to users; `None` where this kernel has no such setting.
struct Kernel {
    unprivileged_clone: Option<u64>,
    namespaces: Option<u64>,
    apparmor: Option<u64>,
}

impl Kernel {
    fn read() -> Self {
        let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
        Self {
            unprivileged_clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            namespaces: number("/proc/sys/user/max_user_namespaces"),
            apparmor: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        }
    }
}

fn advice(kernel: &Kernel) -> &'static str {
    if kernel.unprivileged_clone == Some(0) {
        return "This machine forbids user namespaces. Allow them: sysctl -w kernel.unprivileged_userns_clone=1";
    }
    if kernel.namespaces == Some(0) {
        return "This machine forbids user namespaces. Allow them: sysctl -w user.max_user_namespaces=15000";
    }
    if kernel.apparmor == Some(1) {
        return "AppArmor restricts user namespaces. Install the profile for bwrap (apt-get install apparmor-profiles), or allow \
                them to all: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    }
    "In a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt \
     systempaths=unconfined"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_what_forbids_it() {
        for (unprivileged_clone, namespaces, apparmor, part) in [
            (Some(0), Some(0), None, "kernel.unprivileged_userns_clone=1"),
            (Some(1), Some(0), Some(1), "user.max_user_namespaces"),
            (None, Some(9000), Some(1), "kernel.apparmor_restrict_unprivileged_userns=0"),
            (None, Some(9000), Some(0), "systempaths=unconfined"),
        ] {
            let text = advice(&Kernel { unprivileged_clone, namespaces, apparmor });
            assert!(text.contains(part), "{text}");
        }
    }
}
