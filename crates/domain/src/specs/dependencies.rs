//! Which task must be done before which: where the text says so, or where it needs what an earlier task makes.

use std::collections::BTreeMap;

use super::{
    TaskDraft, count,
    examples::{Outcome, Program},
};

/// Fills in `depends_on`. `named` holds, by task, numbers that the source gave as data.
pub(super) fn connect(tasks: &mut [TaskDraft], named: &[Vec<u32>]) {
    let total = tasks.len();
    let made = first_makers(tasks);
    for at in 0..total {
        let Some(task) = tasks.get(at) else { continue };
        let own = task.number;
        let mut wanted = mentioned(&task.requirement);
        wanted.extend(named.get(at).into_iter().flatten());
        // What people wrote may point forwards; a few such needs are enough, and each has to be followed for circles.
        let mut forward = 0;
        wanted.extend(needed(task, &made));
        let mut chosen: Vec<u32> = Vec::new();
        for number in wanted {
            let is_forward = number > own;
            if number == own || number == 0 || number > count(total) || chosen.contains(&number) || (is_forward && forward >= 5) {
                continue;
            }
            forward += u32::from(is_forward);
            chosen.push(number);
        }
        chosen.sort_unstable();
        if let Some(task) = tasks.get_mut(at) {
            task.depends_on = chosen;
        }
    }
    break_circles(tasks);
}

/// Whether `from` needs `to`, through others too.
fn reaches(tasks: &[TaskDraft], from: u32, to: u32) -> bool {
    let mut open = vec![from];
    let mut seen = vec![false; tasks.len() + 1];
    while let Some(number) = open.pop() {
        if number == to {
            return true;
        }
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        match seen.get_mut(index) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        if let Some(task) = index.checked_sub(1).and_then(|at| tasks.get(at)) {
            open.extend(&task.depends_on);
        }
    }
    false
}

/// A need of a later task that in turn needs this one is dropped.
fn break_circles(tasks: &mut [TaskDraft]) {
    for at in 0..tasks.len() {
        let Some(task) = tasks.get(at) else { continue };
        let own = task.number;
        let kept: Vec<u32> =
            task.depends_on.iter().copied().filter(|number| *number < own || !reaches(tasks, *number, own)).collect();
        if let Some(task) = tasks.get_mut(at) {
            task.depends_on = kept;
        }
    }
}

/// Commands and files, each with the first task whose examples make it. What cannot be checked may never be done, and would bar
/// the way of what can.
fn first_makers(tasks: &[TaskDraft]) -> BTreeMap<String, u32> {
    let mut made = BTreeMap::new();
    for task in tasks {
        for name in task.examples.iter().filter(|example| example.is_checkable()).flat_map(names) {
            made.entry(name).or_insert(task.number);
        }
    }
    made
}

fn names(example: &super::examples::Example) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(Program::Own { name } | Program::Script { file: name, .. }) = example.program() {
        names.push(name);
    }
    for outcome in &example.outcomes {
        match outcome {
            Outcome::CreatesFile { path, .. } if path.placeholders().next().is_none() => names.push(path.to_string()),
            Outcome::PageShows { path, .. } => names.push(path.clone()),
            _ => {}
        }
    }
    names
}

/// The earlier tasks that make what this one mentions in its code spans.
fn needed(task: &TaskDraft, made: &BTreeMap<String, u32>) -> Vec<u32> {
    let mut numbers = Vec::new();
    for (position, span) in task.requirement.split('`').enumerate() {
        if position % 2 == 0 {
            continue;
        }
        for word in span.split_whitespace() {
            let word = word.strip_prefix("./").unwrap_or(word);
            if let Some(number) = made.get(word)
                && *number < task.number
                && !numbers.contains(number)
            {
                numbers.push(*number);
            }
        }
    }
    let pages = task.examples.iter().flat_map(names).filter_map(|name| made.get(&name).copied());
    numbers.extend(pages.filter(|number| *number < task.number));
    numbers
}

/// Numbers after `after #2`, `depends on 1`, `(needs: 1, 3)` and their like.
fn mentioned(text: &str) -> Vec<u32> {
    // Whether a bare number is meant, or only one with `#` or `task` before it.
    const LEADS: [(&str, bool); 9] = [
        ("depends on", true),
        ("depend on", true),
        ("dependent on", true),
        ("blocked by", true),
        ("needs:", true),
        ("(needs", true),
        ("requires:", true),
        ("after", false),
        ("needs", false),
    ];
    let lower = text.to_lowercase();
    let mut found = Vec::new();
    for (lead, is_bare_meant) in LEADS {
        let mut rest = lower.as_str();
        while let Some((before, after)) = rest.split_once(lead) {
            rest = after;
            let is_word_start = !before.ends_with(|c: char| c.is_alphanumeric());
            if is_word_start && after.starts_with([' ', ':', '\t']) || lead.ends_with(':') {
                numbers(after, is_bare_meant, &mut found);
            }
        }
    }
    found
}

fn numbers(text: &str, is_bare_meant: bool, found: &mut Vec<u32>) {
    let mut is_meant = is_bare_meant;
    for word in text.split(|c: char| c.is_whitespace() || c == ',').take(40) {
        let trimmed = word.trim_matches(|c: char| matches!(c, '(' | ')' | '.' | ';' | ':' | '*' | '_' | '[' | ']' | ','));
        match trimmed {
            "" | "and" | "&" => continue,
            "task" | "tasks" | "requirement" | "requirements" | "item" | "items" | "step" | "steps" => {
                is_meant = true;
                continue;
            }
            _ => {}
        }
        let (number, has_hash) = trimmed.strip_prefix('#').map_or((trimmed, false), |number| (number, true));
        match number.parse() {
            Ok(number) if is_meant || has_hash => found.push(number),
            _ => return,
        }
        if word.ends_with(['.', ';', ')']) {
            return;
        }
    }
}
