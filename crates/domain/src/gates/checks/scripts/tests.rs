//! Scripts as packages have them, and such as would pass for them.

use super::*;

/// What else there is that its counts depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    /// Settings of a runner that let it end well without tests.
    LaxSettings,
    /// Packages below whose tests are run by runners.
    Packages,
}

fn runs(script: &str, beside: Beside) -> bool {
    let named = [
        ("unit", "vitest run"),
        ("fake", "node run.js"),
        ("loop", "npm run loop"),
        ("hooked", "jest --passWithNoTests"),
        ("posthooked", "node run.js"),
        ("ci", "jest"),
        ("test:a", "jest"),
        ("test:b", "node --test"),
        ("quiet", "tsc"),
        ("test", script),
    ];
    let scripts: Scripts = named.into_iter().map(|(name, script)| (name.to_owned(), script.to_owned())).collect();
    let (may_be_none, others) = (beside == Beside::LaxSettings, beside == Beside::Packages);
    runs_tests("test", Surroundings { scripts: &scripts, may_be_none, others })
}

#[test]
fn words_of_any_program_are_told_from_those_of_a_runner() {
    let told = [
        "jest",
        "jest --ci && eslint .",
        "jest --passWithNoTests",
        "jest --config jest.unit.json && node report.js",
        "node build.js && vitest run",
        "mocha 'test/**/*.js'",
        "mocha --require ts-node/register test",
        "NODE_ENV=test npx --no-install vitest run",
        "cross-env CI=1 ava",
        "timeout 60 jest",
        "timeout -k 5s 2m npx jest",
        "nyc --reporter=lcov mocha",
        "c8 node --test",
        "dotenv -e .env.test -- jest",
        "node --test",
        "node --test test/*.test.js",
        "node --test test",
        "node --test 'src/**/*.js'",
        "node --test --test-reporter spec",
        "node --env-file ./.env --test",
        "tsc && node --import tsx --test src/a.test.ts",
        "node --experimental-vm-modules node_modules/jest/bin/jest.js",
        "./node_modules/.bin/mocha",
        "../../node_modules/.bin/jest",
        "npm run unit",
        "npm ci && npm run unit",
        "yarn jest",
        "pnpm exec playwright test",
        "bun test",
        "sh tests/run.sh",
        "./tests/run.sh",
        "python3 -m pytest",
        "make test",
        "go test -v ./...",
        "vue-cli-service test:unit",
        "run-s quiet unit",
        "run-p -l 'test:*'",
        "npm-run-all --parallel quiet test:a",
        "craco test",
        "react-app-rewired test --watchAll=false",
        "ts-mocha -p tsconfig.json 'test/**/*.ts'",
        "electron-mocha",
    ];
    for script in told {
        assert!(runs(script, Beside::Nothing), "{script}");
    }
    for script in ["turbo run test", "npm test -ws", "npm --prefix web test", "pnpm -r test", "yarn workspaces foreach run test"]
    {
        assert!(runs(script, Beside::Packages), "{script}");
    }
}

#[test]
fn no_word_of_the_project_passes_for_that_of_a_runner() {
    let speaks = [
        "node run.js",
        "node run.js && node --test",
        "node --test run.js",
        "node --test contest.js",
        "node --test latest/run.js",
        "node --test --test-reporter ./run.js",
        "node --test --test-reporter=./run.js",
        "node --import data:text/javascript,0 --test",
        "node node_modules/../run.js && mocha",
        "npm run fake",
        "npm run loop",
        "npm run hooked",
        "npm ci && node run.js",
        "npx tsx run.ts",
        "npx evil vitest",
        "npx -y evil vitest",
        "timeout 60 ./check.sh jest",
        "dotenv -e .env -- ./check.sh jest",
        "bash run.sh",
        "./run",
        "echo '3 passed' && tsc",
        "tsc",
        "jest || node run.js",
        "jest; node run.js",
        "jest --passWithNoTests && node run.js",
        "jest -t nothing && node run.js",
        "jest --config other.json && node run.js",
        "jest --version && node run.js",
        "ng build && node run.js",
        "make test && node run.js",
        "go test ./... && node run.js",
        "env '-Snode run.js' jest",
        "npx exec vitest",
        "cargo test && node run.js",
        "mocha && node run.js",
        "tape test/*.js && echo '# pass 3'",
        "bats tests && node run.js",
        "mocha run.js",
        "mocha --reporter ./run.js",
        "node run.js # && jest",
        "node run.js && exit 0 && jest",
        "exec node run.js && jest",
        "PATH=bin jest",
        "run-s unit missing",
        "run-p --race unit fake",
        "run-s fake",
        "turbo test",
        "",
    ];
    for script in speaks {
        assert!(!runs(script, Beside::Nothing), "{script}");
    }
    assert!(runs("jest", Beside::LaxSettings));
    assert!(!runs("jest && node run.js", Beside::LaxSettings));
}
