//! What of prose, headings and tables is a requirement, and what is named because nothing proves it.

use super::*;

fn unproven(text: &str) -> Vec<String> {
    parse(text.as_bytes(), None).unwrap().tasks.into_iter().flat_map(|task| task.unproven).collect()
}

#[test]
fn what_no_example_proves_is_named() {
    const GREET: &str = "`greet NAME` prints `Hello, NAME!`";
    let rest = |rest: &str, line: &str| format!("{rest} (in: {line})");
    let mails = format!("{GREET} and sends an e-mail to the admin");
    let often = format!("{GREET} at most once a minute, and writes an audit log");
    let page = "The page `index.html` shows `Welcome` in a red font and plays music";
    let quiet = format!("{GREET} and exits with 0 and no output");
    let table: &[(String, Vec<String>)] = &[
        (format!("- {GREET}"), vec![]),
        (format!("- Greeting: {GREET} (needs #1)"), vec![]),
        (format!("- These commands:\n  - {GREET}"), vec![]),
        (format!("- **Greeting**\n  - {GREET}"), vec![]),
        (format!("- Greeting\n  - {GREET}"), vec![]),
        (format!("- Supports greetings\n  - {GREET}"), vec!["Supports greetings".to_owned()]),
        (format!("# T\n## Users can pay by card\nAcceptance criteria:\n- {GREET}"), vec!["Users can pay by card".to_owned()]),
        (
            format!("- It does this:\n  ```greet Ada``` is quick\n  - {GREET}\n  - it is small"),
            vec!["It does this: ```greet Ada``` is quick".to_owned(), "it is small".to_owned()],
        ),
        (format!("- It does this:\n  ~~~\n  ```\n  ~~~\n  - {GREET}\n  - it is small"), vec!["it is small".to_owned()]),
        (format!("Build a small tool: {GREET}, and exits with 0."), vec![]),
        (
            format!("- {GREET}\n  - the name is at most 20 characters long, else exit code 3"),
            vec!["the name is at most 20 characters long, else exit code 3".to_owned()],
        ),
        (format!("- {mails}"), vec![rest("sends an e-mail to the admin", &mails)]),
        (format!("- {often}"), vec![rest("at most once a minute and writes an audit log", &often)]),
        (format!("- {page}"), vec![rest("in a red font and plays music", page)]),
        (format!("- {quiet}"), vec![rest("no output", &quiet)]),
        ("- `shout NAME` prints `NAME` in uppercase".to_owned(), vec!["`shout NAME` prints `NAME` in uppercase".to_owned()]),
        ("- Users can log in".to_owned(), vec!["Users can log in".to_owned()]),
        (format!("# T\n## Needs\n- {GREET}\n## Usage\n```\n$ greet Ada\n```"), vec!["the code block under \"Usage\"".to_owned()]),
        ("# T\n## Login\nUsers can log in.".to_owned(), vec!["Users can log in.".to_owned()]),
        (format!("It sends a mail to the admin.\n\n# T\n- {GREET}"), vec!["It sends a mail to the admin.".to_owned()]),
        (
            format!("# T\n## Overview\nThe server logs each call.\n## Needs\n- {GREET}"),
            vec!["The server logs each call.".to_owned()],
        ),
        (r#"{"tasks": [{"name": "Greets", "description": "`greet` exits with 2"}]}"#.to_owned(), vec![]),
    ];
    for (text, expected) in table {
        assert_eq!(unproven(text), *expected, "{text}");
    }
    let many = "- a\n".to_owned() + &(0..300).map(|at| format!("  - b {at}\n")).collect::<String>();
    let named = unproven(&many);
    assert_eq!((named.len(), named.last().map(String::as_str)), (21, Some("280 more of its lines")));
    let named = unproven(&many.repeat(100));
    assert_eq!(named.iter().filter(|line| !line.ends_with("more of its lines")).count(), 500);
    assert_eq!(named.last().map(String::as_str), Some("299 more of its lines"));
}

#[test]
fn lines_with_numbers_and_names_of_their_own_are_requirements() {
    for (text, expected) in [
        ("1.1.1 It is small.\n1.1.2 It is quick.", &["1.1.1 It is small.", "1.1.2 It is quick."][..]),
        ("1.1 It is small.\n\n1.2) it is quick.", &["1.1 It is small.", "1.2) it is quick."]),
        ("FR-1. It is small.\n\nFR-2: It is quick.", &["FR-1. It is small.", "FR-2: It is quick."]),
        ("**REQ-001**: It is small.\n**REQ-002:** It is quick.", &["REQ-001: It is small.", "REQ-002: It is quick."]),
        ("It takes about\n2.5 liters of it.", &["It takes about"]),
        ("FR-1: Small\n- It is small.\n- It is light.", &["It is small.", "It is light."]),
    ] {
        assert_eq!(titles(text), expected, "{text}");
    }
}

#[test]
fn an_issue_asks_for_what_it_expects() {
    let issue = "### Describe the bug\nIt crashes.\n### To Reproduce\n1. Run `calc`\n### Expected behavior\n\
                 `calc` prints `no` and exits with 1.\n### Screenshots\n- none\n### Environment\n- OS: Linux\n\
                 ### Additional context\nIt worked before.\n";
    assert_eq!(titles(issue), ["Expected behavior"]);
    assert_eq!(unproven(issue), Vec::<String>::new());
}

#[test]
fn a_row_of_a_table_says_what_its_command_does() {
    let table = "# T\n| Command | Output | Exit code |\n|---|---|---|\n| `roman 4` | `IV` | 0 |\n| `roman 0` | an error | 1 |\n";
    let last = "Command | Output | Exit code: `roman 0` | an error | 1";
    assert_eq!(titles(table), ["roman 4 prints IV and exits with 0", last.replace('`', "").as_str()]);
    assert_eq!(unproven(table), [last]);
}

#[test]
fn what_a_code_block_shows_of_one_command_is_an_example() {
    let item = "- Greeting:\n  ```\n  $ greet Ada\n  Hello, Ada!\n  ```\n";
    let section = "# T\n## Greeting\n```\n$ greet Ada\nHello, Ada!\n```\n";
    for text in [item, section] {
        let tasks = parse(text.as_bytes(), None).unwrap().tasks;
        let examples: Vec<String> = tasks.iter().flat_map(|task| &task.examples).map(Example::describe).collect();
        assert_eq!(examples, ["`greet Ada` prints `Hello, Ada!`"], "{text}");
        assert_eq!(unproven(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn bodies_of_an_api_are_told_by_their_fields_and_examples() {
    let api = r##"{"openapi": "3.1.0", "paths": {"/pets": {
        "get": {"responses": {"200": {"description": "All", "content": {"application/json": {
            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}, "example": [{"id": 1}]}}}}},
        "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"},
            "examples": {"rex": {"value": {"name": "Rex"}}}}}}, "responses": {"201": {"description": "Made"}}}}},
        "components": {"schemas": {"Pet": {"required": ["name"], "properties": {"id": {}, "name": {}}}}}}"##;
    let criteria: Vec<String> = parse(api.as_bytes(), None).unwrap().tasks.into_iter().flat_map(|task| task.criteria).collect();
    assert_eq!(
        criteria,
        [
            r#"GET /pets answers 200: All, a list with id, name (required), for example [{"id":1}]"#,
            r#"POST /pets takes a request body as application/json, with id, name (required), for example {"name":"Rex"}"#,
            "POST /pets answers 201: Made",
        ]
    );
}

