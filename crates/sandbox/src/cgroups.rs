//! Control groups for a job as a whole, where the server may make some: version 1 and 2, processes and memory.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::ports::sandbox::JobLimits;
use rustix::process::{Pid, geteuid};

/// Limits on a job as a whole, beyond those on each of its processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enforced {
    /// How many processes it has.
    pub processes: bool,
    /// How much memory they use together.
    pub total_memory: bool,
}

const PREFIX: &str = "loki-job-";
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Folders in which groups can be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct ControlGroups {
    parents: Vec<Parent>,
    /// Groups that were still dying when their job was dropped.
    leftovers: Arc<Mutex<Vec<PathBuf>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parent {
    folder: PathBuf,
    processes: Option<&'static str>,
    memory: Option<&'static str>,
}

impl ControlGroups {
    /// Finds what is writable here, by making a group and removing it again.
    pub(crate) fn detect() -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mut parents = candidates(&mounts, &own);
        parents.retain(Parent::works);
        let mut seen = Enforced::default();
        // One group for each controller is enough.
        parents.retain(|parent| {
            let new = (parent.processes.is_some() && !seen.processes) || (parent.memory.is_some() && !seen.total_memory);
            seen.processes |= parent.processes.is_some();
            seen.total_memory |= parent.memory.is_some();
            new
        });
        for parent in &parents {
            parent.remove_stale();
        }
        Self { parents, leftovers: Arc::default() }
    }

    /// Which limits hold. As a user, processes are bounded by `RLIMIT_NPROC` in any case.
    pub(crate) fn enforced(&self) -> Enforced {
        Enforced {
            processes: !geteuid().is_root() || self.parents.iter().any(|parent| parent.processes.is_some()),
            total_memory: self.parents.iter().any(|parent| parent.memory.is_some()),
        }
    }

    /// Puts `pid` and all that it will start into groups of their own.
    pub(crate) fn confine(&self, pid: Pid, limits: &JobLimits) -> io::Result<ControlGroup> {
        self.sweep();
        let mut group = ControlGroup { folders: Vec::new(), leftovers: Arc::clone(&self.leftovers) };
        let name = unused_name();
        for parent in &self.parents {
            let folder = parent.folder.join(&name);
            fs::create_dir(&folder)?;
            group.folders.push(folder.clone());
            if let Some(file) = parent.processes {
                // Bubblewrap's own process inside is none of the job's.
                fs::write(folder.join(file), limits.processes.saturating_add(1).to_string())?;
            }
            if let Some(file) = parent.memory {
                fs::write(folder.join(file), limits.memory.to_string())?;
            }
            fs::write(folder.join("cgroup.procs"), pid.as_raw_nonzero().to_string())?;
        }
        Ok(group)
    }

    fn sweep(&self) {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner).retain(|folder| !removed(folder));
    }
}

impl Parent {
    fn works(&self) -> bool {
        let folder = self.folder.join(unused_name());
        if fs::create_dir(&folder).is_err() {
            return false;
        }
        let complete = self.processes.iter().chain(&self.memory).all(|file| folder.join(file).exists());
        removed(&folder) && complete
    }

    /// Removes groups that an earlier server left; those with a process in them stay, the kernel refuses. One of a server that
    /// still works may be empty for a moment: it is about to be filled.
    fn remove_stale(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            if is_stale(&entry.file_name().to_string_lossy()) {
                removed(&entry.path());
            }
        }
    }
}

/// Whether a group has the name of one of ours whose server is gone.
fn is_stale(name: &str) -> bool {
    let server = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
    server.is_some_and(|pid| !pid.is_empty() && !Path::new("/proc").join(pid).exists())
}

fn unused_name() -> String {
    format!("{PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn removed(folder: &Path) -> bool {
    match fs::remove_dir(folder) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// The groups of one job.
pub(crate) struct ControlGroup {
    folders: Vec<PathBuf>,
    leftovers: Arc<Mutex<Vec<PathBuf>>>,
}

impl ControlGroup {
    /// Removes the groups once their processes are gone, which the kernel may notice a moment after us.
    pub(crate) async fn remove(&mut self) {
        for _ in 0..20 {
            self.folders.retain(|folder| !removed(folder));
            if self.folders.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        self.folders.retain(|folder| !removed(folder));
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.folders);
    }
}

/// Where groups might be made, from `/proc/self/mountinfo` and `/proc/self/cgroup` (cgroups(7)).
fn candidates(mounts: &str, own: &str) -> Vec<Parent> {
    let mut parents = Vec::new();
    for line in mounts.lines() {
        let Some((mount, filesystem)) = line.split_once(" - ") else { continue };
        let mut mount = mount.split(' ').skip(3);
        let (Some(root), Some(point)) = (mount.next(), mount.next()) else { continue };
        let mut filesystem = filesystem.split(' ');
        let (kind, options) = (filesystem.next().unwrap_or_default(), filesystem.nth(1).unwrap_or_default());
        let has = |controller| options.split(',').any(|option| option == controller);
        match kind {
            "cgroup" if has("pids") || has("memory") => {
                let controller = if has("pids") { "pids" } else { "memory" };
                let Some(folder) = own_folder(own, controller, root, point) else { continue };
                let processes = has("pids").then_some("pids.max");
                let memory = has("memory").then_some("memory.limit_in_bytes");
                parents.push(Parent { folder, processes, memory });
            }
            "cgroup2" => {
                let Some(folder) = own_folder(own, "", root, point) else { continue };
                // A group with processes in it cannot have limited children, so beside ours, inside a service that is ours.
                let sibling =
                    folder.parent().filter(|parent| parent.extension().is_some_and(|unit| unit == "service" || unit == "scope"));
                for folder in sibling.map(Path::to_path_buf).into_iter().chain([folder]) {
                    parents.push(Parent { folder, processes: Some("pids.max"), memory: Some("memory.max") });
                }
            }
            _ => {}
        }
    }
    parents
}

/// Our own group's folder in the hierarchy with `controller` (empty for version 2).
fn own_folder(own: &str, controller: &str, root: &str, point: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next()?;
        let path = fields.next()?;
        controllers.split(',').any(|name| name == controller).then_some(path)
    })?;
    let below = Path::new(path).strip_prefix(root).ok()?;
    Some(Path::new(point).join(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_servers_that_still_work_stay() {
        assert!(is_stale("loki-job-4194305-7"), "no process has so high a number");
        for name in [unused_name(), "loki-job-".to_owned(), "another-4194305-7".to_owned()] {
            assert!(!is_stale(&name), "{name}");
        }
    }

    #[test]
    fn groups_are_looked_for_in_both_versions() {
        let mounts = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                      39 31 0:36 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids\n\
                      38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        let own = "8:pids:/\n4:memory:/jobs/x\n0::/system.slice/loki.service/server\n";
        let folders: Vec<_> = candidates(mounts, own).into_iter().map(|parent| parent.folder).collect();
        let expected = [
            "/sys/fs/cgroup/memory/jobs/x",
            "/sys/fs/cgroup/pids",
            "/sys/fs/cgroup/unified/system.slice/loki.service",
            "/sys/fs/cgroup/unified/system.slice/loki.service/server",
        ];
        assert_eq!(folders, expected.map(PathBuf::from));
    }
}
