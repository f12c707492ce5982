//! What the test script of a package runs: a test runner, or a program that may print whatever it likes.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::super::test_integrity::is_test_path;

/// The scripts of a package by their names.
pub(super) type Scripts = BTreeMap<String, String>;

/// Runners, each with the words of which its first one has to be one. An empty list stands for any.
const RUNNERS: [(&str, &[&str]); 33] = [
    ("ava", &[]),
    ("bats", &[]),
    ("bun", &["test"]),
    ("cargo", &["test"]),
    ("craco", &["test"]),
    ("cypress", &["run"]),
    ("deno", &["test"]),
    ("electron-mocha", &[]),
    ("go", &["test"]),
    ("jasmine", &[]),
    ("jest", &[]),
    ("karma", &["start"]),
    ("lab", &[]),
    ("make", &["test"]),
    ("mocha", &[]),
    ("ng", &["test", "t"]),
    ("phpunit", &[]),
    ("playwright", &["test"]),
    ("pytest", &[]),
    ("qunit", &[]),
    ("react-app-rewired", &["test"]),
    ("react-scripts", &["test"]),
    ("tap", &[]),
    ("tape", &[]),
    ("testcafe", &[]),
    ("ts-mocha", &[]),
    ("uvu", &[]),
    ("vitest", &[]),
    ("vue-cli-service", &["test:unit", "test:e2e"]),
    ("wdio", &[]),
    ("web-test-runner", &[]),
    ("wtr", &[]),
    ("zora", &[]),
];
/// Runners that end well where they find no test.
const LENIENT: [&str; 13] = [
    "bats",
    "cargo",
    "electron-mocha",
    "go",
    "lab",
    "make",
    "mocha",
    "tap",
    "tape",
    "ts-mocha",
    "uvu",
    "vue-cli-service",
    "zora",
];
/// Options with which a runner may end well without a test that ran.
const MAY_BE_NONE: [&str; 19] = [
    "--changed",
    "--changedSince",
    "--clearCache",
    "--co",
    "--collect-only",
    "--grep",
    "--help",
    "--lastCommit",
    "--list",
    "--listTests",
    "--onlyChanged",
    "--pass-with-no-tests",
    "--passWithNoTests",
    "--showConfig",
    "--testNamePattern",
    "--version",
    "-h",
    "-o",
    "-t",
];
const NODES: [&str; 3] = ["node", "ts-node", "tsx"];
/// Programs that print what a file of the project, or the script itself, says.
const SPEAKERS: [&str; 14] =
    ["awk", "bash", "bun", "cat", "dash", "deno", "echo", "perl", "printf", "python", "python3", "ruby", "sh", "zsh"];
/// Programs that run another one.
const WRAPPERS: [&str; 12] =
    ["bunx", "c8", "cross-env", "dotenv", "env", "npx", "nyc", "pnpm", "time", "timeout", "xvfb-run", "yarn"];
/// Options of [`WRAPPERS`] with a value.
const OF_WRAPPERS: [(&str, &str); 8] = [
    ("c8", "--reporter"),
    ("c8", "-r"),
    ("dotenv", "-e"),
    ("env", "-u"),
    ("nyc", "--reporter"),
    ("nyc", "-r"),
    ("timeout", "-k"),
    ("timeout", "-s"),
];
const MANAGERS: [&str; 4] = ["bun", "npm", "pnpm", "yarn"];
/// What they do themselves, printing nothing of the project's.
const OWN: [&str; 6] = ["add", "audit", "ci", "i", "install", "prune"];
/// Programs that run scripts of the same package by their names.
const MANY: [&str; 3] = ["npm-run-all", "run-p", "run-s"];
/// Programs that run the scripts of many packages.
const FANS: [&str; 4] = ["lerna", "nx", "turbo", "wireit"];
const FANS_OUT: [&str; 11] =
    ["--filter", "--prefix", "--recursive", "--workspace", "--workspaces", "-C", "-r", "-w", "-ws", "workspace", "workspaces"];
