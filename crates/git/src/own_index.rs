//! Snapshots of a work tree, and the way back to one, by an index that agents and people do not use.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use domain::ports::vcs::VcsError;

use crate::{
    Git,
    checkout::Checkout,
    command::Call,
    folder::{self, Look, Standing},
    names, snapshots,
};

/// An index entry made for a repository inside the work tree, so that git looks into it as into any folder. No such file exists.
const DOOR: &str = ".loki-door";
/// The fewest bytes of a line of git's that may be cut.
const LONGEST_LINE: usize = 4_000;
/// How deep repositories inside repositories are looked into.
const MAX_NESTING: usize = 8;

/// What git sees in the work tree, apart from what it ignores and from `.loki/`.
#[derive(Default)]
struct Listing {
    tracked: Vec<PathBuf>,
    submodules: Vec<PathBuf>,
    untracked: Vec<PathBuf>,
    /// Untracked folders that are repositories of their own.
    nested: Vec<PathBuf>,
    /// A folder that git could not look into, as its path is too long.
    too_long: Option<String>,
}

/// What has to be done to the own index.
#[derive(Default)]
struct Changes {
    look_at: Vec<u8>,
    forget: Vec<u8>,
    /// A path that cannot be looked at.
    too_long: Option<String>,
}

pub(crate) async fn snapshot(git: &Git, worktree: &Path) -> Result<String, VcsError> {
    let checkout = git.checkout_at(worktree)?;
    let _lock = git.lock(&checkout.work_tree).await;
    snapshots::make_store(&checkout)?;
    let listing = git.listing_with_nested(&checkout).await?;
    let root = checkout.work_tree.clone();
    let changes = blocking(move || changes(&root, &listing)).await?;
    if let Some(path) = changes.too_long {
        return Err(VcsError::PathTooLong(path));
    }
    if !changes.forget.is_empty() {
        git.update_own(&checkout, &["-z", "--force-remove", "--stdin"], changes.forget).await?;
    }
    git.update_own(&checkout, &["-z", "--add", "--remove", "--replace", "--stdin"], changes.look_at).await?;
    git.word(Call::new("write-tree", [""; 0]).at(&checkout).index(&checkout.own_index()).long()).await
}

pub(crate) async fn restore(git: &Git, worktree: &Path, tree: &str) -> Result<(), VcsError> {
    let tree = names::object(tree)?;
    let checkout = git.checkout_at(worktree)?;
    let _lock = git.lock(&checkout.work_tree).await;
    let root = checkout.work_tree.clone();
    let too_long = blocking(move || folder::unlock(&root)).await?;
    let listing = git.listing(&checkout).await?;
    let root = checkout.work_tree.clone();
    blocking(move || remove_untracked(&root, &listing, too_long)).await?;
    let call = Call::new("read-tree", ["--reset", "-u", "--end-of-options", tree]).at(&checkout);
    git.output(call.index(&checkout.own_index()).long()).await?;
    if checkout.linked() {
        relink(&checkout)?;
    }
    Ok(())
}

impl Git {
    /// Writes the own index anew from a commit. No file is looked at.
    pub(crate) async fn seed_own_index(&self, checkout: &Checkout, commit: &str) -> Result<(), VcsError> {
        folder::remove(&checkout.own_index())?;
        folder::remove(&lock_file(checkout))?;
        let call = Call::new("read-tree", ["--reset", "--end-of-options", commit]).at(checkout).index(&checkout.own_index());
        self.output(call).await.map(drop)
    }

    async fn update_own(&self, checkout: &Checkout, arguments: &[&str], input: Vec<u8>) -> Result<(), VcsError> {
        let call = Call::new("update-index", arguments).at(checkout).index(&checkout.own_index()).input(input);
        self.output(call.long()).await.map(drop)
    }

