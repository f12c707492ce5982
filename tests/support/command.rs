//! Programs that are run to their end: the command line of loki, and git as a person would use it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};

/// Runs a command with `input` on standard input.
pub fn run(mut command: Command, input: &str) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("standard input");
    // A command that does not read is no fault.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the command ends")
}

/// What a command says on standard error, up to the first line with `words` or its end; one that goes on is ended.
pub fn said_until(mut command: Command, words: &str) -> String {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().expect("standard error")).lines() {
        said.push_str(&line.expect("text"));
        said.push('\n');
        if said.contains(words) {
            break;
        }
    }
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().expect("the command ends");
    said
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Makes a script that can be run.
pub fn script(path: &Path, text: &str) {
    fs::write(path, text).expect("the script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its permissions");
}

/// What git prints in `folder`, without the line end.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(["-c", "safe.directory=*", "-c", "user.name=Person", "-c", "user.email=person@example.org"]);
    git.args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = run(git, "");
    assert!(output.status.success(), "git {}: {}", arguments.join(" "), stderr(&output));
    stdout(&output).trim_end().to_owned()
}
