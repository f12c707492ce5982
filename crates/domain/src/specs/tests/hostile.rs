//! Texts that mean harm.

use super::*;

#[test]
fn documents_that_expand_are_refused() {
    let mut laughs = "openapi: 3.0.0\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let _ = writeln!(laughs, "a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 10].join(","));
    }
    assert!(error(laughs.as_bytes(), None).contains("too big when it is expanded"));
    let mut wide = format!("openapi: 3.0.0\na: &a [{}]\nb:\n", "x,".repeat(100_000));
    wide.push_str(&"- *a\n".repeat(100_000));
    assert!(error(wide.as_bytes(), None).contains("too big when it is expanded"));
    assert!(error("[".repeat(100_000).as_bytes(), Some("a.json")).contains("nested too deeply"));
    assert!(error(format!("openapi: {}", "[".repeat(100_000)).as_bytes(), None).contains("YAML"));
    assert!(error("{\"features\":".repeat(1_000).as_bytes(), None).contains("nested too deeply"));
}

/// What specs are made of, and what they should not be made of.
const PIECES: &[&str] = &[
    "#",
    "## ",
    "- ",
    "* ",
    "1. ",
    "\n",
    "\n\n",
    "  ",
    "\t",
    "```",
    "~~~",
    "---\n",
    "===\n",
    "`a`",
    " prints ",
    "[",
    "](",
    ")",
    "![",
    "<!--",
    "-->",
    "Acceptance:",
    "**",
    "é",
    "😀",
    "\u{202e}",
    "\r",
    "|",
    ":",
    "{",
    "}",
    "\"",
    "openapi:",
    "Non-goals",
    "after #1",
    "(needs: 2)",
    "a.txt",
    "`g NAME` prints `NAME`",
];

#[test]
fn hostile_texts_never_panic_and_titles_stay_short() {
    let long = "x".repeat(300);
    let pieces: Vec<&str> = PIECES.iter().copied().chain([long.as_str()]).collect();
    let mut state = 99_u64;
    for round in 0..6_000 {
        let mut text = String::new();
        for _ in 0..=(round % 60) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[usize::try_from(state >> 33).unwrap() % pieces.len()]);
        }
        for hint in [None, Some("a.yaml"), Some("a.json")] {
            let Ok(spec) = parse(text.as_bytes(), hint) else { continue };
            for task in &spec.tasks {
                assert!(
                    task.title.chars().count() <= MAX_TITLE && !task.title.is_empty() && !task.title.contains(char::is_control)
                );
                let subject = commit_subject(task);
                assert!(subject.chars().count() <= 72, "{subject}");
                assert!(!subject.contains(char::is_control) && !subject.contains('😀') && !subject.ends_with(' '), "{subject}");
            }
        }
    }
    for deep in [
        "> ".repeat(100_000),
        "  - a\n".repeat(400),
        format!("- {}", "`".repeat(100_000)),
        "](".repeat(200_000),
        "[a](".repeat(100_000),
    ] {
        let _ = parse(deep.as_bytes(), None);
    }
}