    /// The listing with the files of nested repositories among the others. A snapshot stores them as ordinary files: agents
    /// start projects with tools that run `git init`, and a link to a commit nobody has would lose their work.
    async fn listing_with_nested(&self, checkout: &Checkout) -> Result<Listing, VcsError> {
        let mut listing = self.listing(checkout).await?;
        for _ in 0..MAX_NESTING {
            if listing.nested.is_empty() {
                break;
            }
            let digits = if self.overrides(checkout).await?.sha256 { 64 } else { 40 };
            let mut doors = Vec::new();
            for nested in &listing.nested {
                tracing::warn!(path = %checkout.work_tree.join(nested).display(), "a repository in the work tree is taken as files");
                doors.extend(format!("100644 {}\t", "1".repeat(digits)).bytes());
                doors.extend(nested.join(DOOR).as_os_str().as_bytes());
                doors.push(0);
            }
            self.update_own(checkout, &["-z", "--replace", "--index-info"], doors).await?;
            listing = self.listing(checkout).await?;
        }
        Ok(listing)
    }

    /// One look at the work tree; folders that may not be entered are opened up first.
    async fn listing(&self, checkout: &Checkout) -> Result<Listing, VcsError> {
        folder::remove(&lock_file(checkout))?;
        if !checkout.own_index().is_file() {
            self.seed_own_index(checkout, "HEAD").await?;
        }
        let mut unlocked = false;
        let mut seeded = false;
        loop {
            let arguments = ["-z", "-t", "--stage", "--cached", "--others", "--exclude-standard"];
            let call = Call::new("ls-files", arguments).at(checkout).index(&checkout.own_index()).long();
            let (outcome, output) = self.outcome(call).await?;
            if outcome.errors.contains("Permission denied") && !unlocked {
                let root = checkout.work_tree.clone();
                blocking(move || folder::unlock(&root)).await?;
                unlocked = true;
                continue;
            }
            if outcome.code != Some(0) && outcome.errors.contains("index") && !seeded {
                self.seed_own_index(checkout, "HEAD").await?;
                seeded = true;
                continue;
            }
            let too_long = too_long(&outcome.errors);
            outcome.ok()?;
            let listing = Listing { too_long, ..Listing::parse(&output) };
            let (root, paths) = (checkout.work_tree.clone(), [listing.tracked.as_slice(), &listing.untracked].concat());
            if !unlocked && blocking(move || unlock_where_denied(&root, &paths)).await? {
                unlocked = true;
                continue;
            }
            return Ok(listing);
        }
    }
}

impl Listing {
    /// Reads `? <path>` and `H <mode> <object> <stage>\t<path>`, each ended by NUL.
    fn parse(output: &[u8]) -> Self {
        let mut listing = Self::default();
        for record in output.split(|byte| *byte == 0) {
            let Some((tag, rest)) = record.split_at_checked(2) else { continue };
            if tag == b"? " {
                let nested = rest.ends_with(b"/");
                let path = PathBuf::from(OsStr::from_bytes(rest.strip_suffix(b"/").unwrap_or(rest)));
                if !is_ours(&path) {
                    if nested { listing.nested.push(path) } else { listing.untracked.push(path) }
                }
                continue;
            }
            let Some(tab) = rest.iter().position(|byte| *byte == b'\t') else { continue };
            let (head, path) = rest.split_at(tab);
            let path = PathBuf::from(OsStr::from_bytes(path.get(1..).unwrap_or_default()));
            if head.starts_with(b"160000") {
                listing.submodules.push(path);
            } else if !is_ours(&path) {
                listing.tracked.push(path);
            }
        }
        listing
    }
}

/// The folder that git says it could not look into for the length of its path. It goes on without, and all in it would be missed.
/// Of a line that is as long as git's lines can be, the reason is cut off.
fn too_long(errors: &str) -> Option<String> {
    let path = |line: &str| {
        let (_, rest) = line.strip_prefix("warning: ")?.split_once('\'')?;
        match rest.rsplit_once("': ") {
            Some((path, reason)) => (reason == "File name too long").then(|| path.to_owned()),
            None => (line.len() >= LONGEST_LINE).then(|| rest.to_owned()),
        }
    };
    errors.lines().find_map(path)
}

/// Whether a path belongs to the platform: `.loki` and all in it but the files of `.loki/config/`.
fn is_ours(path: &Path) -> bool {
    let Ok(inner) = path.strip_prefix(".loki") else { return false };
    !(inner.starts_with("config") && inner != Path::new("config"))
}

fn lock_file(checkout: &Checkout) -> PathBuf {
    checkout.git_dir.join("loki-index.lock")
}

pub(crate) async fn blocking<T, F>(work: F) -> Result<T, VcsError>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    let result = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?;
    result.map_err(|error| if error.kind() == io::ErrorKind::StorageFull { VcsError::DiskFull } else { VcsError::Io(error) })
}

