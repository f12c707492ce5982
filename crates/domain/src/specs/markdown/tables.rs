//! Tables of commands: a row says in its columns what a sentence says in words.

/// The words that name a column of commands.
const COMMANDS: [&str; 5] = ["command", "call", "invocation", "example", "run"];

/// What a row says of its command, where each column is understood: ``| `add 1 2` | `3` | 0 |`` under `Command`, `Output` and
/// `Exit code`.
pub(super) fn sentence(head: &str, row: &str) -> Option<String> {
    let columns: Vec<String> = head.split(" | ").map(str::to_lowercase).collect();
    let cells: Vec<&str> = row.split(" | ").collect();
    let (first, columns) = columns.split_first()?;
    let (command, cells) = cells.split_first()?;
    if columns.is_empty() || columns.len() != cells.len() || !names(first, &COMMANDS) || !is_code(command) {
        return None;
    }
    let outcomes = columns.iter().zip(cells).map(|(column, cell)| outcome(column, cell)).collect::<Option<Vec<String>>>()?;
    Some(format!("{command} {}", outcomes.join(" and ")))
}

fn outcome(column: &str, cell: &str) -> Option<String> {
    if names(column, &["exit", "status", "code"]) {
        let is_code = cell.chars().all(|c| c.is_ascii_digit() || c == '`');
        return is_code.then(|| format!("exits with {cell}"));
    }
    if !is_code(cell) {
        return None;
    }
    if names(column, &["stderr", "error", "errors"]) {
        return Some(format!("prints {cell} to stderr"));
    }
    names(column, &["output", "outputs", "stdout", "prints", "printed", "result"]).then(|| format!("prints {cell}"))
}

fn names(column: &str, words: &[&str]) -> bool {
    column.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
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
            ("Command | stderr | Code", "`r 0` | `no` | `1`", Some("`r 0` prints `no` to stderr and exits with `1`")),
            ("Example | Result", "`r 4` | `IV`", Some("`r 4` prints `IV`")),
            ("Example | Result", "`r 4` | the number", None),
            ("Command | Output | Notes", "`r 4` | `IV` | `quick`", None),
            ("Command | Output | Exit code", "`r 4` | 0", None),
            ("Command | Description", "`r 4` | `IV`", None),
            ("Input | Output", "`abc` | `cba`", None),
            ("Command | Exit code", "`r 0` | non-zero", None),
            ("", "`r 0` | `x`", None),
        ] {
            assert_eq!(sentence(head, row).as_deref(), expected, "{head}: {row}");
        }
    }
}
