//! Lines with their examples, values, comparisons.

use super::*;

fn words(line: &str) -> Vec<String> {
    find(line).iter().map(|example| format!("{}{}", if example.is_checkable() { "" } else { "? " }, example.describe())).collect()
}

/// Lines and the examples in them; a question mark stands before those that cannot be carried out.
const LINES: &[(&str, &[&str])] = &[
    ("`greet NAME` prints `Hello, NAME!`", &["`greet NAME` prints `Hello, NAME!`"]),
    ("The command `./greet <name>` outputs \"Hello, <name>!\".", &["`./greet NAME` prints `Hello, NAME!`"]),
    ("Write a program `hello` that prints `Hello, World!`", &["`hello` prints `Hello, World!`"]),
    ("Write a small shell script `hello.sh` printing `Hello`", &["`hello.sh` prints `Hello`"]),
    ("Output: `greet` prints `Hello`", &["`greet` prints `Hello`"]),
    ("`greet` exits with 2", &["`greet` exits with 2"]),
    ("`greet` exits with code 2", &["`greet` exits with 2"]),
    ("`greet` terminates with exit status `2`.", &["`greet` exits with 2"]),
    ("`greet --help` exits 0", &["`greet --help` exits with 0"]),
    (
        "`greet` without a name prints `usage: greet NAME` to stderr and exits with 2",
        &["`greet` prints `usage: greet NAME` to stderr and exits with 2"],
    ),
    ("`greet` returns exit code 3", &["`greet` exits with 3"]),
    ("`greet` fails", &["`greet` exits with a non-zero code"]),
    ("`greet` exits with a non-zero status", &["`greet` exits with a non-zero code"]),
    ("`init DIR` creates `DIR/config.json`", &["`init DIR` creates `DIR/config.json`"]),
    (
        "`init DIR` creates `DIR/config.json` containing `\"name\"` and exits 0",
        &["`init DIR` creates `DIR/config.json` containing `\"name\"` and exits with 0"],
    ),
    ("`init` creates an empty file `e.txt`", &["`init` creates an empty file `e.txt`"]),
    ("`new FILE` creates a new empty file `FILE`", &["`new FILE` creates an empty file `FILE`"]),
    ("There is an empty file `.nojekyll`", &["there is an empty file `.nojekyll`"]),
    ("`log TEXT` writes `TEXT` to `log.txt`", &["`log TEXT` creates `log.txt` containing `TEXT`"]),
    ("`new FILE` creates the file `FILE` and prints `Created FILE`", &["`new FILE` creates `FILE` and prints `Created FILE`"]),
    ("The page `index.html` shows `Welcome`", &["the page `index.html` shows `Welcome`"]),
    ("`index.html` contains `Welcome`", &["the page `index.html` shows `Welcome`"]),
    (
        "The page has the heading `Welcome` and the link `Contact`",
        &["the page `index.html` has the heading `Welcome` and the page `index.html` has the link `Contact`"],
    ),
    ("The page has a link to `about.html`", &["the page `index.html` has a link to `about.html`"]),
    ("The page has a link to `Contact`", &["the page `index.html` has the link `Contact`"]),
    ("The page `about.html` has the title `About us`", &["the page `about.html` has the title `About us`"]),
    ("There is a file `README.md`", &["the file `README.md` exists"]),
    ("There is a file `LICENSE` containing `MIT`", &["the file `LICENSE` contains `MIT`"]),
    ("The file `Dockerfile` contains `USER`", &["the file `Dockerfile` contains `USER`"]),
    ("The script file `greet` shows `Hello`", &["`greet` prints `Hello`"]),
    ("The script file `init` creates `a.txt`", &["`init` creates `a.txt`"]),
    ("The file `LICENSE` exists", &["the file `LICENSE` exists"]),
    ("`README.md` contains `Install`", &["the file `README.md` contains `Install`"]),
    ("With `one two` on stdin, `count` prints `2`", &["with `one two` on stdin, `count` prints `2`"]),
    ("`echo TEXT | mirror` prints `TEXT`", &["with `TEXT\\n` on stdin, `mirror` prints `TEXT`"]),
    ("`greet 'Ada Lovelace'` displays `Hello, Ada Lovelace!`", &["`greet 'Ada Lovelace'` prints `Hello, Ada Lovelace!`"]),
    ("`greet` prints a line containing `usage`", &["`greet` prints a line containing `usage`"]),
    ("`python3 tool.py NAME` prints `NAME`", &["`python3 tool.py NAME` prints `NAME`"]),
    ("`a` prints `1` and `b` prints `2`", &["`a` prints `1`", "`b` prints `2`"]),
    ("`cat FILE` prints `CONTENT`", &["`cat FILE` prints `CONTENT`"]),
    ("If FILE does not exist, `cat FILE` exits with 1", &["`cat FILE` exits with 1"]),
    ("When no name is given, `greet` exits with 2", &["`greet` exits with 2"]),
    ("`greet` prints `one\\ntwo`", &["`greet` prints `one\\ntwo`"]),
    ("`grüße NAME` prints `Grüß dich, NAME!`", &["`grüße NAME` prints `Grüß dich, NAME!`"]),
    (
        "`report` prints a line containing `Total` and prints a line containing `Average`",
        &["`report` prints a line containing `Total` and prints a line containing `Average`"],
    ),
    ("`warn` prints `careful` in stderr", &["`warn` prints `careful` to stderr"]),
    ("`warn` prints `careful` as standard error", &["`warn` prints `careful` to stderr"]),
    ("`hi {name}` prints `Hello, {name}!`", &["`hi NAME` prints `Hello, NAME!`"]),
    ("`new {name}` creates `{name}/a.md` containing `# {name}`", &["`new NAME` creates `NAME/a.md` containing `# NAME`"]),
    ("`load` prints `Loading...`", &["`load` prints `Loading...`"]),
    ("`json` prints `{\"a\": {}}`", &["`json` prints `{\"a\": {}}`"]),
    // Arrows, streams by name, numbers in words, and quotations of all kinds.
    ("`add 1 2` → `3`", &["`add 1 2` prints `3`"]),
    ("`add 1 2` => `3`, `add 2 2` => `4`", &["`add 1 2` prints `3`", "`add 2 2` prints `4`"]),
    ("`hello` -> \"Hello, World!\"", &["`hello` prints `Hello, World!`"]),
    ("Rename `color` → `colour`", &[]),
    ("`Sign in` → `Log in`", &[]),
    ("`kv put` → `kv set`", &[]),
    ("`a.txt` → `b.txt`", &[]),
    ("`img2txt cat.png` → `cat.txt`", &[]),
    ("`convert a.png` → `a.jpg`", &[]),
    ("`mv a.txt` → `b.txt`", &[]),
    ("`map f` -> `List a`", &[]),
    ("`head xs` → `Maybe a`", &[]),
    ("`parse x` → `Option<String>`", &[]),
    ("`len xs` -> `Int`", &[]),
    ("`old name` → `new name`", &[]),
    ("`a` fails to start. `b` prints `x`", &["`b` prints `x`"]),
    ("`greet Ada` → `Hello Ada`", &["`greet Ada` prints `Hello Ada`"]),
    ("`fib 10` → `55`", &["`fib 10` prints `55`"]),
    ("`greet Ada` → `Hello, Ada!`", &["`greet Ada` prints `Hello, Ada!`"]),
    // What is denied by its verb.
    ("`greet` fails to print `x`", &[]),
    ("`greet` refuses to print `x`", &[]),
    ("`greet` avoids printing `x`", &[]),
    ("`greet` fails and prints `x`", &["`greet` exits with a non-zero code and prints `x`"]),
    ("When I run `greet` then stderr should contain \"usage\"", &["`greet` prints a line containing `usage` to stderr"]),
    ("`greet`: stdout is `hi` and stderr is empty", &["`greet` prints `hi` and prints nothing to stderr"]),
    ("`greet` prints `hi` and the exit code should be 0", &["`greet` prints `hi` and exits with 0"]),
    ("`greet` exits with status two", &["`greet` exits with 2"]),
    ("`greet` exits with one of them", &[]),
    ("`greet` should output 'it's me'", &["`greet` prints `it's me`"]),
    ("`greet` prints ‘hi’", &["`greet` prints `hi`"]),
    ("`greet` prints „hi“", &["`greet` prints `hi`"]),
    ("`greet` prints « hi »", &["`greet` prints `hi`"]),
    ("Running \"shout bye\" prints “BYE”", &["`shout bye` prints `BYE`"]),
    ("`greet` prints no `hi`", &[]),
    ("`greet` prints \"\"\" hi \"\"\"", &[]),
    ("The users' `greet` doesn't say that it's `hi`", &[]),
    // A verb reaches no further than its sentence.
    ("`a` prints a greeting. `hello` is it.", &[]),
    ("`help` prints the commands. `quit` exits with 0", &["`quit` exits with 0"]),
    ("`log` writes a line. `x` is in it", &[]),
    ("It adds numbers, e.g. `add 1 2` prints `3`", &["`add 1 2` prints `3`"]),
    // Other languages.
    ("`gruss NAME` gibt `Hallo, NAME!` aus", &["`gruss NAME` prints `Hallo, NAME!`"]),
    (
        "`gruss` ohne Namen gibt `Aufruf: gruss` auf stderr aus und endet mit Code 2",
        &["`gruss` prints `Aufruf: gruss` to stderr and exits with 2"],
    ),
    ("`gruss` gibt `a` oder `b` aus", &["? `gruss` prints `a`"]),
    ("`gruss` gibt nicht `a` aus", &[]),
    ("`gruss` gibt kein `a` aus", &[]),
    (
        "`salut` sans argument affiche `usage` sur stderr et se termine avec le code 2",
        &["`salut` prints `usage` to stderr and exits with 2"],
    ),
    ("`hola` imprime `Hola` y termina con código 0", &["`hola` prints `Hola` and exits with 0"]),
    // What cannot be told by itself.
    ("`hi` prints `Hello, {user}!`", &["? `hi` prints `Hello, USER!`"]),
    ("`hi` prints `Hello, ...`", &["? `hi` prints `Hello, ...`"]),
    ("`hi` prints `…`", &["? `hi` prints `…`"]),
    ("`convert FILE` exits with 1 on error", &["? `convert FILE` exits with 1"]),
    ("`load` exits with 3 on any input error", &["? `load` exits with 3"]),
    ("`load` prints `oops` on failure", &["? `load` prints `oops`"]),
    ("`ex` exits with 0 and exits with 4", &["? `ex` exits with 0 and exits with 4"]),
    ("`ex` exits with 0 and fails", &["? `ex` exits with 0 and exits with a non-zero code"]),
    ("`ex` prints `a` and prints `b`", &["? `ex` prints `a` and prints `b`"]),
    ("`add A B` prints `SUM`", &["? `add A B` prints `SUM`"]),
    ("`double N` prints `2N`", &["? `double N` prints `2N`"]),
    ("`square N` prints `N²`", &["? `square N` prints `N²`"]),
    ("`next N` prints `N+1`", &["? `next N` prints `N+1`"]),
    ("`last N` prints `N - 1`", &["? `last N` prints `N - 1`"]),
    ("`sum A B` prints `A+B`", &["? `sum A B` prints `A+B`"]),
    ("`sum A B` prints `A + B`", &["? `sum A B` prints `A + B`"]),
    ("`half <n>` prints `0<n>`", &["? `half N` prints `0N`"]),
    ("`add NAME` prints `- NAME`", &["`add NAME` prints `- NAME`"]),
    ("`set KEY WORD` prints `KEY=WORD`", &["`set KEY WORD` prints `KEY=WORD`"]),
    ("`new DIR` prints `DIR/a-1`", &["`new DIR` prints `DIR/a-1`"]),
    ("`greet --version` prints `VERSION`", &["? `greet --version` prints `VERSION`"]),
    ("`greet NAME` exits with 2 when NAME is empty", &["? `greet NAME` exits with 2"]),
    ("`list` prints `milk` after `add milk`", &["? `list` prints `milk`"]),
    ("`shout NAME` prints `NAME` in uppercase", &["? `shout NAME` prints `NAME`"]),
    ("`curl http://localhost/` prints `ok`", &["? `curl http://localhost/` prints `ok`"]),
    ("`curl localhost` prints `ok`", &["? `curl localhost` prints `ok`"]),
    ("`greet NAME` (like `greet Ada`) prints `Hello, NAME!`", &["? `greet Ada` prints `Hello, NAME!`"]),
    ("`out` creates `../secret.txt`", &["? `out` creates `../secret.txt`"]),
    // No examples.
    ("Users can log in with a password", &[]),
    ("`GET /health` returns `200`", &[]),
    ("`add(1, 2)` returns `3`", &[]),
    ("`greet` never prints `password`", &[]),
    ("`greet` does not create `a.txt`", &[]),
    ("`rm -rf / && echo hi` prints `hi`", &[]),
    ("prints `x`", &[]),
    ("Print `Hello` and exit with 0", &[]),
    ("Write the word `Hello` and exit with 0", &[]),
    ("The server returns 404", &[]),
    ("`t3` exits with -1", &[]),
    ("`t3` exits with code `-1`", &[]),
    ("`t3` exits with −1", &[]),
    ("`t3` returns exit code (-1)", &[]),
    ("`tool` prints the number of `x`", &[]),
    ("an unclosed `backtick prints", &[]),
];

