//! What the architecture promises, as far as a machine can see it.
#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]
#![expect(clippy::disallowed_methods, reason = "tests start real processes")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use migration::{Migrator, MigratorTrait as _};
use serde_json::Value;

/// The longest source file, in lines.
const LONGEST: usize = 600;

/// Who may use whom of our own crates. Adapters see `domain` and `protocol` alone, never each other.
const EDGES: [(&str, &[&str]); 16] = [
    ("app", &["protocol", "domain", "services"]),
    ("demo_agent", &["domain"]),
    ("domain", &["protocol"]),
    ("engine", &["domain", "files", "protocol", "services", "store"]),
    ("files", &[]),
    ("frontend", &["app"]),
    ("git", &["domain", "files", "protocol"]),
    ("mail", &["domain"]),
    ("migration", &[]),
    ("protocol", &[]),
    ("providers", &["domain", "protocol"]),
    ("sandbox", &["domain", "files"]),
    (
        "server",
        &["app", "demo_agent", "domain", "engine", "git", "mail", "protocol", "providers", "sandbox", "services", "store"],
    ),
    ("services", &["domain", "files", "protocol", "store"]),
    ("store", &["domain", "migration", "protocol"]),
    ("tests", &["domain", "files", "protocol", "store"]),
];

/// Crates that one crate of ours alone may know: the database's, HTTP's, mail's.
const RESERVED: [(&str, &[&str]); 4] = [
    ("sea-orm", &["store"]),
    ("axum", &["server", "app", "tests"]),
    ("sea-orm-migration", &["migration"]),
    ("lettre", &["mail"]),
];

/// Where code may differ between the server's and the browser's half.
const FEATURES: [&str; 3] = ["app/src/server_fns", "app/src/browser", "crates/protocol/src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Our crates as cargo sees them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// What the workspace offers its members, one a line.
fn offered() -> String {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[workspace.dependencies]").unwrap();
    rest.split("\n[").next().unwrap().to_owned()
}

/// What a package needs to be built; what its tests need besides is left out.
fn dependencies(package: &Value) -> Vec<&Value> {
    package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].as_str() != Some("dev")).collect()
}

