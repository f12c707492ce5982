//! `loki serve` as a child process.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::Signal;

use crate::{DEADLINE, processes};

/// By then a line that was printed before the server answered is read.
const LINK_IS_READ: Duration = Duration::from_secs(2);

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
    for name in ["PATH", "HOME", "LANG", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// The binary in a mount namespace in which `folder` is a file system of its own.
fn on_small_disk(folder: &Path, size: &str) -> Command {
    const MOUNT: &str = r#"mount -t tmpfs -o "size=$1,mode=700" tmpfs "$2" && shift 2 && exec "$@""#;
    fs::create_dir_all(folder).expect("the folder");
    // The data directory is its owner's alone.
    let parent = folder.parent().expect("the data directory");
    fs::set_permissions(parent, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("its permissions");
    let plain = loki();
    let mut command = Command::new("unshare");
    command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", size]).arg(folder).arg(binary());
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
    /// With `small`, that folder is a file system of the given size.
    pub fn start(arguments: &[String], variables: &[(String, String)], small: Option<(PathBuf, &str)>, log: &Path) -> Self {
        let mut log_file = OpenOptions::new().create(true).append(true).open(log).expect("the log");
        writeln!(log_file, "--- loki serve {}", arguments.join(" ")).expect("the log");
        let mut child = small
            .map_or_else(loki, |(folder, size)| on_small_disk(&folder, size))
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
            lines.recv_timeout(DEADLINE).unwrap_or_else(|_| {
                panic!("the server did not start:\n{}", fs::read_to_string(log).unwrap_or_default());
            })
        };
        let first = next();
        let (_, url) = first.rsplit_once(" on ").unwrap_or_else(|| panic!("no address in {first:?}"));
        self.url = url.trim().to_owned();
        // The link is printed before requests are taken, if there is one. Where none comes, somebody has an account.
        self.answers();
        while let Ok(line) = lines.recv_timeout(LINK_IS_READ) {
            if line.contains("/setup?token=") {
                self.setup_link = Some(line.trim().to_owned());
                break;
            }
        }
    }

    /// Waits until it answers.
    fn answers(&self) {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the port is open");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time limit");
        write!(stream, "GET /health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
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
        // Of a server that is gone already, the number may be another process's by now.
        let runs = matches!(self.child.try_wait(), Ok(None));
        let tree = if runs { processes::below(self.pid()) } else { Vec::new() };
        self.kill();
        tree.iter().for_each(processes::Process::kill);
    }
}

/// The end of a log and the errors before it, for a failed test.
pub fn tail(log: &Path) -> String {
    let Ok(text) = fs::read_to_string(log) else { return String::new() };
    let lines: Vec<&str> = text.lines().collect();
    let (before, end) = lines.split_at(lines.len().saturating_sub(40));
    let errors = before.iter().filter(|line| line.contains(" ERROR "));
    errors.chain(end).copied().collect::<Vec<_>>().join("\n")
}

/// An empty file, for the log.
pub fn new_log(path: &Path) {
    File::create(path).expect("the log");
}
