//! The files of a tree without a worktree around them.

use std::path::{Path, PathBuf};

use domain::ports::vcs::VcsError;

use crate::{
    Git,
    checkout::{Checkout, settled},
    command::Call,
    folder, names,
    own_index::blocking,
};

pub(crate) async fn export(git: &Git, repository: &Path, tree: &str, target: &Path) -> Result<(), VcsError> {
    let tree = names::object(tree)?;
    let main = git.checkout_at(repository)?;
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
        return Err(VcsError::Refused(format!("{} is no folder with a name", target.display())));
    };
    if !target.is_absolute() || !folder::is_free(target)? {
        return Err(VcsError::Refused(format!("{} is no absolute path of an empty folder", target.display())));
    }
    std::fs::create_dir_all(target)?;
    // Beside the folder, as it is none of the tree's files.
    let index = settled(parent).join(format!(".{}.loki-index", name.to_string_lossy()));
    let checkout = Checkout { work_tree: settled(target), git_dir: main.common_dir.clone(), common_dir: main.common_dir };
    remove_index(&index).await?;
    let call = Call::new("read-tree", ["--reset", "-u", "--end-of-options", tree]).at(&checkout).index(&index).long();
    let written = git.output(call).await;
    remove_index(&index).await?;
    written.map(drop)
}

async fn remove_index(index: &Path) -> Result<(), VcsError> {
    let mut lock = index.to_owned().into_os_string();
    lock.push(".lock");
    let files = [index.to_owned(), PathBuf::from(lock)];
    blocking(move || files.iter().try_for_each(|file| folder::remove(file))).await
}
