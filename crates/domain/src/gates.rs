//! Gates: what a run's work is held to before it counts, as rules over facts that somebody else gathered.

pub mod acceptance;
pub mod checks;
pub mod config;
pub mod coverage;
pub mod diff;
pub mod outcomes;
pub mod scope;
pub mod secrets;
pub mod test_integrity;

#[cfg(test)]
mod tests;
mod text;

use protocol::runs::{Gate, GateVerdict};

use crate::vault::Masks;

/// The most bytes of evidence that a finding keeps.
pub const MAX_EVIDENCE: usize = 8 * 1024;

/// The most findings that the next prompt is told.
pub const MAX_TOLD: usize = 12;

/// The most characters of one of them.
pub const MAX_TOLD_CHARS: usize = 300;

const MAX_SUMMARY: usize = 200;
const MAX_HINTS: usize = 10;

/// A gate, in the order in which they are judged: the cheap ones first, so that a failing one need not wait for the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GateName {
    Diff,
    Scope,
    Secrets,
    TestIntegrity,
    Build,
    Lint,
    Tests,
    /// Judged only where the team set a threshold.
    Coverage,
    Acceptance,
}

impl GateName {
    pub const ALL: [Self; 9] = [
        Self::Diff,
        Self::Scope,
        Self::Secrets,
        Self::TestIntegrity,
        Self::Build,
        Self::Lint,
        Self::Tests,
        Self::Coverage,
        Self::Acceptance,
    ];

    /// The stable name, as in `protocol::runs::Gate`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Diff => "diff",
            Self::Scope => "scope",
            Self::Secrets => "secrets",
            Self::TestIntegrity => "test_integrity",
            Self::Build => "build",
            Self::Lint => "lint",
            Self::Tests => "tests",
            Self::Coverage => "coverage",
            Self::Acceptance => "acceptance",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Diff => "Work done",
            Self::Scope => "Scope",
            Self::Secrets => "Secrets in diff",
            Self::TestIntegrity => "Test integrity",
            Self::Build => "Build",
            Self::Lint => "Lint",
            Self::Tests => "Tests",
            Self::Coverage => "Coverage",
            Self::Acceptance => "Acceptance",
        }
    }

    /// The gate of that stable name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gate| gate.as_str() == name)
    }

    /// What it holds the work to, in words.
    pub fn criterion(self) -> &'static str {
        match self {
            Self::Diff => "Something was really changed",
            Self::Scope => "Only files of the project itself were changed, in a size that can be reviewed",
            Self::Secrets => "No keys, passwords or private files were added",
            Self::TestIntegrity => "No test was deleted, skipped, emptied or made unable to fail",
            Self::Build => "The project builds",
            Self::Lint => "The project's own linter is content",
            Self::Tests => "The project's own tests ran and passed",
            Self::Coverage => "The tests reach as much of the code as the team asks for",
            Self::Acceptance => "The examples of the requirement hold when they are carried out",
        }
    }

    /// Whether a failure keeps the work from being committed, unless the team's configuration makes the gate advisory.
    pub fn blocking(self) -> bool {
        match self {
            Self::Diff
            | Self::Scope
            | Self::Secrets
            | Self::TestIntegrity
            | Self::Build
            | Self::Lint
            | Self::Tests
            | Self::Coverage
            | Self::Acceptance => true,
        }
    }

    /// Whether a team may turn it off or make it advisory. What protects the team itself stays.
    pub fn is_optional(self) -> bool {
        !matches!(self, Self::Diff | Self::Scope | Self::Secrets)
    }
}

/// What a gate saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub verdict: GateVerdict,
    /// One line.
    pub summary: String,
    /// At most 8 KiB, without secrets and terminal escapes.
    pub evidence: String,
    /// What the agent is told to do, one line each.
    pub hints: Vec<String>,
}

impl Finding {
    pub fn passed(summary: &str) -> Self {
        Self::new(GateVerdict::Passed, summary)
    }

    pub fn failed(summary: &str) -> Self {
        Self::new(GateVerdict::Failed, summary)
    }

    pub fn inconclusive(summary: &str) -> Self {
        Self::new(GateVerdict::Inconclusive, summary)
    }

