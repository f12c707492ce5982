//! The settings git runs with, and what is taken out of a repository's own.

use std::{
    collections::BTreeSet,
    io::Read,
    ops::ControlFlow,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, PoisonError},
};

use domain::ports::vcs::VcsError;

use crate::{Git, checkout::Checkout, command::Call};

/// How ssh is started: it asks nobody, and does nothing beside what git wants of it.
pub(crate) const SSH: &str = "ssh -oBatchMode=yes -oConnectTimeout=20 -oPermitLocalCommand=no -oClearAllForwardings=yes";

/// The same for every call.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("LANG", "C.UTF-8"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", ""),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_EDITOR", ":"),
    ("GIT_SSH_COMMAND", SSH),
    ("GIT_AUTHOR_NAME", "loki"),
    ("GIT_AUTHOR_EMAIL", "loki@localhost"),
    ("GIT_COMMITTER_NAME", "loki"),
    ("GIT_COMMITTER_EMAIL", "loki@localhost"),
];

/// Settings that win over those of any repository: nothing runs, nothing lies about files, nothing changes the output's form.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.splitIndex", "false"),
    ("core.sparseCheckout", "false"),
    ("core.ignoreStat", "false"),
    ("core.bigFileThreshold", "512m"),
    ("core.trustctime", "true"),
    ("core.checkStat", "default"),
    ("core.safecrlf", "false"),
    ("core.symlinks", "true"),
    ("core.pager", "cat"),
    ("core.editor", ":"),
    ("core.askPass", ""),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.alternateRefsCommand", "false"),
    ("core.gitProxy", ""),
    ("credential.helper", ""),
    ("http.followRedirects", "false"),
    ("protocol.ext.allow", "never"),
    ("safe.directory", "*"),
    ("commit.gpgSign", "false"),
    ("tag.gpgSign", "false"),
    ("gpg.program", "false"),
    ("log.showSignature", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("merge.default", "text"),
    ("diff.suppressBlankEmpty", "false"),
    ("diff.algorithm", "myers"),
    ("diff.submodule", "short"),
    ("diff.orderFile", "/dev/null"),
    ("i18n.commitEncoding", "UTF-8"),
    ("i18n.logOutputEncoding", "UTF-8"),
    ("worktree.useRelativePaths", "false"),
    ("worktree.guessRemote", "false"),
    ("branch.autoSetupMerge", "false"),
    ("init.defaultBranch", "main"),
    ("advice.detachedHead", "false"),
];

/// Beyond these, for commits that are signed.
pub(crate) const SIGNING: &[(&str, &str)] = &[("gpg.format", "ssh"), ("gpg.ssh.program", "ssh-keygen")];

/// A configuration longer than this is not read.
const MAX_CONFIG: u64 = 1 << 20;

/// Sections and settings whose presence asks for a closer look. Git's syntax has no way to write them otherwise.
const SUSPICIOUS: [&[u8]; 4] = [b"filter", b"merge", b"include", b"worktreeconfig"];

/// What a repository's own configuration makes necessary.
#[derive(Clone, Default)]
pub(crate) struct Overrides {
    /// State of the files it was read from.
    stamp: Vec<Option<[i128; 4]>>,
    pub(crate) settings: Arc<Vec<(String, String)>>,
    /// Object names are of 64 digits.
    pub(crate) sha256: bool,
}

impl Git {
    /// The overrides for a repository, read again only when its configuration files have changed.
    pub(crate) async fn overrides(&self, checkout: &Checkout) -> Result<Overrides, VcsError> {
        let files = checkout.config_files();
        let stamp: Vec<_> = files.iter().map(|file| stamp(file)).collect();
        let seen = self.overrides.lock().unwrap_or_else(PoisonError::into_inner).get(&checkout.git_dir).cloned();
        if let Some(overrides) = seen.filter(|overrides| overrides.stamp == stamp) {
            return Ok(overrides);
        }

        let mut text = Vec::new();
        for file in &files {
            text.extend(contents(file)?);
        }
        text.make_ascii_lowercase();
        let has = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
        let names = if SUSPICIOUS.into_iter().any(has) { self.setting_names(checkout).await? } else { BTreeSet::new() };
        let overrides = Overrides { stamp, settings: Arc::new(neutralised(&names)?), sha256: has(b"sha256") };
        self.overrides.lock().unwrap_or_else(PoisonError::into_inner).insert(checkout.git_dir.clone(), overrides.clone());
        Ok(overrides)
    }

    async fn setting_names(&self, checkout: &Checkout) -> Result<BTreeSet<String>, VcsError> {
        let mut output = Vec::new();
        let call = Call::new("config", ["--list", "--name-only", "-z", "--no-includes"]).apart_at(checkout);
        let sink = &mut |piece: &[u8]| {
            output.extend_from_slice(piece);
            ControlFlow::Continue(())
        };
        self.start(call, &[], sink).await?.ok()?;
        Ok(output.split(|byte| *byte == 0).map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }
}

/// Settings that take the commands out of those named.
fn neutralised(names: &BTreeSet<String>) -> Result<Vec<(String, String)>, VcsError> {
    let mut settings = BTreeSet::new();
    for name in names {
        if name.contains('\u{fffd}') {
            return Err(VcsError::Refused("the repository's own git configuration is not UTF-8".to_owned()));
        }
        if name.starts_with("include.") || name.starts_with("includeif.") {
            let text = "the repository's own git configuration includes other files (include.path), which is not allowed";
            return Err(VcsError::Refused(text.to_owned()));
        }
        let Some((driver, _)) = name.rsplit_once('.') else { continue };
        if driver.starts_with("filter.") {
            // The empty command passes the content on unchanged, so files of Git LFS stay the pointers they are.
            settings.extend(["clean", "smudge", "process"].map(|key| (format!("{driver}.{key}"), String::new())));
            settings.insert((format!("{driver}.required"), "false".to_owned()));
        }
        if driver.starts_with("merge.") {
            // A driver that fails makes the file a conflict, which is a person's to solve.
            settings.insert((format!("{driver}.driver"), "false".to_owned()));
        }
    }
    Ok(settings.into_iter().collect())
}

fn stamp(file: &Path) -> Option<[i128; 4]> {
    let metadata = std::fs::metadata(file).ok()?;
    let changed = i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec());
    let modified = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    Some([i128::from(metadata.len()), changed, modified, i128::from(metadata.ino())])
}

/// A configuration's bytes; none where there is no file.
fn contents(file: &Path) -> Result<Vec<u8>, VcsError> {
    let Ok(metadata) = std::fs::metadata(file) else { return Ok(Vec::new()) };
    if !metadata.is_file() || metadata.len() > MAX_CONFIG {
        return Err(VcsError::Refused("the repository's git configuration is no file of sensible size".to_owned()));
    }
    let mut text = Vec::new();
    std::fs::File::open(file)?.take(MAX_CONFIG).read_to_end(&mut text)?;
    text.push(b'\n');
    Ok(text)
}
