//! How findings become a verification.

use super::*;

#[test]
fn settings_that_cannot_be_used_stay_visible_beside_the_linter() {
    let config = || config::parse("{\"x\": 1}").unwrap_err().finding();
    let merged = |lint: Finding| with_config(lint, Some(config()));
    let passed = Finding::passed("cargo clippy: done");
    assert_eq!(with_config(passed.clone(), None), passed);
    for lint in [passed, Finding::not_applicable("The project has none")] {
        let finding = merged(lint);
        assert_eq!(finding.verdict, GateVerdict::Inconclusive);
        assert_eq!(finding.summary, config().summary);
        assert_eq!(finding.hints, Vec::<String>::new());
    }
    let failed = merged(Finding::failed("cargo clippy: exited with 1").with_evidence("warning").with_hints(["Fix it"]));
    assert_eq!((failed.verdict, failed.hints.as_slice()), (GateVerdict::Failed, ["Fix it".to_owned()].as_slice()));
    assert!(failed.evidence.contains(config::PATH) && failed.evidence.ends_with("warning"), "{}", failed.evidence);
}

#[test]
fn settings_that_cannot_be_used_are_nothing_for_the_agent_to_mend() {
    let mut judged = Judged {
        iteration: 1,
        config: Config::default(),
        masks: Masks::default(),
        findings: Vec::new(),
        gates: Vec::new(),
        unchanged: false,
    };
    let config = config::parse("[]").unwrap_err().finding();
    judged.add(GateName::Lint, with_config(Finding::passed("done"), Some(config)), Instant::now());
    let verification = judged.verification(Vec::new());
    assert!(!verification.wanting && verification.findings.is_empty());
    assert_eq!(verification.gates.len(), 1);
}