#[test]
fn requirement_lines_carry_these_examples() {
    for (line, expected) in LINES {
        assert_eq!(words(line), *expected, "{line}");
    }
}

#[test]
fn a_line_that_says_no_more_than_its_examples_is_whole() {
    for line in [
        "The command `./greet <name>` outputs \"Hello, <name>!\".",
        "`greet` without a name prints `usage: greet NAME` to stderr and exits with 2",
        "`greet` exits with a non-zero status",
        "The page has the heading `Welcome` and the link `Contact`",
        "There is a file `README.md`",
        "With `one two` on stdin, `count` prints `2`",
        "If FILE does not exist, `cat FILE` exits with 1",
        "When no name is given, `greet` exits with 2",
        "`show FILE` prints `no such file: FILE` to stderr and exits with 1 when the file does not exist",
        "`init DIR` creates `DIR/config.json` containing `x` and exits 0",
        "`a` prints `1` and `b` prints `2`",
        "Create a script `hello.sh` that prints `Hello`",
        "Write a program `hello` that prints `Hello, World!`",
        "FR-1: Provide a CLI: `greet` prints `Hello`",
        "Build a command-line tool: `greet` prints `Hello`",
        "`greet` prints `Hello` to the terminal",
        "`greet` prints `Hello` on the console and exits with code 0 (success)",
        "`greet` prints `Hello` followed by a trailing newline",
        "`greet` prints `Hello` and nothing else and exits with 0",
        "`greet` prints `Hello` exactly.",
        "The page `index.html` has a heading `A` and a paragraph `B`",
        "The program `calc.py`, run with `python3 calc.py`, prints `3`",
        "`init` creates an empty file `e.txt` and exits with 0",
        "`greet` exits with 2 when no name is given",
        "`greet` prints `Hello` to the user, and the program exits with 0",
        "`greet` exits with a non-zero exit code and prints `x` on standard error",
        "`greet` exits with `2` as its exit status",
        "`greet` prints `x` in stderr",
        "`greet` prints `x` to the error stream",
        "`greet` prints `Hello` and the cli tool must then exit with 0",
        "`greet` exits with 0 and its output contains `Hello`",
        "`greet` prints `Hello` and the command `part` prints `Bye`",
        "`greet` prints `Hello` as output and the file `a.txt` exists",
        "`count` with `a b` on standard input prints `2`",
        "`add 1 2` → `3`",
        "When I run `greet` then the output should be \"Hello\" and the exit code should be 0",
        "`greet` exits with status two and stderr is empty",
        "`greet` should output 'Hello'",
        "`gruss` ohne Namen gibt `Aufruf` auf stderr aus und endet mit Code 2",
        "`salut NOM` affiche `Bonjour, NOM !`",
    ] {
        let reading = read(line);
        assert!(reading.is_whole(), "{line}: {:?}", reading.rest);
    }
}

