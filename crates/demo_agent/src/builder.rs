//! The builder: from the examples of a task, and those known from earlier ones, to the files that have to change.

mod page;
mod plan;
mod program;
mod python;
mod shell;
mod template;
mod tests;
mod worktree;

use domain::specs::{self, examples};

use crate::prompt::{self, Task};
use plan::{Blocked, Line, Plan};
use program::MARK;
pub(crate) use tests::CLOSING;
pub(crate) use worktree::{Change, Worktree};

const EXAMPLES_PATH: &str = "tests/examples.txt";

const EXAMPLES_HEADER: &str = "\
# The examples of the requirements, one line each, in the words in which they were stated.
# The programs, pages and tests that they name are written from this file.
";

/// Which test programs there are where the tests will run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestTools {
    pub(crate) make: bool,
    pub(crate) pytest: bool,
}

/// What a task comes to.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// Only what differs from the worktree; empty when everything is there.
    pub(crate) changes: Vec<Change>,
    /// The script that runs the tests, relative to the worktree.
    pub(crate) test_script: String,
    /// How many examples the task states.
    pub(crate) examples: usize,
    /// Earlier lines that the task replaces.
    pub(crate) replaced: Vec<String>,
    /// Why the project's own test command does not run the script, when it does not.
    pub(crate) beside: Option<String>,
}

/// Computes the files for a task. Nothing is written. When a line blocks, nothing of the task can be built; each that does is named.
pub(crate) fn build(task: &Task, worktree: &Worktree, tools: TestTools) -> Result<Build, Vec<Blocked>> {
    let everywhere = |why: String| vec![Blocked { line: task.requirement().next().cloned().unwrap_or_default(), why }];
    let known = worktree.read(EXAMPLES_PATH).map_err(everywhere)?.unwrap_or_default();
    let mut lines: Vec<Line> = known.lines().filter(|line| !line.starts_with('#')).map(|line| read_line(line, false)).collect();
    let stated = stated(task)?;
    for line in &stated {
        let known = lines.iter_mut().find(|known| known.text == line.text);
        match known {
            Some(known) => known.new = true,
            None => lines.push(line.clone()),
        }
    }
    let (lines, plan, replaced) = settle(lines).map_err(|blocked| vec![blocked])?;

    let mut writing = Writing { worktree, known: &known, changes: Vec::new() };
    writing.examples(&lines).map_err(everywhere)?;
    let foreign_pages = writing.project(&plan).map_err(|(path, why)| vec![Blocked { line: naming(&stated, &path), why }])?;
    let (test_script, beside) = writing.tests(&plan, &foreign_pages, tools).map_err(everywhere)?;
    Ok(Build {
        changes: writing.changes,
        test_script,
        examples: stated.iter().map(|line| line.examples.len()).sum(),
        replaced,
        beside,
    })
}

fn read_line(text: &str, new: bool) -> Line {
    let text = prompt::plain(text);
    Line { examples: examples::find(&text), text, new }
}

/// The lines of the task, all of them understood; or those that are not, and why.
fn stated(task: &Task) -> Result<Vec<Line>, Vec<Blocked>> {
    let blocks: Vec<Vec<&str>> = task.statements().collect();
    let mut stated = Vec::new();
    let mut blocked = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        let names = |line: &str| specs::is_lead_in(line) || (at == 0 && specs::is_label(line));
        // A story says what for; what must hold stands below it. The receipt names it as unproven.
        let tells = at == 0 && specs::is_story(&block.join(" "));
        let leads_in = at + 1 < blocks.len() && (tells || matches!(block.as_slice(), [line] if names(line)));
        if leads_in {
            continue;
        }
        // The first line may be the name of what the lines below it ask for.
        let without_name = match block.as_slice() {
            [name, rest @ ..] if at == 0 && !rest.is_empty() && specs::is_name(name) => rest,
            lines => lines,
        };
        match understood(block).or_else(|_| understood(without_name)) {
            Ok(lines) => stated.extend(lines),
            Err(why) => blocked.extend(why),
        }
    }
    if !blocked.is_empty() {
        return Err(blocked);
    }
    if stated.is_empty() {
        return Err(vec![Blocked { line: String::new(), why: "the prompt has no task below a line `## Task`".to_owned() }]);
    }
    Ok(stated)
}

