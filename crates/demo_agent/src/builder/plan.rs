//! The plan: what the examples together demand of each program, page and file, later requirements before earlier ones.

use std::collections::BTreeMap;

use domain::specs::examples::{self, Example, ExitCode, Fit, Invocation, Outcome, PagePart, Part, Program, Stream};

use super::template::Template;

/// A line of a requirement with the examples in it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) examples: Vec<Example>,
    /// Whether the task at hand states it; otherwise it is known from an earlier one.
    pub(crate) new: bool,
}

/// A line that cannot be built, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) line: String,
    pub(crate) why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Shell,
    Python,
}

/// All that the examples demand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// By path.
    pub(crate) programs: BTreeMap<String, ProgramPlan>,
    /// By path.
    pub(crate) pages: BTreeMap<String, PagePlan>,
    /// Files of the project with the texts that each contains.
    pub(crate) files: BTreeMap<String, Vec<String>>,
    /// Which of the lines still say something that no later line has replaced.
    pub(crate) alive: Vec<bool>,
}

/// A program of the project.
#[derive(Clone, Debug)]
pub(crate) struct ProgramPlan {
    /// Relative to the worktree.
    pub(crate) path: String,
    pub(crate) language: Language,
    /// By the form of the command; see [`ProgramPlan::ordered`].
    branches: BTreeMap<String, Branch>,
}

/// What one form of a command does.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) arguments: Vec<Template>,
    /// What it takes from standard input, without line ends at the end: the languages read it so.
    pub(crate) stdin: Option<Template>,
    /// The same as it was stated, for its tests.
    pub(crate) given: Option<Template>,
    pub(crate) input: Option<Input>,
    /// The placeholders' names, by their position.
    pub(crate) names: Vec<String>,
    pub(crate) stdout: Printed,
    pub(crate) stderr: Printed,
    pub(crate) code: Option<(ExitCode, usize)>,
    /// Paths with the text that each file contains.
    pub(crate) files: Vec<(Template, Option<Template>)>,
    /// The lines that state it, as they were written.
    pub(crate) lines: Vec<String>,
}

/// A condition on the file that an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    /// Which argument, from 0.
    pub(crate) argument: usize,
    /// The position of the value that is the file's text; `None` when the branch is for a file that is missing.
    pub(crate) content: Option<usize>,
}

/// What is printed to one stream, each with the number of the line that says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Printed {
    pub(crate) whole: Option<(Template, usize)>,
    pub(crate) within: Vec<(Template, usize)>,
}

/// A page of the project with the texts on it, in the order they were asked for.
#[derive(Clone, Debug)]
pub(crate) struct PagePlan {
    pub(crate) path: String,
    pub(crate) texts: Vec<(PagePart, String)>,
}

impl Plan {
    /// Puts the lines together. A line of the task that contradicts another one of it, or that cannot be computed, blocks.
    pub(crate) fn of(lines: &[Line]) -> Result<Self, Blocked> {
        let mut planning = Planning { plan: Self::default(), lines, sayings: vec![0; lines.len()] };
        for (number, line) in lines.iter().enumerate() {
            for example in &line.examples {
                planning.add(example, number).map_err(|why| Blocked { line: line.text.clone(), why })?;
            }
        }
        let mut plan = planning.plan;
        plan.alive = planning.sayings.iter().map(|sayings| *sayings > 0).collect();
        Ok(plan)
    }
}

struct Planning<'a> {
    plan: Plan,
    lines: &'a [Line],
    /// How many outcomes of each line still hold.
    sayings: Vec<usize>,
}

