//! The words that deeds are known by.

/// What a program, or a part of one, is called.
pub(super) const PROGRAMS: [&str; 35] = [
    "program",
    "tool",
    "app",
    "application",
    "server",
    "service",
    "command",
    "script",
    "bot",
    "api",
    "system",
    "page",
    "site",
    "website",
    "library",
    "cli",
    "backend",
    "frontend",
    "client",
    "daemon",
    "worker",
    "job",
    "game",
    "dashboard",
    "crawler",
    "scraper",
    "pipeline",
    "function",
    "module",
    "package",
    "plugin",
    "extension",
    "product",
    "software",
    "platform",
];

/// Words before the name of a program.
pub(super) const DETERMINERS: [&str; 7] = ["the", "a", "an", "this", "each", "every", "our"];

/// Words that end a name, and those that say that it is not the name of what is to be built.
pub(super) const FOREIGN: [&str; 27] = [
    "old", "existing", "current", "present", "legacy", "previous", "other", "another", "of", "for", "with", "in", "on", "by",
    "to", "from", "at", "and", "or", "that", "which", "who", "whose", "is", "are", "was", "were",
];

/// Words after which a clause goes on with a verb or with a subject of its own.
pub(super) const JOINING: [&str; 5] = ["and", "but", "then", "or", "so"];

/// Words after which a clause only explains.
pub(super) const EXPLAINING: [&str; 17] = [
    "that", "which", "who", "whom", "whose", "where", "when", "whenever", "if", "because", "since", "while", "until", "unless",
    "than", "how", "what",
];

/// Words after which a clause without a comma only says when.
pub(super) const TIMING: [&str; 3] = ["once", "after", "before"];

/// Words by which a sentence tells of what there is before anything is built.
pub(super) const PRESENT: [&str; 7] = ["currently", "presently", "previously", "formerly", "nowadays", "today", "moment"];

/// Words between a subject and its verb, beside adverbs by their ending.
pub(super) const AUXILIARIES: [&str; 15] = [
    "also", "then", "always", "only", "first", "now", "later", "not", "will", "can", "does", "won't", "cannot", "can't",
    "doesn't",
];

/// Those of them that have the plain form of a verb behind them.
pub(super) const PLAIN: [&str; 7] = ["will", "can", "does", "won't", "cannot", "can't", "doesn't"];

/// Words before a verb by which a sentence obliges to what it says.
pub(super) const OBLIGING: [&str; 6] = ["must", "mustn't", "shall", "should", "shouldn't", "never"];

/// Verbs of deeds that leave something behind, with forms that are hardly ever nouns.
pub(super) const VERBS: [&str; 41] = [
    "send",
    "delete",
    "write",
    "create",
    "notify",
    "reject",
    "validate",
    "encrypt",
    "decrypt",
    "retry",
    "save",
    "remove",
    "append",
    "insert",
    "rename",
    "refuse",
    "deny",
    "generate",
    "publish",
    "compress",
    "sanitize",
    "sanitise",
    "verify",
    "authenticate",
    "authorize",
    "authorise",
    "redirect",
    "forward",
    "emit",
    "erase",
    "overwrite",
    "enforce",
    "restore",
    "revoke",
    "persist",
    "broadcast",
    "install",
    "escape",
    "purge",
    "ensure",
    "prevent",
];

/// Those whose forms are nouns as well.
pub(super) const NOUNS_TOO: [&str; 27] = [
    "store", "log", "record", "report", "update", "cache", "export", "import", "mail", "email", "e-mail", "block", "lock",
    "archive", "schedule", "sign", "upload", "download", "post", "push", "limit", "hash", "queue", "move", "copy", "charge",
    "register",
];

/// Words before which such a form is a noun, as in `shops and stores in Berlin`.
pub(super) const AFTER_NOUNS: [&str; 8] = ["in", "of", "for", "at", "and", "or", "on", "by"];

/// Words before which every form is one, as in `the server logs are kept`.
pub(super) const PREDICATES: [&str; 14] =
    ["is", "are", "was", "were", "be", "must", "can", "may", "should", "will", "has", "have", "had", "do"];

/// Verbs that begin sentences about the whole, as in `Create a shop`, or to whoever uses it, as in `Install it with npm`.
pub(super) const WHOLE: [&str; 5] = ["create", "write", "generate", "publish", "install"];

/// Words after which such a verb is one where it could be a noun, as in `Log each call`.
pub(super) const OBJECTS: [&str; 10] = ["the", "a", "an", "each", "every", "all", "any", "no", "its", "them"];

/// Forms of verbs that say what is done.
pub(super) const DONE: [&str; 51] = [
    "sent",
    "deleted",
    "written",
    "notified",
    "rejected",
    "validated",
    "encrypted",
    "decrypted",
    "retried",
    "saved",
    "removed",
    "appended",
    "inserted",
    "renamed",
    "refused",
    "denied",
    "published",
    "compressed",
    "sanitized",
    "sanitised",
    "verified",
    "authenticated",
    "redirected",
    "forwarded",
    "erased",
    "overwritten",
    "enforced",
    "restored",
    "revoked",
    "persisted",
    "escaped",
    "purged",
    "stored",
    "logged",
    "recorded",
    "cached",
    "e-mailed",
    "emailed",
    "archived",
    "hashed",
    "reported",
    "uploaded",
    "downloaded",
    "exported",
    "imported",
    "created",
    "generated",
    "updated",
    "blocked",
    "locked",
    "charged",
];

/// Those of them that `in` makes something else of: `written in Rust`, `logged in`.
pub(super) const OTHERWISE_IN: [&str; 2] = ["written", "logged"];

/// Words after `by` for people that do it themselves.
pub(super) const PEOPLE: [&str; 6] = ["hand", "people", "others", "us", "users", "them"];
