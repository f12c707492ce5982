//! A repository in a folder that the server may open, as a person has one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::{Actor, ProjectHandle, Setup, command, specs};

/// A repository with one commit; dropped, it is gone.
pub(crate) struct Folder {
    pub(crate) root: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("project")).unwrap();
        let folder = Self { root };
        folder.git(&["init", "--quiet", "--initial-branch=main"]);
        folder.write("README.md", "# A project\n");
        folder.commit();
        folder
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().join("project")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        command::git(&self.path(), arguments)
    }

    /// Commits everything, whatever the repository's hooks say.
    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--message=More"]);
    }

    /// A set-up of a server that may open it.
    pub(crate) fn setup(&self) -> Setup {
        Setup::default().argument("--allow-root").argument(self.root.path().to_string_lossy())
    }

    /// The project that somebody makes of it, with a spec of one requirement.
    pub(crate) async fn opened_by<'a>(&self, user: &'a Actor<'a>) -> ProjectHandle<'a> {
        user.has_project().in_folder(&self.path()).with_spec(specs::ONE).create().await
    }
}
