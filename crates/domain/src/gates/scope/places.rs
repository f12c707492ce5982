//! Which places of a repository are nobody's to write in a task, and why.

use super::ScopeRules;
use crate::ports::vcs::ChangedFile;

/// Why this file may not be changed like this, if so.
pub(super) fn problem(file: &ChangedFile, rules: &ScopeRules) -> Option<&'static str> {
    let segments: Vec<String> = file.path.split('/').map(folded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    unsafe_path(&file.path, &segments)
        .or_else(|| reserved(file, &segments, rules))
        .or_else(|| file.link.as_deref().and_then(|target| outside(&file.path, target)))
        .or_else(|| automation(&segments, rules))
        .or_else(|| is_output(file, &segments).then_some("it is made by tools and belongs in .gitignore"))
        .or_else(|| opaque(file, &segments))
}

/// Lock files that changed while no manifest beside them (for a workspace: below them) did.
pub(super) fn locks_without_manifest(changed: &[ChangedFile]) -> Vec<String> {
    let is_alone = |file: &&ChangedFile| {
        let (folder, name) = split(&file.path);
        let Some(manifest) = manifest_of(name) else { return false };
        !changed.iter().any(|other| {
            let (other_folder, other_name) = split(&other.path);
            let is_below = folder.is_empty() || other_folder == folder || other_folder.starts_with(&format!("{folder}/"));
            manifest.contains(&other_name) && is_below
        })
    };
    changed
        .iter()
        .filter(|file| file.before.is_some() && file.after.is_some())
        .filter(is_alone)
        .map(|file| file.path.clone())
        .collect()
}

pub(super) fn is_lock(path: &str) -> bool {
    manifest_of(split(path).1).is_some()
}

fn manifest_of(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" | "bun.lockb" => {
            &["package.json", "pnpm-workspace.yaml"]
        }
        "Cargo.lock" => &["Cargo.toml"],
        "poetry.lock" | "uv.lock" | "pdm.lock" => &["pyproject.toml"],
        "Pipfile.lock" => &["Pipfile"],
        "go.sum" => &["go.mod"],
        "composer.lock" => &["composer.json"],
        "Gemfile.lock" => &["Gemfile"],
        _ => return None,
    })
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// As a case-insensitive file system would read it: git's folder must not be reached by another spelling.
fn folded(segment: &str) -> String {
    let visible: String = segment
        .chars()
        .filter(|letter| !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}'))
        .collect();
    let stem = visible.split(':').next().unwrap_or_default();
    stem.trim_end_matches(['.', ' ']).to_lowercase()
}

fn unsafe_path(path: &str, segments: &[&str]) -> Option<&'static str> {
    let is_outside = path.starts_with('/') || path.contains('\\') || path.split('/').any(|segment| segment == "..");
    if is_outside || path.is_empty() {
        return Some("the path leaves the project");
    }
    if path.contains(char::is_control) {
        return Some("the name holds control characters");
    }
    segments.iter().any(|segment| matches!(*segment, ".git" | "git~1")).then_some("git's own data is not to be written")
}

fn reserved(file: &ChangedFile, segments: &[&str], rules: &ScopeRules) -> Option<&'static str> {
    if rules.spec_path.as_deref().is_some_and(|spec| spec.trim_start_matches("./") == file.path) {
        return Some("the spec belongs to the person who wrote it");
    }
    match segments {
        [".loki", "config", ..] => Some("the team's own settings are not for agents"),
        [".loki", ..] => Some("the run's own state is not for agents"),
        [.., ".gitmodules"] if !rules.may_change_submodules => Some("submodules are not to be changed"),
        _ => None,
    }
}

