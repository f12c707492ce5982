//! Misbehaviour: what agents do wrong, done on purpose, so that tests can show that the engine finds out.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::builder::CLOSING;

/// Something that the demo agent does wrong on purpose, like `crash`, `flood=5` or `failing-test-once`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misbehaviour {
    pub kind: Kind,
    /// Only in the first prompt; afterwards it works honestly.
    pub once: bool,
    /// How much: megabytes for `flood`, seconds for `slow`; `None` for 100 megabytes and 30 seconds.
    pub amount: Option<u64>,
}

/// The ways to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Says that all is done and changes nothing.
    Empty,
    /// Adds a test that fails.
    FailingTest,
    /// Does the work and deletes an existing test.
    DeletedTest,
    /// Does the work with a test that asserts nothing.
    AssertTrue,
    /// Does the work with a test that is skipped.
    SkipTest,
    /// Does the work and leaves an access key in a file.
    Key,
    /// Touches only the README and says that all is done.
    Unrelated,
    /// Kills itself with SIGKILL in the middle of the work.
    Crash,
    /// Says nothing any more, and cannot be asked to stop.
    Stall,
    /// Ends the turn without a word or a change.
    Silent,
    /// Says 100 megabytes of text, then does the work.
    Flood,
    /// Writes half a UTF-8 character to standard output, then does the work.
    HalfUtf8,
    /// Says terminal escape sequences, then does the work.
    Escapes,
    /// Says a line every 100 milliseconds for a while, then does the work.
    Slow,
    /// Tries to write and read outside of the worktree, reports what it could, then does the work.
    Outside,
    /// Starts a process in a session of its own that would outlive it, then does the work.
    Orphan,
    /// Ends the turn as an agent whose key is refused.
    Unauthorized,
    /// Ends the turn as an agent whose model asks to wait; the amount is the seconds that it names.
    RateLimited,
    /// Ends the turn as an agent whose model cannot be reached.
    Unreachable,
}

impl Kind {
    /// Every kind, for help texts.
    pub const ALL: [Self; 19] = [
        Self::Empty,
        Self::FailingTest,
        Self::DeletedTest,
        Self::AssertTrue,
        Self::SkipTest,
        Self::Key,
        Self::Unrelated,
        Self::Crash,
        Self::Stall,
        Self::Silent,
        Self::Flood,
        Self::HalfUtf8,
        Self::Escapes,
        Self::Slow,
        Self::Outside,
        Self::Orphan,
        Self::Unauthorized,
        Self::RateLimited,
        Self::Unreachable,
    ];

    /// As it is written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::FailingTest => "failing-test",
            Self::DeletedTest => "deleted-test",
            Self::AssertTrue => "assert-true",
            Self::SkipTest => "skip-test",
            Self::Key => "key",
            Self::Unrelated => "unrelated",
            Self::Crash => "crash",
            Self::Stall => "stall",
            Self::Silent => "silent",
            Self::Flood => "flood",
            Self::HalfUtf8 => "half-utf8",
            Self::Escapes => "escapes",
            Self::Slow => "slow",
            Self::Outside => "outside",
            Self::Orphan => "orphan",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate-limited",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl From<Kind> for Misbehaviour {
    fn from(kind: Kind) -> Self {
        Self { kind, once: false, amount: None }
    }
}

/// A misbehaviour that there is not; the message lists those that there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown misbehaviour {asked:?}: use one of {}, with `-once` behind it or an amount like `=5`", Kind::ALL.map(Kind::name).join(", "))]
pub struct UnknownMisbehaviour {
    pub asked: String,
}

impl FromStr for Misbehaviour {
    type Err = UnknownMisbehaviour;

    fn from_str(asked: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownMisbehaviour { asked: asked.to_owned() };
        let (word, amount) = match asked.split_once('=') {
            Some((word, amount)) => (word, Some(amount.parse().map_err(|_| unknown())?)),
            None => (asked, None),
        };
        let (word, once) = word.strip_suffix("-once").map_or((word, false), |word| (word, true));
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == word).ok_or_else(unknown)?;
        Ok(Self { kind, once, amount })
    }
}