impl Planning<'_> {
    fn add(&mut self, example: &Example, line: usize) -> Result<(), String> {
        let Some(command) = &example.command else {
            return example.outcomes.iter().try_for_each(|outcome| self.add_to_project(outcome, line));
        };
        let (path, language, skipped) = match example.program() {
            Some(Program::Own { name }) => {
                let language = if has_ending(&name, "py") { Language::Python } else { Language::Shell };
                (name.trim_start_matches("./").to_owned(), language, 1)
            }
            Some(Program::Script { interpreter, file }) => {
                let language = match interpreter.as_str() {
                    "sh" | "bash" | "dash" => Language::Shell,
                    "python" | "python3" => Language::Python,
                    other => return Err(format!("I write shell and Python, not programs for {other}")),
                };
                (file.trim_start_matches("./").to_owned(), language, 2)
            }
            Some(Program::Tool { name }) => return Err(format!("{name} is a program of the machine, not of this project")),
            Some(Program::NotRunnable { reason }) => return Err(reason.to_owned()),
            None => return Err("there is no command in it".to_owned()),
        };
        let (mut names, arguments, stdin) = taken_in(command, skipped)?;
        let input = input(example, command, &arguments, &mut names, skipped)?;
        let text = self.lines.get(line).map(|line| line.text.clone()).unwrap_or_default();
        let branch = self.plan.program(path, language)?.branch(&names, (arguments, stdin, input));
        if !branch.lines.contains(&text) {
            branch.lines.push(text);
        }
        let mut replaced = Vec::new();
        let mut stated = 0;
        for outcome in &example.outcomes {
            if branch.state(outcome, &names, line, &mut replaced)? {
                stated += 1;
            }
        }
        self.account(line, stated, &replaced)
    }

    /// Counts what a line says, and no longer counts what it replaced.
    fn account(&mut self, line: usize, stated: usize, replaced: &[usize]) -> Result<(), String> {
        if let Some(sayings) = self.sayings.get_mut(line) {
            *sayings += stated;
        }
        for earlier in replaced {
            if self.lines.get(*earlier).is_some_and(|line| line.new) {
                let other = self.lines.get(*earlier).map(|line| line.text.as_str()).unwrap_or_default();
                return Err(format!("it contradicts \"{other}\""));
            }
            if let Some(sayings) = self.sayings.get_mut(*earlier) {
                *sayings = sayings.saturating_sub(1);
            }
        }
        Ok(())
    }

    fn add_to_project(&mut self, outcome: &Outcome, line: usize) -> Result<(), String> {
        let stated = match outcome {
            Outcome::PageShows { path, part, text } => {
                let texts = self.plan.page(path.trim_start_matches("./"));
                let entry = (*part, text.clone());
                let is_new = !texts.contains(&entry);
                if is_new {
                    texts.push(entry);
                }
                usize::from(is_new)
            }
            Outcome::CreatesFile { path, content } => {
                let literal = |pattern| Template::given_out(pattern, &[]).map(|template| template.fill(&[]));
                let path = literal(path)?;
                let content = content.as_ref().map(literal).transpose()?;
                let texts = self.plan.files.entry(path.trim_start_matches("./").to_owned()).or_default();
                if let Some(content) = &content
                    && texts.iter().any(|known| known.is_empty() != content.is_empty())
                {
                    return Err(format!("{path} would have to be empty and contain something"));
                }
                if let Some(content) = content
                    && !texts.contains(&content)
                {
                    texts.push(content);
                }
                1
            }
            Outcome::Prints { .. } | Outcome::ExitsWith(_) => return Err("it does not say which command is meant".to_owned()),
        };
        self.account(line, stated, &[])
    }
}

impl Plan {
    fn program(&mut self, path: String, language: Language) -> Result<&mut ProgramPlan, String> {
        let program = self.programs.entry(path.clone());
        let program = program.or_insert_with(|| ProgramPlan { path, language, branches: BTreeMap::new() });
        if program.language == language {
            Ok(program)
        } else {
            Err(format!("{} would have to be written in two languages", program.path))
        }
    }

