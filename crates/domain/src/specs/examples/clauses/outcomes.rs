//! The verbs and what follows them.

use super::{
    super::{ExitCode, Fit, Outcome, PagePart, Pattern, Stream, conditions, pattern, scan},
    Reader, Subject, is_page, is_path,
};

/// Words and marks between a verb and its text that carry nothing.
const STOPS: [&str; 30] = [
    "\"\"\"", ".", "no", "never", "for", "from", "of", "like", "such", "similar", "in", "or", "and", "by", "using", "without",
    "each", "every", "all", "number", "count", "sum", "to", "if", "when", "matching", "not", "whether", "as", "per",
];

impl<'a> Reader<'a> {
    /// Reads the clause that begins with this word; where the next one begins, if it is one.
    pub(super) fn clause(&mut self, verb: &str) -> Option<usize> {
        let verb = match verb {
            "print" | "prints" | "output" | "outputs" | "echoes" | "emits" | "responds" | "answers" | "printing"
            | "outputting" | "logs" | "yields" | "gives" => Verb::Print,
            scan::ARROW => Verb::Arrow,
            "stdout" => Verb::Stream(Stream::Stdout),
            "stderr" => Verb::Stream(Stream::Stderr),
            "returns" | "return" => Verb::Return,
            "write" | "writes" | "writing" => Verb::Write,
            "show" | "shows" | "display" | "displays" | "say" | "says" | "contain" | "contains" | "has" | "include"
            | "includes" | "reads" | "containing" => Verb::Show,
            "exit" | "exits" | "exiting" | "terminates" | "quits" | "ends" | "finishes" => Verb::Exit,
            "fails" | "fail" => Verb::Fail,
            "succeeds" => Verb::Succeed,
            "create" | "creates" | "generates" | "generate" | "produces" | "saves" | "creating" | "there" => Verb::Create,
            "exists" | "exist" => Verb::Exist,
            _ => return None,
        };
        // `fails to print T` denies what follows, and says nothing of an exit code.
        let denies = matches!(verb, Verb::Fail) && self.word_at(self.at + 1) == Some("to");
        if denies || conditions::is_negated(self.tokens, self.at) {
            return if matches!(verb, Verb::Exist) { None } else { self.past_text() };
        }
        match verb {
            Verb::Print => self.prints(),
            Verb::Return => self.exits(true).or_else(|| self.prints()),
            Verb::Write => self.writes(),
            Verb::Show => self.shows(),
            Verb::Exit => self.exits(false),
            Verb::Fail => self.exits(false).or_else(|| {
                self.push(Outcome::ExitsWith(ExitCode::NotZero));
                None
            }),
            Verb::Succeed => {
                self.push(Outcome::ExitsWith(ExitCode::Is(0)));
                None
            }
            Verb::Create => self.creates(),
            Verb::Exist => self.exists(),
            Verb::Arrow if self.leads_to_text() => self.prints(),
            Verb::Arrow => None,
            Verb::Stream(stream) => self.stream_is(stream),
        }
    }

    /// `stdout is T`, `stderr should contain T`, `stderr is empty`.
    fn stream_is(&mut self, stream: Stream) -> Option<usize> {
        if !matches!(self.subject, Subject::Command(..)) {
            return None;
        }
        let mut fit = Fit::Whole;
        let mut at = self.at + 1;
        while let Some(word) = self.word_at(at) {
            match word {
                "is" | "be" | "must" | "should" | "shall" | "will" | "equal" | "equals" => {}
                "contain" | "contains" | "include" | "includes" => fit = Fit::Within,
                "empty" | "nothing" if fit == Fit::Whole => break,
                _ => return None,
            }
            at += 1;
        }
        if at == self.at + 1 {
            return None;
        }
        let text = self.text_at(at);
        if text.is_none() && self.word_at(at).is_none() {
            return None;
        }
        self.take_stdin();
        let text = pattern::in_outcome(text.unwrap_or_default(), &self.command_placeholders());
        self.push(Outcome::Prints { stream, fit, text });
        self.cover(at, at + 1);
        Some(at + 1)
    }

