//! Reads a requirement line clause by clause: a subject in backticks, a verb, an outcome.

mod arrows;
mod outcomes;

use super::{
    Example, ExitCode, Fit, Invocation, Outcome, Reading, bind, conditions, conditions::Conditions, rest, scan, scan::Token,
    shell,
};

/// The most outcomes that one line may carry; what comes after is not looked at.
const MAX_OUTCOMES: usize = 20;

/// What a clause speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Nothing,
    /// A code span that is no command, like a file's name.
    Named(String),
    /// A code span that is a command, and may still be a file's name.
    Command(String, Invocation),
}

/// The examples in one requirement line.
pub fn find(line: &str) -> Vec<Example> {
    read(line).examples
}

/// A requirement line as its examples and what they do not carry.
pub fn read(line: &str) -> Reading {
    let tokens = scan::scan(line);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        subject: Subject::Nothing,
        outcomes: Vec::new(),
        stdin: None,
        unclear: None,
        found: Vec::new(),
        total: 0,
        covered: vec![false; tokens.len()],
        subject_at: None,
        subjects: Vec::new(),
    };
    while reader.at < tokens.len() && reader.total < MAX_OUTCOMES {
        reader.step();
    }
    reader.flush();
    let conditions = conditions::read(&tokens, &reader.covered);
    let mut examples = reader.found;
    for example in &mut examples {
        apply(&conditions, example);
    }
    if examples.is_empty() {
        return Reading::default();
    }
    let (covered, subjects) = (reader.covered.as_slice(), reader.subjects.as_slice());
    let line_read = rest::Line { tokens: &tokens, covered, subjects, missing_input: conditions.missing_input };
    let rest = rest::rest(&line_read, rest::label(line, &tokens));
    Reading { examples, rest }
}

fn apply(conditions: &Conditions, example: &mut Example) {
    let reads_a_file = example.placeholders().into_iter().any(bind::is_path);
    if let Some(command) = &mut example.command
        && conditions.missing_input
        && reads_a_file
    {
        command.inputs_exist = false;
    }
    let has_placeholders = !example.placeholders().is_empty();
    let by_call = (!conditions.fit(example.command.as_ref())).then_some(conditions::CONDITION);
    let by_condition = conditions.always.or(by_call).or(if has_placeholders { conditions.with_placeholders } else { None });
    example.unclear = example.unclear.or(by_condition);
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    subject: Subject,
    outcomes: Vec<Outcome>,
    stdin: Option<String>,
    unclear: Option<&'static str>,
    found: Vec<Example>,
    total: usize,
    /// By token, whether it is part of an example.
    covered: Vec<bool>,
    /// Where the present subject stands.
    subject_at: Option<usize>,
    /// Where the subjects of examples stand.
    subjects: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn step(&mut self) {
        match self.tokens.get(self.at) {
            Some(Token::Code(code)) => self.code(code),
            Some(Token::Quote(text)) => {
                if let Some(end) = self.stdin_end() {
                    self.stdin = Some(text.clone());
                    self.cover(self.at, end);
                    self.at = end;
                } else if self.is_called(text) {
                    self.code(text);
                } else {
                    self.at += 1;
                }
            }
            Some(Token::Word(word)) => {
                let (from, before) = (self.at, self.total);
                let next = self.clause(word).unwrap_or(from + 1).max(from + 1);
                if self.total > before {
                    self.cover(from, next);
                }
                self.at = next;
            }
            None => self.at += 1,
        }
    }

    /// Whether a quotation at hand is a command: one of several words that the word before it says is run.
    fn is_called(&self, text: &str) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.word_at(at));
        matches!(before, Some("run" | "running" | "calling" | "executing" | "typing" | "command"))
            && text.contains(char::is_whitespace)
            && shell::invocation(text).is_some()
    }

    fn code(&mut self, code: &str) {
        if let Some(end) = self.stdin_end() {
            self.flush();
            self.stdin = Some(code.to_owned());
            self.cover(self.at, end);
            self.at = end;
            return;
        }
        if shell::is_option(code) {
            if !matches!(self.subject, Subject::Nothing) || self.outcomes.is_empty() {
                self.unclear.get_or_insert("it names an option apart from its command");
            }
            self.at += 1;
            return;
        }
        if matches!(self.tokens.get(self.at.wrapping_sub(1)), Some(Token::Word(word)) if word == "or")
            && !self.outcomes.is_empty()
        {
            self.unclear.get_or_insert("it leaves a choice");
        }
        let left_over =
            matches!(&self.subject, Subject::Command(_, command) if command.words.len() > 1) && self.outcomes.is_empty();
        self.flush();
        if left_over {
            self.unclear = Some("it names several commands");
        }
        self.subject = match shell::invocation(code) {
            Some(command) => Subject::Command(code.to_owned(), command),
            None => Subject::Named(code.to_owned()),
        };
        self.subject_at = Some(self.at);
        self.at += 1;
    }

    /// Ends the clauses about the present subject.
    fn flush(&mut self) {
        let outcomes = std::mem::take(&mut self.outcomes);
        if outcomes.is_empty() {
            return;
        }
        let runs = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Prints { .. } | Outcome::ExitsWith(_)));
        let creates = outcomes.iter().any(|outcome| matches!(outcome, Outcome::CreatesFile { .. }));
        // A file that is only spoken of is no command, even if its name could be one.
        let is_file = |text: &str| {
            let is_subject = |outcome: &Outcome| matches!(outcome, Outcome::CreatesFile { path, .. } if path.to_string() == text);
            is_path(text) || (self.speaks_of_file(text) && outcomes.iter().all(is_subject))
        };
        let command = match &self.subject {
            Subject::Command(text, command) if runs || (creates && !is_file(text)) => Some(command.clone()),
            _ if runs => return,
            _ => None,
        };
        if let Some(at) = self.subject_at {
            self.cover(at, at + 1);
            self.subjects.push(at);
        }
        let unclear = self.unclear.take().or_else(|| contradiction(&outcomes));
        self.found.push(Example { command, outcomes, unclear });
    }

    /// Whether the present subject is a file: by its path, or as the line calls it so, as in "the file `LICENSE`".
    fn speaks_of_file(&self, subject: &str) -> bool {
        let before = self.subject_at.and_then(|at| at.checked_sub(1)).and_then(|at| self.word_at(at));
        is_path(subject) || (before == Some("file") && !subject.contains(char::is_whitespace))
    }

    /// Marks a clause as part of an example: its verb, its texts and numbers, and the words that its grammar knows.
    fn cover(&mut self, from: usize, to: usize) {
        for at in from..to {
            let belongs = match self.tokens.get(at) {
                Some(Token::Word(word)) => {
                    at == from || rest::belongs_to_clause(word) || word.chars().all(|c| c.is_ascii_digit())
                }
                _ => true,
            };
            if let (true, Some(covered)) = (belongs, self.covered.get_mut(at)) {
                *covered = true;
            }
        }
    }

    fn push(&mut self, outcome: Outcome) {
        self.total += 1;
        self.outcomes.push(outcome);
    }

    fn word_at(&self, at: usize) -> Option<&'a str> {
        match self.tokens.get(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn text_at(&self, at: usize) -> Option<&'a str> {
        match self.tokens.get(at) {
            Some(Token::Code(text) | Token::Quote(text)) => Some(text),
            _ => None,
        }
    }

    fn code_at(&self, at: usize) -> Option<&'a str> {
        match self.tokens.get(at) {
            Some(Token::Code(text)) => Some(text),
            _ => None,
        }
    }

    /// Where the words end that say that the token at hand is given on standard input; `None` when it is not.
    fn stdin_end(&self) -> Option<usize> {
        let mut at = self.at + 1;
        while matches!(self.word_at(at), Some("on" | "from" | "via" | "through" | "its" | "the" | "as" | "piped" | "to" | "into"))
        {
            at += 1;
        }
        match (self.word_at(at), self.word_at(at + 1)) {
            _ if at == self.at + 1 => None,
            (Some("stdin"), _) => Some(at + 1),
            (Some("standard"), Some("input")) => Some(at + 2),
            _ => None,
        }
    }
}

