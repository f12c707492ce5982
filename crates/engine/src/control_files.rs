//! `.loki/PAUSE` and `.loki/STOP` in a run's worktree: for people and tools that have files and nothing else.

use std::{ffi::CString, io, os::fd::OwnedFd, path::Path};

use domain::runs::{Effect, Hold, RunRecord, Wish};
use rustix::fs::FileType;

use files::removal;

const PAUSE: &str = "the file .loki/PAUSE";
const STOP: &str = "the file .loki/STOP";

/// When a file was seen for the first time. A person and an agent leave the same file, so whoever reads of it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appeared {
    BetweenCalls,
    DuringCall,
}

impl Appeared {
    /// Of a file that was not there before `effect`.
    pub(crate) fn during(effect: &Effect) -> Self {
        if matches!(effect, Effect::Act { .. }) { Self::DuringCall } else { Self::BetweenCalls }
    }

    fn words(self, file: &str) -> String {
        match self {
            Self::BetweenCalls => file.to_owned(),
            Self::DuringCall => format!("{file}, which appeared while the agent worked"),
        }
    }
}

/// What the files ask for right now.
pub(crate) fn wish(worktree: &Path, appeared: Appeared) -> Option<Wish> {
    let folder = folder(worktree).ok()?;
    if is_there(&folder, "STOP") {
        return Some(Wish::Stop { by: appeared.words(STOP) });
    }
    is_there(&folder, "PAUSE").then(|| Wish::Pause { by: appeared.words(PAUSE) })
}

/// Whether a file in the run's worktree asks for something.
pub(crate) fn asks(record: &RunRecord) -> bool {
    record.state.worktree.as_deref().is_some_and(|worktree| wish(Path::new(worktree), Appeared::BetweenCalls).is_some())
}

/// Takes the files away once a person resumed or the run is stopped, so that they ask only once.
pub(crate) fn clear(worktree: &Path) {
    let Ok(folder) = folder(worktree) else { return };
    for name in ["STOP", "PAUSE"].into_iter().filter(|name| is_there(&folder, name)) {
        if let Err(error) = CString::new(name).map_err(io::Error::other).and_then(|name| removal::unlink(&folder, &name)) {
            tracing::warn!(%error, name, "a control file could not be removed");
        }
    }
}

/// A run that was paused by its file goes on when the file is gone.
pub(crate) fn may_resume(record: &RunRecord) -> bool {
    let by_file = record.state.hold.as_ref().is_some_and(Hold::is_by_file);
    let worktree = record.state.worktree.as_deref().map(Path::new);
    by_file && worktree.is_some_and(|worktree| !folder(worktree).is_ok_and(|folder| is_there(&folder, "PAUSE")))
}

fn folder(worktree: &Path) -> io::Result<OwnedFd> {
    files::open_folder(files::open_top(worktree)?, ".loki")
}

/// Only a plain file asks for something: what could not be taken away again would ask for ever.
fn is_there(folder: &OwnedFd, name: &str) -> bool {
    files::kind(folder, name) == Some(FileType::RegularFile)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    #[test]
    fn plain_files_ask_once() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join(".loki");
        let wish = |folder: &Path| wish(folder, Appeared::DuringCall);
        assert_eq!(wish(folder.path()), None);
        fs::create_dir(&own).unwrap();
        fs::write(own.join("PAUSE"), "").unwrap();
        let by = "the file .loki/PAUSE, which appeared while the agent worked".to_owned();
        assert_eq!(wish(folder.path()), Some(Wish::Pause { by }));
        fs::write(own.join("STOP"), "").unwrap();
        assert!(matches!(wish(folder.path()), Some(Wish::Stop { .. })));
        // An agent may try to make it ask for ever.
        fs::set_permissions(&own, fs::Permissions::from_mode(0o500)).unwrap();
        clear(folder.path());
        assert_eq!(wish(folder.path()), None);
    }

    #[test]
    fn folders_links_and_pipes_ask_for_nothing_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join(".loki");
        let real = folder.path().join("real");
        fs::create_dir_all(own.join("STOP")).unwrap();
        fs::write(&real, "").unwrap();
        symlink(&real, own.join("PAUSE")).unwrap();
        clear(folder.path());
        assert_eq!(wish(folder.path(), Appeared::BetweenCalls), None);
        assert!(own.join("STOP").is_dir() && own.join("PAUSE").is_symlink() && real.exists());

        fs::remove_dir(own.join("STOP")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, own.join("STOP"), rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(wish(folder.path(), Appeared::BetweenCalls), None);
    }

    #[test]
    fn a_linked_folder_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (worktree, outside) = (folder.path().join("worktree"), folder.path().join("outside"));
        fs::create_dir(&worktree).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("STOP"), "precious").unwrap();
        symlink(&outside, worktree.join(".loki")).unwrap();
        clear(&worktree);
        assert_eq!(wish(&worktree, Appeared::BetweenCalls), None);
        assert_eq!(fs::read_to_string(outside.join("STOP")).unwrap(), "precious");
    }
}
