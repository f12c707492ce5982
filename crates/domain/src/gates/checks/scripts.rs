//! What the test script of a package runs: a test runner, or a program that may print whatever it likes.

use super::super::test_integrity::is_test_path;

/// Runners that fail where they find no test, unless they are told otherwise.
pub(super) const RUNNERS: [&str; 24] = [
    "ava",
    "bats",
    "cypress",
    "jasmine",
    "jest",
    "karma",
    "lab",
    "mocha",
    "ng",
    "phpunit",
    "playwright",
    "pytest",
    "qunit",
    "react-scripts",
    "tap",
    "tape",
    "testcafe",
    "uvu",
    "vitest",
    "vue-cli-service",
    "wdio",
    "web-test-runner",
    "wtr",
    "zora",
];
/// Tools whose word for it is `test`.
const WITH_TEST: [&str; 5] = ["bun", "cargo", "deno", "go", "make"];
const NODES: [&str; 3] = ["node", "ts-node", "tsx"];
/// Programs that print what a file of the project, or the script itself, says.
const SPEAKERS: [&str; 14] =
    ["awk", "bash", "bun", "cat", "dash", "deno", "echo", "perl", "printf", "python", "python3", "ruby", "sh", "zsh"];
/// Programs that run another one.
const WRAPPERS: [&str; 11] = ["bunx", "c8", "cross-env", "dotenv", "env", "npx", "nyc", "time", "timeout", "xvfb-run", "yarn"];
const MANAGERS: [&str; 4] = ["bun", "npm", "pnpm", "yarn"];
/// Programs that run the scripts of many packages.
const FANS: [&str; 4] = ["lerna", "nx", "turbo", "wireit"];
const FANS_OUT: [&str; 9] = ["--filter", "--prefix", "--recursive", "--workspace", "--workspaces", "-C", "-r", "-w", "-ws"];
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
/// How many scripts may call each other.
const DEEPEST: usize = 4;

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

/// Whether the counts that `script` prints are those of tests that ran. `named` gives another script of the package, and `others` says
/// whether the same holds for the packages below it.
pub(super) fn runs_tests(script: &str, named: &dyn Fn(&str) -> Option<String>, others: bool) -> bool {
    let mut kinds = Vec::new();
    if !collect(script, named, DEEPEST, &mut kinds) {
        return false;
    }
    let may_be_none = script.to_lowercase().replace('-', "").contains("passwithnotests");
    let speaks = kinds.contains(&Kind::Speaks);
    let has = |kind| kinds.contains(&kind);
    let is_told = has(Kind::Runner) || has(Kind::Tests) || has(Kind::Packages) && others;
    has(Kind::Runner) && !may_be_none || !speaks && is_told
}

/// The kinds of the script's commands; `false` where a failure of one of them would not count.
fn collect(script: &str, named: &dyn Fn(&str) -> Option<String>, depth: usize, kinds: &mut Vec<Kind>) -> bool {
    let Some(commands) = commands(script) else { return false };
    commands.iter().all(|words| {
        let words: Vec<&str> = words.iter().map(String::as_str).skip_while(|word| is_assignment(word)).collect();
        match called(&words).and_then(named) {
            Some(inner) => depth > 0 && collect(&inner, named, depth - 1, kinds),
            None => {
                kinds.push(kind(&words));
                true
            }
        }
    })
}

/// The script of the same package that a command calls.
fn called<'w>(words: &[&'w str]) -> Option<&'w str> {
    let (manager, rest) = words.split_first()?;
    // `bun test` is bun's own runner.
    let is_own = *manager == "bun" && rest.first() == Some(&"test");
    if !MANAGERS.contains(manager) || is_own || rest.iter().any(|word| FANS_OUT.contains(word)) {
        return None;
    }
    rest.iter().copied().find(|word| !word.starts_with('-') && !matches!(*word, "run" | "run-script"))
}

