//! What a job sees: bubblewrap's arguments for namespaces, mounts and environment.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use domain::ports::sandbox::{Job, Network};

use super::{BubblewrapConfig, diagnosis::Features};
use crate::paths::{Resolved, binary_folders, find_program, invalid, search_path};

/// The user inside. Not root, since programs behave differently for root; outside it is the server's own user. Neither its name nor
/// the machine's says what this is.
const USER: &str = "user";
const HOST: &str = "localhost";
const ID: &str = "1000";
/// Home of a job that has none of its own.
const HOME: &str = "/home/user";

const SYSTEM: [&str; 2] = ["/usr", "/opt"];
/// Links into `/usr`, or folders on systems that did not merge them.
const MERGED: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// What programs need of `/etc` and every user of the machine may read. No keys (`ssl/private`), no `shadow`; `passwd` and
/// `group` are the sandbox's own.
const SETTINGS: [&str; 28] = [
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "fonts",
    "gai.conf",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "lsb-release",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "perl",
    "pki/ca-trust",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
    "vim",
];
/// Folders of `/etc` with a version in their name.
const VERSIONED: [&str; 3] = ["java", "python3", "php"];

/// Settings of the machine's kernel. Under a server that is root the job's user owns these files, without any capability, and
/// bubblewrap does not cover those below folders that cannot be written to themselves.
const KERNEL: [&str; 9] = [
    "/proc/sys",
    "/proc/sysrq-trigger",
    "/proc/irq",
    "/proc/bus",
    "/proc/fs",
    "/proc/acpi",
    "/proc/scsi",
    "/proc/mtrr",
    "/proc/pressure",
];

const TEMPORARY_BYTES: &str = "2147483648";
const SHARED_MEMORY_BYTES: &str = "1073741824";
/// An empty folder over a hidden one holds only the way to the job's own.
const COVER_BYTES: &str = "1048576";