/// The lines of a paragraph or list item: each by itself, or all as one, since an example may run over lines.
fn understood(block: &[&str]) -> Result<Vec<Line>, Vec<Blocked>> {
    let line = |text: &str| match hindrance(text) {
        Some(why) => Err(Blocked { line: prompt::plain(text), why }),
        None => Ok(read_line(text, true)),
    };
    let (lines, blocked): (Vec<_>, Vec<_>) = block.iter().map(|text| line(text)).partition(Result::is_ok);
    if blocked.is_empty() {
        return Ok(lines.into_iter().filter_map(Result::ok).collect());
    }
    line(&block.join(" ")).map(|whole| vec![whole]).map_err(|_| blocked.into_iter().filter_map(Result::err).collect())
}

/// Why I cannot build all that a line says.
fn hindrance(text: &str) -> Option<String> {
    let reading = examples::read(&prompt::plain(text));
    if reading.examples.is_empty() {
        return Some("it has no example that I understand, such as: `greet NAME` prints `Hello, NAME!`".to_owned());
    }
    if let Some(why) = reading.examples.iter().find_map(|example| example.unclear) {
        return Some(why.to_owned());
    }
    (!reading.rest.is_empty()).then(|| format!("I do not understand: {}", reading.rest.join("; ")))
}

/// The stated line that names a path, or the first one.
fn naming(stated: &[Line], path: &str) -> String {
    stated.iter().find(|line| line.text.contains(path)).or(stated.first()).map(|line| line.text.clone()).unwrap_or_default()
}

/// Drops the lines that say nothing any more, so that the plan follows from the lines that are kept alone.
fn settle(mut lines: Vec<Line>) -> Result<(Vec<Line>, Plan, Vec<String>), Blocked> {
    let mut replaced = Vec::new();
    loop {
        let plan = Plan::of(&lines)?;
        if plan.alive.iter().all(|alive| *alive) {
            return Ok((lines, plan, replaced));
        }
        let mut kept = Vec::new();
        for (line, alive) in lines.into_iter().zip(&plan.alive) {
            if *alive {
                kept.push(line);
            } else if !line.new && !line.examples.is_empty() {
                replaced.push(line.text);
            }
        }
        lines = kept;
    }
}

/// The files as they come to differ.
struct Writing<'a> {
    worktree: &'a Worktree,
    /// The examples file as it is, which tells what was written from it before.
    known: &'a str,
    changes: Vec<Change>,
}

