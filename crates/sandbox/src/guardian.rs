//! Ends what bubblewrap leaves behind when whoever started it is killed in that very moment.
//!
//! `--die-with-parent` takes hold in bubblewrap's processes one after the other. Killed between two of them, the later one waits
//! for ever, or even goes on and starts the job's program. Nothing inside can close that gap, so each server has one small process
//! beside it, which waits for the server's end and then looks for what bears the server's mark.

use std::{
    fs,
    io::{self, PipeWriter, Write as _},
    process::Stdio,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

/// Reads the mark, waits until the pipe's other end is closed, and looks again and again until two quiet seconds are over: what
/// had just been forked bears its mark a moment later. It detaches itself, since it is needed when all others are killed.
const SCRIPT: &str = r#"exec 3<&0 </dev/null >/dev/null 2>&1
trap '' HUP INT TERM
{
  read -r mark <&3 || exit 0
  while read -r more <&3; do :; done
  quiet=0
  while [ "$quiet" -lt 20 ]; do
    quiet=$((quiet + 1))
    for file in $(printf '^%s-\n' "$mark" | grep -lsz -f - /proc/[0-9]*/cmdline); do
      pid=${file#/proc/}
      kill -KILL "${pid%/cmdline}" && quiet=0
    done
    sleep 0.1 || sleep 1
  done
} &"#;

/// The end of the pipe that only this process holds; it closes with it, however it ends.
static LIFE: OnceLock<PipeWriter> = OnceLock::new();
static MARK: OnceLock<String> = OnceLock::new();
static STARTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A name for a sandbox's outer processes, different for each. The first call starts the guardian.
pub(crate) async fn name() -> String {
    let _one_at_a_time = STARTING.lock().await;
    if LIFE.get().is_none() {
        match start().await {
            Ok(life) => drop(LIFE.set(life)),
            Err(error) => tracing::warn!(%error, "nothing watches over sandboxes that are killed while they start"),
        }
    }
    format!("{}-{}", mark(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn mark() -> &'static str {
    MARK.get_or_init(|| {
        let random = fs::read_to_string("/proc/sys/kernel/random/uuid").unwrap_or_default();
        format!("loki-sandbox-{}-{}", std::process::id(), random.trim())
    })
}

async fn start() -> io::Result<PipeWriter> {
    let (reader, mut life) = io::pipe()?;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", SCRIPT]).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir("/").process_group(0);
    shell.stdin(reader).stdout(Stdio::null()).stderr(Stdio::null());
    let status = shell.status().await?;
    if !status.success() {
        return Err(io::Error::other(format!("its shell ended with {status}")));
    }
    writeln!(life, "{}", mark())?;
    Ok(life)
}

/// Kills every process that goes by this name: bubblewrap's own, and with its init all that the job started.
pub(crate) fn kill(name: &str) {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if command.split(|byte| *byte == 0).next() == Some(name.as_bytes())
            && let Some(pid) = Pid::from_raw(pid)
        {
            // It may be gone by now.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}
