//! How much there is to do: the tier of a run, from its code and its spec, and the phases a tier goes through.

use protocol::runs::{Phase, Tier};

use crate::specs::Spec;

/// What the code of a project says about the tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeFacts {
    pub source_files: u32,
    /// It signs people in elsewhere, takes payments or uses a cloud's services.
    pub external_integrations: bool,
    /// It is composed of several services.
    pub microservices: bool,
}

const SOURCE_ENDINGS: [&str; 12] = ["ts", "tsx", "js", "jsx", "py", "go", "rs", "java", "rb", "php", "swift", "kt"];

/// Directories whose files others wrote or tools made.
const FOREIGN_DIRECTORIES: [&str; 12] = [
    "node_modules",
    "vendor",
    "dist",
    "build",
    "target",
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    ".next",
    "bower_components",
    ".loki",
];

const LOCK_FILES: [&str; 6] =
    ["package-lock.json", "npm-shrinkwrap.json", "composer.lock", "composer-lock.json", "deno.lock", "bun.lock"];

const INTEGRATIONS: [&str; 8] = ["oauth", "saml", "oidc", "stripe", "twilio", "aws-sdk", "@google-cloud", "azure"];

/// The facts of a tree, by its paths relative to the root with `/` between the parts. `read` gives a file's text, and is
/// asked only for JSON, TypeScript and JavaScript files until one names an integration.
pub fn code_facts<'a>(files: impl Iterator<Item = &'a str>, read: impl Fn(&str) -> Option<String>) -> CodeFacts {
    let mut facts = CodeFacts::default();
    for path in files {
        let mut parts = path.split('/').rev();
        let name = parts.next().unwrap_or_default();
        let is_foreign = parts.any(|directory| FOREIGN_DIRECTORIES.contains(&directory));
        if is_foreign || LOCK_FILES.contains(&name) {
            continue;
        }
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        facts.source_files = facts.source_files.saturating_add(u32::from(SOURCE_ENDINGS.contains(&ending)));
        facts.microservices |= path.starts_with("k8s/")
            || matches!(path, "docker-compose.yml" | "docker-compose.yaml" | "compose.yml" | "compose.yaml");
        if !facts.external_integrations && matches!(ending, "json" | "ts" | "js") {
            facts.external_integrations = read(path).is_some_and(|text| names_integration(&text));
        }
    }
    facts
}

fn names_integration(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    INTEGRATIONS.iter().any(|name| lower.contains(name))
}

/// The tier: simple where both code and spec are small and plain, complex where either is large, standard between.
pub fn tier(facts: &CodeFacts, spec: &Spec) -> Tier {
    let is_plain = !facts.external_integrations && !facts.microservices;
    let is_small_spec = spec.words < 200 && spec.features < 5 && spec.sections < 3;
    let is_large_spec = spec.words > 1_000 || spec.features > 15 || spec.sections > 10;
    if facts.source_files <= 5 && is_small_spec && is_plain {
        Tier::Simple
    } else if facts.source_files > 50 || !is_plain || is_large_spec {
        Tier::Complex
    } else {
        Tier::Standard
    }
}

/// The phases of a tier, in order.
pub fn phases(tier: Tier) -> &'static [Phase] {
    match tier {
        Tier::Simple => &[Phase::Discovery, Phase::Development, Phase::Qa],
        Tier::Standard => {
            &[Phase::Bootstrap, Phase::Discovery, Phase::Architecture, Phase::Development, Phase::Qa, Phase::Deployment]
        }
        Tier::Complex => &[
            Phase::Bootstrap,
            Phase::Discovery,
            Phase::Architecture,
            Phase::DeepenPlan,
            Phase::Infrastructure,
            Phase::Development,
            Phase::Qa,
            Phase::Deployment,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specs::SpecKind;

    fn spec(words: u32, features: u32, sections: u32) -> Spec {
        let (title, summary, text) = Default::default();
        Spec { kind: SpecKind::Prd, title, summary, tasks: Vec::new(), text, features, sections, words }
    }

    #[test]
    fn tiers_change_at_their_bounds() {
        let table = [
            (0, 199, 4, 2, Tier::Simple),
            (5, 199, 4, 2, Tier::Simple),
            (6, 199, 4, 2, Tier::Standard),
            (5, 200, 4, 2, Tier::Standard),
            (5, 199, 5, 2, Tier::Standard),
            (5, 199, 4, 3, Tier::Standard),
            (50, 1_000, 15, 10, Tier::Standard),
            (51, 10, 1, 1, Tier::Complex),
            (0, 1_001, 1, 1, Tier::Complex),
            (0, 10, 16, 1, Tier::Complex),
            (0, 10, 1, 11, Tier::Complex),
        ];
        for (source_files, words, features, sections, expected) in table {
            let facts = CodeFacts { source_files, ..CodeFacts::default() };
            assert_eq!(tier(&facts, &spec(words, features, sections)), expected, "{source_files} {words} {features} {sections}");
        }
        let integrated = CodeFacts { external_integrations: true, ..CodeFacts::default() };
        let composed = CodeFacts { microservices: true, ..CodeFacts::default() };
        assert_eq!(tier(&integrated, &spec(1, 1, 1)), Tier::Complex);
        assert_eq!(tier(&composed, &spec(1, 1, 1)), Tier::Complex);
    }

    #[test]
    fn what_others_wrote_does_not_count() {
        let files = [
            "src/main.rs",
            "web/app.tsx",
            "README.md",
            "node_modules/stripe/index.js",
            "vendor/x.go",
            "dist/a.js",
            "packages/a/build/b.js",
            "target/debug/c.rs",
            ".git/hooks/d.py",
            "package-lock.json",
        ];
        let facts = code_facts(files.into_iter(), |_| Some("uses Stripe".to_owned()));
        assert_eq!(facts, CodeFacts { source_files: 2, external_integrations: false, microservices: false });
    }

    #[test]
    fn integrations_and_services_are_found() {
        for text in ["\"stripe\": \"1\"", "passport-OAuth2", "AWS-SDK", "@google-cloud/x", "SAML"] {
            assert!(code_facts(["package.json"].into_iter(), |_| Some(text.to_owned())).external_integrations, "{text}");
        }
        assert!(!code_facts(["a.py", "package.json"].into_iter(), |_| None).external_integrations);
        for path in ["docker-compose.yml", "compose.yaml", "k8s/app.yaml"] {
            assert!(code_facts([path].into_iter(), |_| None).microservices, "{path}");
        }
        assert!(!code_facts(["docs/docker-compose.md"].into_iter(), |_| None).microservices);
    }

    #[test]
    fn tiers_have_three_six_and_eight_phases() {
        assert_eq!([Tier::Simple, Tier::Standard, Tier::Complex].map(|tier| phases(tier).len()), [3, 6, 8]);
    }
}
