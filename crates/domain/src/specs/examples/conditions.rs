//! Words by which a line says more than an example can carry: conditions, alternatives, earlier commands.

use super::{Invocation, Pattern, bind, scan::Token};

/// What a line says about when its examples hold.
pub(super) struct Conditions {
    /// What its commands must be called with for the line to be about them as they are.
    calls: Vec<Call>,
    /// Why no example of the line can be told by itself.
    pub always: Option<&'static str>,
    /// Why no example whose command has placeholders can be.
    pub with_placeholders: Option<&'static str>,
    /// The line is about files that are not there.
    pub missing_input: bool,
}

/// What a condition says of how a command is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// Nothing that the command itself does not show.
    AsShown,
    Bare,
    WithArgument,
    WithOption,
    /// With the name of a file, which is not there.
    WithFile,
}

impl Call {
    fn fits(self, command: &Invocation) -> bool {
        let mut arguments = command.words.iter().skip(1);
        match self {
            Self::AsShown => true,
            Self::Bare => arguments.next().is_none(),
            Self::WithArgument => arguments.any(|word| !is_option(word)),
            Self::WithOption => arguments.any(is_option),
            Self::WithFile => arguments.any(is_file),
        }
    }
}

impl Conditions {
    /// Whether a command is called as the conditions say.
    pub(super) fn fit(&self, command: Option<&Invocation>) -> bool {
        self.calls.iter().all(|call| *call == Call::AsShown || command.is_some_and(|command| call.fits(command)))
    }
}

fn is_option(word: &Pattern) -> bool {
    word.to_string().starts_with('-')
}

fn is_file(word: &Pattern) -> bool {
    word.placeholders().any(bind::is_path) || (!is_option(word) && word.to_string().contains(['.', '/']))
}

pub(super) const CONDITION: &str = "the line states a condition that loki does not understand";
const STATE: &str = "it depends on what an earlier command did";
const TRANSFORMED: &str = "the outcome is more than the values of the command";

/// After `if` or `when`: the command is called.
const CALLED: [&str; 5] = ["run", "called", "invoked", "executed", "started"];

/// After `if` or `when`: something is given to the command.
const GIVEN: [&str; 5] = ["given", "used", "passed", "provided", "specified"];

/// Words of a condition that say nothing by themselves.
const FILLERS: [&str; 20] = [
    "the", "a", "an", "it", "its", "it's", "is", "are", "be", "then", "and", "also", "must", "should", "shall", "will",
    "command", "program", "tool", "script",
];

/// Words about what is not there.
const ABSENT: [&str; 17] = [
    "missing",
    "nonexistent",
    "non-existent",
    "absent",
    "unreadable",
    "not",
    "doesn't",
    "don't",
    "does",
    "do",
    "exist",
    "exists",
    "there",
    "found",
    "no",
    "such",
    "or",
];

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
    let absent = absent(tokens);
    let missing_input = !absent.is_empty();
    let calls = absent.iter().copied().flatten().collect();
    // What is missing is neither an argument nor a file that the command is given.
    let always = absent.contains(&None).then_some(CONDITION);
    let mut conditions = Conditions { calls, always, with_placeholders: None, missing_input };
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let next = tokens.get(at + 1);
        let code_follows = matches!(next, Some(Token::Code(_)));
        match word.as_str() {
            "after" | "before" | "then" | "once" if code_follows => {
                conditions.always.get_or_insert(STATE);
            }
            "if" | "when" | "whenever" if conditions.missing_input && is_about_absence(&phrase(tokens, covered, at)) => {}
            "if" | "when" | "whenever" => match call(&phrase(tokens, covered, at)) {
                Some(call) => {
                    conditions.calls.push(call);
                    conditions.with_placeholders.get_or_insert(CONDITION);
                }
                None => {
                    conditions.always.get_or_insert(CONDITION);
                }
            },
            "with" | "given" if covered.get(at) != Some(&true) => conditions.calls.extend(given(tokens, covered, at)),
            "unless" | "until" | "otherwise" | "already" | "again" | "twice" | "previously" | "while" => {
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

/// What stands behind `if` or `when`, up to code or the next clause, without fillers. A command right behind it is called.
fn phrase<'a>(tokens: &'a [Token], covered: &[bool], at: usize) -> Vec<&'a str> {
    let names_command = matches!(tokens.get(at + 1), Some(Token::Code(_)));
    let from = if names_command { at + 2 } else { at + 1 };
    let words = tokens.iter().enumerate().skip(from).map_while(|(at, token)| match token {
        Token::Word(word) if covered.get(at) != Some(&true) => Some(word.as_str()),
        _ => None,
    });
    let words: Vec<&str> = words.filter(|word| !FILLERS.contains(word)).collect();
    // `if X is used` says of X what no example shows.
    if names_command && words.iter().any(|word| GIVEN.contains(word)) { Vec::new() } else { words }
}