/// Bubblewrap's arguments for one job.
pub(super) struct View {
    pub arguments: Vec<OsString>,
    /// Small files of the sandbox's own, by their path inside.
    pub files: Vec<(&'static str, String)>,
}

impl View {
    pub(super) fn new(config: &BubblewrapConfig, features: Features, job: &Job) -> io::Result<Self> {
        let paths = Paths::of(config, job)?;
        let folders = binary_folders(paths.toolchains.iter().chain(&paths.readable).map(|resolved| &resolved.given));
        let program = job.argv.first().ok_or_else(|| invalid("the command is empty".to_owned()))?;
        find_program(program, &folders, &paths.workspace.given)?;

        let mut arguments = namespaces(features, job.network);
        system(&mut arguments, job.network);
        let home = paths.mount(&mut arguments);
        arguments.push("--chdir".into());
        arguments.push(paths.workspace.given.clone().into());
        environment(&mut arguments, config.env.iter().chain(&job.env), &home, &folders)?;
        Ok(Self { arguments, files: accounts(&home) })
    }
}

/// Arguments for a sandbox without a job.
pub(super) fn probe(features: Features) -> Vec<OsString> {
    let mut arguments = namespaces(features, Network::Off);
    system(&mut arguments, Network::Off);
    push(&mut arguments, &["--remount-ro", "/"]);
    arguments
}

fn push(arguments: &mut Vec<OsString>, more: &[&str]) {
    arguments.extend(more.iter().map(OsString::from));
}

fn bind(arguments: &mut Vec<OsString>, option: &str, from: &Path, to: &Path) {
    arguments.extend([option.into(), from.into(), to.into()]);
}

fn namespaces(features: Features, network: Network) -> Vec<OsString> {
    let mut arguments = Vec::new();
    push(&mut arguments, &["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]);
    if network == Network::Off {
        push(&mut arguments, &["--unshare-net"]);
    }
    if features.disable_userns {
        push(&mut arguments, &["--disable-userns"]);
    }
    push(&mut arguments, &["--uid", ID, "--gid", ID, "--hostname", HOST, "--cap-drop", "ALL"]);
    // Without a session of its own a program could type into the server's terminal.
    push(&mut arguments, &["--die-with-parent", "--new-session"]);
    arguments
}

fn system(arguments: &mut Vec<OsString>, network: Network) {
    for folder in SYSTEM {
        push(arguments, &["--ro-bind-try", folder, folder]);
    }
    for folder in MERGED {
        match fs::read_link(folder) {
            Ok(target) => arguments.extend(["--symlink".into(), target.into(), folder.into()]),
            Err(_) => push(arguments, &["--ro-bind-try", folder, folder]),
        }
    }
    let settings = Path::new("/etc");
    let versioned = fs::read_dir(settings).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let versioned = versioned.filter(|name| VERSIONED.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)));
    let names = SETTINGS.iter().map(OsString::from).chain(versioned);
    for name in names.chain((network == Network::Host).then(|| "resolv.conf".into())) {
        let path = settings.join(name);
        // Often a link to a place that does not exist inside.
        if let Ok(real) = path.canonicalize() {
            bind(arguments, "--ro-bind", &real, &path);
        }
    }
    push(arguments, &["--proc", "/proc"]);
    for folder in KERNEL {
        push(arguments, &["--ro-bind-try", folder, folder]);
    }
    push(arguments, &["--dev", "/dev"]);
    push(arguments, &["--perms", "1777", "--size", SHARED_MEMORY_BYTES, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]);
    push(arguments, &["--perms", "1777", "--size", TEMPORARY_BYTES, "--tmpfs", "/tmp"]);
    // No link to the other one: what is mounted in it has to be found by its own path.
    push(arguments, &["--perms", "1777", "--size", TEMPORARY_BYTES, "--tmpfs", "/var/tmp"]);
}

/// The job's paths, checked against each other.
struct Paths {
    workspace: Resolved,
    home: Option<Resolved>,
    readable: Vec<Resolved>,
    toolchains: Vec<Resolved>,
    hidden: Vec<Resolved>,
}

impl Paths {
    fn of(config: &BubblewrapConfig, job: &Job) -> io::Result<Self> {
        let existing = |paths: &[PathBuf]| paths.iter().filter_map(|path| Resolved::of(path).ok()).collect::<Vec<_>>();
        let paths = Self {
            workspace: Resolved::own_folder(&job.workspace)?,
            home: job.home.as_deref().map(Resolved::own_folder).transpose()?,
            readable: job.readable.iter().map(|path| Resolved::of(path)).collect::<io::Result<_>>()?,
            toolchains: existing(&config.toolchains),
            hidden: existing(&config.hidden),
        };
        paths.check()?;
        Ok(paths)
    }

    fn check(&self) -> io::Result<()> {
        for (resolved, what) in
            self.readable.iter().chain(&self.toolchains).map(|resolved| (resolved, "readable")).chain(self.writable())
        {
            let path = resolved.given.display();
            if let Some(hidden) = self.hidden.iter().find(|hidden| resolved.contains(hidden)) {
                return Err(invalid(format!("{path} cannot be {what}: {} is in it", hidden.given.display())));
            }
            if ["/", "/proc", "/dev"].iter().any(|own| resolved.real == Path::new(own) || resolved.given == Path::new(own)) {
                return Err(invalid(format!("{path} cannot be {what}: the sandbox has its own")));
            }
        }
        for resolved in self.readable.iter().chain(&self.toolchains) {
            if let Some((own, what)) = self.writable().find(|(own, _)| resolved.contains(own)) {
                return Err(invalid(format!(
                    "{} cannot be readable: the {what} {} is in it",
                    resolved.given.display(),
                    own.given.display()
                )));
            }
        }
        if self.home.as_ref().is_some_and(|home| home.contains(&self.workspace) || self.workspace.contains(home)) {
            return Err(invalid("workspace and home overlap".to_owned()));
        }
        let git = self.workspace.given.join(".git");
        if fs::symlink_metadata(&git).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(invalid(format!("{} is a symbolic link", git.display())));
        }
        Ok(())
    }