#[test]
fn what_a_line_says_beside_its_examples_is_kept_in_its_words() {
    for (line, rest) in [
        ("`a` prints `1` and never prints `2`", "never prints `2`"),
        ("`a` prints `1` and doesn't say 'x'", "doesn't say \"x\""),
        ("`a 1` → `2` → `3`", "→ `3`"),
        ("`help` prints the commands. `quit` exits with 0", "`help` prints the commands"),
        ("`a` gibt `1` sofort aus", "sofort"),
        ("`a` prints the personal word `1`", "personal"),
        ("`a` prints `1` and writes to a log", "writes to a log"),
        ("`a` prints a line starting with `1`", "starting"),
        ("`a` prints `1`. It is encrypted.", "it is encrypted"),
        ("`a` prints `1` and uses `b`", "uses `b`"),
        ("`a` prints `1` and add `b`", "add `b`"),
        ("`a` prints `1` followed by the name", "followed by the name"),
        ("`a` prints `1` without a trailing newline", "without a trailing newline"),
        ("`a` exits with 1 (success)", "success"),
        ("`greet NAME` prints `Hello` and the name", "the name"),
        ("`greet NAME` prints `Hello`, the name, and exits with 0", "the name"),
        ("`help` prints `usage: help` and the options", "the options"),
        ("`help` prints `usage: help`, the options, exits with 0", "the options"),
        ("`log` prints `hello` to the output file", "to the output file"),
        ("`u` prints `Hello` with a name in the text", "with a name in the text"),
        ("`w` prints `x` on input", "on input"),
        ("`w` prints `x` on stdin", "on stdin"),
        ("`gen` creates `a.txt` and a page", "a page"),
        ("There is a file `a.txt` and a page", "a page"),
        ("`help` prints `usage` and an example", "an example"),
        ("`a` creates a file `e.txt` that is empty", "that is empty"),
        ("`a` creates an empty file `e.txt` containing `x`", "containing `x`"),
        ("`a` prints a line containing `1` and nothing else", "nothing else"),
        ("The program `b.py`, run with `python3 a.py`, prints `1`", "the program `b.py` run with"),
    ] {
        assert_eq!(read(line).rest, [rest], "{line}");
    }
}