/// Why outcomes of one command cannot all be seen after it.
fn contradiction(outcomes: &[Outcome]) -> Option<&'static str> {
    let contradict = |first: &Outcome, second: &Outcome| match (first, second) {
        (
            Outcome::Prints { stream, fit: Fit::Whole, text },
            Outcome::Prints { stream: other_stream, fit: Fit::Whole, text: other },
        ) => stream == other_stream && text != other,
        (Outcome::ExitsWith(ExitCode::Is(code)), Outcome::ExitsWith(ExitCode::Is(other))) => code != other,
        (Outcome::ExitsWith(ExitCode::Is(code)), Outcome::ExitsWith(ExitCode::NotZero))
        | (Outcome::ExitsWith(ExitCode::NotZero), Outcome::ExitsWith(ExitCode::Is(code))) => *code == 0,
        _ => false,
    };
    let found =
        outcomes.iter().enumerate().any(|(at, first)| outcomes.iter().skip(at + 1).any(|second| contradict(first, second)));
    found.then_some("it states outcomes that contradict each other")
}

/// Whether a code span reads like the path of a file rather than a command or a text.
fn is_path(text: &str) -> bool {
    if text.is_empty() || text.contains(char::is_whitespace) || text.starts_with('-') || text.len() > 200 {
        return false;
    }
    let name = text.rsplit('/').next().unwrap_or(text);
    let has_ending = name.rsplit_once('.').is_some_and(|(_, ending)| {
        (1..=8).contains(&ending.len())
            && ending.chars().all(|c| c.is_ascii_alphanumeric())
            && ending.contains(|c: char| c.is_ascii_alphabetic())
    });
    has_ending || (text.contains('/') && !name.is_empty())
}

fn is_page(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    is_path(text) && ["html", "htm"].iter().any(|html| ending.eq_ignore_ascii_case(html))
}
