//! Resource limits by `prlimit(2)`.

use std::{io, os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

use domain::ports::sandbox::{Exit, JobLimits};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use tokio::time::Instant;

/// Puts `limits` on a process that waits to be let go; its children inherit them.
pub(crate) fn apply(pid: Pid, limits: &JobLimits) -> io::Result<()> {
    for (resource, wanted) in [
        (Resource::Data, limits.memory),
        (Resource::Fsize, limits.file_size),
        (Resource::Nproc, limits.processes),
        (Resource::Core, 0),
    ] {
        let value = Some(allowed(resource, wanted));
        prlimit(Some(pid), resource, Rlimit { current: value, maximum: value })?;
    }
    Ok(())
}

/// At most the server's own hard limit: only root can go above it.
pub(crate) fn allowed(resource: Resource, wanted: u64) -> u64 {
    getrlimit(resource).maximum.map_or(wanted, |maximum| maximum.min(wanted))
}

/// When a job that starts now has used up its wall time; years ahead for absurd durations, which `Instant` cannot add.
pub(crate) fn deadline(wall: Duration) -> Instant {
    const YEAR: Duration = Duration::from_hours(365 * 24);
    let now = Instant::now();
    now.checked_add(wall.min(YEAR)).unwrap_or(now)
}

/// How a job's program ended: exit codes 129 to 159 are how shells and bubblewrap report death by signal 1 to 31.
pub(crate) fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code @ 129..=159), _) => Exit::Signal(code - 128),
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or(9)),
    }
}
