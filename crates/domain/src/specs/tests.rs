//! Tables and whole specs.

mod asking;
mod hostile;

use std::fmt::Write;

use insta::assert_snapshot;

use super::*;

fn outline(text: &str, name_hint: Option<&str>) -> String {
    let spec = parse(text.as_bytes(), name_hint).unwrap();
    let mut out = format!(
        "{:?} {:?} {:?} features={} sections={} words={}\n",
        spec.kind, spec.title, spec.summary, spec.features, spec.sections, spec.words
    );
    for task in spec.tasks {
        let _ = writeln!(out, "{} [{}] {} <- {:?}", task.number, task.section, task.title, task.depends_on);
        let _ = writeln!(out, "  {}", commit_subject(&task));
        for criterion in &task.criteria {
            let _ = writeln!(out, "  * {criterion}");
        }
    }
    out
}

fn titles(text: &str) -> Vec<String> {
    parse(text.as_bytes(), None).unwrap().tasks.into_iter().map(|task| task.title).collect()
}

fn needs(text: &str) -> Vec<Vec<u32>> {
    parse(text.as_bytes(), None).unwrap().tasks.into_iter().map(|task| task.depends_on).collect()
}

fn error(text: &[u8], name_hint: Option<&str>) -> String {
    parse(text, name_hint).unwrap_err().to_string()
}