#[test]
fn scenarios_are_requirements_wherever_they_stand() {
    let steps = "Feature: Greeting\n  Scenario: Greet by name\n    When I run `greet Ada`\n    Then the output should be \"Hi Ada\"\n\n  \
                 Scenario: Nobody\n    Given nobody is there\n    When I run `greet`\n    Then the exit code should be 2\n";
    for text in [steps.to_owned(), format!("# Greeter\n\n```gherkin\n{steps}```\n"), format!("# Greeter\n\n{steps}")] {
        assert_eq!(titles(&text), ["Scenario: Greet by name", "Scenario: Nobody"], "{text}");
        let tasks = parse(text.as_bytes(), None).unwrap().tasks;
        let examples: Vec<String> = tasks.iter().flat_map(|task| &task.examples).map(Example::describe).collect();
        assert_eq!(examples, ["`greet Ada` prints `Hi Ada`", "`greet` exits with 2"], "{text}");
        let line = "Given nobody is there When I run `greet` Then the exit code should be 2";
        assert_eq!(unproven(&text), [format!("given nobody is there when i run (in: {line})")], "{text}");
    }
}

#[test]
fn a_background_a_rule_and_rows_belong_to_their_scenarios() {
    let count = "Scenario: Count\n  # counted\n  When I run `count`\n  Then it prints `0`\n";
    let counted = "When I run `count` Then it prints `0`";
    let table: &[(String, &[&str])] = &[
        (format!("@cli\nFeature: Notes\n@smoke @slow\n{count}"), &[]),
        (format!("# T\n```gherkin\n@smoke\n{count}```\n"), &[]),
        (format!("Feature: Notes\nBackground:\n  Given the CLI is installed\n{count}"), &[]),
        (format!("Feature: Notes\n\nRule: Only admins may delete\n{count}"), &["Rule: Only admins may delete"]),
        (
            format!("Feature: N\nRule: Reads\nBackground:\n  Given I am logged in as admin\nRule: Writes\n{count}"),
            &["Rule: Reads", "Rule: Writes"],
        ),
        (format!("Feature: Notes\n{}", count.replace("Scenario:", "Example:")), &[]),
    ];
    for (text, expected) in table {
        assert_eq!(unproven(text), *expected, "{text}");
    }
    for rule in ["", "Rule: All\n"] {
        let found = unproven(&format!("Feature: Notes\nBackground:\n  Given I am logged in as admin\n\n{rule}{count}"));
        let last = found.last().map(String::as_str).unwrap_or_default();
        assert!(last.ends_with(&format!("(in: Given I am logged in as admin {counted})")), "{found:?}");
    }
    let outline = "Feature: Sums\nScenario Outline: adds\n  When I run `add <a> <b>`\n  Then it prints `<c>`\n\n  \
                   Examples:\n    | a | b | c |\n    | 1 | 2 | 3 |\n    | 2 | 2 | 4 |\n";
    assert_eq!(titles(outline), ["Scenario: adds (1)", "Scenario: adds (2)"]);
    let tasks = parse(outline.as_bytes(), None).unwrap().tasks;
    let examples: Vec<String> = tasks.iter().flat_map(|task| &task.examples).map(Example::describe).collect();
    assert_eq!(examples, ["`add 1 2` prints `3`", "`add 2 2` prints `4`"]);
    assert_eq!(titles(&outline.replace("| 2 | 2 | 4 |", "| 2 |")), ["Scenario Outline: adds"]);
}