    /// After a verb that is denied: its text is no subject.
    fn past_text(&self) -> Option<usize> {
        let ends = |at: &usize| self.word_at(*at) == Some(scan::STOP);
        let at = (self.at + 1..self.at + 6).take_while(|at| !ends(at)).find(|at| self.word_at(*at).is_none())?;
        self.text_at(at).map(|_| at + 1)
    }

    /// Whether a verb without a subject leads to one: `Write a program X that prints …`, `Output: X prints …`.
    fn leads_to_subject(&self) -> bool {
        let is_imperative = matches!(self.word_at(self.at), Some("write" | "print" | "output" | "show" | "display" | "return"));
        let Some(code) = (self.at + 1..self.at + 8).find(|at| self.word_at(*at).is_none()) else { return false };
        let names_program = (self.at + 1..code).any(|at| {
            matches!(self.word_at(at), Some("program" | "script" | "tool" | "command" | "cli" | "application" | "app"))
        });
        let acts = |word: &str| {
            matches!(
                word,
                "that"
                    | "which"
                    | "prints"
                    | "outputs"
                    | "returns"
                    | "displays"
                    | "shows"
                    | "says"
                    | "writes"
                    | "creates"
                    | "exits"
                    | "fails"
            )
        };
        is_imperative && self.subject == Subject::Nothing && (names_program || self.word_at(code + 1).is_some_and(acts))
    }

    fn command_placeholders(&self) -> Vec<&str> {
        match &self.subject {
            Subject::Command(_, command) => command.words.iter().chain(&command.stdin).flat_map(Pattern::placeholders).collect(),
            _ => Vec::new(),
        }
    }

    /// Gives the command what the line put on standard input.
    fn take_stdin(&mut self) {
        if let (Some(text), Subject::Command(_, command)) = (self.stdin.take(), &mut self.subject)
            && command.stdin.is_none()
        {
            command.stdin = Some(pattern::in_command(&text.replace("\\n", "\n")));
        }
    }

    fn prints(&mut self) -> Option<usize> {
        if !matches!(self.subject, Subject::Command(..)) {
            return if self.leads_to_subject() { None } else { self.past_text() };
        }
        self.take_stdin();
        let mut fit = Fit::Whole;
        let mut stream = Stream::Stdout;
        let mut at = self.at + 1;
        let text = loop {
            if let Some(text) = self.text_at(at) {
                break Some(text);
            }
            match self.word_at(at)? {
                "containing" | "contains" | "including" | "with" | "starting" | "beginning" | "ending" | "contain" => {
                    fit = Fit::Within;
                }
                "stderr" => stream = Stream::Stderr,
                "error" if self.word_at(at - 1) == Some("standard") => stream = Stream::Stderr,
                "nothing" if self.word_at(at + 1) != Some("else") => break None,
                "nothing" => return None,
                "to" if matches!(self.word_at(at + 1), Some("stderr" | "stdout" | "standard" | "the")) => {}
                word if STOPS.contains(&word) || at > self.at + 8 => return None,
                _ => {}
            }
            at += 1;
        };
        at += 1;
        if let Some((named, after)) = self.stream_at(at) {
            stream = named;
            at = after;
        }
        let pattern = pattern::in_outcome(text.unwrap_or_default(), &self.command_placeholders());
        self.push(Outcome::Prints { stream, fit, text: pattern });
        Some(at)
    }