/// Words of the shell after which nothing that follows has to run, or has to be what it is called.
const SHELLS_OWN: [&str; 8] = [".", "alias", "eval", "exec", "exit", "source", "trap", "unset"];
/// Options of node with a value that is no test.
const WITH_VALUE: [&str; 9] = [
    "--env-file",
    "--experimental-loader",
    "--import",
    "--loader",
    "--require",
    "--test-name-pattern",
    "--test-reporter",
    "--test-reporter-destination",
    "-r",
];
/// Options whose value is never run.
const OF_DATA: [&str; 3] = ["--env-file", "--test-name-pattern", "--test-reporter-destination"];
/// How files end that a runner loads.
const CODE: [&str; 10] = [".bats", ".cjs", ".coffee", ".cts", ".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx"];
/// How many scripts may call each other.
const DEEPEST: usize = 4;
/// How many commands a script may come to.
const MOST: usize = 200;

/// What a script's commands are told from.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'s> {
    pub(super) scripts: &'s Scripts,
    /// Whether the settings of a runner let it end well without tests.
    pub(super) may_be_none: bool,
    /// Whether the tests of the packages below are run by runners.
    pub(super) others: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A runner that fails where it finds no test.
    Runner,
    /// One that does not, or a script of tests, which are read by `test_integrity`.
    Tests,
    /// Whatever other packages call their tests.
    Packages,
    /// It may print the counts of a runner.
    Speaks,
    Quiet,
}

/// Whether the counts that the script `name` prints are those of tests that ran.
pub(super) fn runs_tests(name: &str, around: Surroundings<'_>) -> bool {
    let mut kinds = Vec::new();
    if !collect(name, around.scripts, DEEPEST, &mut kinds) {
        return false;
    }
    let has = |kind| kinds.contains(&kind);
    let is_told = has(Kind::Runner) || has(Kind::Tests) || has(Kind::Packages) && around.others;
    has(Kind::Runner) && !around.may_be_none || !has(Kind::Speaks) && is_told
}

/// Whether a package of that name brings a test runner.
pub(super) fn is_runner(name: &str) -> bool {
    RUNNERS.iter().any(|(runner, _)| *runner == name)
}

/// The kinds of the commands of a script, with the scripts that npm runs before and after it by itself; `false` where a failure
/// of one of them would not count.
fn collect(name: &str, scripts: &Scripts, depth: usize, kinds: &mut Vec<Kind>) -> bool {
    let hooks = [format!("pre{name}"), name.to_owned(), format!("post{name}")];
    depth > 0
        && scripts.contains_key(name)
        && hooks.iter().filter_map(|name| scripts.get(name)).all(|script| collect_one(script, scripts, depth, kinds))
}

fn collect_one(script: &str, scripts: &Scripts, depth: usize, kinds: &mut Vec<Kind>) -> bool {
    let Some(commands) = commands(script) else { return false };
    commands.iter().all(|words| {
        let words: Vec<&str> = words.iter().map(String::as_str).skip_while(|word| is_assignment(word)).collect();
        if kinds.len() >= MOST || words.first().is_some_and(|word| SHELLS_OWN.contains(word)) {
            return false;
        }
        if let Some((program, rest)) = words.split_first()
            && MANY.contains(program)
        {
            return many(rest, scripts).is_some_and(|names| names.iter().all(|name| collect(name, scripts, depth - 1, kinds)));
        }
        match called(&words).filter(|name| scripts.contains_key(*name)) {
            Some(name) => collect(name, scripts, depth - 1, kinds),
            None => {
                kinds.push(kind(&words));
                true
            }
        }
    })
}

/// The scripts that npm-run-all calls by these words, of which `*` stands for a part of a name between colons; `None` where one
/// is not there, or where one that ends well ends the others.
fn many<'s>(words: &[&str], scripts: &'s Scripts) -> Option<Vec<&'s str>> {
    let ends_others =
        |word: &str| word.starts_with("--race") || word.starts_with("--npm-path") || is_short(word) && word.contains('r');
    if words.iter().any(|word| ends_others(word)) {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    let patterns = words.iter().filter(|word| !word.starts_with('-') && !is_number(word));
    for pattern in patterns {
        // What follows the name is given to the script.
        let pattern = pattern.split_whitespace().next()?;
        let is_meant = |name: &str| match pattern.split_once('*') {
            Some((start, "*")) => name.starts_with(start),
            Some((start, "")) => name.strip_prefix(start).is_some_and(|rest| !rest.contains(':')),
            Some(_) => false,
            None => name == pattern,
        };
        let before = names.len();
        names.extend(scripts.keys().map(String::as_str).filter(|name| is_meant(name)));
        if names.len() == before {
            return None;
        }
    }
    Some(names)
}