#[test]
fn data_loses_nothing_that_is_asked_for() {
    let table: &[(&str, &[&str])] = &[
        (r#"{"tasks": [{"name": "Greets", "criteria": {"first": "`greet` exits with 2"}}]}"#, &[]),
        (
            r#"{"features": [{"name": "Loans", "acceptance_criteria": [{"id": "1", "criterion": "A book is lent once"},
                {"given": "a book", "when": "I run `lend`", "then": ["it prints `lent`"]}]}]}"#,
            &["A book is lent once", "given a book when i run (in: given a book, when I run `lend`, then it prints `lent`)"],
        ),
        (r#"{"tasks": [{"id": "1", "statement": "Loans are counted", "priority": "high"}]}"#, &["Loans are counted"]),
        (
            r#"{"tasks": [{"title": "Loans", "summary": "Books are lent", "edge": "A book is lost for ever", "why": "We had no list"}]}"#,
            &["Books are lent", "A book is lost for ever"],
        ),
        (
            r#"{"description": "Data must stay here.", "non_goals": ["It must be pretty"], "tasks": [
                {"name": "All", "description": "Loans must be safe", "acceptance": "It is quick", "tasks": ["`lend` exits with 2"]}]}"#,
            &["Loans must be safe", "It is quick", "Data must stay here."],
        ),
        (r#"{"title": "T", "acceptance_criteria": ["It is quick"]}"#, &["It is quick"]),
    ];
    for (text, expected) in table {
        assert_eq!(unproven(text), *expected, "{text}");
    }
}