    /// `to stderr`, `on standard error`, `in the error stream`, `as output` and the like.
    fn stream_at(&self, mut at: usize) -> Option<(Stream, usize)> {
        if !matches!(self.word_at(at), Some("to" | "on" | "into" | "via" | "in" | "as")) {
            return None;
        }
        at += 1;
        while matches!(self.word_at(at), Some("the" | "its" | "standard")) {
            at += 1;
        }
        let is_standard = self.word_at(at - 1) == Some("standard");
        match (self.word_at(at)?, self.word_at(at + 1)) {
            // `to the error file` is no stream.
            (_, Some("file" | "files")) => None,
            ("stderr", Some("stream")) | ("error", Some("output" | "stream")) => Some((Stream::Stderr, at + 2)),
            ("stdout" | "output", Some("stream")) => Some((Stream::Stdout, at + 2)),
            ("stderr", _) => Some((Stream::Stderr, at + 1)),
            ("error", _) if is_standard => Some((Stream::Stderr, at + 1)),
            ("stdout" | "output", _) => Some((Stream::Stdout, at + 1)),
            _ => None,
        }
    }

    fn writes(&mut self) -> Option<usize> {
        let first = (self.at + 1..self.at + 6).find(|at| self.text_at(*at).is_some())?;
        if (self.at + 1..first).any(|at| matches!(self.word_at(at), Some("and" | "or" | "if" | scan::STOP))) {
            return None;
        }
        let text = self.text_at(first)?;
        // `writes TEXT to PATH`
        if matches!(self.word_at(first + 1), Some("to" | "into")) {
            let mut at = first + 2;
            while matches!(self.word_at(at), Some("the" | "a" | "file" | "new")) {
                at += 1;
            }
            if let Some(path) = self.code_at(at).filter(|path| self.names_a_file(path)) {
                self.created(path, Some(text));
                return Some(at + 1);
            }
        }
        let is_file = self.code_at(first).is_some_and(|path| self.names_a_file(path)) && self.stream_at(first + 1).is_none();
        if is_file { self.creates() } else { self.prints() }
    }

    /// Whether a code span is a path, or a file placeholder of the command.
    fn names_a_file(&self, text: &str) -> bool {
        is_path(text) || (self.command_placeholders().contains(&text) && super::bind::is_path(text))
    }

    fn created(&mut self, path: &str, content: Option<&str>) {
        self.take_stdin();
        let known = self.command_placeholders();
        let path = pattern::in_outcome(path.strip_prefix("./").unwrap_or(path), &known);
        let content = content.map(|content| pattern::in_outcome(content, &known));
        self.push(Outcome::CreatesFile { path, content });
    }

    fn creates(&mut self) -> Option<usize> {
        let mut at = self.at + 1;
        let mut says_file = false;
        let mut empty = None;
        while let Some(word) = self.word_at(at) {
            match word {
                "file" | "page" | "files" => says_file = true,
                "empty" => empty = Some(at),
                "the" | "a" | "an" | "new" | "called" | "named" | "its" | "is" | "are" | "must" | "be" | "at" | "also" => {}
                "directory" | "folder" => {
                    self.unclear.get_or_insert("it is about a directory");
                }
                _ => return None,
            }
            at += 1;
        }
        let path = self.code_at(at)?;
        if path.contains(char::is_whitespace) || !(says_file || self.names_a_file(path)) {
            return None;
        }
        if matches!(self.subject, Subject::Named(_)) || (self.subject == Subject::Nothing && self.outcomes.is_empty()) {
            // Nothing runs: the line asks for the file itself.
            self.flush();
            self.subject = Subject::Named(path.to_owned());
            self.subject_at = Some(at);
            if is_page(path) && empty.is_none() {
                self.cover(self.at, at);
                return Some(at + 1);
            }
        }
        at += 1;
        if let Some(empty) = empty {
            self.created(path, Some(""));
            self.cover(empty, empty + 1);
            return Some(at);
        }
        let (content, after) = self.content_at(at);
        self.created(path, content);
        at = after;
        // `creates A and B`
        while matches!(self.word_at(at), Some("and" | "also"))
            && self.code_at(at + 1).is_some_and(|path| self.is_last_path(path, at + 1))
        {
            let path = self.code_at(at + 1)?;
            let (content, after) = self.content_at(at + 2);
            self.created(path, content);
            at = after;
        }
        Some(at)
    }

