//! Findings on their way to the next prompt.

use protocol::runs::GateVerdict::{Failed, Inconclusive, NotApplicable, Passed};

use super::*;

#[test]
fn names_are_stable_and_unique() {
    assert_eq!(
        GateName::ALL.map(GateName::as_str),
        ["diff", "scope", "secrets", "test_integrity", "build", "lint", "tests", "coverage", "acceptance"]
    );
    for name in GateName::ALL {
        assert_eq!(GateName::named(name.as_str()), Some(name));
    }
    assert_eq!(GateName::named("Tests"), None);
}

#[test]
fn the_next_prompt_is_told_what_failed_first() {
    let told = findings_text(&[
        (GateName::Diff, Finding::passed("fine").with_hints(["never said"])),
        (GateName::Lint, Finding::inconclusive("no linter")),
        (GateName::Build, Finding::not_applicable("nothing to build")),
        (GateName::Tests, Finding::failed("1 of 2 tests failed").with_hints(["This test fails: a", "This test fails: b"])),
        (GateName::Scope, Finding::failed("out of scope")),
    ]);

    assert_eq!(told, ["tests: This test fails: a", "tests: This test fails: b", "scope: out of scope", "lint: no linter"]);
}

#[test]
fn what_is_told_is_short_and_without_secrets() {
    let key = format!("gh{}{}", "p_", "a8Xk2Lq9Zt4Wm7Bv1Nc6Ry3Hd5Gj0PfEsUoA");
    let long = format!("{} {key}\n{}", "x", "y".repeat(1000));
    let finding =
        Finding::failed(&long).with_evidence(&format!("{long}{}", "z\n".repeat(20_000))).with_hints(vec![long.clone(); 30]);
    let findings = vec![(GateName::Secrets, finding.clone()), (GateName::Tests, finding.clone())];

    let told = findings_text(&findings);

    assert_eq!(told.len(), MAX_TOLD);
    assert!(told.iter().all(|line| line.chars().count() <= MAX_TOLD_CHARS && !line.contains(&key) && !line.contains('\n')));
    assert!(finding.evidence.len() <= MAX_EVIDENCE && !finding.evidence.contains(&key));
    assert!(!finding.summary.contains(&key) && !finding.summary.contains('\n'));
}

#[test]
fn of_several_findings_the_worst_counts() {
    let cases: [(&[Finding], _, &str); 4] = [
        (&[], NotApplicable, "Nothing to check"),
        (&[Finding::passed("a"), Finding::passed("b")], Passed, "a; b"),
        (&[Finding::passed("a"), Finding::inconclusive("b")], Inconclusive, "b"),
        (&[Finding::inconclusive("a"), Finding::failed("b"), Finding::passed("c")], Failed, "b"),
    ];
    for (findings, verdict, summary) in cases {
        let worst = worst(findings.to_vec());
        assert_eq!((worst.verdict, worst.summary.as_str()), (verdict, summary));
    }
}