/// Sorts the paths into those whose files git has to look at, and those that cannot be files any more.
fn changes(root: &Path, listing: &Listing) -> io::Result<Changes> {
    let mut changes = Changes { too_long: listing.too_long.clone(), ..Changes::default() };
    let mut look = Look::new(root);
    let known = listing.tracked.iter().map(|path| (path, true));
    for (path, tracked) in known.chain(listing.untracked.iter().map(|path| (path, false))) {
        let list = match look.at(path)? {
            Standing::There => &mut changes.look_at,
            Standing::Unreadable => {
                folder::unlock_one(&root.join(path), 0o600)?;
                &mut changes.look_at
            }
            Standing::Missing if tracked => &mut changes.look_at,
            Standing::Unreachable if tracked => &mut changes.forget,
            Standing::Missing | Standing::Unreachable => continue,
            Standing::TooLong => {
                changes.too_long = Some(path.to_string_lossy().into_owned());
                continue;
            }
            Standing::Denied => {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, root.join(path).display().to_string()));
            }
        };
        list.extend_from_slice(path.as_os_str().as_bytes());
        list.push(0);
    }
    Ok(changes)
}

/// Opens up the work tree if a file's folder may not be entered.
fn unlock_where_denied(root: &Path, paths: &[PathBuf]) -> io::Result<bool> {
    let mut look = Look::new(root);
    for path in paths {
        if look.at(path)? == Standing::Denied {
            folder::unlock(root)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes what is not tracked; of `too_long`, folders with paths that are too long, with what they lie in.
fn remove_untracked(root: &Path, listing: &Listing, mut too_long: Vec<PathBuf>) -> io::Result<()> {
    for path in listing.untracked.iter().chain(&listing.nested) {
        let mut look = Look::new(root);
        match look.at(path)? {
            Standing::There | Standing::Unreadable => {
                folder::remove(&root.join(path))?;
                folder::prune_parents(root, path);
            }
            Standing::TooLong => too_long.push(root.join(path)),
            Standing::Missing | Standing::Unreachable | Standing::Denied => {}
        }
    }
    if !too_long.is_empty() {
        remove_too_long(root, listing, &too_long)?;
    }
    // A repository that was made around tracked files goes too, but not the files.
    let mut look = Look::new(root);
    let mut last = PathBuf::new();
    for path in &listing.tracked {
        for folder in path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
            if last.starts_with(folder) {
                break;
            }
            let inner = folder.join(".git");
            if matches!(look.at(&inner)?, Standing::There | Standing::Unreadable) {
                folder::remove(&root.join(inner))?;
            }
        }
        path.parent().unwrap_or(Path::new("")).clone_into(&mut last);
    }
    Ok(())
}

/// Removes the uppermost folder around each path that no tracked file lies in. Its own path is short enough to name it.
fn remove_too_long(root: &Path, listing: &Listing, paths: &[PathBuf]) -> io::Result<()> {
    let kept: BTreeSet<&Path> = listing.tracked.iter().chain(&listing.submodules).flat_map(|path| path.ancestors()).collect();
    let mut gone = BTreeSet::new();
    for path in paths {
        let Ok(path) = path.strip_prefix(root) else { continue };
        let mut folders: Vec<&Path> = path.ancestors().filter(|folder| !folder.as_os_str().is_empty()).collect();
        folders.reverse();
        if let Some(uppermost) = folders.into_iter().find(|folder| !kept.contains(folder))
            && gone.insert(uppermost)
        {
            folder::remove(&root.join(uppermost))?;
        }
    }
    Ok(())
}

/// Writes the `.git` file of a linked worktree, unless it is right.
pub(crate) fn relink(checkout: &Checkout) -> Result<(), VcsError> {
    let link = checkout.work_tree.join(".git");
    let mut line = b"gitdir: ".to_vec();
    line.extend_from_slice(checkout.git_dir.as_os_str().as_bytes());
    if crate::checkout::line_of(&link).is_some_and(|found| found.as_os_str().as_bytes() == line) {
        return Ok(());
    }
    line.push(b'\n');
    folder::remove(&link)?;
    fs::write(&link, line)?;
    Ok(())
}
