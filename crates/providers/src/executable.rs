//! Finding an executable and the folders that it needs to be seen with.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
};

/// Every sandbox shows these anyway.
const SYSTEM: [&str; 5] = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];
/// Signs of a home directory, which is never shown as a whole.
const HOME_MARKS: [&str; 5] = [".ssh", ".gnupg", ".bashrc", ".profile", ".zshrc"];

/// An executable that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Executable {
    /// As it was found, a link perhaps.
    pub path: PathBuf,
    /// The file behind all links.
    pub resolved: PathBuf,
    /// Folders and files that have to be readable for it to run.
    pub readable: Vec<PathBuf>,
}

/// Finds `program`: a path, or a name on the search path. Answers `None` if there is no such executable file.
pub(crate) fn find(program: &Path, search_path: &[PathBuf]) -> Option<Executable> {
    let path = locate(program, search_path)?;
    let resolved = fs::canonicalize(&path).ok()?;
    let mut readable = BTreeSet::new();
    show_chain(&path, &mut readable);
    readable.extend(package_of(&resolved));
    if let Some(interpreter) = interpreter_of(&resolved, search_path) {
        show_chain(&interpreter, &mut readable);
        readable.extend(prefixes_of(&interpreter));
    }
    Some(Executable { path, resolved, readable: without_system(readable) })
}

/// What has to be readable for a file that is named as an argument, such as the script of an interpreter.
pub(crate) fn readable_for_argument(argument: &str) -> Vec<PathBuf> {
    let path = Path::new(argument);
    if !path.is_absolute() || !path.is_file() {
        return Vec::new();
    }
    let mut readable = BTreeSet::new();
    show_chain(path, &mut readable);
    readable.extend(fs::canonicalize(path).ok().and_then(|resolved| package_of(&resolved)));
    without_system(readable)
}

fn locate(program: &Path, search_path: &[PathBuf]) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return (program.is_absolute() && is_executable(program)).then(|| program.to_owned());
    }
    search_path.iter().filter(|folder| folder.is_absolute()).map(|folder| folder.join(program)).find(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Shows the folder of every link on the way to the file, and the file's own.
fn show_chain(path: &Path, readable: &mut BTreeSet<PathBuf>) {
    let mut at = path.to_owned();
    // As many links as Linux follows.
    for _ in 0..40 {
        readable.extend(folder_or_file(&at));
        let Ok(target) = fs::read_link(&at) else { break };
        at = normal(&at.parent().unwrap_or(Path::new("/")).join(target));
    }
    readable.extend(fs::canonicalize(path).ok().and_then(|resolved| folder_or_file(&resolved)));
}

/// The folder of a file, or the file alone where the folder holds much more than programs.
fn folder_or_file(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    Some(if is_too_wide(folder) { path.to_owned() } else { folder.to_owned() })
}

/// The `node_modules` folder that a file is installed in: packages are found beside each other.
fn package_of(resolved: &Path) -> Option<PathBuf> {
    resolved.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("node_modules"))).map(Path::to_owned)
}

/// The program behind a script's `#!` line, where it is not the system's.
fn interpreter_of(script: &Path, search_path: &[PathBuf]) -> Option<PathBuf> {
    let mut first = Vec::new();
    fs::File::open(script).ok()?.take(512).read_to_end(&mut first).ok()?;
    let line = first.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_whitespace();
    let program = words.next()?;
    if Path::new(program).file_name() != Some(OsStr::new("env")) {
        return locate(Path::new(program), search_path);
    }
    let name = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
    locate(Path::new(name), search_path)
}

/// The installations that an interpreter and the file behind its links belong to: `…/node` of `…/node/bin/node`.
fn prefixes_of(interpreter: &Path) -> Vec<PathBuf> {
    let resolved = fs::canonicalize(interpreter).ok();
    [Some(interpreter), resolved.as_deref()]
        .into_iter()
        .flatten()
        .filter_map(Path::parent)
        .filter(|folder| folder.file_name() == Some(OsStr::new("bin")))
        .filter_map(Path::parent)
        .filter(|prefix| !is_too_wide(prefix))
        .map(Path::to_owned)
        .collect()
}

