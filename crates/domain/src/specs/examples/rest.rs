//! What a line says beyond its examples: every word that is no part of one, and does not only join them.

use super::{
    super::prose,
    scan::{self, Token},
};

/// The most words of a label, as in `Greeting: …`.
const LABEL_WORDS: usize = 4;

/// Words that ask for nothing wherever they stand. No verb is among them but those of calling a program and `be`.
const GLUE: [&str; 46] = [
    "→", ".", "a", "an", "the", "it", "its", "this", "that", "these", "which", "there", "and", "then", "also", "so", "if",
    "when", "where", "should", "must", "shall", "will", "can", "is", "are", "be", "to", "on", "in", "of", "with", "by", "for",
    "from", "as", "at", "into", "via", "called", "invoked", "executed", "started", "given", "e.g", "i.e",
];

/// Words that name who acts or where it is seen: after an outcome they say nothing only as the subject of the next clause (`and the
/// program exits …`) or as a place (`to the terminal`).
const ACTORS: [&str; 27] = [
    "command",
    "commands",
    "program",
    "programs",
    "tool",
    "tools",
    "cli",
    "command-line",
    "terminal",
    "console",
    "screen",
    "script",
    "page",
    "pages",
    "website",
    "site",
    "user",
    "users",
    "i",
    "we",
    "example",
    "instance",
    "calling",
    "running",
    "typing",
    "run",
    "runs",
];

/// Words that name a thing or a deed: after an outcome they ask for it (`and the name`, `on input`, `and the options`).
const THINGS: [&str; 34] = [
    "want",
    "file",
    "files",
    "exit",
    "code",
    "status",
    "standard",
    "stdin",
    "input",
    "stdout",
    "stderr",
    "output",
    "error",
    "text",
    "line",
    "word",
    "words",
    "name",
    "names",
    "argument",
    "arguments",
    "parameter",
    "parameters",
    "option",
    "options",
    "value",
    "values",
    "build",
    "write",
    "make",
    "small",
    "simple",
    "piped",
    "through",
];

/// Words between an actor and its verb.
const AUXILIARIES: [&str; 7] = ["then", "also", "must", "should", "shall", "will", "can"];

/// Words before a place or an actor.
const PLACES: [&str; 9] = ["to", "on", "in", "at", "by", "for", "from", "via", "into"];

/// Words by which a stretch says how a command is called.
const CALLS: [&str; 5] = ["when", "if", "called", "run", "invoked"];

/// Words that only ask for the work, where a line begins with them.
const OPENERS: [&str; 5] = ["create", "add", "implement", "provide", "develop"];

/// Words that belong to a clause between its verb and its end.
const GRAMMAR: [&str; 59] = [
    "containing",
    "contains",
    "contain",
    "content",
    "contents",
    "holding",
    "include",
    "includes",
    "including",
    "reads",
    "whose",
    "exactly",
    "nothing",
    "zero",
    "non-zero",
    "nonzero",
    "non",
    "successfully",
    "cleanly",
    "return",
    "new",
    "named",
    "saved",
    "heading",
    "headline",
    "paragraph",
    "header",
    "title",
    "link",
    "links",
    "button",
    "labelled",
    "labeled",
    "shows",
    "show",
    "has",
    "have",
    "display",
    "displays",
    "says",
    "say",
    "usage",
    "version",
    "help",
    "message",
    "greeting",
    "warning",
    "sum",
    "result",
    "string",
    "sentence",
    "hint",
    "notice",
    "answer",
    "literal",
    "following",
    "out",
    "else",
    "stream",
];

/// Words that deny: they only say how a command is called where they stand before its verb or after `when`.
const DENIALS: [&str; 5] = ["without", "no", "nothing", "any", "missing"];

/// Words by which a text is only a part of what is printed.
const PARTS: [&str; 9] = ["containing", "contains", "contain", "including", "includes", "include", "with", "starting", "ending"];

/// Words about a file that is not there.
const MISSING: [&str; 14] = [
    "does",
    "do",
    "not",
    "doesn't",
    "don't",
    "exist",
    "exists",
    "found",
    "missing",
    "nonexistent",
    "non-existent",
    "absent",
    "unreadable",
    "such",
];

/// Words that only join a stretch to its neighbours.
const JOINING: [&str; 5] = ["and", "then", "also", "so", scan::STOP];

