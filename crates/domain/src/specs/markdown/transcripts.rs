//! What a code block shows of a command at a prompt, as a sentence.

use super::{
    super::{examples, prose},
    lines::{closes_fence, opening_fence},
};

/// Beginnings of output that may be on either stream: a block does not tell them apart.
const COMPLAINTS: [&str; 4] = ["error", "usage", "warning", "traceback"];

/// Words before a block that may show what is wrong, or was before.
const DOUBTS: [&str; 14] = [
    "not",
    "never",
    "don't",
    "doesn't",
    "instead",
    "wrong",
    "bug",
    "actual",
    "actually",
    "currently",
    "today",
    "now",
    "before",
    "old",
];

/// What the code blocks of a text show at a prompt, a sentence each. `None` where one shows more than a sentence can say: several
/// commands, of which the later ones may depend on what the first did, nothing that can be compared, or what shall not be.
pub(super) fn sentences(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut is_doubted = false;
    let mut block: Option<((char, usize), usize, Vec<&str>)> = None;
    for line in text.lines() {
        let Some((opened, indent, shown)) = &mut block else {
            let indent = line.len() - line.trim_start().len();
            block = opening_fence(line.trim()).map(|opened| (opened, indent, Vec::new()));
            is_doubted |= line.split_whitespace().any(|word| DOUBTS.contains(&prose::bare(word).as_str()));
            continue;
        };
        if closes_fence(line.trim(), *opened) {
            if shown.iter().any(|line| is_prompt(line)) {
                found.push(sentence(shown).filter(|_| !is_doubted)?);
            }
            block = None;
            continue;
        }
        let is_space = |byte: &u8| byte.is_ascii_whitespace();
        let margin = line.bytes().take(*indent).take_while(is_space).count();
        shown.push(line.get(margin..).unwrap_or_default());
    }
    let is_open = block.is_some_and(|(_, _, shown)| shown.iter().any(|line| is_prompt(line)));
    (!is_open).then_some(found)
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
            ("Today it does this:\n```\n$ a\n1\n```", None),
            ("```\n$ npm install\nadded 1 package\n```", None),
        ] {
            let expected = expected.map(|sentences| sentences.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(sentences(text), expected, "{text}");
        }
    }
}