fn outside(path: &str, target: &str) -> Option<&'static str> {
    const OUT: &str = "the link points out of the project";
    if target.starts_with('/') || target.starts_with('~') || target.contains('\\') || target.contains(':') {
        return Some(OUT);
    }
    let mut place: Vec<&str> = split(path).0.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in target.split('/') {
        match segment {
            ".." if place.pop().is_none() => return Some(OUT),
            "" | "." | ".." => {}
            name => place.push(name),
        }
    }
    let first = place.first().map(|segment| folded(segment)).unwrap_or_default();
    matches!(first.as_str(), ".git" | "git~1" | ".loki").then_some("the link points to git's or loki's own data")
}

fn automation(segments: &[&str], rules: &ScopeRules) -> Option<&'static str> {
    let is_ci = match segments {
        [".github", "workflows" | "actions", ..] | [".circleci" | ".husky" | ".githooks" | ".woodpecker" | ".buildkite", ..] => {
            true
        }
        [name] => matches!(
            *name,
            ".gitlab-ci.yml"
                | ".pre-commit-config.yaml"
                | ".travis.yml"
                | "jenkinsfile"
                | "azure-pipelines.yml"
                | "bitbucket-pipelines.yml"
                | ".drone.yml"
                | "lefthook.yml"
        ),
        _ => false,
    };
    if is_ci && !rules.may_change_ci {
        return Some("the task does not ask for changes of automation that runs on its own");
    }
    let is_agents = match segments {
        [".claude" | ".codex" | ".gemini", ..] | [".cursor", "mcp.json"] | [".vscode", "tasks.json"] => true,
        [name] => matches!(*name, ".mcp.json" | ".aider.conf.yml"),
        _ => false,
    };
    (is_agents && !rules.may_change_agent_settings).then_some("the task does not ask for settings of coding agents or editors")
}

/// Only what is new: a project that tracks its output already does so on purpose.
fn is_output(file: &ChangedFile, segments: &[&str]) -> bool {
    const ANYWHERE: [&str; 19] = [
        "node_modules",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".venv",
        "venv",
        ".tox",
        ".next",
        ".nuxt",
        ".svelte-kit",
        ".turbo",
        ".gradle",
        ".nyc_output",
        ".parcel-cache",
        "bower_components",
        ".eggs",
        ".terraform",
        "htmlcov",
    ];
    if file.before.is_some() {
        return false;
    }
    let Some((name, folders)) = segments.split_last() else { return false };
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let in_target =
        folders.windows(2).any(|pair| matches!(pair, ["target", "debug" | "release" | "classes" | "wasm32-unknown-unknown"]));
    let is_cargo_mark = matches!(folders.last(), Some(&"target")) && matches!(*name, "cachedir.tag" | ".rustc_info.json");
    folders.iter().any(|folder| ANYWHERE.contains(folder) || folder.ends_with(".egg-info"))
        || in_target
        || is_cargo_mark
        || matches!(folders.first(), Some(&"vendor" | &"dist"))
        || (matches!(folders.first(), Some(&"build" | &"out" | &"coverage"))
            && matches!(extension, "map" | "o" | "class" | "html" | "css" | "bin"))
        || matches!(extension, "pyc" | "pyo" | "o" | "obj" | "class" | "rlib")
        || matches!(*name, ".ds_store" | "thumbs.db" | ".coverage" | "npm-debug.log")
}

/// Text over a megabyte and binary files cannot be reviewed, apart from what pages and documents show.
fn opaque(file: &ChangedFile, segments: &[&str]) -> Option<&'static str> {
    const MEDIA: [&str; 24] = [
        "png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "icns", "bmp", "woff", "woff2", "ttf", "otf", "eot", "pdf", "mp3",
        "ogg", "wav", "mp4", "webm", "psd", "svg", "wasm", "gz",
    ];
    let was_readable = file.before.as_deref().is_none_or(|text| !text.is_empty());
    if !file.opaque || file.after.is_none() || !was_readable {
        return None;
    }
    let extension = segments.last().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension);
    (!MEDIA.contains(&extension)).then_some("it is binary or over a megabyte and cannot be reviewed")
}