fn kind(words: &[&str]) -> Kind {
    let Some((program, rest)) = words.split_first() else { return Kind::Quiet };
    let name = program.rsplit('/').next().unwrap_or_default();
    let name =
        name.strip_suffix(".js").or_else(|| name.strip_suffix(".mjs")).or_else(|| name.strip_suffix(".cjs")).unwrap_or(name);
    let is_installed = !program.contains('/') || program.contains("node_modules/");
    let fans_out = MANAGERS.contains(&name) && rest.iter().any(|word| FANS_OUT.contains(word));
    if !is_installed {
        return if is_test_path(program) { Kind::Tests } else { Kind::Speaks };
    }
    if RUNNERS.contains(&name) || WITH_TEST.contains(&name) && rest.first() == Some(&"test") {
        return Kind::Runner;
    }
    if FANS.contains(&name) || fans_out {
        return Kind::Packages;
    }
    if NODES.contains(&name) {
        return node(rest);
    }
    if WRAPPERS.contains(&name) || MANAGERS.contains(&name) && rest.first() == Some(&"exec") {
        let is_known = |word: &&str| [&RUNNERS[..], &NODES, &SPEAKERS, &FANS].iter().any(|names| names.contains(word));
        let inner = rest.iter().position(is_known).and_then(|at| rest.get(at..));
        return inner.map_or(Kind::Speaks, kind);
    }
    if SPEAKERS.contains(&name) {
        let runs_pytest = matches!(rest, ["-m", "pytest" | "unittest", ..]);
        let is_script = matches!(name, "sh" | "bash" | "dash") && rest.first().is_some_and(|file| is_test_path(file));
        return if runs_pytest || is_script { Kind::Tests } else { Kind::Speaks };
    }
    Kind::Quiet
}

/// Node's own runner counts any file that ends well as a test, so that it has to be given tests.
fn node(words: &[&str]) -> Kind {
    let mut after_option = false;
    let files: Vec<&&str> = words
        .iter()
        .filter(|word| {
            let is_value = std::mem::replace(&mut after_option, WITH_VALUE.contains(word));
            !is_value && !word.starts_with('-')
        })
        .collect();
    if let Some(runner) = files.first().filter(|file| file.contains("node_modules/")) {
        return kind(&[**runner]);
    }
    let are_tests = files.iter().all(|file| file.contains("test") || file.contains("spec"));
    if words.contains(&"--test") && are_tests { Kind::Tests } else { Kind::Speaks }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
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
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => word.push(character),
            (None, '"' | '\'') => quote = Some(character),
            (None, '&') => {
                characters.next_if_eq(&'&')?;
                end_word(&mut commands, &mut word);
                commands.push(Vec::new());
            }
            (None, space) if space.is_whitespace() => end_word(&mut commands, &mut word),
            (None, _) => word.push(character),
        }
    }
    end_word(&mut commands, &mut word);
    Some(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_program_are_told_from_those_of_a_runner() {
        let named = |name: &str| match name {
            "unit" => Some("vitest run".to_owned()),
            "fake" => Some("node run.js".to_owned()),
            "loop" => Some("npm run loop".to_owned()),
            _ => None,
        };
        let runs = [
            "jest",
            "jest --ci && eslint .",
            "jest --passWithNoTests",
            "node build.js && mocha 'test/**/*.js'",
            "NODE_ENV=test npx --no-install vitest run",
            "cross-env CI=1 ava",
            "nyc --reporter=lcov mocha",
            "c8 node --test",
            "node --test",
            "node --test test/*.test.js",
            "node --test --test-reporter spec",
            "tsc && node --import tsx --test src/a.test.ts",
            "node --experimental-vm-modules node_modules/jest/bin/jest.js",
            "./node_modules/.bin/mocha",
            "npm run unit",
            "yarn jest",
            "pnpm exec playwright test",
            "bun test",
            "sh tests/run.sh",
            "./tests/run.sh",
            "python3 -m pytest",
            "make test",
        ];
        for script in runs {
            assert!(runs_tests(script, &named, false), "{script}");
        }
        let speaks = [
            "node run.js",
            "node run.js && node --test",
            "node --test run.js",
            "npm run fake",
            "npm run loop",
            "npx tsx run.ts",
            "bash run.sh",
            "./run",
            "echo '3 passed' && tsc",
            "tsc",
            "jest || node run.js",
            "jest; node run.js",
            "jest --passWithNoTests && node run.js",
            "turbo test",
            "",
        ];
        for script in speaks {
            assert!(!runs_tests(script, &named, false), "{script}");
        }
        for script in ["turbo run test", "npm test -ws", "npm --prefix web test", "pnpm -r test"] {
            assert!(runs_tests(script, &named, true), "{script}");
        }
    }
}
