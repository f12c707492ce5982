//! Shell: a program written out as a POSIX shell script, one branch per form of the command.

use std::fmt::Write;

use super::{
    plan::{Branch, Printed, ProgramPlan},
    program::{self, MARK},
    template::{Piece, Template},
};

/// The program's source.
pub(crate) fn write(plan: &ProgramPlan) -> String {
    let name = program::short_name(&plan.path);
    let mut source = format!(
        "#!/bin/sh\n# {name}: {MARK}, one branch for each form of the command.\nset -u\n\nusage() {{\n    printf '%s\\n'"
    );
    for usage in program::usage(plan) {
        let _ = write!(source, " \\\n        {}", quote(&usage));
    }
    source.push_str(" >&2\n}\n");
    if plan.ordered().iter().any(|branch| branch.stdin.is_some()) {
        source.push_str(concat!(
            "\n# Standard input is read once, and only by commands that want it.\n",
            "input=\ninput_read=\n",
            "read_input() {\n    if [ -z \"$input_read\" ]; then\n        input=$(cat)\n        input_read=yes\n    fi\n}\n",
        ));
    }
    for branch in plan.ordered() {
        source.push('\n');
        source.push_str(&write_branch(branch));
    }
    source.push_str("\nusage\nexit 2\n");
    source
}

fn write_branch(branch: &Branch) -> String {
    let variables = program::variables(branch);
    let mut source = String::new();
    for line in &branch.lines {
        let _ = writeln!(source, "# {line}");
    }
    let _ = writeln!(source, "if {}; then", conditions(branch).join(" && "));
    for (position, argument) in branch.arguments.iter().enumerate() {
        assign(&mut source, &argument_name(position + 1), argument, &variables);
    }
    if let Some(input) = branch.input
        && let Some(variable) = input.content.and_then(|position| variables.get(position))
    {
        let _ = writeln!(source, "    {variable}=$(cat -- \"${}\")", argument_name(input.argument + 1));
    }
    if let Some(stdin) = &branch.stdin {
        assign(&mut source, "input", stdin, &variables);
    }
    for (path, content) in program::files(branch) {
        let path = word(&path, &variables);
        let _ = writeln!(source, "    mkdir -p -- \"$(dirname -- {path})\"");
        match content {
            Some(content) if content.0.is_empty() => {
                let _ = writeln!(source, "    : >{path}");
            }
            Some(content) => {
                let _ = writeln!(source, "    printf '%s\\n' {} >{path}", word(&content, &variables));
            }
            None => {
                let _ = writeln!(source, "    : >>{path}");
            }
        }
    }
    print(&mut source, &branch.stdout, "", &variables);
    print(&mut source, &branch.stderr, " >&2", &variables);
    if program::complains(branch) {
        source.push_str("    usage\n");
    }
    let _ = writeln!(source, "    exit {}\nfi", branch.exit_code());
    source
}

fn conditions(branch: &Branch) -> Vec<String> {
    let mut conditions = vec![format!("[ \"$#\" -eq {} ]", branch.arguments.len())];
    for (position, argument) in branch.arguments.iter().enumerate() {
        conditions.extend(condition(&argument_name(position + 1), argument));
    }
    if let Some(input) = branch.input {
        let test = if input.content.is_some() { "-f" } else { "! -e" };
        conditions.push(format!("[ {test} \"${}\" ]", argument_name(input.argument + 1)));
    }
    if let Some(stdin) = &branch.stdin {
        conditions.push("read_input".to_owned());
        conditions.extend(condition("input", stdin));
    }
    conditions
}

fn condition(name: &str, template: &Template) -> Option<String> {
    if let Some(literal) = template.literal() {
        return Some(format!("[ \"${name}\" = {} ]", quote(&literal)));
    }
    if template.is_value() {
        return None;
    }
    let glob: String =
        template.0.iter().map(|piece| if let Piece::Text(text) = piece { quote(text) } else { "*".to_owned() }).collect();
    Some(format!("case ${name} in {glob}) true ;; *) false ;; esac"))
}

/// Takes the values out of a word that has the template's shape.
fn assign(source: &mut String, name: &str, template: &Template, variables: &[String]) {
    if template.is_value() || template.literal().is_some() {
        if let [Piece::Value(position)] = template.0.as_slice()
            && let Some(variable) = variables.get(*position)
        {
            let _ = writeln!(source, "    {variable}=${name}");
        }
        return;
    }
    let _ = writeln!(source, "    rest=${name}");
    let mut pieces = template.0.iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => {
                let _ = writeln!(source, "    rest=${{rest#{}}}", quote(text));
            }
            Piece::Value(position) => {
                let Some(variable) = variables.get(*position) else { continue };
                let cut = match pieces.peek() {
                    Some(Piece::Text(text)) => format!("${{rest%%{}*}}", quote(text)),
                    _ => "$rest".to_owned(),
                };
                let _ = writeln!(source, "    {variable}={cut}\n    rest=${{rest#\"${variable}\"}}");
            }
        }
    }
}

fn print(source: &mut String, printed: &Printed, redirection: &str, variables: &[String]) {
    for text in printed.lines() {
        if text.literal().is_none_or(|text| !text.is_empty()) {
            let _ = writeln!(source, "    printf '%s\\n' {}{redirection}", word(text, variables));
        }
    }
}

fn argument_name(number: usize) -> String {
    if number < 10 { number.to_string() } else { format!("{{{number}}}") }
}

/// A text as one word of the shell, with the variables in it.
fn word(template: &Template, variables: &[String]) -> String {
    if let Some(literal) = template.literal() {
        return quote(&literal);
    }
    let mut quoted = String::from("\"");
    for piece in &template.0 {
        match piece {
            Piece::Text(text) => {
                for letter in text.chars() {
                    if matches!(letter, '"' | '\\' | '$' | '`') {
                        quoted.push('\\');
                    }
                    quoted.push(letter);
                }
            }
            Piece::Value(position) => {
                let _ = write!(quoted, "${{{}}}", variables.get(*position).map_or("", String::as_str));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// A text as one word of the shell in which nothing is expanded.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
