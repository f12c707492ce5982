//! The prompt: the task and the findings, taken out of everything else that the engine tells its agents.

/// What a prompt asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Task {
    /// The paragraphs and list items of the requirement, each by its lines without list marks, control characters and code blocks.
    pub(crate) blocks: Vec<Vec<String>>,
    /// What the last verification found, one sentence each.
    pub(crate) findings: Vec<String>,
}

/// What starts the line that asks for misbehaviour.
const MISBEHAVE: &str = "DEMO-MISBEHAVE:";

enum Section {
    Other,
    Task,
    Findings,
}

impl Task {
    /// Reads a prompt; a prompt without a task has no blocks.
    pub(crate) fn read(prompt: &str) -> Self {
        let mut task = Self::default();
        let mut section = Section::Other;
        let mut fence: Option<(char, usize)> = None;
        let mut begins_block = true;
        for line in prompt.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = match heading.trim() {
                    "Task" => Section::Task,
                    "Findings to fix" => Section::Findings,
                    _ => Section::Other,
                };
                (fence, begins_block) = (None, true);
                continue;
            }
            let in_code = fence.is_some();
            let closes = fence.is_some_and(|opened| closes_fence(line.trim(), opened));
            fence = if in_code { fence.filter(|_| !closes) } else { opening_fence(line.trim()) };
            let is_fence = closes || (!in_code && fence.is_some());
            let text = plain(line);
            // Code asks for nothing, but for misbehaviour: there it is no line of the requirement.
            if is_fence || (in_code && !text.starts_with(MISBEHAVE)) || text.is_empty() {
                begins_block |= text.is_empty();
                continue;
            }
            begins_block |= text != without_controls(line).trim();
            match section {
                Section::Task => match task.blocks.last_mut().filter(|_| !begins_block) {
                    Some(block) => block.push(text),
                    None => task.blocks.push(vec![text]),
                },
                Section::Findings => task.findings.push(text),
                Section::Other => {}
            }
            begins_block = false;
        }
        task
    }

    /// The misbehaviour that the task's text asks for, whether or not it is one.
    pub(crate) fn misbehaviour(&self) -> Option<&str> {
        self.blocks.iter().flatten().find_map(|line| line.strip_prefix(MISBEHAVE)).map(str::trim)
    }

    /// The lines that state the requirement.
    pub(crate) fn requirement(&self) -> impl Iterator<Item = &String> {
        self.blocks.iter().flatten().filter(|line| !line.starts_with(MISBEHAVE))
    }

    /// The same, by paragraph and list item.
    pub(crate) fn statements(&self) -> impl Iterator<Item = Vec<&str>> {
        let blocks = self
            .blocks
            .iter()
            .map(|block| block.iter().filter(|line| !line.starts_with(MISBEHAVE)).map(String::as_str).collect::<Vec<_>>());
        blocks.filter(|block| !block.is_empty())
    }
}

/// A line without list marks and headings, in one piece: it ends up in comments of the programs that are written.
pub(crate) fn plain(line: &str) -> String {
    let line = without_controls(line);
    let mut rest = line.trim();
    loop {
        let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let shorter = ["- ", "* ", "+ ", "[ ] ", "[x] ", "[X] ", "> "]
            .iter()
            .find_map(|mark| rest.strip_prefix(mark))
            .or_else(|| rest.starts_with('#').then(|| rest.trim_start_matches('#')))
            .or_else(|| {
                if digits.len() < rest.len() { digits.strip_prefix(". ").or_else(|| digits.strip_prefix(") ")) } else { None }
            });
        match shorter {
            Some(shorter) => rest = shorter.trim_start(),
            None => return rest.to_owned(),
        }
    }
}

/// The mark and the length of the fence that begins a code block. A line of inline code between as many marks begins none.
fn opening_fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|letter| matches!(letter, '`' | '~'))?;
    let length = line.chars().take_while(|letter| *letter == mark).count();
    let info = line.get(length..)?;
    (length >= 3 && !info.contains(mark)).then_some((mark, length))
}

/// Whether a line ends the code block that began with this fence.
fn closes_fence(line: &str, (mark, length): (char, usize)) -> bool {
    line.chars().all(|letter| letter == mark) && line.chars().count() >= length
}

/// Control characters as spaces. A tab stays from the first code on, where it can be part of a text.
fn without_controls(line: &str) -> String {
    let code = line.find('`').unwrap_or(line.len());
    let letters = line.char_indices();
    letters.map(|(at, letter)| if letter.is_control() && (letter != '\t' || at < code) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_and_findings_are_taken_out_of_their_context() {
        let task = Task::read(
            "You work in a worktree.\n## Memory\n- `old` prints `no`\n## Task\nGreet people.\nBe kind.\n\n- `greet NAME` prints `Hi`\n  \
             and exits with 0\n```\n- no\n```\n  1. second\n\
             ## Findings to fix\n- greet is missing\n## Rules\n- be nice\n",
        );
        assert_eq!(
            task,
            Task {
                blocks: vec![
                    vec!["Greet people.".into(), "Be kind.".into()],
                    vec!["`greet NAME` prints `Hi`".into(), "and exits with 0".into()],
                    vec!["second".into()],
                ],
                findings: vec!["greet is missing".into()],
            }
        );
    }

    #[test]
    fn a_code_block_ends_with_the_mark_that_began_it() {
        let task = Task::read("## Task\na\n~~~\n```\nno\n~~~\n```b``` is c\n- d\n");
        assert_eq!(task.requirement().collect::<Vec<_>>(), ["a", "```b``` is c", "d"]);
    }

    #[test]
    fn marks_and_control_characters_leave_a_line() {
        for (line, expected) in [
            ("- [ ] a", "a"),
            ("### 2) b", "b"),
            ("2.5 liters", "2.5 liters"),
            ("a\u{1b}[31m\rb", "a [31m b"),
            ("  > * c  ", "c"),
            ("-x", "-x"),
            ("-\ta\t`b\tc`", "a `b\tc`"),
        ] {
            assert_eq!(plain(line), expected, "{line:?}");
        }
    }

    #[test]
    fn misbehaviour_is_no_part_of_the_requirement() {
        for prompt in ["## Task\n- DEMO-MISBEHAVE: empty\n- real\n", "## Task\nreal\n  ```\n  DEMO-MISBEHAVE: empty\n  ```\n"] {
            let task = Task::read(prompt);
            assert_eq!(task.misbehaviour(), Some("empty"));
            assert_eq!(task.requirement().collect::<Vec<_>>(), ["real"]);
            assert_eq!(task.statements().collect::<Vec<_>>(), [["real"]]);
        }
    }
}