#[test]
fn a_markdown_prd_becomes_tasks() {
    let prd = "\
# Greeter

A small tool that greets.

## Requirements

### Commands
- `greet NAME` prints `Hello, NAME!`
  - The name may have **several** words
- [ ] `greet` prints `usage: greet NAME` to stderr and exits with 2
  and says nothing else.
  Acceptance: the exit code is documented

1. Write a README (needs #1)

```sh
- rm -rf / # not a requirement
```

### Settings
The tool must read its settings from `greet.toml`.

**Acceptance criteria:**
- a missing file is no error
- an unknown key is named

## Non-goals
- A graphical interface
### Never
- Telemetry
";
    assert_snapshot!(outline(prd, Some("prd.md")), @r#"
    Prd "Greeter" "A small tool that greets." features=6 sections=5 words=99
    1 [Requirements / Commands] greet NAME prints Hello, NAME! <- []
      feat: greet NAME prints Hello, NAME!
      * The name may have **several** words
      * `greet NAME` prints `Hello, NAME!`
    2 [Requirements / Commands] greet prints usage: greet NAME to stderr and exits with 2 <- [1]
      feat: greet prints usage: greet NAME to stderr and exits with 2
      * the exit code is documented
      * `greet` prints `usage: greet NAME` to stderr and exits with 2
    3 [Requirements / Commands] Write a README (needs #1) <- [1]
      docs: write a README (needs #1)
    4 [Requirements / Settings] Settings <- []
      feat: settings
      * a missing file is no error
      * an unknown key is named
    "#);
}

#[test]
fn an_openapi_document_becomes_a_task_for_each_operation() {
    let petstore = "\
openapi: 3.1.0
info: {title: Petstore, version: 1.0.0, description: A shop for pets}
paths:
  /pets:
    get:
      summary: List all pets
      tags: [pets]
      parameters:
      - {name: limit, in: query, required: false, schema: {type: integer}}
      responses:
        200: {description: A paged list of pets}
        default: {$ref: '#/components/responses/Error'}
    post:
      summary: Create a pet
      requestBody: {content: {application/json: {}}}
      responses: {'201': {description: ''}}
  /pets/{id}:
    parameters:
    - {name: id, in: path, required: true}
    get: {operationId: showPet, responses: {'200': {description: The pet}}}
";
    assert_snapshot!(outline(petstore, None), @r#"
    OpenApi "Petstore" "A shop for pets" features=3 sections=1 words=73
    1 [pets] GET /pets: List all pets <- []
      feat: GET /pets: List all pets
      * GET /pets takes the query parameter limit (optional)
      * GET /pets answers 200: A paged list of pets
      * GET /pets answers otherwise with an error (Error)
    2 [] POST /pets: Create a pet <- []
      feat: POST /pets: Create a pet
      * POST /pets takes a request body as application/json
      * POST /pets answers 201
    3 [] GET /pets/{id}: showPet <- []
      feat: GET /pets/{id}: showPet
      * GET /pets/{id} takes the path parameter id (required)
      * GET /pets/{id} answers 200: The pet
    "#);
}

#[test]
fn a_prd_as_data_becomes_tasks() {
    let json = r#"{"title": "Shop", "description": "Sells things",
      "features": [
        {"id": "F1", "name": "Cart", "description": "Add a product to the cart", "acceptance_criteria": ["total is shown", "it survives a reload"]},
        {"id": "F2", "name": "Checkout", "depends_on": ["F1"]},
        "`shop --version` prints `1.0`"],
      "epics": [{"title": "Accounts", "stories": [{"as_a": "buyer", "i_want": "to sign in", "so_that": "I see my orders"}]}]}"#;
    assert_snapshot!(outline(json, None), @r#"
    Json "Shop" "Sells things" features=4 sections=3 words=51
    1 [Features] Cart <- []
      feat: cart
      * total is shown
      * it survives a reload
    2 [Features] Checkout <- [1]
      feat: checkout
    3 [Features] shop --version prints 1.0 <- []
      feat: shop --version prints 1.0
      * `shop --version` prints `1.0`
    4 [Epics / Accounts] As a buyer, I want to sign in, so that I see my orders <- []
      feat: as a buyer, I want to sign in, so that I see my orders
    "#);
}

#[test]
fn a_prd_in_yaml_is_known_without_its_name() {
    let yaml = "title: Passwords\nrequirements:\n  - id: R1\n    title: Help\n    description: \"`pw --help` prints `usage`\"\n  \
                - id: R2\n    title: Version\n    depends_on: R1\n    acceptance_criteria:\n      - \"`pw -v` prints `1`\"\n";
    assert_snapshot!(outline(yaml, None), @r#"
    Json "Passwords" "" features=2 sections=1 words=26
    1 [Requirements] Help <- []
      feat: help
      * `pw --help` prints `usage`
    2 [Requirements] Version <- [1]
      feat: version
      * `pw -v` prints `1`
    "#);
    assert_eq!(titles("features:\n- `a` prints `b`\n- it is quick"), ["a prints b", "it is quick"]);
    assert_eq!(titles("requirements:\n- note: `a`\n  - b: [\n"), ["note: a"]);
}

#[test]
fn a_brief_is_one_task() {
    assert_snapshot!(outline("Build a tool: `greet NAME` prints `Hello, NAME!`.\n", None), @r#"
    Brief "Build a tool: greet NAME prints Hello, NAME!." "" features=1 sections=0 words=8
    1 [] Build a tool: greet NAME prints Hello, NAME!. <- []
      feat: build a tool: greet NAME prints Hello, NAME!
      * `greet NAME` prints `Hello, NAME!`
    "#);
    assert_eq!(titles("Add a dark mode"), ["Add a dark mode"]);
    assert_eq!(titles("# Add a dark mode"), ["Add a dark mode"]);
}

#[test]
fn requirements_are_found_under_the_right_headings() {
    let table: &[(&str, &[&str])] = &[
        ("- a\n- b", &["a", "b"]),
        ("# T\n* a\n+ b\n1) c\n- [x] d", &["a", "b", "c", "d"]),
        ("# T\n## Goals\n- g\n## Features\n- f", &["f"]),
        ("# T\n## Goals\n- g", &["g"]),
        ("T\n=\n\nOverview\n---\nprose\n\nNeeds\n---\n- f", &["f"]),
        ("# T\n## 2. Out of Scope\n- no\n## 🚀 Features\n- f", &["f"]),
        ("# T\n## Login\nUsers can log in.\n## Search\nUsers must search.", &["Login", "Search"]),
        ("# T\n## Login\n## Search", &["Login", "Search"]),
        ("# T\n- [Intro](#intro)\n## Intro\n- [x](http://e.org/) **bold** `code`", &["x bold code"]),
        ("---\ntitle: T\n---\n- a", &["a"]),
        ("- a\n\n  more of a\n- b\n\nprose", &["a", "b"]),
        ("<!-- - no -->\n- a\n***\n- b", &["a", "b"]),
        ("# T\n## Milestones\n- no\n## Users\n- yes", &["yes"]),
        ("# T\n```\n- no\n```\n- yes", &["yes"]),
        ("[Design] the page\nmore", &["[Design] the page"]),
    ];
    for (text, expected) in table {
        assert_eq!(titles(text), *expected, "{text}");
    }
}

#[test]
fn dependencies_are_read_and_never_form_a_circle() {
    let table: &[(&str, &[&[u32]])] = &[
        ("- a\n- b (needs: 1)\n- c after #2\n- d depends on 1 and 3", &[&[], &[1], &[2], &[1, 3]]),
        ("- a after task 2\n- b", &[&[2], &[]]),
        ("- a after #2\n- b after #1", &[&[], &[1]]),
        ("- a needs 2 retries after 5 seconds\n- b", &[&[], &[]]),
        ("- a depends on #9\n- b depends on #2", &[&[], &[]]),
        // What prose asks for comes last, so that the numbers that people gave their lists stay.
        ("# T\nIt must be fast.\n\n1. a\n2. b (needs #1)", &[&[], &[1], &[]]),
        ("- `g A` prints `A`\n- `g` exits with 2\n- `h` exits with 0", &[&[], &[1], &[]]),
        ("- `shout NAME` prints `NAME` in uppercase\n- `shout` exits with 2\n- `shout` is quick", &[&[], &[], &[2]]),
        ("- `init` creates `a.json`\n- read `a.json`\n- other", &[&[], &[1], &[]]),
        ("- The page `index.html` shows `a`\n- The page shows `b`", &[&[], &[1]]),
    ];
    for (text, expected) in table {
        assert_eq!(needs(text), *expected, "{text}");
    }
}

#[test]
fn commit_subjects_say_what_is_done() {
    let table = [
        ("Users can log in with a password.", "feat: users can log in with a password"),
        ("As a user, I want to export my data", "feat: as a user, I want to export my data"),
        ("A page for Ada", "feat: a page for Ada"),
        ("`greet NAME` prints `Hello, NAME!`", "feat: greet NAME prints Hello, NAME!"),
        ("`Greet` prints `Hello`", "feat: Greet prints Hello"),
        ("HTTP requests time out", "feat: HTTP requests time out"),
        ("README.md tells how to install", "docs: README.md tells how to install"),
        ("SearchBox has a button", "feat: SearchBox has a button"),
        ("Re-runs don't ask again", "feat: re-runs don't ask again"),
        ("Étage", "feat: étage"),
        ("Fix the crash on empty input", "fix: fix the crash on empty input"),
        ("Write a README", "docs: write a README"),
        ("Test the parser", "test: test the parser"),
        ("Tests cover the parser", "test: tests cover the parser"),
        ("Bump the dependencies", "chore: bump the dependencies"),
        ("🚀 Dark mode ✨", "feat: dark mode"),
        ("🚀", "feat: complete task 1"),
        (
            "Users of the second kind can export every page that they have ever seen or heard of",
            "feat: users of the second kind can export every page that they have…",
        ),
    ];
    for (line, expected) in table {
        let spec = parse(format!("- {line}").as_bytes(), None).unwrap();
        assert_eq!(commit_subject(&spec.tasks[0]), expected, "{line}");
    }
}

#[test]
fn what_cannot_be_read_is_explained() {
    assert_eq!(error(b"", None), "the spec is empty: write at least one sentence that says what to build");
    assert_eq!(error(" \n\t\u{feff}\u{200b}".as_bytes(), None), error(b"", None));
    assert!(error(b"a\0b", None).contains("NUL byte at position 1"));
    assert!(error(b"ab\xff", None).contains("not UTF-8 at position 2"));
    assert!(error(&vec![b'a'; MAX_BYTES + 1], None).contains("1048577 bytes, the limit is 1048576"));
    assert!(parse(&[b"- ", vec![b'a'; MAX_BYTES - 2].as_slice()].concat(), None).is_ok());
    let malformed = error(b"{\"features\": [\n  {\"a\" 1}\n]}", None);
    assert!(malformed.starts_with("malformed JSON at line 2, column 8: expected `:`"), "{malformed}");
    let malformed = error(b"openapi: 3.0.0\npaths: [\n  a: {", None);
    assert!(malformed.starts_with("malformed YAML at line "), "{malformed}");
    assert!(error("- a\n".repeat(501).as_bytes(), None).contains("states 501 requirements, the limit is 500"));
    assert_eq!(parse("- a\n".repeat(500).as_bytes(), None).unwrap().tasks.len(), 500);
    assert!(error("- a\n".repeat(200_000).as_bytes(), None).contains("the limit is 500"));
    let aims: String = (0..50_000).map(|at| format!("## Goal\nA{at} must.\n")).collect();
    assert!(error(aims.as_bytes(), None).contains("states 50000 requirements, the limit is 500"));
    assert!(error(b"{\"a\": 1}", None).contains("features, requirements"));
    assert!(error(b"openapi: 3.0.0\npaths: {}", None).contains("at least one path"));
    assert!(error(b"# T\n## Non-goals\n- no", None).contains("non-goals"));
}

#[test]
fn an_example_that_is_too_long_for_a_criterion_is_none() {
    let spec = |length: usize| parse(format!("- `a` prints `{}`", "x".repeat(length)).as_bytes(), None).unwrap();
    for (length, criteria) in [(480, 1), (490, 0)] {
        let spec = spec(length);
        assert_eq!((spec.tasks[0].examples.len(), spec.tasks[0].criteria.len()), (1, criteria), "{length}");
    }
}

#[test]
fn a_title_has_no_marks_of_lists() {
    for (text, expected) in [
        ("- `greet NAME` prints `Hello, NAME!`", "greet NAME prints Hello, NAME!"),
        ("\n2. [ ] **b**\n3. c", "b"),
        ("> - a\n> - b", "a"),
        ("## Greeter\n- a", "Greeter"),
    ] {
        assert_eq!(parse(text.as_bytes(), None).unwrap().title, expected, "{text}");
    }
}