    fn page(&mut self, path: &str) -> &mut Vec<(PagePart, String)> {
        let page = self.pages.entry(path.to_owned());
        &mut page.or_insert_with(|| PagePlan { path: path.to_owned(), texts: Vec::new() }).texts
    }
}

impl ProgramPlan {
    /// The branches, more literal commands first.
    pub(crate) fn ordered(&self) -> Vec<&Branch> {
        let mut branches: Vec<&Branch> = self.branches.values().collect();
        branches.sort_by_key(|branch| branch.freedom());
        branches
    }

    /// The branch for this form of the command, with the names that were used for it first.
    fn branch(&mut self, names: &[String], (arguments, given, input): Form) -> &mut Branch {
        let stdin = given.clone().map(|given| given.with_end_cut(|text| text.trim_end_matches('\n')));
        let words: Vec<String> = arguments.iter().chain(&stdin).map(Template::key).collect();
        let form = format!("{} {} {input:?} {}", arguments.len(), stdin.is_some(), words.join("\u{1}"));
        self.branches.entry(form).or_insert_with(|| Branch {
            arguments,
            stdin,
            given,
            input,
            names: names.to_vec(),
            stdout: Printed::default(),
            stderr: Printed::default(),
            code: None,
            files: Vec::new(),
            lines: Vec::new(),
        })
    }
}

impl Branch {
    /// Adds an outcome; lines that it replaces are added to `replaced`. False when it was known already.
    fn state(&mut self, outcome: &Outcome, names: &[String], line: usize, replaced: &mut Vec<usize>) -> Result<bool, String> {
        match outcome {
            Outcome::Prints { stream, fit, text } => {
                // Printing ends the line.
                let text = Template::given_out(text, names)?.with_end_cut(|text| text.strip_suffix('\n').unwrap_or(text));
                let printed = if *stream == Stream::Stdout { &mut self.stdout } else { &mut self.stderr };
                Ok(printed.state(text, *fit, line, replaced))
            }
            Outcome::ExitsWith(code) => {
                match (self.code, code) {
                    (Some((known, _)), code) if known == *code => return Ok(false),
                    (Some((ExitCode::Is(known), _)), ExitCode::NotZero) if known != 0 => return Ok(false),
                    (Some((ExitCode::NotZero, _)), ExitCode::Is(code)) if *code != 0 => {}
                    (Some((_, earlier)), _) => replaced.push(earlier),
                    (None, _) => {}
                }
                self.code = Some((*code, line));
                Ok(true)
            }
            Outcome::CreatesFile { path, content } => {
                let path = Template::given_out(path, names)?;
                let content = content.as_ref().map(|content| Template::given_out(content, names)).transpose()?;
                if !examples::is_safe_path(&path.fill(names)) {
                    return Err("the file it creates does not lie below the working directory".to_owned());
                }
                let differs = |known: &Option<Template>| match (known, &content) {
                    (Some(known), Some(content)) => known.0.is_empty() != content.0.is_empty(),
                    _ => false,
                };
                if self.files.iter().any(|(known, content)| *known == path && differs(content)) {
                    return Err("a file that it creates would have to be empty and contain something".to_owned());
                }
                let known = self.files.contains(&(path.clone(), content.clone()));
                if !known {
                    self.files.push((path, content));
                }
                Ok(!known)
            }
            Outcome::PageShows { .. } => Err("a page that a command makes is a file: say what the file contains".to_owned()),
        }
    }

    /// The code it exits with: what is stated; otherwise a failure when it only complains.
    pub(crate) fn exit_code(&self) -> i32 {
        match self.code {
            Some((ExitCode::Is(code), _)) => code,
            Some((ExitCode::NotZero, _)) => 1,
            None => i32::from(self.stdout.is_open() && !self.stderr.is_open() && self.files.is_empty()),
        }
    }