/// The script of the same package that a command calls.
fn called<'w>(words: &[&'w str]) -> Option<&'w str> {
    let (manager, rest) = words.split_first()?;
    // `bun test` is bun's own runner.
    let is_own = *manager == "bun" && rest.first() == Some(&"test");
    if !MANAGERS.contains(manager) || is_own || rest.iter().any(|word| FANS_OUT.contains(word)) {
        return None;
    }
    let mut names = rest.iter().copied().filter(|word| !word.starts_with('-'));
    match (*manager, names.next()?) {
        (_, "run" | "run-script") => names.next(),
        ("npm" | "pnpm", "t" | "tst") => Some("test"),
        ("npm", name @ ("test" | "start" | "stop" | "restart")) => Some(name),
        ("npm", _) => None,
        (_, name) => Some(name),
    }
}

fn kind(words: &[&str]) -> Kind {
    let Some((program, rest)) = words.split_first() else { return Kind::Quiet };
    let name = program.rsplit('/').next().unwrap_or_default();
    let name =
        name.strip_suffix(".js").or_else(|| name.strip_suffix(".mjs")).or_else(|| name.strip_suffix(".cjs")).unwrap_or(name);
    if program.contains('/') && !is_installed(program) {
        return if is_test_path(program) { Kind::Tests } else { Kind::Speaks };
    }
    if let Some(kind) = runner(name, rest) {
        return kind;
    }
    if FANS.contains(&name) || MANAGERS.contains(&name) && rest.iter().any(|word| FANS_OUT.contains(word)) {
        return Kind::Packages;
    }
    if NODES.contains(&name) {
        return node(rest);
    }
    if MANAGERS.contains(&name) && rest.first().is_none_or(|word| OWN.contains(word)) {
        return Kind::Quiet;
    }
    if WRAPPERS.contains(&name) || MANAGERS.contains(&name) && matches!(rest.first(), Some(&("exec" | "x"))) {
        return wrapped(name, rest).map_or(Kind::Speaks, kind);
    }
    if SPEAKERS.contains(&name) {
        let runs_pytest = matches!(rest, ["-m", "pytest" | "unittest", ..]);
        let is_script = matches!(name, "sh" | "bash" | "dash") && rest.first().is_some_and(|file| is_test_path(file));
        return if runs_pytest || is_script { Kind::Tests } else { Kind::Speaks };
    }
    if MANAGERS.contains(&name) { Kind::Speaks } else { Kind::Quiet }
}

/// The kind of a command that is a runner's.
fn runner(name: &str, words: &[&str]) -> Option<Kind> {
    let (_, first) = RUNNERS.iter().copied().find(|(runner, _)| *runner == name)?;
    let is_asked = first.is_empty() || words.iter().find(|word| !word.starts_with('-')).is_some_and(|word| first.contains(word));
    if !is_asked {
        return None;
    }
    // Other settings than those that are looked at may say that no test is needed.
    let is_elsewhere = |pair: &[&str]| match pair {
        ["--config" | "-c", value] => !is_settings(value),
        [word, ..] => word.strip_prefix("--config=").is_some_and(|value| !is_settings(value)),
        [] => false,
    };
    let may_be_none = words.iter().any(|word| MAY_BE_NONE.contains(&option(word).0))
        || words.windows(2).any(is_elsewhere)
        || words.last().is_some_and(|word| is_elsewhere(&[*word]));
    if !LENIENT.contains(&name) && !may_be_none {
        return Some(Kind::Runner);
    }
    // Without a test, all that is said is what the files that it loads say.
    let owners = std::iter::once("").chain(words.iter().copied());
    let is_own = words.iter().zip(owners).any(|(word, owner)| {
        let (_, value) = option(word);
        let file = value.unwrap_or(word);
        let is_value = value.is_some() || owner.starts_with('-') && !word.starts_with('-');
        // `./...` are the packages of go.
        let is_code = CODE.iter().any(|end| file.ends_with(end)) || is_value && leads_out(file) && !file.ends_with("/...");
        is_code && !is_tests(file) && !is_settings(file)
    });
    Some(if is_own { Kind::Speaks } else { Kind::Tests })
}

