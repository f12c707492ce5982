//! The prompt: the task and the findings, taken out of everything else that the engine tells its agents.

/// What a prompt asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Task {
    /// The lines of the requirement without list marks, control characters and empty lines.
    pub(crate) lines: Vec<String>,
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
    /// Reads a prompt; a prompt without a task has no lines.
    pub(crate) fn read(prompt: &str) -> Self {
        let mut task = Self::default();
        let mut section = Section::Other;
        for line in prompt.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = match heading.trim() {
                    "Task" => Section::Task,
                    "Findings to fix" => Section::Findings,
                    _ => Section::Other,
                };
                continue;
            }
            let line = plain(line);
            match section {
                _ if line.is_empty() => {}
                Section::Task => task.lines.push(line),
                Section::Findings => task.findings.push(line),
                Section::Other => {}
            }
        }
        task
    }

    /// The misbehaviour that the task's text asks for, whether or not it is one.
    pub(crate) fn misbehaviour(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.strip_prefix(MISBEHAVE)).map(str::trim)
    }

    /// The lines that state the requirement.
    pub(crate) fn requirement(&self) -> impl Iterator<Item = &String> {
        self.lines.iter().filter(|line| !line.starts_with(MISBEHAVE))
    }
}

/// A line without list marks and headings, in one piece: it ends up in comments of the programs that are written.
pub(crate) fn plain(line: &str) -> String {
    let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_and_findings_are_taken_out_of_their_context() {
        let task = Task::read(
            "You work in a worktree.\n## Memory\n- `old` prints `no`\n## Task\nGreet people.\n\n- `greet NAME` prints `Hi`\n  1. second\n\
             ## Findings to fix\n- greet is missing\n## Rules\n- be nice\n",
        );
        assert_eq!(
            task,
            Task {
                lines: vec!["Greet people.".into(), "`greet NAME` prints `Hi`".into(), "second".into()],
                findings: vec!["greet is missing".into()],
            }
        );
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
        ] {
            assert_eq!(plain(line), expected, "{line:?}");
        }
    }

    #[test]
    fn misbehaviour_is_no_part_of_the_requirement() {
        let task = Task::read("## Task\n- DEMO-MISBEHAVE: empty\n- real\n");
        assert_eq!(task.misbehaviour(), Some("empty"));
        assert_eq!(task.requirement().collect::<Vec<_>>(), ["real"]);
    }
}