    /// Whether a path in a list is an object and not the subject of the next clause.
    fn is_last_path(&self, path: &str, at: usize) -> bool {
        is_path(path) && !matches!(self.word_at(at + 1), Some("prints" | "exits" | "shows" | "has" | "outputs" | "displays"))
    }

    /// `containing T`, `with the content T`, `that contains T`.
    fn content_at(&self, from: usize) -> (Option<&'a str>, usize) {
        let mut at = from;
        let mut says_content = false;
        while let Some(word) = self.word_at(at) {
            match word {
                "containing" | "contains" | "content" | "contents" | "text" | "holding" | "includes" | "including" | "with"
                | "reads" => {
                    says_content = true;
                }
                "that" | "which" | "whose" | "the" | "is" | "a" | "line" | "exactly" | "it" | "and" => {}
                _ => return (None, from),
            }
            at += 1;
        }
        match self.text_at(at) {
            Some(text) if says_content => (Some(text), at + 1),
            _ => (None, from),
        }
    }

    fn exists(&mut self) -> Option<usize> {
        let path = match &self.subject {
            Subject::Named(path) | Subject::Command(path, _) if self.speaks_of_file(path) && self.outcomes.is_empty() => {
                path.clone()
            }
            _ => return None,
        };
        self.push(Outcome::CreatesFile { path: Pattern::fixed(path), content: None });
        None
    }

    fn exits(&mut self, needs_code_word: bool) -> Option<usize> {
        if !matches!(self.subject, Subject::Command(..)) {
            return None;
        }
        let mut says_code = !needs_code_word;
        for at in self.at + 1..self.at + 9 {
            if let Some(code) = self.code_at(at) {
                let code = code.trim().parse::<i32>().ok().filter(|code| says_code && (0..=255).contains(code))?;
                self.exited(ExitCode::Is(code));
                return Some(self.past_code_words(at + 1));
            }
            let word = self.word_at(at)?;
            if let Ok(code) = word.parse::<i32>() {
                if !says_code || !(0..=255).contains(&code) {
                    return None;
                }
                self.exited(ExitCode::Is(code));
                return Some(self.past_code_words(at + 1));
            }
            match word {
                "code" | "status" => says_code = true,
                "with" | "the" | "an" | "a" | "exit" | "of" | "is" | "be" | "must" | "should" | "shall" | "will" | "value"
                | "return" | "its" => {}
                "one" | "two" | "three" if matches!(self.word_at(at - 1), Some("code" | "status")) => {
                    self.exited(ExitCode::Is(match word {
                        "one" => 1,
                        "two" => 2,
                        _ => 3,
                    }));
                    self.cover(at, at + 1);
                    return Some(at + 1);
                }
                "zero" | "successfully" | "cleanly" => {
                    self.exited(ExitCode::Is(0));
                    return Some(self.past_code_words(at + 1));
                }
                "non-zero" | "nonzero" | "non" => {
                    self.exited(ExitCode::NotZero);
                    return Some(self.past_code_words(at + if word == "non" { 2 } else { 1 }));
                }
                _ => return None,
            }
        }
        None
    }

    /// Past `exit code`, `status` or `as its code`, which say nothing more behind a code.
    fn past_code_words(&self, from: usize) -> usize {
        let mut at = from;
        while matches!(self.word_at(at), Some("as" | "the" | "its" | "an" | "exit" | "code" | "status")) {
            at += 1;
        }
        if at > from && matches!(self.word_at(at - 1), Some("code" | "status")) { at } else { from }
    }

    fn exited(&mut self, code: ExitCode) {
        self.take_stdin();
        self.push(Outcome::ExitsWith(code));
    }