impl Writing<'_> {
    fn put(&mut self, path: &str, text: String, executable: bool) -> Result<(), String> {
        self.changes.extend(self.worktree.change(path, text, executable)?);
        Ok(())
    }

    /// Whether the file may be written anew: it is not there, empty, or was written from the examples.
    fn is_ours(&self, path: &str) -> Result<bool, String> {
        let text = self.worktree.read(path)?;
        Ok(text.is_none_or(|text| text.trim().is_empty() || text.contains(MARK)))
    }

    fn examples(&mut self, lines: &[Line]) -> Result<(), String> {
        let text = lines.iter().map(|line| format!("{}\n", line.text)).collect::<String>();
        self.put(EXAMPLES_PATH, format!("{EXAMPLES_HEADER}{text}"), false)
    }

    /// Programs, pages and files; gives the pages that people wrote. The error is a path and why it cannot be written.
    fn project(&mut self, plan: &Plan) -> Result<Vec<String>, (String, String)> {
        for (path, program) in &plan.programs {
            self.program(path, program::write(program)).map_err(|why| (path.clone(), why))?;
        }
        let mut foreign = Vec::new();
        for (path, page) in &plan.pages {
            if !self.page(page, plan).map_err(|why| (path.clone(), why))? {
                foreign.push(path.clone());
            }
        }
        for (path, texts) in &plan.files {
            self.file(path, texts).map_err(|why| (path.clone(), why))?;
        }
        Ok(foreign)
    }

    fn program(&mut self, path: &str, source: String) -> Result<(), String> {
        // A program that was damaged beyond recognition is still ours when earlier examples name it.
        let was_written = self.known.contains(&format!("`{path}")) || self.known.contains(&format!(" {path}"));
        if !self.is_ours(path)? && !was_written {
            return Err(format!("{path} is there already, and I extend only programs that I wrote"));
        }
        self.put(path, source, true)
    }

    /// Gives whether all of the page is ours.
    fn page(&mut self, page: &plan::PagePlan, plan: &Plan) -> Result<bool, String> {
        if self.is_ours(&page.path)? {
            self.put(&page.path, page::write(page, plan), false)?;
            let style = page::style_path(&page.path);
            if !self.worktree.has(&style) && !self.changes.iter().any(|change| change.path == style) {
                self.put(&style, page::STYLE.to_owned(), false)?;
            }
            return Ok(true);
        }
        let existing = self.worktree.read(&page.path)?.unwrap_or_default();
        let extended = page::extend(&existing, page, plan)
            .ok_or_else(|| format!("{} is there already and has no body or title that I could add to", page.path))?;
        self.put(&page.path, extended, false)?;
        Ok(false)
    }

    fn file(&mut self, path: &str, texts: &[String]) -> Result<(), String> {
        let mut text = self.worktree.read(path)?.unwrap_or_default();
        let is_data = ["json", "toml", "yaml", "yml"].iter().any(|ending| plan::has_ending(path, ending));
        for wanted in texts {
            if wanted.is_empty() && !text.is_empty() {
                return Err(format!("{path} is there already and is not empty"));
            }
            if text.contains(wanted) {
                continue;
            }
            if is_data && !text.is_empty() {
                return Err(format!("{path} is there already, and I do not edit data files"));
            }
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(wanted);
            text.push('\n');
        }
        self.put(path, text, false)
    }

    /// The test script and what makes the project run it; gives its path and why the project does not, if so.
    fn tests(&mut self, plan: &Plan, foreign: &[String], tools: TestTools) -> Result<(String, Option<String>), String> {
        let path = if self.is_ours("tests/run.sh")? { "tests/run.sh" } else { "tests/run_examples.sh" };
        self.put(path, tests::script(plan, foreign), true)?;
        let has = |names: &[&str]| names.iter().any(|name| self.worktree.has(name));
        let uses_pytest = has(&["pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", "conftest.py"]);
        if uses_pytest || (!tools.make && tools.pytest) {
            if self.is_ours(tests::PYTEST_PATH)? {
                self.put(tests::PYTEST_PATH, tests::pytest(path), false)?;
            }
            return Ok((path.to_owned(), None));
        }
        let other = ["package.json", "Cargo.toml", "go.mod"].into_iter().find(|name| self.worktree.has(name));
        let makefile =
            ["GNUmakefile", "makefile", "Makefile"].into_iter().find(|name| self.worktree.has(name)).unwrap_or("Makefile");
        let existing = self.worktree.read(makefile)?;
        if let (Some(other), None) = (other, &existing) {
            return Ok((path.to_owned(), Some(format!("the project tests with {other}, so {path} stands beside that"))));
        }
        let beside = match tests::makefile(existing.as_deref(), path) {
            Some(text) => {
                self.put(makefile, text, false)?;
                None
            }
            None if existing.is_some_and(|text| text.contains(path)) => None,
            None => Some(format!("{makefile} has a test target of its own, so {path} stands beside that")),
        };
        Ok((path.to_owned(), beside))
    }
}