    fn writable(&self) -> impl Iterator<Item = (&Resolved, &'static str)> {
        std::iter::once((&self.workspace, "workspace")).chain(self.home.iter().map(|home| (home, "home")))
    }

    /// Adds the mounts in an order in which none covers a later one's place; returns the home inside.
    fn mount(&self, arguments: &mut Vec<OsString>) -> PathBuf {
        let covered: Vec<_> = self.hidden.iter().map(|hidden| &hidden.real).filter(|path| in_system(path)).collect();
        for path in &covered {
            arguments.extend(["--size".into(), COVER_BYTES.into(), "--tmpfs".into(), OsString::from(path)]);
        }
        if self.home.is_none() {
            push(arguments, &["--size", TEMPORARY_BYTES, "--tmpfs", HOME]);
        }

        let mut mounts: Vec<(&Path, &Path, &str)> = Vec::new();
        for resolved in self.toolchains.iter().chain(&self.readable) {
            // The real path too: programs look for their own parts beside it. What is seen anyway needs no mount, and where it
            // is a link none can be made.
            for inside in [&resolved.given, &resolved.real] {
                if !in_system(inside) || covered.iter().any(|hidden| inside.starts_with(hidden)) {
                    mounts.push((&resolved.real, inside, "--ro-bind"));
                }
            }
        }
        mounts.extend(self.writable().map(|(resolved, _)| (resolved.real.as_path(), resolved.given.as_path(), "--bind")));
        // Parents before what is in them.
        mounts.sort_by_key(|(_, inside, _)| inside.components().count());
        mounts.dedup();
        for (from, inside, option) in mounts {
            bind(arguments, option, from, inside);
        }

        let git = self.workspace.given.join(".git");
        if git.exists() {
            // Only the engine commits; and a mount can be neither renamed nor removed.
            bind(arguments, "--ro-bind", &self.workspace.real.join(".git"), &git);
        }
        for path in covered {
            arguments.extend(["--remount-ro".into(), OsString::from(path)]);
        }
        self.home.as_ref().map_or_else(|| HOME.into(), |home| home.given.clone())
    }
}

fn in_system(path: &Path) -> bool {
    SYSTEM.iter().chain(&MERGED).any(|folder| path.starts_with(folder))
}

/// Of two variables with one name the later counts.
fn environment<'a>(
    arguments: &mut Vec<OsString>,
    env: impl Iterator<Item = &'a (String, String)>,
    home: &Path,
    folders: &[PathBuf],
) -> io::Result<()> {
    let mut set = |name: &OsStr, value: &OsStr| arguments.extend(["--setenv".into(), name.into(), value.into()]);
    for (name, value) in env {
        if name.is_empty() || name.contains('=') {
            return Err(invalid(format!("{name:?} is no name of a variable")));
        }
        set(name.as_ref(), value.as_ref());
    }
    for (name, value) in [("LANG", "C.UTF-8"), ("USER", USER), ("LOGNAME", USER), ("TMPDIR", "/tmp")] {
        set(name.as_ref(), value.as_ref());
    }
    set("HOME".as_ref(), home.as_os_str());
    set("PATH".as_ref(), &search_path(folders));
    Ok(())
}

fn accounts(home: &Path) -> Vec<(&'static str, String)> {
    let home = home.to_str().filter(|home| !home.contains([':', '\n'])).unwrap_or(HOME);
    let passwd = format!(
        "root:x:0:0:root:/root:/usr/sbin/nologin\n{USER}:x:{ID}:{ID}::{home}:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n"
    );
    vec![("/etc/passwd", passwd), ("/etc/group", format!("root:x:0:\n{USER}:x:{ID}:\nnogroup:x:65534:\n"))]
}
