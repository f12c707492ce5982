//! From a job to a process that is confined before its program begins.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, PipeWriter, Seek, Write},
    os::fd::{AsRawFd, OwnedFd},
    process::Stdio,
};

use command_fds::CommandFdExt;
use domain::ports::sandbox::{Job, SandboxError};
use rustix::{
    fs::{MemfdFlags, memfd_create},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};

use super::{Bubblewrap, confined::Confined, diagnosis, view::View};
use crate::{
    guardian, limits,
    output::stream,
    paths::{invalid, not_started},
    spawner,
};

/// Where a job's output goes.
pub(super) enum Streams {
    /// Three pipes, for talking to it.
    Piped,
    /// No input, and both outputs into one pipe, which keeps their order.
    Merged(PipeWriter),
}

pub(super) struct Launched {
    pub child: Child,
    pub confined: Confined,
}

impl Bubblewrap {
    /// Starts bubblewrap, which waits before it starts the job's program until the limits are in place.
    pub(super) async fn launch(&self, job: &Job, streams: Streams) -> Result<Launched, SandboxError> {
        let features = self.features().await?;
        let program = self.program()?;
        let deadline = limits::deadline(job.limits.wall);
        let failed = |error| not_started(&job.argv, error);

        let (status, status_writer) = stream().map_err(failed)?;
        let (gate, mut gate_writer) = io::pipe().map_err(failed)?;
        let name = guardian::name().await;
        let mut command = Command::new(program);
        command.arg0(&name);
        let handed = View::new(&self.config, features, job)
            .and_then(|view| arguments(view, status_writer.into(), gate.into()))
            .map_err(failed)?;
        command.arg("--args").arg(handed.arguments.as_raw_fd().to_string()).arg("--").args(&job.argv);
        let mut descriptors = handed.others;
        descriptors.push(handed.arguments);
        command.preserved_fds(descriptors);
        // The job would find bubblewrap's own environment in /proc/1/environ.
        command.env_clear().current_dir("/").kill_on_drop(true);
        connect(&mut command, streams).map_err(failed)?;

        let mut child = spawner::spawn(command).await.map_err(failed)?;
        let mut status = BufReader::new(status);
        let mut line = String::new();
        status.read_line(&mut line).await.map_err(failed)?;
        let Some(init) = child_pid(&line) else {
            // Killed from outside, bubblewrap may have left a child that waits for it.
            guardian::kill(&name);
            return Err(SandboxError::Unavailable(diagnosis::explain(&last_words(&mut child).await)));
        };
        // Not before the pid is held by a descriptor may anything fail: dropping that kills the sandbox.
        let pidfd = pidfd_open(init, PidfdFlags::empty())
            .map_err(io::Error::from)
            .inspect_err(|_| {
                let _ = kill_process(init, Signal::KILL);
            })
            .map_err(failed)?;
        let mut confined = Confined::new(pidfd, status, deadline);

        let ready = limits::apply(init, &job.limits)
            .and_then(|()| self.groups().confine(init, &job.limits))
            .map(|group| confined.joined(group))
            .and_then(|()| gate_writer.write_all(b"x"));
        match ready {
            // A sandbox that could not be set up is dead by now; its output says why.
            Err(error) if !is_gone(&error) => Err(failed(error)),
            _ => Ok(Launched { child, confined }),
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

fn connect(command: &mut Command, streams: Streams) -> io::Result<()> {
    match streams {
        Streams::Piped => command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()),
        Streams::Merged(writer) => command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer),
    };
    Ok(())
}

/// Descriptors for bubblewrap.
struct Handed {
    arguments: OwnedFd,
    others: Vec<OwnedFd>,
}

/// Bubblewrap reads its arguments from a descriptor, since keys are among them and command lines can be read by every user.
fn arguments(view: View, status: OwnedFd, gate: OwnedFd) -> io::Result<Handed> {
    let mut arguments = view.arguments;
    let mut others = Vec::new();
    for (path, content) in view.files {
        let file = memory_file("file", content.as_bytes())?;
        arguments.extend(["--perms", "0644", "--ro-bind-data"].map(OsString::from));
        arguments.extend([file.as_raw_fd().to_string().into(), path.into()]);
        others.push(file);
    }
    for (option, descriptor) in [("--json-status-fd", status), ("--block-fd", gate)] {
        arguments.extend([option.into(), descriptor.as_raw_fd().to_string().into()]);
        others.push(descriptor);
    }
    // Everything has its place; nothing else may be made there.
    arguments.extend(["--remount-ro", "/"].map(OsString::from));
    Ok(Handed { arguments: memory_file("arguments", &nul_separated(&arguments)?)?, others })
}

/// One argument with a NUL would be read as two: an option of the job's choice.
fn nul_separated(arguments: &[OsString]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for argument in arguments.iter().map(OsString::as_os_str).map(OsStr::as_encoded_bytes) {
        if argument.contains(&0) {
            return Err(invalid("an argument or variable contains a NUL byte".to_owned()));
        }
        bytes.extend_from_slice(argument);
        bytes.push(0);
    }
    Ok(bytes)
}

fn memory_file(name: &str, content: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC)?);
    file.write_all(content)?;
    file.rewind()?;
    Ok(file.into())
}

/// The pid of the sandbox's init, from the first line of bubblewrap's status: `{ "child-pid": 1234, … }`.
fn child_pid(line: &str) -> Option<Pid> {
    let (_, rest) = line.split_once("\"child-pid\":")?;
    let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    Pid::from_raw(digits.parse().ok()?)
}

/// What bubblewrap said when it ended without having started anything.
async fn last_words(child: &mut Child) -> String {
    let mut text = Vec::new();
    if let Some(stderr) = &mut child.stderr {
        // A broken stream leaves what was read before; the error is reported either way.
        drop(stderr.take(8192).read_to_end(&mut text).await);
    }
    drop(child.wait().await);
    String::from_utf8_lossy(&text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_is_read_from_the_status() {
        for (line, pid) in [
            ("{ \"child-pid\": 22351, \"cgroup-namespace\": 4026532182 }\n", Some(22351)),
            ("{ \"child-pid\":7 }", Some(7)),
            ("{ \"child-pid\": 0 }", None),
            ("{ \"exit-code\": 1 }", None),
            ("", None),
        ] {
            assert_eq!(child_pid(line), pid.and_then(Pid::from_raw), "{line}");
        }
    }

    #[test]
    fn a_nul_is_no_separator_of_options() {
        assert!(nul_separated(&["--setenv".into(), "A".into(), "b\0--bind\0/\0/".into()]).is_err());
        assert_eq!(nul_separated(&["a".into(), "".into()]).unwrap(), b"a\0\0");
    }
}
