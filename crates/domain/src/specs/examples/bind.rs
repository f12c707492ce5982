//! Values for placeholders: the same for the same name and seed, and unknown to the agent.

use super::{BoundExample, Example, ExpectedFile, Invocation, Outcome, Pattern, pattern};

/// What kind of value a placeholder asks for by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Port,
    Year,
    File,
    Directory,
    Email,
    Url,
    Date,
    Time,
}

/// Puts a value in place of each placeholder, the same for the same name and seed. Files that the command reads are in
/// `files`, with held-out lines as their text; what the command itself creates is not.
pub fn bind(example: &Example, seed: u64) -> BoundExample {
    let values = Values::choose(example, seed);
    let mut bound = BoundExample::default();
    if let Some(command) = &example.command {
        bound.argv = command.words.iter().map(|word| values.fill(word)).collect();
        bound.stdin = command.stdin.as_ref().map(|stdin| values.fill(stdin));
        for name in inputs(example, command) {
            let path = values.value(name);
            let path = if kind(name) == Kind::Directory { format!("{path}/{}.txt", word(seed, name, 7)) } else { path };
            bound.files.push((path, values.content.clone() + "\n"));
        }
    }
    for outcome in &example.outcomes {
        match outcome {
            Outcome::Prints { stream, fit, text } => {
                let expected = match stream {
                    super::Stream::Stdout => &mut bound.expect_stdout,
                    super::Stream::Stderr => &mut bound.expect_stderr,
                };
                expected.push((*fit, values.fill(text)));
            }
            Outcome::ExitsWith(code) => bound.expect_code.push(*code),
            Outcome::CreatesFile { path, content } => bound.expect_files.push(ExpectedFile {
                path: values.fill(path),
                page_part: None,
                text: content.as_ref().map(|content| values.fill(content)),
            }),
            Outcome::PageShows { path, part, text } => {
                bound.expect_files.push(ExpectedFile { path: path.clone(), page_part: Some(*part), text: Some(text.clone()) });
            }
        }
    }
    bound
}

/// The one file placeholder whose text an outcome may name as CONTENT.
pub(super) fn content_of(example: &Example) -> Option<&str> {
    let command = example.command.as_ref()?;
    match inputs(example, command).as_slice() {
        [one] if kind(one) == Kind::File => Some(one),
        _ => None,
    }
}

/// Whether a placeholder stands for a file or directory.
pub(super) fn is_path(name: &str) -> bool {
    matches!(kind(name), Kind::File | Kind::Directory)
}

/// Whether a placeholder stands for a number.
pub(super) fn is_number(name: &str) -> bool {
    kind(name) == Kind::Number
}