/// What a condition says of how a command is called; `None` where it says something else.
fn call(phrase: &[&str]) -> Option<Call> {
    let (mut rest, mut is_given) = match phrase {
        ["i" | "you" | "we" | "user", "run" | "runs" | "call" | "calls" | "execute" | "executes", rest @ ..] => (rest, false),
        [called, rest @ ..] if CALLED.contains(called) => (rest, false),
        [given, rest @ ..] if GIVEN.contains(given) => (rest, true),
        _ => (phrase, false),
    };
    let is_called = rest.len() < phrase.len();
    if let [before @ .., last] = rest
        && (GIVEN.contains(last) || (CALLED.contains(last) && before.is_empty()))
    {
        rest = before;
        is_given = true;
    }
    if let ["with", with @ ..] = rest
        && is_called
    {
        rest = with;
        is_given = true;
    }
    match rest {
        [] if is_called || is_given => Some(Call::AsShown),
        ["nothing"] if is_given => Some(Call::AsShown),
        ["no" | "without", noun] | ["no" | "without", "any", noun] => argument(noun).map(|_| Call::AsShown),
        ["one" | "any", noun] | [noun] if is_given => argument(noun),
        _ => None,
    }
}

/// What a command that is given such a thing is called with.
fn argument(noun: &str) -> Option<Call> {
    match noun {
        "argument" | "arguments" | "arg" | "args" | "parameter" | "parameters" | "name" | "names" | "file" | "files" => {
            Some(Call::WithArgument)
        }
        "option" | "options" | "flag" | "flags" => Some(Call::WithOption),
        _ => None,
    }
}

/// What `with a name` and `given an option` say, where no text of it follows.
fn given(tokens: &[Token], covered: &[bool], at: usize) -> Option<Call> {
    let is_article = matches!(word(tokens, at + 1), "a" | "an" | "the" | "one" | "two" | "three" | "some");
    let noun = if is_article { at + 2 } else { at + 1 };
    // What is part of an example is no name: `given a name, X prints Y`.
    let is_text = matches!(tokens.get(noun + 1), Some(Token::Code(_) | Token::Quote(_)));
    let names_it = is_text && covered.get(noun + 1) != Some(&true);
    argument(word(tokens, noun)).filter(|_| is_article && !names_it)
}

fn word(tokens: &[Token], at: usize) -> &str {
    match tokens.get(at) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    }
}

/// Whether a condition only says that something is not there.
fn is_about_absence(phrase: &[&str]) -> bool {
    phrase.iter().filter(|word| !ABSENT.contains(word)).count() <= 1
}

/// Whether `on` leads to a failure, as in `on error` and `on any input error`, and not to a stream.
fn is_failure_next(tokens: &[Token], at: usize) -> bool {
    let word = |at: usize| word(tokens, at);
    let failure = (at + 1..at + 5)
        .take_while(|at| !matches!(word(*at), "" | "and" | "or"))
        .find(|at| matches!(word(*at), "error" | "errors" | "failure" | "failures"));
    failure.is_some_and(|at| word(at - 1) != "standard" && !matches!(word(at + 1), "output" | "stream"))
}

/// What the line says is not there, by how a command must be called to be about it; `None` where that is something else.
fn absent(tokens: &[Token]) -> Vec<Option<Call>> {
    let says_absent = |at: usize| {
        let next_is = |wanted: &str| word(tokens, at + 1).starts_with(wanted);
        match word(tokens, at) {
            "missing" | "nonexistent" | "non-existent" | "absent" | "unreadable" => true,
            "not" | "doesn't" | "don't" => next_is("exist") || next_is("there") || next_is("found"),
            "no" => next_is("such"),
            _ => false,
        }
    };
    (0..tokens.len()).filter(|at| says_absent(*at)).map(|at| missing_thing(tokens, at)).collect()
}

