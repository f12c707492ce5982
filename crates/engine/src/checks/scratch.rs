//! The folder that the commands of examples run in: what they write is not the project's. It lies where no program of the
//! project can replace it, only write into it.

use std::{
    io,
    path::{Path, PathBuf},
};

use domain::specs::examples;

use files::removal;

const NAME: &str = "scratch";

/// An empty folder with the files that a command reads.
pub(super) struct Scratch {
    run_dir: PathBuf,
    path: PathBuf,
}

impl Scratch {
    pub(super) async fn fresh(run_dir: PathBuf, files: Vec<(String, String)>) -> io::Result<Self> {
        files::blocking(move || make(run_dir, &files)).await
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn remove(self) -> io::Result<()> {
        files::blocking(move || removal::remove_below(&self.run_dir, NAME)).await
    }
}

fn make(run_dir: PathBuf, files: &[(String, String)]) -> io::Result<Scratch> {
    std::fs::create_dir_all(&run_dir)?;
    removal::remove_below(&run_dir, NAME)?;
    let path = run_dir.join(NAME);
    std::fs::create_dir(&path)?;
    for (name, text) in files.iter().filter(|(name, _)| examples::is_safe_path(name)) {
        let file = path.join(name);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, text)?;
    }
    Ok(Scratch { run_dir, path })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[tokio::test]
    async fn it_is_fresh_each_time_and_planted_links_lead_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (run_dir, outside) = (folder.path().join("run"), folder.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("out.txt"), "precious").unwrap();
        let files = vec![("in/a.txt".to_owned(), "a\n".to_owned()), ("../b.txt".to_owned(), "b\n".to_owned())];

        let scratch = Scratch::fresh(run_dir.clone(), files.clone()).await.unwrap();
        assert_eq!(fs::read_to_string(scratch.path().join("in/a.txt")).unwrap(), "a\n");
        assert!(!run_dir.join("b.txt").exists());
        // As a hostile program may leave it.
        symlink(outside.join("out.txt"), scratch.path().join("out.txt")).unwrap();
        symlink(&outside, scratch.path().join("linked")).unwrap();
        assert_eq!(files::read(scratch.path(), "out.txt"), None);
        assert_eq!(files::read(scratch.path(), "linked/out.txt"), None);

        let again = Scratch::fresh(run_dir.clone(), files).await.unwrap();
        assert_eq!(fs::read_dir(again.path()).unwrap().count(), 1);
        again.remove().await.unwrap();
        assert_eq!(fs::read_dir(&run_dir).unwrap().count(), 0);
        assert_eq!(fs::read_to_string(outside.join("out.txt")).unwrap(), "precious");
    }
}