/// Every source file of ours, by its path from the root.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for top in ["app", "crates", "frontend", "migration", "server", "tests"] {
        collect(&root().join(top), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() && entry.file_name() != "target" {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn crates_use_only_those_that_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.into();
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "every crate has its row");
    let mut wrong = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        for dependency in dependencies(package) {
            let used = dependency["name"].as_str().unwrap();
            if ours.contains(used) && !allowed[name].contains(&used) {
                wrong.push(format!("{name} uses {used}"));
            }
            let is_reserved = RESERVED.iter().any(|(reserved, to)| *reserved == used && !to.contains(&name));
            if is_reserved {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn in_the_browser_the_interface_knows_the_wire_and_nothing_else_of_ours() {
    let packages = packages();
    let app = packages.iter().find(|package| package["name"] == "app").unwrap();
    for dependency in dependencies(app) {
        let name = dependency["name"].as_str().unwrap();
        if matches!(name, "domain" | "services" | "axum" | "leptos_axum" | "tokio") {
            assert_eq!(dependency["optional"], true, "{name} belongs to the feature ssr");
        }
    }
    let hydrate = serde_json::to_string(&app["features"]["hydrate"]).unwrap();
    for name in ["services", "domain", "axum"] {
        assert!(!hydrate.contains(name), "{hydrate}");
    }
}

#[test]
fn every_source_file_says_what_it_is_for_and_is_of_a_readable_size() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//! ") {
            wrong.push(format!("{path} does not open with a `//!` sentence"));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{path} has {lines} lines"));
        }
        if path.ends_with("/mod.rs") {
            wrong.push(format!("{path}: the file lies beside its folder, under the module's name"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_asks_the_database_says_what_comes_of_it() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("crates/store/src/")) {
        let lines: Vec<&str> = text.lines().map(str::trim_start).filter(|line| !line.starts_with("#[")).collect();
        for pair in lines.windows(2) {
            let is_offered = pair[1].starts_with("pub fn ") || pair[1].starts_with("pub async fn ");
            if is_offered && !pair[0].starts_with("///") {
                wrong.push(format!("{path}: {}", pair[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "without a document: {wrong:#?}");
}

#[test]
fn features_decide_only_where_both_halves_meet() {
    let feature = concat!("feature", " = ");
    // Tests of pages are the server's.
    let decides = |line: &str| line.contains("cfg") && line.contains(feature) && !line.contains("cfg(all(test, ");
    let may = |path: &str| FEATURES.iter().any(|place| path.starts_with(place));
    let wrong: Vec<String> =
        sources().into_iter().filter(|(path, text)| !may(path) && text.lines().any(decides)).map(|(path, _)| path).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_left_to_do_has_an_issue() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let Some((_, comment)) = line.split_once("//") else { continue };
            let marked = words.iter().find_map(|word| comment.split_once(word)).map(|(_, rest)| rest);
            if marked.is_some_and(|rest| !rest.starts_with("(#")) {
                wrong.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tests_are_named_by_the_fact_that_they_state() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for pair in lines.windows(2) {
            let is_test = matches!(pair[0], "#[test]" | "#[tokio::test]");
            if is_test && pair[1].trim_start_matches("async ").starts_with(concat!("fn test", "_")) {
                wrong.push(format!("{path}: {}", pair[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_dependency_has_its_why() {
    let section = offered();
    let mut group = String::new();
    let mut wrong = Vec::new();
    for line in section.lines().map(str::trim) {
        match line.strip_prefix('#') {
            Some(heading) => heading.trim().clone_into(&mut group),
            // Our own need no reason; others have it behind them or in the heading above them.
            None if !line.is_empty() && !line.contains("path = ") && !line.contains('#') && !explains(&group, line) => {
                wrong.push(line.to_owned());
            }
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!section.contains("{ git = ") && !section.contains(", git = "), "versions come from the registry alone");
}

#[test]
fn every_dependency_has_somebody_who_uses_it() {
    let packages = packages();
    let all = packages.iter().flat_map(|package| package["dependencies"].as_array().unwrap());
    let used: BTreeSet<&str> = all.map(|dependency| dependency["name"].as_str().unwrap()).collect();
    let section = offered();
    let names = section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let unused: Vec<&str> = names.map(|(name, _)| name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// Headings of groups that say enough for each of their lines.
fn explains(group: &str, line: &str) -> bool {
    match group {
        "the database" => line.starts_with("sea-orm"),
        "the interface" => ["leptos", "any_spawner", "web-sys", "js-sys"].iter().any(|name| line.starts_with(name)),
        "tests" => line.starts_with("insta") || line.starts_with("tempfile"),
        "the edge" => line.starts_with("tower =") || line.starts_with("tracing-subscriber"),
        _ => false,
    }
}

#[test]
fn every_crate_takes_versions_and_lints_from_the_workspace() {
    for package in packages() {
        let path = package["manifest_path"].as_str().unwrap();
        let manifest = fs::read_to_string(path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path}");
        for line in manifest.lines() {
            let has_own =
                line.starts_with(|first: char| first.is_ascii_lowercase()) && line.contains("= \"") && line.contains("version");
            assert!(!has_own || line.starts_with("rust-version"), "{path}: {line}");
        }
    }
}

#[test]
fn every_schema_change_has_a_way_back_and_is_listed() {
    let folder = root().join("migration/src");
    let list = fs::read_to_string(folder.join("lib.rs")).unwrap();
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(module) = name.strip_suffix(".rs").filter(|name| name.starts_with('m')) else { continue };
        let text = fs::read_to_string(entry.path()).unwrap();
        assert!(text.contains("async fn up(") && text.contains("async fn down("), "{name}");
        assert!(list.contains(&format!("Box::new({module}::Migration)")), "{name} is not listed");
        count += 1;
    }
    assert_eq!(count, Migrator::migrations().len());
}

#[test]
fn every_requirement_of_the_asvs_has_a_test_or_a_reason() {
    let text = fs::read_to_string(root().join("docs/asvs.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id,level,requirement,state,test or reason"));
    let (mut levels, mut seen, mut wrong) = (BTreeMap::<String, usize>::new(), BTreeSet::new(), Vec::new());
    for line in lines {
        let fields = csv_fields(line);
        let [id, level, words, state, proof] = fields.as_slice() else { panic!("not five fields: {line}") };
        *levels.entry(level.clone()).or_default() += 1;
        assert!(seen.insert(id.clone()), "{id} stands there twice");
        match state.as_str() {
            "tested" => {
                wrong.extend(proof.split("; ").filter(|test| !is_a_test(test)).map(|test| format!("{id}: {test} is no test")));
            }
            "by design" | "does not apply" if proof.len() >= 10 && !words.is_empty() => {}
            _ => wrong.push(format!("{id}: {state:?} with {proof:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Version 5.0.0 has so many of the first and the second level.
    assert_eq!(levels, BTreeMap::from([("1".to_owned(), 70), ("2".to_owned(), 183)]));
}

/// A line of RFC 4180 without line ends in its fields.
fn csv_fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => fields.last_mut().unwrap().push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            letter => fields.last_mut().unwrap().push(letter),
        }
    }
    fields
}

/// `tests/api/roles.rs:name_of_the_test`, or a file of browser tests with the title of one.
fn is_a_test(named: &str) -> bool {
    let Some((path, name)) = named.split_once(':') else { return false };
    let Ok(text) = fs::read_to_string(root().join(path)) else { return false };
    if path.ends_with(".spec.ts") {
        text.contains(&format!("test('{name}'"))
    } else {
        text.contains(&format!("fn {name}(")) && text.contains("test]")
    }
}