/// What is missing: named before `is missing` and `does not exist`, and behind `missing` and `no such`.
fn missing_thing(tokens: &[Token], at: usize) -> Option<Call> {
    let joins = |at: &usize| {
        let word = word(tokens, *at);
        ABSENT.contains(&word) || matches!(word, "is" | "are" | "the" | "a" | "an")
    };
    let is_after_noun = match word(tokens, at) {
        "no" => false,
        "not" | "doesn't" | "don't" => true,
        _ => at.checked_sub(1).is_some_and(|before| matches!(word(tokens, before), "is" | "are")),
    };
    let noun = if is_after_noun { (0..at).rev().find(|at| !joins(at)) } else { (at + 1..tokens.len()).find(|at| !joins(at)) };
    match tokens.get(noun?)? {
        Token::Word(word) => match word.as_str() {
            "file" | "files" | "path" | "directory" | "folder" | "dir" => Some(Call::WithFile),
            "argument" | "arguments" | "name" | "option" | "parameter" => Some(Call::Bare),
            word if bind::is_path(&word.to_uppercase()) && word != "input" => Some(Call::WithFile),
            _ => None,
        },
        Token::Code(name) => bind::is_path(name.trim_matches(['<', '>'])).then_some(Call::WithFile),
        Token::Quote(_) => None,
    }
}

/// Whether the word before says that the verb at `at` must not happen.
pub(super) fn is_negated(tokens: &[Token], at: usize) -> bool {
    let before = |distance: usize| match at.checked_sub(distance).and_then(|before| tokens.get(before)) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let is_not = |word: &str| matches!(word, "not" | "never" | "cannot" | "nor") || word.ends_with("n't");
    let fails_to = before(1) == "to" && matches!(before(2), "fail" | "fails" | "failed" | "refuse" | "refuses" | "forgets");
    let is_avoided = matches!(before(1), "avoid" | "avoids" | "stop" | "stops" | "fails" | "refuses");
    fails_to
        || is_avoided
        || is_not(before(1))
        || is_not(before(2))
        || matches!(before(1), "without" | "no" | "instead" | "of" | "longer")
}

#[cfg(test)]
mod tests {
    use crate::specs::examples::read;

    #[test]
    fn a_condition_counts_only_where_the_command_shows_it() {
        for line in [
            "If a name is given, `greet` prints `Hello`",
            "Given a name, `greet` prints `Hello`",
            "`greet` with a name prints `Hello`",
            "When given a name on stdin, `greet` prints `Hello`",
            "If the option is given, `greet` prints `x`",
            "`greet --loud` prints `x` when called with a name",
            "`greet` exits with 1 if the file is given",
            "`greet` prints `x` when the user is missing",
            "When a file is given, `lint` exits with 1",
            "`greet` prints `x` when called with a name",
            "`greet` prints `x` when called from a script",
            "`greet` prints `x` when run with two options",
            "`greet` prints `x` when run as root",
            "`greet` exits with 1 when a word is missing",
            "`greet` prints `x` if no such user",
            "`greet` prints `x` if the config does not exist",
            "`lint` exits with 1 on missing input",
            "`lint` exits with 1 if the file does not exist",
            "`lint` exits with 2 if nothing matches",
            "`lint` prints `none` when no tasks are stored",
            "`greet Ada` prints `x` if the name is missing",
        ] {
            let reading = read(line);
            assert!(!reading.is_whole() && reading.examples.iter().all(|example| !example.is_checkable()), "{line}");
        }
        for line in [
            "`greet Ada` prints `Hello` when called with a name",
            "`greet --loud` prints `HELLO` if the option is given",
            "`greet` exits with 2 when called with no arguments",
            "`greet` exits with 2 if called without any argument",
            "`greet` exits with 2 if the name is missing",
            "`greet` exits with 2 if nothing is given",
            "When run, `greet` prints `Hello`",
            "`cat FILE` exits with 1 if the file is missing",
        ] {
            assert!(read(line).is_whole(), "{line}: {:?}", read(line));
        }
    }
}