    fn shows(&mut self) -> Option<usize> {
        let says_page = (1..=3).any(|back| self.at.checked_sub(back).and_then(|at| self.word_at(at)) == Some("page"));
        let subject = match &self.subject {
            Subject::Nothing if says_page => {
                self.subject = Subject::Named("index.html".to_owned());
                "index.html".to_owned()
            }
            Subject::Nothing => return None,
            Subject::Named(text) | Subject::Command(text, _) => text.clone(),
        };
        if is_page(&subject) {
            return self.page_shows(subject.strip_prefix("./").unwrap_or(&subject));
        }
        let runs = self.outcomes.iter().any(|outcome| !matches!(outcome, Outcome::CreatesFile { .. }));
        let verb = self.word_at(self.at)?;
        let speaks = matches!(verb, "show" | "shows" | "display" | "displays" | "says" | "say");
        let before = self.at.checked_sub(1).and_then(|at| self.word_at(at));
        let of_output = matches!(before, Some("output" | "stdout"));
        if (is_path(&subject) || (self.speaks_of_file(&subject) && !speaks && !of_output)) && !runs {
            let at = (self.at + 1..self.at + 6).find(|at| self.text_at(*at).is_some())?;
            let text = self.text_at(at)?;
            if (self.at + 1..at).any(|at| self.word_at(at).is_some_and(|word| STOPS.contains(&word))) {
                return None;
            }
            self.push(Outcome::CreatesFile {
                path: Pattern::fixed(subject.strip_prefix("./").unwrap_or(&subject)),
                content: Some(pattern::in_outcome(text, &[])),
            });
            return Some(at + 1);
        }
        if !matches!(self.subject, Subject::Command(..)) {
            return None;
        }
        // `its output contains T` and `CMD shows T`
        if of_output {
            let at = self.at + 1;
            let text = self.text_at(at)?;
            self.cover(self.at - 1, self.at);
            self.take_stdin();
            let text = pattern::in_outcome(text, &self.command_placeholders());
            self.push(Outcome::Prints { stream: Stream::Stdout, fit: Fit::Within, text });
            return Some(at + 1);
        }
        if speaks { self.prints() } else { None }
    }

    /// One or more texts and elements of a page.
    fn page_shows(&mut self, path: &str) -> Option<usize> {
        let mut at = self.at + 1;
        let mut part = PagePart::Text;
        let mut found = false;
        let mut end = at;
        while at < end + 8 {
            if let Some(text) = self.text_at(at) {
                if found && (is_path(text) && self.code_at(at).is_some()) && part == PagePart::Text {
                    break;
                }
                // A link to what is no address is a link of that text.
                let shown = if part == PagePart::LinkTarget && !is_address(text) { PagePart::Link } else { part };
                self.push(Outcome::PageShows { path: path.to_owned(), part: shown, text: text.to_owned() });
                found = true;
                part = PagePart::Text;
                at += 1;
                end = at;
                continue;
            }
            match self.word_at(at) {
                Some("heading" | "headline" | "header") => part = PagePart::Heading,
                Some("title") => part = PagePart::Title,
                Some("link" | "links") => part = PagePart::Link,
                Some("to") if part == PagePart::Link => part = PagePart::LinkTarget,
                Some("button") => part = PagePart::Button,
                Some(
                    "shows" | "show" | "has" | "contains" | "displays" | "and" | "to" | "labelled" | "labeled" | "with" | "as",
                ) => {}
                Some(word) if STOPS.contains(&word) => break,
                Some(_) => {}
                None => break,
            }
            at += 1;
        }
        found.then_some(end)
    }
}

/// Whether a text reads like what a link leads to.
fn is_address(text: &str) -> bool {
    is_path(text)
        || (!text.contains(char::is_whitespace)
            && (text.contains("://") || text.starts_with(['/', '#']) || text.starts_with("mailto:")))
}

#[derive(Clone, Copy)]
enum Verb {
    Print,
    Return,
    Write,
    Show,
    Exit,
    Fail,
    Succeed,
    Create,
    Exist,
    Arrow,
    Stream(Stream),
}
