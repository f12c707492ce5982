//! Programs: what the languages share, and which of them writes a program.

use super::{
    plan::{Branch, Language, ProgramPlan},
    python, shell,
    template::{Piece, Template},
};

/// How a file says that it was written from the examples, and may be written again.
pub(crate) const MARK: &str = "written from tests/examples.txt";

/// The program's source.
pub(crate) fn write(plan: &ProgramPlan) -> String {
    match plan.language {
        Language::Shell => shell::write(plan),
        Language::Python => python::write(plan),
    }
}

/// The file's own name.
pub(crate) fn short_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The forms of the command, one line each.
pub(crate) fn usage(plan: &ProgramPlan) -> Vec<String> {
    let mut lines = Vec::new();
    for branch in plan.ordered() {
        let mut line = format!("{}{}", if lines.is_empty() { "usage: " } else { "       " }, short_name(&plan.path));
        for argument in &branch.arguments {
            line.push(' ');
            line.push_str(&argument.fill(&branch.names));
        }
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The names of the variables that hold the values, by position: distinct, and no word that means something to a language.
pub(crate) fn variables(branch: &Branch) -> Vec<String> {
    let mut variables: Vec<String> = Vec::new();
    for (position, name) in branch.names.iter().enumerate() {
        let word: String =
            name.to_lowercase().chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let known =
            ["input", "input_read", "rest", "given", "args", "usage", "write", "main", "re", "sys", "print", "len", "path"];
        let keywords = [
            "as", "class", "def", "del", "from", "if", "in", "is", "lambda", "not", "or", "and", "pass", "with", "none", "import",
        ];
        let starts_well = word.starts_with(|letter: char| letter.is_ascii_alphabetic());
        let taken = known.contains(&word.as_str()) || keywords.contains(&word.as_str()) || variables.contains(&word);
        variables.push(if starts_well && !taken { word } else { format!("value_{}", position + 1) });
    }
    variables
}

/// Whether the branch fails without a word, so that the usage is worth showing.
pub(crate) fn complains(branch: &Branch) -> bool {
    branch.exit_code() != 0 && branch.stderr.is_open() && branch.stdout.is_open()
}

/// The files that a branch creates: one entry for each path, with all that it contains.
pub(crate) fn files(branch: &Branch) -> Vec<(Template, Option<Template>)> {
    let mut files: Vec<(Template, Option<Template>)> = Vec::new();
    for (path, content) in &branch.files {
        let known = files.iter_mut().find(|(known, _)| known == path);
        match (known, content) {
            (None, content) => files.push((path.clone(), content.clone())),
            (Some((_, Some(text))), Some(content)) => {
                text.0.push(Piece::Text("\n".to_owned()));
                text.0.extend(content.0.iter().cloned());
            }
            (Some((_, text)), content) => {
                if text.is_none() {
                    text.clone_from(content);
                }
            }
        }
    }
    for (path, content) in &mut files {
        if let Some(content) = content
            && !content.0.is_empty()
            && path.0.last().is_some_and(|last| matches!(last, Piece::Text(text) if text.to_lowercase().ends_with(".json")))
        {
            *content = as_json(content);
        }
    }
    files
}

/// A piece of JSON made whole, where braces or brackets are all that is missing.
fn as_json(content: &Template) -> Template {
    let sample = content.fill(&vec!["x".to_owned(); 9]);
    for (open, close) in [("", ""), ("{", "}"), ("[", "]")] {
        if serde_json::from_str::<serde_json::Value>(&format!("{open}{sample}{close}")).is_ok() {
            let mut pieces = vec![Piece::Text(open.to_owned())];
            pieces.extend(content.0.iter().cloned());
            pieces.push(Piece::Text(close.to_owned()));
            return Template(pieces);
        }
    }
    content.clone()
}
