//! What a heading, a label or a paragraph says about the text under it.

use super::super::prose;

/// What stands under a heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    Requirements,
    /// Aims: requirements only where nothing else states any, but for what insists on being done.
    Context,
    /// Descriptions of what there is: requirements only where nothing else states any.
    Told,
    /// What is not to be built, or only explains.
    Ignored,
}

impl Role {
    /// The role of a heading below one with this role.
    pub(super) fn under(self, below: Self) -> Self {
        match (self, below) {
            (Self::Ignored, _) | (_, Self::Ignored) => Self::Ignored,
            (Self::Told, _) | (_, Self::Told) => Self::Told,
            (Self::Context, _) | (_, Self::Context) => Self::Context,
            _ => Self::Requirements,
        }
    }

    /// Whether what stands there is a requirement only where nothing else states any.
    pub(super) fn is_context(self) -> bool {
        matches!(self, Self::Context | Self::Told)
    }
}

const IGNORED: [&str; 46] = [
    "non-goal",
    "non goal",
    "nongoal",
    "out of scope",
    "out-of-scope",
    "not in scope",
    "won't",
    "will not",
    "background",
    "glossary",
    "definitions",
    "terminology",
    "references",
    "further reading",
    "open question",
    "risks",
    "risk",
    "appendix",
    "changelog",
    "history",
    "revision",
    "stakeholder",
    "persona",
    "target user",
    "target audience",
    "audience",
    "timeline",
    "milestone",
    "success metric",
    "metrics",
    "kpi",
    "future",
    "later",
    "table of contents",
    "contents",
    "tech stack",
    "technical stack",
    "technology",
    "stack",
    "team",
    "assumption",
    "competitor",
    "market",
    "pricing",
    "faq",
    "license",
];

const TOLD: [&str; 6] = ["overview", "about", "context", "motivation", "summary", "problem"];

const CONTEXT: [&str; 10] =
    ["introduction", "intro", "purpose", "vision", "goal", "objective", "description", "executive", "mission", "notes"];

/// Words of headings under which every sentence asks for something.
const DEMANDS: [&str; 12] = [
    "constraint",
    "constraints",
    "security",
    "privacy",
    "performance",
    "reliability",
    "accessibility",
    "compliance",
    "quality",
    "validation",
    "storage",
    "limits",
];

/// Whether all that stands under a heading asks for something, such as `Security`.
pub(super) fn is_demanding(heading: &str) -> bool {
    plain(heading).split(|c: char| !c.is_alphanumeric()).any(|word| DEMANDS.contains(&word))
}

/// By the words the heading begins with, its numbering aside.
pub(super) fn role(heading: &str) -> Role {
    let plain = plain(heading);
    let begins = |phrases: &[&str]| {
        phrases.iter().any(|phrase| {
            plain
                .strip_prefix(phrase)
                .is_some_and(|rest| rest.trim_start_matches('s').chars().next().is_none_or(|c| !c.is_alphanumeric()))
        })
    };
    if begins(&IGNORED) {
        Role::Ignored
    } else if begins(&TOLD) {
        Role::Told
    } else if begins(&CONTEXT) {
        Role::Context
    } else {
        Role::Requirements
    }
}

/// Whether a heading announces when the requirement above it is met.
pub(super) fn is_acceptance(heading: &str) -> bool {
    let plain = plain(heading);
    plain.starts_with("acceptance") || plain.starts_with("definition of done") || plain == "done when"
}

/// What follows a label like `Acceptance:` or `**Acceptance criteria:**`; empty when the list comes after it.
pub(super) fn acceptance_label(line: &str) -> Option<&str> {
    let (label, rest) = line.split_once(':')?;
    if label.len() > 40 || !is_acceptance(label) {
        return None;
    }
    Some(rest.trim_start_matches(['*', '_']).trim())
}

/// Whether an item is only a link within the document, as in a table of contents.
pub(super) fn is_anchor(item: &str) -> bool {
    item.starts_with('[') && item.ends_with(')') && item.contains("](#")
}

/// Whether a paragraph asks for something rather than tells of it.
pub(super) fn states_requirement(text: &str) -> bool {
    const IMPERATIVE: [&str; 20] = [
        "add",
        "build",
        "create",
        "implement",
        "write",
        "make",
        "show",
        "store",
        "send",
        "use",
        "fix",
        "remove",
        "support",
        "allow",
        "let",
        "provide",
        "display",
        "print",
        "return",
        "validate",
    ];
    let starts = text.split(['.', '\n']).filter_map(|sentence| sentence.split_whitespace().next()).map(prose::bare);
    starts.into_iter().any(|first| IMPERATIVE.contains(&first.as_str())) || prose::states(text)
}

/// Whether a sentence under a heading of requirements speaks of all there is, as in `All passwords are hashed`.
pub(super) fn is_universal(sentence: &str) -> bool {
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let first = first.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    matches!(first.as_str(), "all" | "every" | "each" | "no" | "only")
}

/// Lower case, without marks and numbers before the first word.
fn plain(heading: &str) -> String {
    let text = heading.trim_start_matches(|c: char| !c.is_alphabetic());
    text.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'")
}