/// Words before the number of a task.
const REFERENCES: [&str; 8] = ["after", "needs", "need", "depends", "depend", "requires", "task", "requirement"];

/// A line's tokens, with what of them its examples carry.
pub(super) struct Line<'a> {
    pub tokens: &'a [Token],
    /// By token, whether it is part of an example.
    pub covered: &'a [bool],
    /// The tokens that a clause speaks of.
    pub subjects: &'a [usize],
    /// Whether the line is about files that are not there.
    pub missing_input: bool,
}

/// Whether a word between a clause's verb and its end says nothing beyond the clause.
pub(super) fn belongs_to_clause(word: &str) -> bool {
    asks_nothing(word) || GRAMMAR.contains(&word)
}

/// Whether a word asks for nothing by itself.
fn asks_nothing(word: &str) -> bool {
    [&GLUE[..], &ACTORS, &THINGS].iter().any(|words| words.contains(&word))
}

/// The words of each stretch that no example carries, in small letters. `label` is the number of tokens that only name the line.
pub(super) fn rest(line: &Line<'_>, label: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = label;
    while at < line.tokens.len() {
        let is_covered = |at: usize| line.covered.get(at) == Some(&true);
        let end = (at..line.tokens.len()).find(|at| is_covered(*at)).unwrap_or(line.tokens.len());
        if (at..end).any(|token| !line.is_glue(at, token)) {
            found.push(words(line.tokens.get(at..end).unwrap_or_default()));
        }
        at = end + 1;
    }
    found
}

impl Line<'_> {
    /// Whether the token, in the stretch that begins at `from`, asks for nothing.
    fn is_glue(&self, from: usize, at: usize) -> bool {
        let word = match self.tokens.get(at) {
            Some(Token::Word(word)) => word.as_str(),
            Some(Token::Code(name)) => return self.is_run_next(at, name),
            _ => return false,
        };
        if self.is_opener(at, word) || self.ends_text(from, at, word) {
            return true;
        }
        if self.follows_outcome(from) && !self.only_joins(from, at, word) {
            return false;
        }
        if asks_nothing(word) || (from == 0 && is_id(word)) || (self.missing_input && MISSING.contains(&word)) {
            return true;
        }
        let before = |names: &[&str], distance: usize| {
            (at.saturating_sub(distance).max(from)..at)
                .any(|at| matches!(self.tokens.get(at), Some(Token::Word(word)) if names.contains(&word.as_str())))
        };
        if DENIALS.contains(&word) {
            let follows_subject = from.checked_sub(1).is_some_and(|before| self.subjects.contains(&before));
            return from == 0 || follows_subject || self.missing_input || before(&CALLS, 6);
        }
        if REFERENCES.contains(&word) {
            return (at + 1..at + 4).any(|at| matches!(self.tokens.get(at), Some(Token::Word(word)) if is_number(word)));
        }
        is_number(word) && before(&REFERENCES, 6)
    }

    /// Whether the stretch that begins at `from` stands behind what a clause demands, and not before its verb.
    fn follows_outcome(&self, from: usize) -> bool {
        let ends_line = self.covered.iter().skip(from).all(|covered| !covered);
        let is_end = |last: usize| self.covered.get(last) == Some(&true) && (ends_line || !self.subjects.contains(&last));
        from.checked_sub(1).is_some_and(is_end)
    }

    /// Whether a word behind an outcome asks for nothing more: no thing, or one that belongs to how the command is called
    /// or to what the next clause speaks of.
    fn only_joins(&self, from: usize, at: usize, word: &str) -> bool {
        let is_actor = ACTORS.contains(&word);
        if !is_actor && !THINGS.contains(&word) {
            return true;
        }
        let before = || (from..at).rev().map_while(move |at| self.word_at(at));
        let is_call = CALLS.contains(&word) || before().take_while(|word| *word != "and").any(|word| CALLS.contains(&word));
        let is_missing_file = self.missing_input && matches!(word, "file" | "files" | "input");
        let is_place =
            || before().find(|word| !matches!(*word, "the" | "a" | "an" | "its")).is_some_and(|word| PLACES.contains(&word));
        let names_subject = self.subjects.contains(&(at + 1));
        // `and the program must exit …`
        let leads_on = |at: &usize| {
            self.covered.get(*at) == Some(&false)
                && self.word_at(*at).is_some_and(|word| ACTORS.contains(&word) || AUXILIARIES.contains(&word))
        };
        let next = (at + 1..self.tokens.len()).find(|at| !leads_on(at));
        let acts = next.is_some_and(|next| self.covered.get(next) == Some(&true));
        is_call || is_missing_file || names_subject || (is_actor && (acts || is_place()))
    }

    fn word_at(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn is_opener(&self, at: usize, word: &str) -> bool {
        OPENERS.contains(&word) && (0..at).all(|before| self.word_at(before).is_some_and(is_id))
    }

    /// Whether a word after a text or an exit code only says that it is all: `exactly`, `and nothing else`, `followed by a newline`,
    /// `(success)`. A last line end is never looked at.
    fn ends_text(&self, from: usize, at: usize, word: &str) -> bool {
        let Some(last) = from.checked_sub(1).and_then(|last| self.tokens.get(last)) else { return false };
        if word == "success" {
            return at == from && matches!(last, Token::Word(code) | Token::Code(code) if matches!(code.as_str(), "0" | "zero"));
        }
        let is_after_text = matches!(last, Token::Code(_) | Token::Quote(_)) && !self.subjects.contains(&(from - 1));
        let is_whole = !(0..from - 1).rev().map_while(|at| self.word_at(at)).any(|word| PARTS.contains(&word));
        let newline = (from..from + 8).find(|at| self.word_at(*at) == Some("newline"));
        let follows = (from..at).any(|at| matches!(self.word_at(at), Some("followed" | "with")));
        is_after_text
            && match word {
                "exactly" => is_whole,
                "nothing" => is_whole && self.word_at(at + 1) == Some("else"),
                "else" => is_whole && self.word_at(at - 1) == Some("nothing"),
                "followed" => newline.is_some_and(|newline| at < newline),
                "single" | "trailing" | "final" => follows && newline.is_some_and(|newline| at < newline),
                "newline" => follows,
                _ => false,
            }
    }

    /// Whether a code span is the program that the next command runs: "the program `calc.py`, run with `python3 calc.py`".
    fn is_run_next(&self, at: usize, name: &str) -> bool {
        let says_run = matches!(self.word_at(at + 1), Some("run" | "called" | "invoked"))
            && matches!(self.word_at(at + 2), Some("with" | "as" | "by" | "via"));
        let plain = |path: &str| path.strip_prefix("./").unwrap_or(path).to_owned();
        says_run
            && self.subjects.contains(&(at + 3))
            && matches!(self.tokens.get(at + 3), Some(Token::Code(command))
                if command.split_whitespace().any(|word| plain(word) == plain(name)))
    }
}