#[test]
fn a_description_is_read_as_the_same_example() {
    for line in [
        "`greet NAME` prints `Hello, NAME!` and exits with 0",
        "with `a\\nb\\n` on stdin, `count FILE` prints a line containing `2` to stderr and exits with a non-zero code",
        "`init DIR` creates `DIR/a.json` containing `x` and prints nothing",
        "the page `index.html` has the button `Send`",
        "the page `index.html` has a link to `about.html`",
        "the file `docs/a.md` contains `x`",
        "there is a file `LICENSE` containing `MIT`",
        "there is a file `LICENSE`",
        "`init FILE` creates an empty file `FILE`",
        "there is an empty file `a.txt`",
    ] {
        let found = find(line);
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!(find(&found[0].describe()), found, "{line}");
    }
}

fn bound(line: &str, seed: u64) -> BoundExample {
    bind(&find(line)[0], seed)
}

#[test]
fn values_are_the_same_for_a_seed_and_differ_between_seeds() {
    let line = "`greet NAME` prints `Hello, NAME!`";
    let first = bound(line, 7);
    assert_eq!(first, bound(line, 7));
    assert_ne!(first, bound(line, 8));
    let name = &first.argv[1];
    assert!(name.chars().all(|c| c.is_ascii_lowercase()) && name.len() >= 6, "{name}");
    assert_eq!(first.expect_stdout, [(Fit::Whole, format!("Hello, {name}!"))]);
}