/// Marks a misbehaviour as done in the agent's own folder; false when it was done before.
pub(crate) fn first_time(kind: Kind, home: &Path) -> bool {
    let mark = home.join(format!(".demo-agent-{kind}"));
    fs::create_dir_all(home).is_ok() && fs::File::create_new(mark).is_ok()
}

/// The first file of the project that looks like a test, by path; `None` when there is none.
pub(crate) fn existing_test(root: &Path) -> Option<PathBuf> {
    let mut folders = vec![root.join("tests"), root.join("test"), root.to_path_buf()];
    folders.retain(|folder| folder.is_dir());
    folders.iter().find_map(|folder| {
        let mut files: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
        files.sort();
        files.into_iter().find(|file| {
            let name = file.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            let is_code = [".sh", ".py", ".js", ".ts", ".rs", ".go"].iter().any(|ending| name.ends_with(ending));
            file.is_file() && is_code && (folder != root || name.contains("test"))
        })
    })
}

/// The test script with a check in it that fails.
pub(crate) fn with_failing_check(script: &str) -> String {
    let check = "\nassert_eq 'a sum that does not add up' '4' '5'\n";
    match script.find(CLOSING) {
        Some(place) => {
            let (before, after) = script.split_at(place);
            format!("{before}{check}{after}")
        }
        None => format!("{script}{check}exit 1\n"),
    }
}

/// A line with an access key; put together here, so that scans of this project's own sources find none.
pub(crate) fn key_line() -> String {
    format!("aws_access_key_id = {}{}\n", "AKI", "AQ3EGRIZ6UT7KXN5B")
}

/// Tries what an agent must not be able to do, and says how each attempt went.
pub(crate) fn try_outside(root: &Path, home: Option<&Path>) -> Vec<String> {
    let mut report = Vec::new();
    let git = root.join(".git");
    let git_folder = fs::read_to_string(&git).ok().and_then(|text| Some(root.join(text.strip_prefix("gitdir:")?.trim())));
    let git_folder = git_folder.unwrap_or(git);
    for place in [root.join("../demo-agent-was-here"), git_folder.join("demo-agent-was-here")] {
        let attempt = fs::File::create_new(&place).and_then(|_| fs::write(&place, "outside\n"));
        report.push(format!(
            "write {}: {}",
            place.display(),
            attempt.map_or_else(|error| format!("refused ({error})"), |()| "written".into())
        ));
    }
    let parents = [root.join(".."), root.join("../.."), PathBuf::from("/root"), PathBuf::from("/home")];
    for folder in parents.into_iter().chain(home.and_then(Path::parent).map(Path::to_path_buf)) {
        let seen = fs::read_dir(&folder)
            .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>());
        report.push(match seen {
            Ok(mut names) => {
                names.sort();
                names.truncate(20);
                format!("read {}: {}", folder.display(), names.join(" "))
            }
            Err(error) => format!("read {}: refused ({error})", folder.display()),
        });
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(Misbehaviour::from(kind)));
        }
        assert_eq!("crash-once".parse(), Ok(Misbehaviour { kind: Kind::Crash, once: true, amount: None }));
        assert_eq!("flood=5".parse(), Ok(Misbehaviour { kind: Kind::Flood, once: false, amount: Some(5) }));
        for asked in ["", "nice", "flood=x", "once"] {
            assert!(asked.parse::<Misbehaviour>().unwrap_err().to_string().contains("failing-test"), "{asked}");
        }
    }

    #[test]
    fn the_first_time_is_remembered() {
        let home = tempfile::tempdir().unwrap();
        assert!(first_time(Kind::Crash, home.path()));
        assert!(!first_time(Kind::Crash, home.path()));
        assert!(first_time(Kind::Empty, home.path()));
    }
}
