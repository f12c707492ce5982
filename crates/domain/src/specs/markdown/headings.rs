//! What a heading, a label or a paragraph says about the text under it.

mod translations;

use super::super::{deeds, prose};

/// What stands under a heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    Requirements,
    /// Aims: requirements only where nothing else states any, but for what insists on being done or tells of a deed.
    Context,
    /// Descriptions of what there is: requirements only where nothing else states any; deeds in them are named.
    Told,
    /// What only explains. Whatever there reads like a requirement all the same is named, and not worked on.
    Aside,
    /// What is not to be built.
    Excluded,
}

impl Role {
    /// The role of a heading below one with this role.
    pub(super) fn under(self, below: Self) -> Self {
        let by_weight = [Self::Excluded, Self::Aside, Self::Told, Self::Context];
        by_weight.into_iter().find(|role| [self, below].contains(role)).unwrap_or_default()
    }

    /// Whether what stands there is a requirement only where nothing else states any.
    pub(super) fn is_context(self) -> bool {
        matches!(self, Self::Context | Self::Told)
    }

    /// Whether what stands there is never worked on.
    pub(super) fn is_ignored(self) -> bool {
        matches!(self, Self::Aside | Self::Excluded)
    }
}

/// Beginnings of headings that exclude, whatever follows.
const EXCLUDED: [&str; 37] = [
    "non-goal",
    "non goal",
    "nongoal",
    "out of scope",
    "out-of-scope",
    "not in scope",
    "won't",
    "wont",
    "will not",
    "open question",
    "future work",
    "future plan",
    "future idea",
    "future enhancement",
    "future improvement",
    "future consideration",
    "future version",
    "future release",
    "later version",
    "later release",
    "actual behavior",
    "actual behaviour",
    "actual result",
    "current behavior",
    "current behaviour",
    "current situation",
    "status quo",
    "steps to reproduce",
    "how to reproduce",
    "to reproduce",
    "reproduction steps",
    "minimal reproduction",
    "what happened",
    "observed behavior",
    "observed behaviour",
    "alternatives considered",
    "describe alternatives",
];

/// Beginnings of headings that only explain, whatever follows.
const ASIDE: [&str; 16] = [
    "further reading",
    "success metric",
    "target user",
    "target audience",
    "table of contents",
    "tech stack",
    "technical stack",
    "appendix",
    "future",
    "later",
    "additional context",
    "additional information",
    "is your feature request",
    "desktop (please",
    "smartphone (please",
    "system info",
];

/// Headings by a noun alone: with a second noun after it, as in `History command`, they name a thing to build.
const EXCLUDED_NOUNS: [&str; 2] = ["future", "later"];

const ASIDE_NOUNS: [&str; 43] = [
    "background",
    "glossary",
    "definition",
    "definitions",
    "terminology",
    "reference",
    "references",
    "risk",
    "risks",
    "changelog",
    "history",
    "revision",
    "revisions",
    "stakeholder",
    "stakeholders",
    "persona",
    "personas",
    "audience",
    "timeline",
    "timelines",
    "milestone",
    "milestones",
    "metrics",
    "kpi",
    "kpis",
    "contents",
    "technology",
    "technologies",
    "stack",
    "team",
    "assumption",
    "assumptions",
    "competitor",
    "competitors",
    "market",
    "pricing",
    "faq",
    "license",
    "contributing",
    "acknowledgements",
    "acknowledgments",
    "environment",
    "screenshots",
];

const TOLD_NOUNS: [&str; 8] = ["overview", "about", "context", "motivation", "summary", "problem", "summaries", "problems"];

const CONTEXT_NOUNS: [&str; 13] = [
    "introduction",
    "intro",
    "purpose",
    "vision",
    "goal",
    "goals",
    "objective",
    "objectives",
    "description",
    "mission",
    "notes",
    "aim",
    "aims",
];

/// Whole headings of manuals: how to come by the program, and by help.
const MANUAL: [&str; 10] = [
    "installation",
    "install",
    "installing",
    "installation instructions",
    "installation guide",
    "how to install",
    "support",
    "getting help",
    "troubleshooting",
    "credits",
];

/// Whole headings about the project and its past, whose examples and commands are for people.
const PROJECT: [&str; 12] = [
    "changelog",
    "change log",
    "release notes",
    "workaround",
    "workarounds",
    "license",
    "licence",
    "contributing",
    "contributors",
    "contribution guidelines",
    "how to contribute",
    "code of conduct",
];

/// Words after such a noun that only say more about it.
const JOINERS: [&str; 20] = [
    "and", "or", "of", "for", "to", "behind", "in", "on", "with", "as", "und", "der", "des", "et", "du", "de", "y", "e", "del",
    "para",
];