    pub fn not_applicable(summary: &str) -> Self {
        Self::new(GateVerdict::NotApplicable, summary)
    }

    /// The outcome with evidence, which is cleaned and cut in the middle when it is too long.
    #[must_use]
    pub fn with_evidence(mut self, evidence: &str) -> Self {
        self.evidence = text::cut_middle(&secrets::mask(&text::plain(evidence)), MAX_EVIDENCE);
        self
    }

    /// The outcome with hints, at most ten, each made one line.
    #[must_use]
    pub fn with_hints<H: AsRef<str>>(mut self, hints: impl IntoIterator<Item = H>) -> Self {
        let lines = hints.into_iter().map(|hint| text::one_line(&secrets::mask(hint.as_ref()), MAX_TOLD_CHARS));
        self.hints = lines.take(MAX_HINTS).collect();
        self
    }

    /// The outcome without what `masks` knows.
    #[must_use]
    pub fn masked(self, masks: &Masks) -> Self {
        if masks.is_empty() {
            return self;
        }
        Self {
            verdict: self.verdict,
            summary: masks.mask(self.summary),
            evidence: masks.mask(self.evidence),
            hints: self.hints.into_iter().map(|hint| masks.mask(hint)).collect(),
        }
    }

    /// The finding as it is stored and shown.
    pub fn into_gate(self, name: GateName, iteration: u32, blocking: bool, duration_ms: u64) -> Gate {
        Gate {
            iteration,
            name: name.as_str().to_owned(),
            criterion: name.criterion().to_owned(),
            verdict: self.verdict,
            blocking,
            summary: self.summary,
            evidence: self.evidence,
            duration_ms,
            cost_usd: 0.0,
        }
    }

    fn new(verdict: GateVerdict, summary: &str) -> Self {
        let summary = text::one_line(&secrets::mask(summary), MAX_SUMMARY);
        Self { verdict, summary, evidence: String::new(), hints: Vec::new() }
    }
}

/// What the next prompt is told: one item for each hint of a failed gate, or its summary where it has none; then what the
/// inconclusive ones ask for. At most twelve items of at most 300 characters, secrets masked.
pub fn findings_text(findings: &[(GateName, Finding)]) -> Vec<String> {
    let of = |verdict| findings.iter().filter(move |(_, finding)| finding.verdict == verdict);
    let open = of(GateVerdict::Failed).chain(of(GateVerdict::Inconclusive));
    let items = open.flat_map(|(name, finding)| {
        let lines = if finding.hints.is_empty() { std::slice::from_ref(&finding.summary) } else { &finding.hints };
        lines.iter().map(|line| text::one_line(&secrets::mask(&format!("{}: {line}", name.as_str())), MAX_TOLD_CHARS))
    });
    items.take(MAX_TOLD).collect()
}

/// The smallest and the worst of several findings of one gate: failed before inconclusive before passed; of none, not
/// applicable. Evidence and hints of those that share the worst verdict are joined.
pub fn worst(findings: Vec<Finding>) -> Finding {
    let Some(verdict) = findings.iter().map(|finding| finding.verdict).max_by_key(|verdict| severity(*verdict)) else {
        return Finding::not_applicable("Nothing to check");
    };

    let (same, rest): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| finding.verdict == verdict);
    let join = |part: fn(&Finding) -> &str, between: &str| {
        let parts: Vec<&str> = same.iter().map(part).filter(|part| !part.is_empty()).collect();
        parts.join(between)
    };
    let mut joined = Finding::new(verdict, &join(|finding| finding.summary.as_str(), "; "));
    joined.evidence = text::cut_middle(&join(|finding| finding.evidence.as_str(), "\n\n"), MAX_EVIDENCE);
    let hints = same.iter().chain(&rest).flat_map(|finding| finding.hints.iter());
    joined.with_hints(hints)
}

fn severity(verdict: GateVerdict) -> u8 {
    match verdict {
        GateVerdict::NotApplicable => 0,
        GateVerdict::Passed => 1,
        GateVerdict::Inconclusive => 2,
        GateVerdict::Failed => 3,
    }
}
