//! The worktree: files are read and written by paths that stay inside it and go through no link.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
};

/// The directory that the agent works in.
#[derive(Clone, Debug)]
pub(crate) struct Worktree {
    root: PathBuf,
}

/// A file as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Relative to the worktree.
    pub(crate) path: String,
    /// `None` for a new file.
    pub(crate) before: Option<String>,
    pub(crate) after: String,
    pub(crate) executable: bool,
}

impl Worktree {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).symlink_metadata().is_ok()
    }

    /// Where a path of the project lies. The error says why it may not be used.
    pub(crate) fn locate(&self, path: &str) -> Result<PathBuf, String> {
        let mut place = self.root.clone();
        let mut names = 0_usize;
        for component in Path::new(path).components() {
            match component {
                Component::CurDir => continue,
                Component::Normal(name) if !name.eq_ignore_ascii_case(".git") => place.push(name),
                _ => return Err(format!("{path} does not lie inside the project")),
            }
            names += 1;
            if place.symlink_metadata().is_ok_and(|found| found.file_type().is_symlink()) {
                return Err(format!("{path} goes through a symbolic link"));
            }
        }
        if names == 0 || path.ends_with('/') { Err(format!("{path:?} is not the path of a file")) } else { Ok(place) }
    }

    /// The file's text; `None` when there is no such file. The error says why it cannot be worked with.
    pub(crate) fn read(&self, path: &str) -> Result<Option<String>, String> {
        let place = self.locate(path)?;
        match fs::read(&place) {
            Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| format!("{path} is not text")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{path} cannot be read: {error}")),
        }
    }

    /// What has to be written so that the file has this text; `None` when it is so already.
    pub(crate) fn change(&self, path: &str, after: String, executable: bool) -> Result<Option<Change>, String> {
        let before = self.read(path)?;
        let runs = executable && self.locate(path)?.metadata().is_ok_and(|found| found.permissions().mode() & 0o111 == 0o111);
        if before.as_ref() == Some(&after) && (runs || !executable) {
            return Ok(None);
        }
        Ok(Some(Change { path: path.to_owned(), before, after, executable }))
    }

    pub(crate) fn write(&self, change: &Change) -> io::Result<()> {
        let place = self.locate(&change.path).map_err(io::Error::other)?;
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&place, &change.after)?;
        if change.executable {
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_and_go_through_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let worktree = Worktree::new(folder.path());
        std::os::unix::fs::symlink("/tmp", folder.path().join("out")).unwrap();
        for path in ["../x", "/etc/passwd", ".git/config", "a/../../x", "out/x", "out", "", ".", "a/"] {
            assert!(worktree.locate(path).is_err(), "{path}");
        }
        assert_eq!(worktree.locate("./a/b").unwrap(), folder.path().join("a/b"));
    }

    #[test]
    fn a_missing_executable_bit_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let worktree = Worktree::new(folder.path());
        fs::write(folder.path().join("a"), "x").unwrap();
        assert_eq!(worktree.change("a", "x".into(), false).unwrap(), None);
        let change = worktree.change("a", "x".into(), true).unwrap().unwrap();
        worktree.write(&change).unwrap();
        assert_eq!(worktree.change("a", "x".into(), true).unwrap(), None);
    }
}
