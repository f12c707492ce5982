//! Words by which a line says more than an example can carry: conditions, alternatives, earlier commands.

use super::scan::Token;

/// What a line says about when its examples hold.
pub(super) struct Conditions {
    /// Why no example of the line can be told by itself.
    pub always: Option<&'static str>,
    /// Why no example whose command has placeholders can be.
    pub with_placeholders: Option<&'static str>,
    /// The line is about files that are not there.
    pub missing_input: bool,
}

const CONDITION: &str = "the line states a condition that loki does not understand";
const STATE: &str = "it depends on what an earlier command did";
const TRANSFORMED: &str = "the outcome is more than the values of the command";

/// After `if` or `when`: the command is only named or called with nothing.
const CALLED: [&str; 12] =
    ["run", "called", "invoked", "executed", "started", "given", "used", "no", "nothing", "without", "missing", "passed"];

const TRANSFORMS: [&str; 14] = [
    "uppercase",
    "upper-case",
    "upper",
    "lowercase",
    "lower-case",
    "lower",
    "capitalised",
    "capitalized",
    "reversed",
    "sorted",
    "rounded",
    "where",
    "for",
    "times",
];

/// `covered` says by token whether it is part of an example: an empty file that is created is no condition.
pub(super) fn read(tokens: &[Token], covered: &[bool]) -> Conditions {
    let mut conditions = Conditions { always: None, with_placeholders: None, missing_input: is_about_missing_input(tokens) };
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let next = tokens.get(at + 1);
        let code_follows = matches!(next, Some(Token::Code(_)));
        match word.as_str() {
            "after" | "before" | "then" | "once" if code_follows => {
                conditions.always.get_or_insert(STATE);
            }
            "if" | "when" | "whenever" if conditions.missing_input => {}
            "if" | "when" | "whenever" if is_called(tokens, at) => {
                conditions.with_placeholders.get_or_insert(CONDITION);
            }
            "if" | "when" | "whenever" | "unless" | "until" | "otherwise" | "already" | "again" | "twice" | "previously"
            | "while" => {
                conditions.always.get_or_insert(CONDITION);
            }
            "on" if is_failure_next(tokens, at) => {
                conditions.always.get_or_insert(CONDITION);
            }
            "for" if matches!(next, Some(Token::Word(next)) if next == "example" || next == "instance") => {}
            "empty" if covered.get(at) == Some(&true) => {}
            "without" | "invalid" | "empty" | "unknown" if !conditions.missing_input => {
                conditions.with_placeholders.get_or_insert(CONDITION);
            }
            word if TRANSFORMS.contains(&word) => {
                conditions.with_placeholders.get_or_insert(TRANSFORMED);
            }
            _ => {}
        }
    }
    conditions
}

/// Whether `if` or `when` only says that a command is called, within the next four words.
fn is_called(tokens: &[Token], at: usize) -> bool {
    tokens.iter().skip(at + 1).take(4).any(|token| matches!(token, Token::Word(word) if CALLED.contains(&word.as_str())))
}

/// Whether `on` leads to a failure, as in `on error` and `on any input error`, and not to a stream.
fn is_failure_next(tokens: &[Token], at: usize) -> bool {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let failure = (at + 1..at + 5)
        .take_while(|at| !matches!(word(*at), "" | "and" | "or"))
        .find(|at| matches!(word(*at), "error" | "errors" | "failure" | "failures"));
    failure.is_some_and(|at| word(at - 1) != "standard" && !matches!(word(at + 1), "output" | "stream"))
}

fn is_about_missing_input(tokens: &[Token]) -> bool {
    tokens.iter().enumerate().any(|(at, token)| {
        let Token::Word(word) = token else { return false };
        let next = tokens.get(at + 1);
        let next_is = |wanted: &str| matches!(next, Some(Token::Word(next)) if next.starts_with(wanted));
        match word.as_str() {
            "missing" | "nonexistent" | "non-existent" | "absent" | "unreadable" => true,
            "not" | "doesn't" | "don't" => next_is("exist") || next_is("there") || next_is("found"),
            "no" => next_is("such"),
            _ => false,
        }
    })
}

/// Whether the word before says that the verb at `at` must not happen.
pub(super) fn is_negated(tokens: &[Token], at: usize) -> bool {
    let before = |distance: usize| match at.checked_sub(distance).and_then(|before| tokens.get(before)) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let is_not = |word: &str| matches!(word, "not" | "never" | "cannot" | "nor") || word.ends_with("n't");
    is_not(before(1)) || is_not(before(2)) || matches!(before(1), "without" | "no" | "instead" | "of" | "longer")
}