/// Whether a folder is one that must not be shown just because a program lies in it.
fn is_too_wide(folder: &Path) -> bool {
    let depth = folder.components().filter(|part| matches!(part, Component::Normal(_))).count();
    let below_homes = depth <= 2 && (folder.starts_with("/home") || folder.starts_with("/Users"));
    depth < 2 && !folder.starts_with("/usr") && folder != Path::new("/bin")
        || below_homes
        || HOME_MARKS.iter().any(|mark| folder.join(mark).exists())
}

/// `path` without `.` and `..`, as far as its text alone says.
fn normal(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}

/// Leaves out what every sandbox shows, and what lies in a folder that is shown already.
/// Folders named `bin` stay: the sandbox puts them on the PATH.
fn without_system(readable: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let outside: Vec<PathBuf> = readable.into_iter().filter(|path| !SYSTEM.iter().any(|root| path.starts_with(root))).collect();
    outside
        .iter()
        .filter(|path| {
            path.file_name() == Some(OsStr::new("bin")) || !outside.iter().any(|other| other != *path && path.starts_with(other))
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn executable(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn an_npm_installation_is_seen_with_its_package_and_its_interpreter() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        executable(&root.join("node/v20/bin/node"), "");
        executable(&root.join("npm/lib/node_modules/@x/agent/bin/agent.js"), "#!/usr/bin/env -S node --flag\n");
        fs::create_dir_all(root.join("npm/bin")).unwrap();
        symlink("../lib/node_modules/@x/agent/bin/agent.js", root.join("npm/bin/agent")).unwrap();

        let found = find(Path::new("agent"), &[root.join("none"), root.join("npm/bin"), root.join("node/v20/bin")]).unwrap();
        assert_eq!(
            found,
            Executable {
                path: root.join("npm/bin/agent"),
                resolved: root.join("npm/lib/node_modules/@x/agent/bin/agent.js"),
                readable: vec![
                    root.join("node/v20"),
                    root.join("node/v20/bin"),
                    root.join("npm/bin"),
                    root.join("npm/lib/node_modules"),
                    root.join("npm/lib/node_modules/@x/agent/bin"),
                ],
            }
        );
    }

    #[test]
    fn a_home_directory_is_never_shown_as_a_whole() {
        let temp = tempfile::tempdir().unwrap();
        let home = temp.path().canonicalize().unwrap();
        fs::create_dir(home.join(".ssh")).unwrap();
        executable(&home.join("bin/node"), "");
        executable(&home.join("agent"), "#!/usr/bin/env node\n");

        let found = find(&home.join("agent"), &[home.join("bin")]).unwrap();
        assert_eq!(found.readable, [home.join("agent"), home.join("bin")]);
    }

    #[test]
    fn what_cannot_be_executed_is_not_found() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("plain"), "").unwrap();
        fs::create_dir(temp.path().join("folder")).unwrap();
        let search = [temp.path().to_owned()];
        for name in ["plain", "folder", "none", "./plain"] {
            assert_eq!(find(Path::new(name), &search), None, "{name}");
        }
    }

    #[test]
    fn the_system_needs_no_showing() {
        assert_eq!(find(Path::new("sh"), &["/usr/bin".into()]).unwrap().readable, Vec::<PathBuf>::new());
    }

    #[test]
    fn a_script_in_the_arguments_is_seen() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        fs::write(root.join("agent.py"), "").unwrap();
        assert_eq!(readable_for_argument(root.join("agent.py").to_str().unwrap()), std::slice::from_ref(&root));
        assert_eq!(readable_for_argument(root.to_str().unwrap()), Vec::<PathBuf>::new());
        assert_eq!(readable_for_argument("--flag"), Vec::<PathBuf>::new());
    }
}