/// The command that a wrapper runs: before it stand nothing but options, assignments and numbers.
fn wrapped<'a, 'w>(wrapper: &str, words: &'a [&'w str]) -> Option<&'a [&'w str]> {
    let words = match words {
        ["exec" | "x", rest @ ..] if MANAGERS.contains(&wrapper) => rest,
        _ => words,
    };
    let mut after_option = false;
    let at = words.iter().position(|word| {
        let is_value = std::mem::replace(&mut after_option, OF_WRAPPERS.contains(&(wrapper, *word)));
        let is_of_wrapper = word.starts_with('-') || is_assignment(word) || is_number(word) || is_value && !leads_out(word);
        !is_of_wrapper
    })?;
    let (leading, inner) = words.split_at_checked(at)?;
    let speaks =
        leading.iter().any(|word| word.starts_with('-') && (word.contains(' ') || option(word).1.is_some_and(leads_out)));
    // What it calls may be the project's own: only known ones are looked into.
    let is_known = inner.first().is_some_and(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        let is_runner = RUNNERS.iter().any(|(runner, _)| *runner == name);
        is_runner || [&NODES[..], &SPEAKERS, &FANS, &WRAPPERS].iter().any(|names| names.contains(&name))
    });
    (is_known && !speaks).then_some(inner)
}

/// Node's own runner counts any file that ends well as a test, so that it has to be given tests.
fn node(words: &[&str]) -> Kind {
    let mut before = "";
    let mut files: Vec<&str> = Vec::new();
    let mut speaks = false;
    for (index, word) in words.iter().enumerate() {
        let owner = std::mem::replace(&mut before, *word);
        let (name, value) = if WITH_VALUE.contains(&owner) { (owner, Some(*word)) } else { option(word) };
        if let Some(value) = value {
            speaks |= !OF_DATA.contains(&name) && leads_out(value);
        } else if !word.starts_with('-') {
            if files.is_empty() && is_installed(word) {
                return words.get(index..).map_or(Kind::Speaks, kind);
            }
            files.push(*word);
        }
    }
    let are_tests = files.iter().all(|file| is_tests(file));
    if words.contains(&"--test") && are_tests && !speaks { Kind::Tests } else { Kind::Speaks }
}

/// A file of tests, a folder of them, or a pattern for files of any name.
fn is_tests(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    is_test_path(path)
        || is_test_path(&format!("{path}/a.js"))
        || path.rsplit('/').next().is_some_and(|name| name.starts_with('*'))
}

/// Whether a program or file is that of an installed package.
fn is_installed(path: &str) -> bool {
    path.split_once("node_modules/").is_some_and(|(_, rest)| !rest.split('/').any(|part| part == ".."))
}

/// A value that is no name of a package: a path, or the code itself.
fn leads_out(value: &str) -> bool {
    let is_installed = is_installed(value);
    let is_path = matches!(value, "." | "..") || value.contains("./") || value.starts_with(['/', '#']);
    !is_installed && (is_path || value.contains(':'))
}

/// The name of an option and its value, if they are one word.
fn option(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((name, value)) if word.starts_with('-') => (name, Some(value)),
        _ => (word, None),
    }
}

/// Whether a file is looked at for settings of runners, by its name.
pub(super) fn is_settings(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    ["config", "jest", "vite"].iter().any(|part| name.contains(part))
}

fn is_short(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--")
}

/// A count, or a time as `timeout` takes it.
fn is_number(word: &str) -> bool {
    let digits = word.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(word);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Other settings of a command; where programs are looked for is none, since any name may then be the project's own.
fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| !matches!(name, "" | "PATH") && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// The words of the commands that have to end well one after the other; `None` where the script is not that plain.
fn commands(script: &str) -> Option<Vec<Vec<String>>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut quote = None;
    let mut characters = script.chars().peekable();
    let end_word = |commands: &mut Vec<Vec<String>>, word: &mut String| {
        if let (false, Some(command)) = (word.is_empty(), commands.last_mut()) {
            command.push(std::mem::take(word));
        }
    };
    while let Some(character) = characters.next() {
        match (quote, character) {
            (_, '`') | (None, ';' | '|' | '(' | ')' | '\n') => return None,
            // The rest would be a comment.
            (None, '#') if word.is_empty() => return None,
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '&') => {
                characters.next_if_eq(&'&')?;
                end_word(&mut commands, &mut word);
                commands.push(Vec::new());
            }
            (None, space) if space.is_whitespace() => end_word(&mut commands, &mut word),
            _ => word.push(character),
        }
    }
    end_word(&mut commands, &mut word);
    Some(commands)
}
