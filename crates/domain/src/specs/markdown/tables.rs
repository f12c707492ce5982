//! Tables of commands: a row says in its columns what a sentence says in words.

/// What a column tells of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Command,
    Stdout,
    Stderr,
    ExitCode,
}

/// What a row says of its command, where each column is understood: ``| `add 1 2` | `3` | 0 |`` under `Command`, `Output` and
/// `Exit code`.
pub(super) fn sentence(head: &str, row: &str) -> Option<String> {
    let columns = head.split(" | ").map(column).collect::<Option<Vec<Column>>>()?;
    let cells: Vec<&str> = row.split(" | ").collect();
    let commands = columns.iter().filter(|column| **column == Column::Command).count();
    if commands != 1 || columns.len() < 2 || columns.len() != cells.len() {
        return None;
    }
    let mut command = None;
    let mut outcomes = Vec::new();
    for (column, cell) in columns.into_iter().zip(cells) {
        match column {
            Column::ExitCode => outcomes.push(is_exit_code(cell).then(|| format!("exits with {cell}"))?),
            _ if !is_code(cell) => return None,
            Column::Command => command = Some(cell),
            Column::Stdout => outcomes.push(format!("prints {cell}")),
            Column::Stderr => outcomes.push(format!("prints {cell} to stderr")),
        }
    }
    Some(format!("{} {}", command?, outcomes.join(" and ")))
}

/// What a column's name says, where every word of it is known: `Output file` and `Output if verbose` are something else.
fn column(name: &str) -> Option<Column> {
    let words = name.split([' ', '-']).map(|word| word.trim_matches(['*', '_', '`', ':']).to_lowercase());
    let words: Vec<String> = words.filter(|word| !matches!(word.as_str(), "" | "the" | "expected")).collect();
    match words.join(" ").as_str() {
        "command" | "call" | "invocation" | "example" | "run" | "usage" | "command line" | "befehl" | "aufruf" => {
            Some(Column::Command)
        }
        "output" | "outputs" | "stdout" | "standard output" | "prints" | "printed" | "result" | "answer" | "ausgabe" => {
            Some(Column::Stdout)
        }
        "stderr" | "standard error" | "error output" => Some(Column::Stderr),
        "exit" | "exit code" | "exit status" => Some(Column::ExitCode),
        _ => None,
    }
}

fn is_exit_code(cell: &str) -> bool {
    let code = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(cell);
    !code.is_empty() && code.chars().all(|c| c.is_ascii_digit())
}

/// Whether a cell is one code span and nothing else.
fn is_code(cell: &str) -> bool {
    let inner = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains('`'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sentences_where_their_columns_are_understood() {
        for (head, row, expected) in [
            ("Command | Expected output | Exit code", "`r 4` | `IV` | 0", Some("`r 4` prints `IV` and exits with 0")),
            ("Command | stderr | Exit status", "`r 0` | `no` | `1`", Some("`r 0` prints `no` to stderr and exits with `1`")),
            ("Example | Result", "`r 4` | `IV`", Some("`r 4` prints `IV`")),
            ("Example | Result", "`r 4` | the number", None),
            ("Command | Output | Notes", "`r 4` | `IV` | `quick`", None),
            ("Command | Output | Exit code", "`r 4` | 0", None),
            ("Command | Description", "`r 4` | `IV`", None),
            ("Input | Output", "`abc` | `cba`", None),
            ("Command | Exit code", "`r 0` | non-zero", None),
            ("Output | Command", "`IV` | `r 4`", Some("`r 4` prints `IV`")),
            ("Befehl | Ausgabe", "`r 4` | `IV`", Some("`r 4` prints `IV`")),
            ("**Call** | Answer", "`r 4` | `IV`", Some("`r 4` prints `IV`")),
            ("Command | Example | Output", "`r` | `r 4` | `IV`", None),
            ("Output | Exit code", "`IV` | 0", None),
            ("Command", "`r 4`", None),
            ("", "`r 0` | `x`", None),
        ] {
            assert_eq!(sentence(head, row).as_deref(), expected, "{head}: {row}");
        }
    }

    #[test]
    fn a_column_counts_only_where_each_word_of_its_name_is_known() {
        for name in [
            "Wrong result",
            "Never prints",
            "Output file",
            "Output if verbose",
            "Output format",
            "Output type",
            "Output (bytes)",
            "Output contains",
            "Output before",
            "Old output",
            "Line prefix of output",
            "Sample output (yours may differ)",
            "Default result set size",
            "❌ Output",
            "Error",
            "Notes",
        ] {
            assert_eq!(sentence(&format!("Command | {name}"), "`r 4` | `x`"), None, "{name}");
        }
        for name in ["HTTP status", "Status", "Code", "Error code", "Error rate", "Exit code on failure"] {
            assert_eq!(sentence(&format!("Command | {name}"), "`r 4` | 3"), None, "{name}");
        }
        for name in ["Command (admin only)", "Example of failure", "Old command"] {
            assert_eq!(sentence(&format!("{name} | Output"), "`r 4` | `x`"), None, "{name}");
        }
    }
}