/// Words that make no thing to build of such a noun.
const COMPANIONS: [&str; 20] = [
    "this",
    "the",
    "us",
    "document",
    "project",
    "product",
    "author",
    "authors",
    "company",
    "statement",
    "statements",
    "analysis",
    "assessment",
    "mitigation",
    "mitigations",
    "terms",
    "research",
    "choices",
    "stack",
    "roadmap",
];

/// Words of a heading that announces requirements: what stands below it by a noun is one of their topics.
const ANNOUNCING: [&str; 10] = [
    "requirement",
    "requirements",
    "feature",
    "features",
    "functionality",
    "functional",
    "command",
    "commands",
    "endpoints",
    "stories",
];

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

/// Whether a heading announces requirements: each sentence below it may be one.
pub(super) fn announces(heading: &str) -> bool {
    is_demanding(heading) || words(&plain(heading)).iter().any(|word| ANNOUNCING.contains(&word.as_str()))
}

/// Whether a sentence is about the document: it leads to what it asks for elsewhere.
pub(super) fn is_about_document(sentence: &str) -> bool {
    let is_of_document =
        |word: &String| matches!(word.as_str(), "following" | "below" | "section" | "sections" | "requirements" | "document");
    words(sentence).iter().any(is_of_document)
}

/// By the words the heading begins with, its numbering aside. `above` is the heading that it stands below, if there is one.
pub(super) fn role(heading: &str, above: Option<&str>) -> Role {
    let name = plain(heading);
    let begins = |phrases: &[&str]| {
        phrases.iter().any(|phrase| {
            name.strip_prefix(phrase)
                .is_some_and(|rest| rest.trim_start_matches('s').chars().next().is_none_or(|c| !c.is_alphanumeric()))
        })
    };
    if begins(&EXCLUDED) {
        return Role::Excluded;
    }
    if is_only(&name, &EXCLUDED_NOUNS) {
        return Role::Excluded;
    }
    if begins(&ASIDE) {
        return Role::Aside;
    }
    if begins(&["executive summary"]) {
        return Role::Context;
    }
    // The names that issues are given by their forms.
    if begins(&["describe the bug", "bug description"]) {
        return Role::Told;
    }
    let is_topic = above.is_some_and(|above| words(&plain(above)).iter().any(|word| ANNOUNCING.contains(&word.as_str())));
    if is_topic {
        return Role::Requirements;
    }
    if PROJECT.contains(&name.as_str()) {
        return Role::Excluded;
    }
    if MANUAL.contains(&name.as_str()) {
        return Role::Aside;
    }
    let by_noun: [(&[&str], Role); 3] = [(&ASIDE_NOUNS, Role::Aside), (&TOLD_NOUNS, Role::Told), (&CONTEXT_NOUNS, Role::Context)];
    by_noun.into_iter().find(|(nouns, _)| is_only(&name, nouns)).map(|(_, role)| role).unwrap_or_default()
}

/// Whether one of these nouns is all that a heading in small letters names.
fn is_only(plain: &str, nouns: &[&str]) -> bool {
    let end = plain.find(|c: char| !c.is_alphanumeric()).unwrap_or(plain.len());
    let (noun, rest) = plain.split_at(end);
    if !nouns.contains(&noun) {
        return false;
    }
    // `Context-menu` and `Team's page` are names of their own; a colon, a bracket or a dash between spaces ends one.
    if rest.starts_with(['-', '\'', '_', '.']) {
        return false;
    }
    let rest = rest.trim_start();
    if rest.is_empty() || !rest.starts_with(char::is_alphanumeric) {
        return true;
    }
    let words = words(rest);
    words.first().is_some_and(|first| JOINERS.contains(&first.as_str()))
        || words.iter().all(|word| COMPANIONS.contains(&word.as_str()))
}

/// The words of a heading in small letters.
fn words(heading: &str) -> Vec<String> {
    heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
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
    starts.into_iter().any(|first| IMPERATIVE.contains(&first.as_str()))
        || prose::states(text)
        || prose::sentences(text).iter().any(|sentence| deeds::tells_of_one(sentence))
}

/// Whether a sentence under a heading of requirements speaks of all there is, as in `All passwords are hashed`.
pub(super) fn is_universal(sentence: &str) -> bool {
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let first = first.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    matches!(first.as_str(), "all" | "every" | "each" | "no" | "only")
}

/// Lower case, without marks and numbers before the first word; names of sections in other languages in English.
fn plain(heading: &str) -> String {
    let text = heading.trim_start_matches(|c: char| !c.is_alphabetic());
    translations::in_english(text.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'"))
}
