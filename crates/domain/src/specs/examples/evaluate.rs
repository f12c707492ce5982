//! Whether what was seen is what an example demands.

use super::{BoundExample, ExitCode, ExpectedFile, Fit, PagePart, Seen, page};

const SHOWN: usize = 200;

/// Compares; the error says what was expected and what was seen, each cut to 200 characters.
pub fn evaluate(bound: &BoundExample, seen: &Seen) -> Result<(), String> {
    if !bound.argv.is_empty() {
        bound.expect_stdout.iter().try_for_each(|expected| compare("standard output", expected, &seen.stdout))?;
        bound.expect_stderr.iter().try_for_each(|expected| compare("standard error", expected, &seen.stderr))?;
        bound.expect_code.iter().try_for_each(|expected| code(*expected, seen.code))?;
    }
    bound.expect_files.iter().try_for_each(|expected| file(expected, seen))
}

fn compare(what: &str, (fit, text): &(Fit, String), seen: &str) -> Result<(), String> {
    let (wanted, found) = (plain(text), plain(seen));
    match fit {
        Fit::Whole if wanted == found => Ok(()),
        Fit::Within if found.contains(&wanted) => Ok(()),
        Fit::Whole => Err(format!("expected {what} to be {}, saw {}", show(text), show(seen))),
        Fit::Within => Err(format!("expected {what} to contain {}, saw {}", show(text), show(seen))),
    }
}

/// Line ends as `\n`, without the last one.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

fn code(expected: ExitCode, seen: Option<i32>) -> Result<(), String> {
    let demand = match expected {
        ExitCode::Is(code) if seen == Some(code) => return Ok(()),
        ExitCode::NotZero if seen.is_some_and(|code| code != 0) => return Ok(()),
        ExitCode::Is(code) => code.to_string(),
        ExitCode::NotZero => "any but 0".to_owned(),
    };
    let found = seen.map_or_else(|| "that it did not end by itself".to_owned(), |code| code.to_string());
    Err(format!("expected the exit code to be {demand}, saw {found}"))
}

fn file(expected: &ExpectedFile, seen: &Seen) -> Result<(), String> {
    let path = &expected.path;
    let Some(content) = seen.files.get(path) else {
        return Err(format!("expected the file {}, saw that it is not there", show(path)));
    };
    let Some(text) = &expected.text else { return Ok(()) };
    match expected.page_part {
        None if text.is_empty() && content.is_empty() => Ok(()),
        None if text.is_empty() => Err(format!("expected the file {} to be empty, saw {}", show(path), show(content))),
        None if content.replace("\r\n", "\n").contains(text.as_str()) => Ok(()),
        None => Err(format!("expected the file {} to contain {}, saw {}", show(path), show(text), show(content))),
        Some(part) if page::shows(content, part, text) => Ok(()),
        Some(part) => {
            let place = match part {
                PagePart::Text => "to show",
                PagePart::Heading => "to have the heading",
                PagePart::Title => "to have the title",
                PagePart::Link => "to have the link",
                PagePart::LinkTarget => "to have a link to",
                PagePart::Button => "to have the button",
            };
            Err(format!("expected the page {} {place} {}, saw {}", show(path), show(text), show(content)))
        }
    }
}

/// Quoted, with control characters escaped, cut.
fn show(text: &str) -> String {
    let mut cut: String = text.chars().take(SHOWN).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}