#[test]
fn values_fit_what_their_names_say() {
    for seed in 0..200 {
        let it = bound("`t A B N PORT FILE DIR EMAIL` prints `B A`", seed);
        assert!(it.argv[1].parse::<u32>().is_ok() && it.argv[2].parse::<u32>().is_ok());
        assert!(it.argv[1] != it.argv[2] && it.argv[2] != it.argv[3] && it.argv[1] != it.argv[3]);
        assert!((1024..=65535).contains(&it.argv[4].parse::<u32>().unwrap()));
        assert!(is_safe_path(&it.argv[5]) && it.argv[5].ends_with(".txt"));
        assert!(is_safe_path(&it.argv[6]));
        assert!(it.argv[7].ends_with("@example.org"));
        assert_eq!(it.files.len(), 2);
        assert_eq!(it.files[0].0, it.argv[5]);
        assert!(it.files[1].0.starts_with(&it.argv[6]));
    }
}

#[test]
fn files_that_are_read_are_made_and_files_that_are_created_are_not() {
    let read = bound("`show FILE` prints `CONTENT`", 1);
    assert_eq!(read.files[0].0, read.argv[1]);
    assert_eq!(read.expect_stdout, [(Fit::Whole, read.files[0].1.trim_end().to_owned())]);
    let made = bound("`new FILE` creates `FILE`", 1);
    assert_eq!(made.files, []);
    assert_eq!(made.expect_files[0].path, made.argv[1]);
    let missing = bound("If the file is missing, `show FILE` exits with 1", 1);
    assert_eq!(missing.files, []);
}

