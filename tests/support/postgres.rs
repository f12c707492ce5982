//! A private PostgreSQL server, started once for all tests of a process; each test gets a database of its own.

use std::{
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::command;

/// The user that owns it when the tests run as root, whom PostgreSQL refuses.
const NOBODY: u32 = 65_534;

struct Postgres {
    folder: PathBuf,
    bin: PathBuf,
    count: AtomicU32,
    /// The supervisor; it ends the server and removes the folder when this process is gone, however it ended.
    _supervisor: Mutex<Child>,
}

static POSTGRES: LazyLock<Postgres> = LazyLock::new(start);

/// Makes a database and gives its address.
pub fn new_database() -> String {
    let postgres = &*POSTGRES;
    let name = format!("test_{}", postgres.count.fetch_add(1, Ordering::Relaxed));
    let socket = postgres.folder.join("socket");
    let output = command::run(client(postgres.bin.join("createdb"), &socket, &[&name]), "");
    assert!(output.status.success(), "createdb: {}", command::stderr(&output));
    format!("postgres://loki@localhost/{name}?host={}", socket.display())
}

fn start() -> Postgres {
    let bin = newest_bin();
    let folder = tempfile::Builder::new().prefix("loki-postgres-").tempdir().expect("a folder").keep();
    let socket = folder.join("socket");
    fs::create_dir(&socket).expect("the socket's folder");
    if rustix::process::getuid().is_root() {
        for path in [&folder, &socket] {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("the folder's owner");
        }
    }
    let data = folder.join("data");
    let mut initdb = unprivileged(&bin.join("initdb"));
    initdb.args(["--username=loki", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
    let output = command::run(initdb, "");
    assert!(output.status.success(), "initdb: {}", command::stderr(&output));

    let supervisor = supervise(&bin, &folder);
    let postgres = Postgres { folder, bin, count: AtomicU32::new(0), _supervisor: supervisor.into() };
    for _ in 0..500 {
        if command::run(client(postgres.bin.join("pg_isready"), &socket, &[]), "").status.success() {
            return postgres;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("PostgreSQL does not start: {}", fs::read_to_string(postgres.folder.join("log")).unwrap_or_default());
}

/// The server below a shell that reads standard input: its end is the end of this process.
fn supervise(bin: &Path, folder: &Path) -> Child {
    let server = unprivileged(&bin.join("postgres"));
    let words: Vec<String> =
        std::iter::once(server.get_program()).chain(server.get_args()).map(|word| word.to_string_lossy().into_owned()).collect();
    let script = "folder=$1; shift; \"$@\" -D \"$folder/data\" -k \"$folder/socket\" -c listen_addresses= -c fsync=off \
        -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 >\"$folder/log\" 2>&1 </dev/null & server=$!; \
        read -r _; kill -QUIT $server; wait $server; rm -rf \"$folder\"";
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(folder)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell")
}

fn client(program: PathBuf, socket: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg("--host").arg(socket).args(["--username", "loki"]).args(arguments);
    command
}

fn unprivileged(program: &Path) -> Command {
    if !rustix::process::getuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups", "--"]).arg(program);
    command
}

/// Where Debian puts it, or wherever the PATH finds it.
fn newest_bin() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    if let Some(version) = newest {
        return PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file());
    found.expect("PostgreSQL is not installed: `make setup-test` installs it")
}