/// The placeholders whose files the command reads: those of files and directories that it does not create itself.
fn inputs<'a>(example: &'a Example, command: &'a Invocation) -> Vec<&'a str> {
    if !command.inputs_exist {
        return Vec::new();
    }
    let created: Vec<&str> = example
        .outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::CreatesFile { path, .. } => Some(path.placeholders()),
            _ => None,
        })
        .flatten()
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for name in command.words.iter().flat_map(Pattern::placeholders) {
        let is_output = created.contains(&name) || ["OUT", "DEST", "TARGET"].iter().any(|part| name.starts_with(part));
        if is_path(name) && !is_output && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

struct Values {
    by_name: Vec<(String, String)>,
    /// The text of the files that the command reads, without the last line end.
    content: String,
}

impl Values {
    fn choose(example: &Example, seed: u64) -> Self {
        let mut by_name: Vec<(String, String)> = Vec::new();
        for name in example.placeholders() {
            let mut salt = 0;
            let mut chosen = value(seed, name, salt);
            // Two names never stand for the same value, or a mix-up of them would go unseen.
            while salt < 50 && by_name.iter().any(|(_, taken)| *taken == chosen) {
                salt += 1;
                chosen = value(seed, name, salt);
            }
            by_name.push((name.to_owned(), chosen));
        }
        let content = (100..103).map(|salt| word(seed, "CONTENT", salt)).collect::<Vec<_>>().join("\n");
        Self { by_name, content }
    }

    fn value(&self, name: &str) -> String {
        if let Some((_, value)) = self.by_name.iter().find(|(known, _)| known == name) {
            return value.clone();
        }
        if pattern::is_content(name) { self.content.clone() } else { name.to_owned() }
    }

    fn fill(&self, pattern: &Pattern) -> String {
        pattern.filled(|name| self.value(name))
    }
}

fn kind(name: &str) -> Kind {
    const NUMBERS: [&str; 30] = [
        "COUNT", "NUM", "NUMBER", "AGE", "SIZE", "LIMIT", "INDEX", "ID", "AMOUNT", "WIDTH", "HEIGHT", "LENGTH", "SECONDS",
        "MINUTES", "HOURS", "DAYS", "TIMES", "PRICE", "QUANTITY", "INT", "INTEGER", "ROWS", "COLUMNS", "LEVEL", "MAX", "MIN",
        "SUM", "TOTAL", "DEPTH", "PERCENT",
    ];
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let last = name.rsplit('_').next().unwrap_or(name);
    match last {
        "PORT" => Kind::Port,
        "YEAR" => Kind::Year,
        "FILE" | "PATH" | "FILENAME" | "INFILE" | "OUTFILE" | "INPUT" | "OUTPUT" | "SOURCE" | "SRC" | "DEST" | "TARGET" => {
            Kind::File
        }
        "DIR" | "DIRECTORY" | "FOLDER" | "ROOT" => Kind::Directory,
        "EMAIL" | "MAIL" => Kind::Email,
        "URL" | "URI" | "LINK" => Kind::Url,
        "DATE" | "DAY" => Kind::Date,
        "TIME" => Kind::Time,
        // A single letter is mostly an operand; digits are accepted where words are, but not the other way round.
        _ if last.len() == 1 || NUMBERS.contains(&last) => Kind::Number,
        _ => Kind::Word,
    }
}

fn value(seed: u64, name: &str, salt: u64) -> String {
    let chance = mix(seed, name, salt);
    match kind(name) {
        Kind::Number => (3 + chance % 95).to_string(),
        Kind::Port => (20_000 + chance % 40_000).to_string(),
        Kind::Year => (1971 + chance % 120).to_string(),
        Kind::File => format!("{}.txt", word(seed, name, salt)),
        Kind::Word | Kind::Directory => word(seed, name, salt),
        Kind::Email => format!("{}@example.org", word(seed, name, salt)),
        Kind::Url => format!("https://example.org/{}", word(seed, name, salt)),
        Kind::Date => format!("20{:02}-{:02}-{:02}", 31 + chance % 60, 1 + (chance >> 8) % 12, 1 + (chance >> 16) % 28),
        Kind::Time => format!("{:02}:{:02}", chance % 24, (chance >> 8) % 60),
    }
}

/// Six to eight letters that can be spoken and mean nothing.
fn word(seed: u64, name: &str, salt: u64) -> String {
    const CONSONANTS: &[u8; 16] = b"bdfgklmnprstvwzh";
    const VOWELS: &[u8; 5] = b"aeiou";
    let mut chance = mix(seed, name, salt);
    let mut text = String::new();
    for _ in 0..3 + chance % 2 {
        let consonant = CONSONANTS.get(usize::try_from(chance % 16).unwrap_or(0)).copied().unwrap_or(b'b');
        let vowel = VOWELS.get(usize::try_from((chance >> 4) % 5).unwrap_or(0)).copied().unwrap_or(b'a');
        text.push(char::from(consonant));
        text.push(char::from(vowel));
        chance = chance.rotate_right(9);
    }
    text
}

/// Spreads seed, name and salt over 64 bits (FNV-1a over the name, then the finish of `SplitMix64`).
fn mix(seed: u64, name: &str, salt: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for byte in name.bytes().chain(salt.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
