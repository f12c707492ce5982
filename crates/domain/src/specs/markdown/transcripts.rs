//! What a code block shows of a command at a prompt, as a sentence.

use super::{
    super::{examples, prose},
    lines::{closes_fence, opening_fence},
};

/// Blocks of one text that are read.
const MOST: usize = 100;

/// Beginnings of output that may be on either stream: a block does not tell them apart.
const COMPLAINTS: [&str; 4] = ["error", "usage", "warning", "traceback"];

/// Words that only lead to what a command prints. Any other word may deny it, or say when it holds.
const LEADING: [&str; 66] = [
    "a",
    "acceptance",
    "an",
    "and",
    "are",
    "as",
    "be",
    "behavior",
    "behaviour",
    "cli",
    "command",
    "command-line",
    "commands",
    "console",
    "criteria",
    "demo",
    "e.g",
    "example",
    "examples",
    "expect",
    "expected",
    "feature",
    "features",
    "following",
    "follows",
    "for",
    "functional",
    "in",
    "interface",
    "is",
    "it",
    "its",
    "like",
    "line",
    "look",
    "looks",
    "must",
    "needs",
    "on",
    "output",
    "outputs",
    "print",
    "prints",
    "program",
    "requirement",
    "requirements",
    "result",
    "results",
    "returns",
    "run",
    "running",
    "runs",
    "session",
    "shall",
    "should",
    "show",
    "shows",
    "so",
    "stdout",
    "terminal",
    "the",
    "this",
    "tool",
    "usage",
    "will",
    "writes",
];

/// Marks around a word that say nothing. Others, like a cross or a question mark, do.
const MARKS: [char; 18] = ['*', '_', ':', '.', ',', ';', '(', ')', '[', ']', '#', '>', '-', '"', '\'', '–', '—', '/'];

/// What the code blocks of a text show at a prompt, a sentence each. `None` where one shows more than a sentence can say: several
/// commands, of which the later ones may depend on what the first did, nothing that can be compared, or what may not be meant to
/// hold by itself, as the text around it or the headings above (`section`) say more than that there is an example.
pub(super) fn sentences(text: &str, section: &str) -> Option<Vec<String>> {
    let mut shown: Vec<Vec<&str>> = Vec::new();
    let mut said = String::new();
    let mut block: Option<((char, usize), usize, Vec<&str>)> = None;
    for line in text.lines() {
        let Some((opened, indent, lines)) = &mut block else {
            let indent = line.len() - line.trim_start().len();
            block = opening_fence(line.trim()).map(|opened| (opened, indent, Vec::new()));
            said.push_str(if block.is_some() { "\n" } else { line });
            said.push('\n');
            continue;
        };
        if closes_fence(line.trim(), *opened) {
            shown.push(std::mem::take(lines));
            block = None;
            continue;
        }
        let is_space = |byte: &u8| byte.is_ascii_whitespace();
        let margin = line.bytes().take(*indent).take_while(is_space).count();
        lines.push(line.get(margin..).unwrap_or_default());
    }
    let is_open = block.is_some_and(|(_, _, lines)| lines.iter().any(|line| is_prompt(line)));
    shown.retain(|lines| lines.iter().any(|line| is_prompt(line)));
    // Each word is compared with each command.
    if shown.len() > MOST {
        return None;
    }
    let found = shown.iter().map(|lines| sentence(lines)).collect::<Option<Vec<String>>>()?;
    let commands: Vec<&str> = shown.iter().filter_map(|lines| lines.first()?.strip_prefix("$ ")).map(str::trim).collect();
    let is_led_to = || only_leads(section, &commands) && prose::sentences(&said).iter().all(|said| leads(said, &commands));
    (!is_open && (found.is_empty() || is_led_to())).then_some(found)
}

/// Whether a sentence beside code blocks leads to them, or is an example of its own, like `` `greet NAME` prints `Hi, NAME` ``.
fn leads(sentence: &str, commands: &[&str]) -> bool {
    let is_own = |code: &str| commands.iter().any(|command| *command == code || program(command) == code);
    let mut words = sentence.split('`').step_by(2);
    let mut codes = sentence.split('`').skip(1).step_by(2);
    if codes.all(is_own) {
        return words.all(|words| only_leads(words, commands));
    }
    words.next().is_some_and(|before| only_leads(before, commands)) && examples::read(sentence).is_whole()
}