    /// Fewer values, and later values, come first; so a literal word is never taken for a value.
    fn freedom(&self) -> (usize, Vec<u8>, u8, bool) {
        let words: Vec<u8> = self.arguments.iter().map(Template::freedom).collect();
        (
            words.iter().filter(|freedom| **freedom > 0).count(),
            words,
            self.stdin.as_ref().map_or(3, Template::freedom),
            self.input.is_none(),
        )
    }
}

impl Printed {
    /// Whether nothing is said about the stream.
    pub(crate) fn is_open(&self) -> bool {
        self.whole.is_none() && self.within.is_empty()
    }

    /// The lines to print: all that is stated, in order.
    pub(crate) fn lines(&self) -> Vec<&Template> {
        match &self.whole {
            Some((text, _)) => vec![text],
            None => self.within.iter().map(|(text, _)| text).collect(),
        }
    }

    fn state(&mut self, text: Template, fit: Fit, line: usize, replaced: &mut Vec<usize>) -> bool {
        let key = text.key();
        match fit {
            Fit::Whole => {
                if self.whole.as_ref().is_some_and(|(known, _)| *known == text) {
                    return false;
                }
                replaced.extend(self.whole.as_ref().map(|(_, earlier)| *earlier));
                replaced.extend(self.within.iter().filter(|(part, _)| !key.contains(&part.key())).map(|(_, earlier)| *earlier));
                self.within.retain(|(part, _)| key.contains(&part.key()));
                self.whole = Some((text, line));
            }
            Fit::Within => {
                if self.within.iter().any(|(known, _)| *known == text) {
                    return false;
                }
                if let Some((whole, earlier)) = &self.whole
                    && !whole.key().contains(&key)
                {
                    replaced.push(*earlier);
                    self.whole = None;
                }
                self.within.push((text, line));
            }
        }
        true
    }
}

type Form = (Vec<Template>, Option<Template>, Option<Input>);

/// The file that a command reads, where it matters: it is missing, or its text is printed.
fn input(
    example: &Example,
    command: &Invocation,
    arguments: &[Template],
    names: &mut Vec<String>,
    skipped: usize,
) -> Result<Option<Input>, String> {
    let patterns =
        example.outcomes.iter().filter_map(|outcome| if let Outcome::Prints { text, .. } = outcome { Some(text) } else { None });
    let parts = patterns.flat_map(|pattern| &pattern.0);
    let mut contents = parts.filter_map(|part| match part {
        Part::Placeholder(name) if name.starts_with("CONTENT") && !names.contains(name) => Some(name.clone()),
        _ => None,
    });
    let content = contents.next_back();
    if command.inputs_exist && content.is_none() {
        return Ok(None);
    }
    // What is read is what is written before the command when its inputs exist.
    let mut existing = example.clone();
    if let Some(command) = &mut existing.command {
        command.inputs_exist = true;
    }
    let bound = examples::bind(&existing, 1);
    let is_read =
        |position: usize| bound.argv.get(position + skipped).is_some_and(|word| bound.files.iter().any(|(path, _)| path == word));
    let argument =
        (0..arguments.len()).find(|position| is_read(*position) && arguments.get(*position).is_some_and(Template::is_value));
    let argument = argument.ok_or("which file is meant does not show from the command")?;
    let content = content.filter(|_| command.inputs_exist).map(|name| {
        names.push(name);
        names.len() - 1
    });
    Ok(Some(Input { argument, content }))
}

type TakenIn = (Vec<String>, Vec<Template>, Option<Template>);

fn taken_in(command: &Invocation, skipped: usize) -> Result<TakenIn, String> {
    let mut names = Vec::new();
    let words = command.words.iter().skip(skipped).map(|word| Template::taken_in(word, &mut names)).collect::<Result<_, _>>()?;
    let stdin = command.stdin.as_ref().map(|stdin| Template::taken_in(stdin, &mut names)).transpose()?;
    Ok((names, words, stdin))
}

/// Whether a path ends in `.ending`.
pub(crate) fn has_ending(path: &str, ending: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}