#[test]
fn names_in_data_that_are_not_known_are_requirements_or_named() {
    let tasks: &[(&str, &[&str])] = &[
        (
            r#"{"name": "J", "groups": [{"name": "G", "requirements": [{"id": "1", "text": "`j` prints `1`"}]}], "must": ["`i` prints `6`"]}"#,
            &["j prints 1", "i prints 6"],
        ),
        (
            r#"{"modules": [{"name": "M", "features": [{"text": "`j` prints `1`", "details": {"rules": ["Must encrypt"]}}]}], "features": ["a"]}"#,
            &["a", "details", "j prints 1"],
        ),
        (r#"{"groups": [{"name": "G", "groups": [{"name": "H", "tasks": ["a"]}]}]}"#, &["a"]),
        (r#"{"requirements": {"core": ["a"], "wont_have": ["b"], "later": {"title": "c"}}}"#, &["a"]),
        (
            r#"{"epics": [{"title": "A", "epics": [{"title": "B", "epics": [{"title": "C", "epics": [{"title": "D",
            "epics": [{"title": "E", "tasks": ["a"]}]}]}]}]}]}"#,
            &["a"],
        ),
    ];
    for (text, expected) in tasks {
        assert_eq!(titles(text), *expected, "{text}");
    }
    let greets = |more: &str| format!(r#"{{"features": [{{"title": "Greets", "text": "`g` prints `1`", {more}}}]}}"#);
    let criterion = |more: &str| greets(&format!(r#""acceptance_criteria": [{{"text": "`g a` prints `a`", {more}}}]"#));
    let table: &[(String, &[&str])] = &[
        (
            r#"{"features": ["`j` prints `1`"], "quality": {"performance": "p95 < 20ms"}, "version": "1", "author": "Ada"}"#
                .to_owned(),
            &["performance: p95 < 20ms"],
        ),
        (greets(r#""performance": "below 10 ms""#), &["performance: below 10 ms"]),
        (greets(r#""wont_have": ["`g b` prints `b`"], "outOfScope": "It must log", "priority": "Must have it now""#), &[]),
        (greets(r#""negative": "`g` prints `2`""#), &["negative: `g` prints `2`"]),
        (greets(r#""offline": true, "max_ms": 20"#), &["offline: true", "max_ms: 20"]),
        (greets(r#""platforms": ["Windows", "macOS"], "tags": ["a"], "created_at": "2020""#), &["platforms: Windows and macOS"]),
        (greets(r#""notes": "It must encrypt names.", "why": "We had none""#), &["It must encrypt names."]),
        (greets(r#""status": "must send a mail", "passes": false"#), &["must send a mail"]),
        (criterion(r#""limit": "answers within 5 ms", "must": "Encrypt all""#), &["answers within 5 ms", "must: Encrypt all"]),
        (criterion(r#""title": "Letters", "id": 3"#), &[]),
        (criterion(r#""exit_code": -1"#), &["exit_code: -1"]),
    ];
    for (text, expected) in table {
        let mut found = unproven(text);
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
    let ends = parse(criterion(r#""exit_code": 3, "stderr": "warning""#).as_bytes(), None).unwrap();
    let sentence = "`g a` prints `a` and prints `warning` to stderr and exits with 3".to_owned();
    assert!(ends.tasks[0].criteria.contains(&sentence), "{:?}", ends.tasks[0].criteria);
}

#[test]
fn what_an_openapi_document_says_is_named() {
    let document = |security: &str| {
        format!(
            "openapi: 3.0.0\nsecurity: [{{token: []}}]\npaths: {{/a: {{get: {{summary: A, description: It is quick{security}}}}}}}"
        )
    };
    let told = ["GET /a: A", "It is quick"];
    for (security, expected) in [
        ("", Some("GET /a requires token")),
        (", security: []", None),
        (", security: [{key: []}, {}]", None),
        (", security: [{key: []}, {id: [], token: []}]", Some("GET /a requires key or id and token")),
    ] {
        let expected: Vec<&str> = told.into_iter().chain(expected).collect();
        assert_eq!(unproven(&document(security)), expected, "{security}");
    }
}

#[test]
fn prose_that_asks_for_something_is_a_requirement() {
    let table: &[(&str, &[&str])] = &[
        (
            "# T\n\nThe greeting must be stored in a database. It is nice.\n\n## Requirements\n- a",
            &["a", "The greeting must be stored in a database."],
        ),
        ("# T\n## Security\nAll passwords are hashed with Argon2id.\n## Requirements\n- a", &["a", "Security"]),
        ("# T\n## Requirements\nIt must have these:\n\n- a\n\nEach of them is fast.", &["a", "Each of them is fast."]),
        ("# T\nA small tool.\n## Overview\nIt should be quick. It is old.\n## Needs\n- a", &["a"]),
        ("# T\n## Goals\n- fun\n- data must be safe\n## Needs\n- a", &["a", "data must be safe"]),
        ("# T\n## Purpose\nIt should be quick. It is old.\n## Needs\n- a", &["a", "It should be quick."]),
        ("# T\n## Problem\nTeams have to copy files and never know who did it.\n## Needs\n- a", &["a"]),
        ("# T\nTeams have to copy files.\n## Goals\n- nobody has to wait\n## Needs\n- a", &["a"]),
        ("# T\n## Accounts\nUsers can log in with Google.\n\n- `a` prints `b`", &["a prints b", "Users can log in with Google."]),
        ("# T\n## Background\nIt must be told.\n## Needs\n- a", &["a"]),
        ("# T\n## Needs\nAcceptance: it is fast\n- a", &["a", "it is fast"]),
        ("# T\nWe have `a`.\n\n```\nIt must be so.\n```\n- a", &["a"]),
        ("# T\nA tool that sends mails. It sends one to the admin.\n## Needs\n- a", &["a", "It sends one to the admin."]),
        ("# T\nIt was written in 2019. It is a tool for the people that log in.\n## Needs\n- a", &["a"]),
        ("# T\n## Mail\nThe program notifies the admin.\n## Needs\n- a", &["Mail", "a"]),
        (
            "# T\n## Purpose\nIt is quick, and it encrypts each name.\n## Needs\n- a",
            &["a", "It is quick, and it encrypts each name."],
        ),
        ("# T\n## Goals\n- fun\n- the server retries what failed\n## Needs\n- a", &["a", "the server retries what failed"]),
        ("# T\n## Overview\nIt sends a mail.\n## Background\nIt deletes nothing.\n## Needs\n- a", &["a"]),
        ("# T\n- a\n## The server validates each name\n## Names", &["a", "The server validates each name"]),
        ("# T\n- a\n## Encrypt each name\n## Mails are sent\n## Use cases", &["a", "Encrypt each name", "Mails are sent"]),
        ("# T\nA shop. Orders are stored in a file.\n## Needs\n- a", &["a", "Orders are stored in a file."]),
        ("# T\n## Names\nNames are hashed.\n## Needs\n- a", &["a", "Names"]),
        ("# T\n## Checkout\nThe customer receives an e-mail.\n## Needs\n- a", &["Checkout", "a"]),
        ("# T\nSend a mail on each call. Use no network.\n## Needs\n- a", &["a", "Send a mail on each call."]),
        ("# T\n## Goals\n- prevent fraud\n## Purpose\nEncrypt all.\n## Needs\n- a", &["a"]),
        ("# T\n## Overview\nInvoices are stored in a book.\n## Needs\n- a", &["a"]),
        ("# T\nA tool.\n\nAcceptance criteria:\n- it is fast\n\n## Needs\n- a", &["a", "it is fast"]),
        ("# T\n## Description\nA tool.\n### Acceptance criteria\n- it is fast\n## Needs\n- a", &["a", "it is fast"]),
        (
            "# T\nToday, it logs all.\n## Steps to reproduce\n1. no\n## Actual behaviour\nIt logs.\n## Expected\nIt saves it.",
            &["Expected"],
        ),
        ("# T\nIt must be fast.", &["It must be fast."]),
        ("# T\nIt must be fast.\n## Goals\n- fun\n- data must be safe", &["It must be fast.", "fun", "data must be safe"]),
    ];
    for (text, expected) in table {
        assert_eq!(titles(text), *expected, "{text}");
    }
}

#[test]
fn a_noun_excludes_only_where_it_is_the_whole_heading() {
    let table: &[(&str, &[&str])] = &[
        ("# Team planner\n- a", &["a"]),
        ("# FAQ bot\n- a", &["a"]),
        ("# History\n- a", &["a"]),
        ("# T\n## License command\n- a\n## History view\n- b\n## Context menu\n- c", &["a", "b", "c"]),
        ("# T\n## Risk score\n- a\n## About the command\n- b\n## Metrics endpoint\n- c", &["a", "b", "c"]),
        ("# T\n## Summary command\n- a\n## Team management\n- b\n## Context-menu\n- c", &["a", "b", "c"]),
        ("# T\n## Requirements\n### Teams\n- a\n### History\n- b\n### Non-goals\n- no", &["a", "b"]),
        ("# T\n## Future work\n- no\n## Later\n- no\n## Future\n- no\n## Needs\n- a", &["a"]),
        ("# T\n## Risks and mitigations\n- no\n## Problem statement\n- no\n## Background: why\n- no\n## Needs\n- a", &["a"]),
        ("# T\n## Executive summary\n- no\n## About this document\n- no\n## Team\n- no\n## Needs\n- a", &["a"]),
        ("# T\n## Notes\n- `c` prints `d`\n- no\n## Needs\n- a", &["a", "c prints d"]),
    ];
    for (text, expected) in table {
        assert_eq!(titles(text), *expected, "{text}");
    }
}

#[test]
fn sections_are_known_by_their_names_in_other_languages() {
    let table: &[(&str, &[&str])] = &[
        ("# T\n## Nicht-Ziele\n- no\n## 1. Hintergrund und Motivation\n- no\n## Anforderungen\n- a", &["a"]),
        ("# T\n## Hors périmètre\n- no\n## Contexte du projet\n- no\n## Exigences\n- a", &["a"]),
        ("# T\n## Fuera de alcance\n- no\n## Antecedentes\n- no\n## Requisitos\n- a", &["a"]),
        ("# T\n## Ziele\n- Spaß\n- Namen müssen kurz sein\n## Bedarf\n- a", &["a", "Namen müssen kurz sein"]),
        ("# T\n## Anforderungen\n### Risiken\n- a\n### Offene Fragen\n- no", &["a"]),
        ("# T\n## Hintergrundbild\n- a\n## Glossar-Suche\n- b\n## Risques connus\n- c", &["a", "b", "c"]),
    ];
    for (text, expected) in table {
        assert_eq!(titles(text), *expected, "{text}");
    }
    for heading in ["### Akzeptanzkriterien", "**Critères d’acceptation :**", "Criterios de aceptación:"] {
        let spec = parse(format!("# T\n## Gruß\nUsers can greet.\n\n{heading}\n- it is fast").as_bytes(), None).unwrap();
        assert_eq!((spec.tasks.len(), spec.tasks[0].criteria.as_slice()), (1, ["it is fast".to_owned()].as_slice()), "{heading}");
    }
}

#[test]
fn examples_outside_of_lists_are_requirements() {
    let calc = "| Command | Output |\n|---|:-:|\n| `calc add 2 3` | `6` |\n| `calc div 1 0` | error, exit code 1 |\n";
    let table: &[(String, &[&str])] = &[
        (
            format!("# T\n{calc}\n1. `calc sub 9 4` prints `5`"),
            &["calc sub 9 4 prints 5", "calc add 2 3 prints 6", "calc div 1 0 | error, exit code 1"],
        ),
        (format!("# T\n{calc}"), &["calc add 2 3 prints 6", "calc div 1 0 | error, exit code 1"]),
        ("# T\n| `b` prints `a\\|b` |\n|---|\n- a".to_owned(), &["a", "b prints a|b"]),
        ("# T\n| Author | Ada |\n|---|---|\n| Status | draft |\n\n- a".to_owned(), &["a"]),
        ("# T\n- a\n### `greet NAME` prints `Hello`\n### Others".to_owned(), &["a", "greet NAME prints Hello"]),
        ("# T\n### `greet NAME` prints `Hello`\nSome text.\n\n- a".to_owned(), &["a", "greet NAME prints Hello"]),
        (
            "# T\n- a\n## The server must log\n## Things that must hold\n### One\n- b".to_owned(),
            &["a", "b", "The server must log"],
        ),
        (
            "# T\n\nThe command `shout` prints its arguments in capitals. It is nice.\n\n## Commands\n- a".to_owned(),
            &["a", "The command shout prints its arguments in capitals."],
        ),
        ("# T\nRunning `greet` alone prints `who?` loudly.\n\n- a".to_owned(), &["a", "Running greet alone prints who? loudly."]),
        ("# T\n## Purpose\nIt reads `data.csv` and needs no server.\n## Needs\n- a".to_owned(), &["a"]),
    ];
    for (text, expected) in table {
        assert_eq!(titles(text), *expected, "{text}");
    }
}

#[test]
fn what_reads_like_a_requirement_and_is_none_is_named() {
    const GREET: &str = "`greet NAME` prints `Hello, NAME!`";
    let table = [
        ("## History\n- `history` prints `none`\n- long ago", vec!["`history` prints `none`"]),
        ("## Overview\nA tool. `bye` prints `Bye`. It is old.", vec!["`bye` prints `Bye`."]),
        (
            "## Overview\nThe tool must log every call to /var/log/bye.log. It should be quick.",
            vec!["The tool must log every call to /var/log/bye.log."],
        ),
        ("## Summary\n- It should log every call and notify Slack.\n- old", vec!["It should log every call and notify Slack."]),
        ("## Overview\nAll calls must be written to the audit log.", vec!["All calls must be written to the audit log."]),
        ("## Overview\nEvery call is logged to /var/log/bye.log.", vec!["Every call is logged to /var/log/bye.log."]),
        ("## Overview\nInvoices are stored in a book.", vec![]),
        ("## Team\n- Members must be listed\n- Ada", vec!["Members must be listed"]),
        ("## Non-goals\n- `bye` prints `Bye`\n- it must be so", vec![]),
        ("## Background\n- `greet NAME` prints `Hello, NAME!`", vec![]),
        ("## Background\nIt is old. Names must be short. It was slow.", vec!["Names must be short."]),
        ("## Hintergrund\nEs ist alt. Namen müssen kurz sein.", vec!["Namen müssen kurz sein."]),
        ("## Overview\nNames must be short.", vec!["Names must be short."]),
        ("## Data\n| Field | Type |\n|---|---|\n| id | number |", vec!["the table under \"Data\""]),
        ("## More\n```\n$ greet Bob\nHello\n```", vec!["the code block under \"More\""]),
        ("## More\n- `a` exits with 0\n  ```\n  $ a\n  ```", vec!["the code block under \"a exits with 0\""]),
        ("## More\n```\ngreet Bob\n```\n- `a` exits with 0", vec![]),
    ];
    for (text, expected) in table {
        assert_eq!(unproven(&format!("# T\n## Needs\n- {GREET}\n{text}")), expected, "{text}");
    }
    assert_eq!(unproven(&format!("# T\n```\n$ greet Bob\n```\n- {GREET}")), ["the code block under \"T\""]);
}

#[test]
fn each_sentence_under_a_heading_of_requirements_is_named() {
    const GREET: &str = "`greet NAME` prints `Hello, NAME!`";
    for (said, expected) in [
        ("Works offline. Under 10 ms.", &["Works offline.", "Under 10 ms."][..]),
        ("Windows and Linux only.\nColours off by default.", &["Windows and Linux only.", "Colours off by default."]),
        ("The following holds. It has these commands:", &[]),
    ] {
        assert_eq!(unproven(&format!("# T\n## Requirements\n{said}\n\n- {GREET}")), expected, "{said}");
        assert_eq!(unproven(&format!("# T\n{said}\n\n- {GREET}")), Vec::<String>::new(), "{said}");
    }
}

#[test]
fn manuals_and_the_project_are_no_requirements() {
    const GREET: &str = "`greet NAME` prints `Hello, NAME!`";
    for section in [
        "## Installation\n1. Download the binary\n2. Run `make install`",
        "## Code of Conduct\nEveryone must be kind.",
        "## Support\nMails are answered within a day.",
        "### Troubleshooting\n- Restart it",
        "## Contributing\nEvery commit must be signed.",
        "## License\nMIT. It must stand in all copies.",
        "## Changelog\n- 1.1: `greet` prints `Hey`",
        "## Workaround\n`greet2 Ada` prints `Hello`",
        "## Lizenz\nMIT",
        "## Dépannage\n- Redémarrer",
        "## Instalación\n1. Descargar",
        "## Journal des modifications\n- 1.1: `greet` prints `Hey`",
    ] {
        let text = format!("# T\n## Needs\n- {GREET}\n{section}");
        assert_eq!(titles(&text), ["greet NAME prints Hello, NAME!"], "{section}");
        assert_eq!(unproven(&text), Vec::<String>::new(), "{section}");
    }
    assert_eq!(titles("# T\n## Support for mails\n- a\n## License command\n- b"), ["a", "b"]);
}

#[test]
fn what_is_struck_through_is_withdrawn() {
    let table: &[(&str, &[&str])] = &[
        ("- a\n- ~~It sends a mail~~\n- ~~`bye --old` prints `old`~~", &["a"]),
        ("- a\n- [ ] ~~b~~\n1. **~~c~~**.\n\n~~It must be fast.~~", &["a"]),
        ("- a ~~and b~~\n- c ~~d~~ e", &["a", "c e"]),
        ("- a\n- `b ~~c~~ d`\n- ``~~e~~ ` ``", &["a", "b ~~c~~ d", "~~e~~"]),
        ("- a\n- ~~b\n- c ~~ d ~~ e\n- \\~~f~~", &["a", "~~b", "c ~~ d ~~ e", "\\~~f~~"]),
        ("~~~\n- no\n~~~\n- a", &["a"]),
        ("# T\n## ~~Mail~~\n- It sends a mail\n## Needs\n- a", &["a"]),
    ];
    for (text, expected) in table {
        assert_eq!(titles(text), *expected, "{text}");
    }
    let text = "- `greet NAME` prints `Hello, NAME!` ~~and sends a mail~~\n- ~~It logs each call~~\n  - ~~to a file~~";
    assert_eq!(unproven(text), Vec::<String>::new());
    let rows = "# T\n| Command | Output |\n|---|---|\n| ~~`a`~~ | ~~`b`~~ |\n\n- a";
    assert_eq!(titles(rows), ["a"]);
}