/// How many tokens at a line's start only name it: a few words before a colon or a dash that ask for nothing.
pub(super) fn label(line: &str, tokens: &[Token]) -> usize {
    let before = line.find(['`', '"', '“']).and_then(|at| line.get(..at)).unwrap_or_default();
    if !before.trim_end_matches(|c: char| c.is_whitespace() || c == '*').ends_with([':', '-', '–', '—']) {
        return 0;
    }
    let words = tokens.iter().take_while(|token| matches!(token, Token::Word(_))).count();
    if words <= LABEL_WORDS && !prose::obliges(before) { words } else { 0 }
}

/// `#3` or `3`.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('#').unwrap_or(word);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}

/// The name or number of a requirement, such as `fr-12`, `r1.2` or `1.2.3`.
fn is_id(word: &str) -> bool {
    let letters = word.chars().take_while(char::is_ascii_alphabetic).count();
    let rest = word.get(letters..).unwrap_or_default().trim_start_matches('-');
    (letters > 0 || rest.contains('.'))
        && letters <= 5
        && rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// The tokens as a phrase, without what only joins it to its neighbours.
fn words(tokens: &[Token]) -> String {
    let joins = |token: &&Token| matches!(token, Token::Word(word) if JOINING.contains(&word.as_str()));
    let skipped = tokens.iter().take_while(joins).count();
    let kept = tokens.len() - tokens.iter().rev().take_while(joins).count();
    let is_stop = |token: &&Token| matches!(token, Token::Word(word) if word == scan::STOP);
    let words = tokens.get(skipped..kept).unwrap_or_default().iter().filter(|token| !is_stop(token)).map(|token| match token {
        Token::Word(word) => word.clone(),
        Token::Code(text) => format!("`{text}`"),
        Token::Quote(text) => format!("\"{text}\""),
    });
    words.collect::<Vec<_>>().join(" ")
}
