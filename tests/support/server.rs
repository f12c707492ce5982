//! `loki serve` as a child process.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::Signal;

use crate::processes;

/// The binary beside the test's own executable.
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("the test's own path");
    let profile = own.parent().and_then(Path::parent).expect("target/PROFILE/deps/TEST");
    let binary = profile.join("loki");
    assert!(binary.is_file(), "{} is not there: run `cargo build -p server` first", binary.display());
    binary
}

/// A command of the binary with nothing of this environment but what programs need.
pub fn loki() -> Command {
    let mut command = Command::new(binary());
    command.env_clear();
    // Nobody watches: the demo agent need not be slow.
    command.env("LOKI_DEMO_AGENT_ARGS", "--pace 0");
    // Tests ask more often than a person or a script does. Those of the limits set their own.
    command.env("LOKI_LIMITS", "off");
    for name in ["PATH", "HOME", "LANG", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub url: String,
    /// The one-time link, when nobody has an account yet.
    pub setup_link: Option<String>,
}

impl Server {
    /// Starts a server and waits until it answers. Its log is appended to `log`.
    pub fn start(arguments: &[String], variables: &[(String, String)], log: &Path) -> Self {
        let mut log_file = OpenOptions::new().create(true).append(true).open(log).expect("the log");
        writeln!(log_file, "--- loki serve {}", arguments.join(" ")).expect("the log");
        let mut child = loki()
            .arg("serve")
            .args(arguments)
            .envs(variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .expect("loki serve");
        let stdout = child.stdout.take().expect("standard output");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            // Read to the end, so that the server never blocks on a full pipe.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut server = Self { child, url: String::new(), setup_link: None };
        server.read_start(&lines, log);
        server
    }

    /// It says its address first, then the setup link with what it is for.
    fn read_start(&mut self, lines: &mpsc::Receiver<String>, log: &Path) {
        let next = || {
            lines.recv_timeout(Duration::from_secs(30)).unwrap_or_else(|_| {
                panic!("the server did not start:\n{}", fs::read_to_string(log).unwrap_or_default());
            })
        };
        let first = next();
        let (_, url) = first.rsplit_once(" on ").unwrap_or_else(|| panic!("no address in {first:?}"));
        self.url = url.trim().to_owned();
        // The line is printed before requests are taken, but the port is open: whoever connects now waits for a moment.
        while let Ok(line) = lines.recv_timeout(Duration::from_millis(if self.setup_link.is_some() { 0 } else { 150 })) {
            if line.contains("/setup?token=") {
                self.setup_link = Some(line.trim().to_owned());
                break;
            }
        }
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id")
    }

    /// Ends it as `kill -9` does: it gets no chance to put anything in order.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop, and returns whether it ended well.
    pub fn stop(&mut self) -> bool {
        processes::signal(self.pid(), Signal::TERM);
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let tree = processes::below(self.pid());
        self.kill();
        tree.iter().for_each(processes::Process::kill);
    }
}

/// The end of a log, for a failed test.
pub fn tail(log: &Path) -> String {
    let Ok(text) = fs::read_to_string(log) else { return String::new() };
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(80)..).unwrap_or_default().join("\n")
}

/// An empty file, for the log.
pub fn new_log(path: &Path) {
    File::create(path).expect("the log");
}
