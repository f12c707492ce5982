//! Python: a program written out as a Python 3 script, one branch per form of the command.

use std::fmt::Write;

use super::{
    plan::{Branch, ProgramPlan},
    program::{self, MARK},
    template::{Piece, Template},
};

/// The program's source.
pub(crate) fn write(plan: &ProgramPlan) -> String {
    let name = program::short_name(&plan.path);
    let mut source = format!(
        "#!/usr/bin/env python3\n# {name}: {MARK}, one branch for each form of the command.\nimport re\nimport sys\nfrom pathlib import Path\n\nUSAGE = ["
    );
    for usage in program::usage(plan) {
        let _ = write!(source, "\n    {},", literal(&usage));
    }
    source.push_str(concat!(
        "\n]\n\n\ndef usage():\n    print(*USAGE, sep=\"\\n\", file=sys.stderr)\n",
        "\n\ndef write(path, text):\n    path = Path(path)\n    path.parent.mkdir(parents=True, exist_ok=True)\n    path.write_text(text, encoding=\"utf-8\")\n",
        "\n\ndef main(args):\n",
    ));
    if plan.ordered().iter().any(|branch| branch.stdin.is_some()) {
        source.push_str("    given = None\n");
    }
    for branch in plan.ordered() {
        source.push_str(&write_branch(branch));
    }
    source.push_str("    usage()\n    return 2\n\n\nsys.exit(main(sys.argv[1:]))\n");
    source
}

fn write_branch(branch: &Branch) -> String {
    let variables = program::variables(branch);
    let mut source = String::new();
    for line in &branch.lines {
        let _ = writeln!(source, "    # {line}");
    }
    let mut conditions = vec![format!("len(args) == {}", branch.arguments.len())];
    for (position, argument) in branch.arguments.iter().enumerate() {
        conditions.extend(condition(&format!("args[{position}]"), argument));
    }
    if let Some(input) = branch.input {
        let test = if input.content.is_some() { "is_file" } else { "exists" };
        let not = if input.content.is_some() { "" } else { "not " };
        conditions.push(format!("{not}Path(args[{}]).{test}()", input.argument));
    }
    let _ = writeln!(source, "    if {}:", conditions.join(" and "));
    let mut indent = "        ";
    if let Some(stdin) = &branch.stdin {
        let _ = writeln!(source, "        given = sys.stdin.read().rstrip(\"\\n\") if given is None else given");
        if let Some(condition) = condition("given", stdin) {
            let _ = writeln!(source, "        if {condition}:");
            indent = "            ";
        }
    }
    let mut body = String::new();
    for (position, argument) in branch.arguments.iter().enumerate() {
        assign(&mut body, &format!("args[{position}]"), argument, &variables);
    }
    if let Some(input) = branch.input
        && let Some(variable) = input.content.and_then(|position| variables.get(position))
    {
        let _ = writeln!(body, "{variable} = Path(args[{}]).read_text(encoding=\"utf-8\").rstrip(\"\\n\")", input.argument);
    }
    if let Some(stdin) = &branch.stdin {
        assign(&mut body, "given", stdin, &variables);
    }
    for (path, content) in program::files(branch) {
        let content = content.filter(|content| !content.0.is_empty());
        let content =
            content.map_or_else(|| "\"\"".to_owned(), |content| format!("{} + \"\\n\"", expression(&content, &variables)));
        let _ = writeln!(body, "write({}, {content})", expression(&path, &variables));
    }
    for (printed, file) in [(&branch.stdout, ""), (&branch.stderr, ", file=sys.stderr")] {
        for text in printed.lines() {
            if text.literal().is_none_or(|text| !text.is_empty()) {
                let _ = writeln!(body, "print({}{file})", expression(text, &variables));
            }
        }
    }
    if program::complains(branch) {
        body.push_str("usage()\n");
    }
    let _ = writeln!(body, "return {}", branch.exit_code());
    for line in body.lines() {
        let _ = writeln!(source, "{indent}{line}");
    }
    source
}

fn condition(value: &str, template: &Template) -> Option<String> {
    if let Some(text) = template.literal() {
        return Some(format!("{value} == {}", literal(&text)));
    }
    (!template.is_value()).then(|| format!("re.fullmatch({}, {value}, re.S)", literal(&expressed(template))))
}

fn assign(body: &mut String, value: &str, template: &Template, variables: &[String]) {
    let positions =
        template.0.iter().filter_map(|piece| if let Piece::Value(position) = piece { variables.get(*position) } else { None });
    let names: Vec<&str> = positions.map(String::as_str).collect();
    if template.is_value() {
        let _ = writeln!(body, "{} = {value}", names.concat());
    } else if !names.is_empty() {
        let _ = writeln!(body, "{}, = re.fullmatch({}, {value}, re.S).groups()", names.join(", "), literal(&expressed(template)));
    }
}

/// The regular expression of a template, with a group for each value.
fn expressed(template: &Template) -> String {
    let mut expression = String::new();
    for piece in &template.0 {
        match piece {
            Piece::Value(_) => expression.push_str("(.*?)"),
            Piece::Text(text) => {
                for letter in text.chars() {
                    if letter.is_ascii_punctuation() {
                        expression.push('\\');
                    }
                    expression.push(letter);
                }
            }
        }
    }
    expression
}

fn expression(template: &Template, variables: &[String]) -> String {
    let pieces: Vec<String> = template
        .0
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => literal(text),
            Piece::Value(position) => variables.get(*position).cloned().unwrap_or_default(),
        })
        .collect();
    if pieces.is_empty() { literal("") } else { pieces.join(" + ") }
}

/// A text as Python writes it; JSON's escapes are Python's too.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