#[test]
fn what_was_seen_is_compared() {
    let it = bound("`greet NAME` prints `Hi NAME` and exits 0 and creates `a.txt` containing `NAME`", 3);
    let name = it.argv[1].clone();
    let good = Seen {
        stdout: format!("Hi {name}\n"),
        stderr: String::new(),
        code: Some(0),
        files: [("a.txt".into(), name.clone())].into(),
    };
    assert_eq!(evaluate(&it, &good), Ok(()));
    let bad = Seen { stdout: "Hi NAME\n".into(), ..good.clone() };
    assert_eq!(evaluate(&it, &bad), Err(format!("expected standard output to be \"Hi {name}\", saw \"Hi NAME\\n\"")));
    let bad = Seen { code: None, ..good.clone() };
    assert_eq!(evaluate(&it, &bad).unwrap_err(), "expected the exit code to be 0, saw that it did not end by itself");
    let bad = Seen { files: BTreeMap::new(), ..good.clone() };
    assert_eq!(evaluate(&it, &bad).unwrap_err(), "expected the file \"a.txt\", saw that it is not there");
    let long = Seen { stdout: "é".repeat(10_000), ..good };
    assert!(evaluate(&it, &long).unwrap_err().chars().count() < 300);
}

#[test]
fn each_of_several_outcomes_of_one_kind_is_compared() {
    let it =
        bound("`report` prints a line containing `Total` and prints a line containing `Average` and fails and exits with 3", 0);
    let good = Seen { stdout: "Total\nAverage\n".into(), code: Some(3), ..Seen::default() };
    assert_eq!(evaluate(&it, &good), Ok(()));
    for bad in [
        Seen { stdout: "Average\n".into(), ..good.clone() },
        Seen { stdout: "Total\n".into(), ..good.clone() },
        Seen { code: Some(1), ..good.clone() },
    ] {
        assert!(evaluate(&it, &bad).is_err(), "{bad:?}");
    }
}

