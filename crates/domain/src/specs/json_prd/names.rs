//! What names in a PRD as data mean.

/// Names of groups of entries, with the heading that they would have.
pub(super) const GROUPS: [(&str, &str); 19] = [
    ("requirements", "Requirements"),
    ("functional_requirements", "Functional requirements"),
    ("functionalRequirements", "Functional requirements"),
    ("non_functional_requirements", "Non-functional requirements"),
    ("nonFunctionalRequirements", "Non-functional requirements"),
    ("constraints", "Constraints"),
    ("features", "Features"),
    ("user_stories", "User stories"),
    ("userStories", "User stories"),
    ("stories", "Stories"),
    ("epics", "Epics"),
    ("tasks", "Tasks"),
    ("issues", "Issues"),
    ("todos", "Tasks"),
    ("use_cases", "Use cases"),
    ("useCases", "Use cases"),
    ("scenarios", "Scenarios"),
    ("commands", "Commands"),
    ("rules", "Rules"),
];

/// Groups of the whole; in an entry they are its criteria.
pub(super) const OWN_GROUPS: [(&str, &str); 4] = [
    ("acceptance_criteria", "Acceptance criteria"),
    ("acceptanceCriteria", "Acceptance criteria"),
    ("acceptance", "Acceptance criteria"),
    ("criteria", "Acceptance criteria"),
];

/// What the whole is called.
pub(super) const NAMES: [&str; 6] = ["title", "name", "project", "projectName", "project_name", "product"];

pub(super) const TITLES: [&str; 6] = ["title", "name", "summary", "story", "feature", "requirement"];

pub(super) const TEXTS: [&str; 6] = ["description", "details", "text", "requirement", "story", "body"];

pub(super) const CRITERIA: [&str; 6] =
    ["acceptance_criteria", "acceptanceCriteria", "acceptance", "criteria", "subtasks", "steps"];

/// The steps of a scenario, in order.
pub(super) const STEPS: [&str; 3] = ["given", "when", "then"];

/// What says where an entry stands, who made it or why.
pub(super) const METADATA: [&str; 62] = [
    "id",
    "ids",
    "key",
    "number",
    "order",
    "index",
    "status",
    "type",
    "kind",
    "category",
    "version",
    "revision",
    "date",
    "created",
    "created at",
    "created on",
    "created by",
    "updated",
    "updated at",
    "updated on",
    "updated by",
    "last updated",
    "modified",
    "last modified",
    "due",
    "due date",
    "deadline",
    "author",
    "authors",
    "owner",
    "owners",
    "assignee",
    "assignees",
    "reporter",
    "reviewer",
    "reviewers",
    "maintainer",
    "maintainers",
    "contact",
    "email",
    "link",
    "links",
    "url",
    "homepage",
    "repository",
    "repo",
    "ticket",
    "jira",
    "tag",
    "tags",
    "label",
    "labels",
    "estimate",
    "effort",
    "points",
    "story points",
    "complexity",
    "sprint",
    "phase",
    "milestone",
    "epic",
    "parent",
];

/// More of it, by what it is about.
pub(super) const EXPLAINING: [&str; 17] = [
    "schema",
    "metadata",
    "meta",
    "copyright",
    "confidence",
    "done",
    "completed",
    "complete",
    "passes",
    "checked",
    "approved",
    "mvp",
    "why",
    "rationale",
    "benefit",
    "business value",
    "as a",
];

/// Ranks, whose `must` asks for nothing.
pub(super) const RANKS: [&str; 4] = ["priority", "moscow", "importance", "severity"];

/// What tells of a thing; what asks there is asked for.
pub(super) const TELLING: [&str; 5] = ["note", "comment", "comments", "introduction", "remarks"];

/// Names whose values say what must not be: no example in them may be proved.
pub(super) const DENYING: [&str; 10] =
    ["negative", "never", "not", "must not", "mustn't", "should not", "do not", "forbidden", "prohibited", "avoid"];

/// What a user story is told with.
pub(super) const STORY: [&str; 9] = ["as_a", "asA", "role", "i_want", "iWant", "want", "so_that", "soThat", "benefit"];

/// Groups that in an entry are its criteria where they only list texts.
pub(super) const QUALIFYING: [&str; 2] = ["constraints", "rules"];

/// Words from which on a text stands without its name.
pub(super) const MANY_WORDS: usize = 4;

pub(super) const NEEDS: [&str; 5] = ["depends_on", "dependsOn", "dependencies", "needs", "blocked_by"];

/// What is nested deeper is only named.
pub(super) const MAX_DEPTH: usize = 16;