/// Whether words only lead to a command, perhaps by its name or its deed: `greet`, `It greets`, `Greeting`.
fn only_leads(words: &str, commands: &[&str]) -> bool {
    let is_name = |word: &str| {
        let ending = |command: &&str| word.strip_prefix(program(command).to_lowercase().as_str()).map(str::to_owned);
        commands.iter().filter_map(ending).any(|ending| matches!(ending.as_str(), "" | "s" | "ing"))
    };
    let is_leading = |word: &str| word.chars().all(|c| c.is_ascii_digit()) || LEADING.contains(&word) || is_name(word);
    words.split_whitespace().all(|word| is_leading(&word.trim_matches(MARKS).to_lowercase()))
}

/// The name of what a command runs.
fn program(command: &str) -> &str {
    let program = command.split_whitespace().next().unwrap_or_default();
    program.strip_prefix("./").unwrap_or(program)
}

fn is_prompt(line: &str) -> bool {
    line.trim_start().starts_with("$ ")
}

fn sentence(block: &[&str]) -> Option<String> {
    let (command, output) = block.split_first()?;
    let command = command.strip_prefix("$ ")?.trim();
    let output = output.join("\n");
    let output = output.trim_end();
    let lower = output.trim_start().to_lowercase();
    let is_plain = !(output.is_empty() || output.contains(['`', '\\']) || command.contains('`'));
    if !is_plain || output.lines().any(is_prompt) || COMPLAINTS.iter().any(|word| lower.starts_with(*word)) {
        return None;
    }
    let sentence = format!("`{command}` prints `{}`", output.replace('\n', "\\n"));
    examples::read(&sentence).is_whole().then_some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_with_one_command_and_what_it_prints_is_a_sentence() {
        for (text, expected) in [
            ("It greets:\n```\n$ greet Ada\nHello, Ada!\n```", Some(vec!["`greet Ada` prints `Hello, Ada!`"])),
            ("  ~~~sh\n  $ box\n  +-+\n   x\n\n  ~~~\n", Some(vec!["`box` prints `+-+\\n x`"])),
            ("```\n$ a\n1\n```\n```\n$ b\n2\n```", Some(vec!["`a` prints `1`", "`b` prints `2`"])),
            ("```\nlet a = 1;\n```", Some(vec![])),
            ("no code", Some(vec![])),
            ("```\n$ put 1\nok\n$ get\n1\n```", None),
            ("```\n$ a\n1\n$ echo $?\n0\n```", None),
            ("```\n$ a\n```", None),
            ("```\n# first\n$ a\n1\n```", None),
            ("```\n$ a\nError: no file\n```", None),
            ("```\n$ a\none\n...\n```", None),
            ("```\n$ a | sort > b\n1\n```", None),
            ("```\n  $ a\n  1\n```", None),
            ("```\n$ a\n1\n", None),
            ("```\n$ npm install\nadded 1 package\n```", None),
        ] {
            let expected = expected.map(|sentences| sentences.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(sentences(text, ""), expected, "{text}");
        }
    }

    #[test]
    fn a_block_counts_only_where_what_stands_beside_it_leads_to_it() {
        let block = "```\n$ greet Ada\nHello, Ada!\n```\n";
        for lead in [
            "",
            "Greeting",
            "It greets:",
            "**Example 1:**",
            "Usage",
            "## Expected output",
            "The output must look like this:",
            "Running `greet Ada` prints:",
            "`./greet Bob` prints `Hello, Bob!`.",
            "For example:",
        ] {
            assert!(sentences(&format!("{lead}\n\n{block}"), "Requirements / Greeting").is_some(), "{lead}");
        }
        for lead in [
            "The following must be avoided:",
            "Buggy output",
            "Incorrect output",
            "Legacy output",
            "Previous version",
            "Known bugs",
            "Known issue",
            "Broken",
            "Anti-example",
            "Do avoid",
            "The incorrect output looked like this:",
            "The legacy tool printed:",
            "When you run it today you get the faulty result:",
            "For German users:",
            "For admins only:",
            "On Windows",
            "With three notes stored",
            "Do not do this:",
            "Today it does this:",
            "Expected: `Hi, Ada!`. It prints:",
            "Old: `greet Bob` prints `Hello, Bob!`.",
            "After `greet --init`:",
            "❌",
            "❌Example:",
            "Expected output?",
        ] {
            assert_eq!(sentences(&format!("{lead}\n\n{block}"), ""), None, "{lead}");
            assert_eq!(sentences(&format!("{block}\n{lead}"), ""), None, "{lead}");
            assert_eq!(sentences(block, &format!("Requirements / {lead}")), None, "{lead}");
        }
    }
}