#[test]
fn an_empty_file_holds_nothing() {
    for line in ["`init` creates an empty file `e.txt`", "there is an empty file `e.txt`"] {
        for (text, holds) in [("", true), ("\n", false), ("x", false)] {
            let seen = Seen { files: [("e.txt".to_owned(), text.to_owned())].into(), ..Seen::default() };
            assert_eq!(evaluate(&bound(line, 0), &seen).is_ok(), holds, "{line}: {text:?}");
        }
    }
}

#[test]
fn a_page_is_compared_by_what_its_reader_sees() {
    let html = "<!doctype html><title>Shop &amp; more</title><style>.x{}</style><!-- <h1>Old</h1> --><body><h1>Wel<b>come</b></h1>\
                <p>Open\n daily</p><a href='about.html'>About</a>\
                <a class=\"x\" href=\"./team.html#all\">Team</a><a href=\"#content\">dead.html</a><button>Send</button>\
                <script>document.title='Secret'</script>";
    let table = [
        ("The page `index.html` shows `Open daily`", true),
        ("The page `index.html` has the heading `Welcome`", true),
        ("The page `index.html` has the heading `Old`", false),
        ("The page `index.html` has the title `Shop & more`", true),
        ("The page `index.html` has the link `About`", true),
        ("The page `index.html` has a link to `about.html`", true),
        ("The page `index.html` has a link to the page `team.html`", true),
        ("The page `index.html` has a link to `dead.html`", false),
        ("The page `index.html` has a link to `bout.html`", false),
        ("The page `index.html` has a link to `About`", true),
        ("The page `index.html` has the link `dead.html`", true),
        ("The page `index.html` has the button `Send`", true),
        ("The page `index.html` has the button `About`", false),
        ("The page `index.html` shows `Secret`", false),
        ("The page `index.html` shows `h1`", false),
    ];
    for (line, holds) in table {
        let it = bound(line, 0);
        let seen = Seen { files: [("index.html".to_owned(), html.to_owned())].into(), ..Seen::default() };
        assert_eq!(evaluate(&it, &seen).is_ok(), holds, "{line}");
    }
}

#[test]
fn programs_are_told_by_their_first_words() {
    let argv = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let own = |name: &str| Program::Own { name: name.to_owned() };
    assert_eq!(program(&argv("./greet Ada")), own("greet"));
    assert_eq!(program(&argv("bin/greet")), own("bin/greet"));
    assert_eq!(program(&argv("python3 ./tool.py x")), Program::Script { interpreter: "python3".into(), file: "tool.py".into() });
    assert_eq!(program(&argv("npm test")), Program::Tool { name: "npm".into() });
    for line in
        ["npm start", "npm run dev", "curl x", "npm install", "bash -c ls", "../x", "/bin/ls", "python3 ../x.py", "python3"]
    {
        assert!(matches!(program(&argv(line)), Program::NotRunnable { .. }), "{line}");
    }
    assert_eq!(program_candidates("./greet")[..4], ["greet", "bin/greet", "greet.sh", "greet.py"]);
    assert_eq!(program_candidates("tools/greet"), ["tools/greet"]);
    assert_eq!(program_candidates("../greet"), Vec::<String>::new());
}

#[test]
fn hostile_lines_never_panic() {
    let pieces = [
        "`",
        "``",
        "\"",
        "“",
        "”",
        "prints",
        "exits with",
        "99999999999999999999",
        "creates",
        "<",
        ">",
        "NAME",
        "é",
        "\u{202e}",
        "|",
        "\\",
        "'",
        "and",
        "or",
        "`a`",
        "`index.html`",
        "has",
        "stdin",
        "on",
        "\0",
        "$",
        "-",
        ".",
    ];
    let mut state = 12345_u64;
    for _ in 0..20_000 {
        let mut line = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            line.push_str(pieces[usize::try_from(state >> 33).unwrap() % pieces.len()]);
            if state >> 20 & 1 == 0 {
                line.push(' ');
            }
        }
        for example in find(&line) {
            let _ = example.describe();
            let _ = evaluate(&bind(&example, state), &Seen::default());
        }
    }
    assert_eq!(find(&"`a` prints `b` ".repeat(100_000)), []);
}
