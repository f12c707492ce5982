//! Which words differ between a removed line and the added one in its place.

/// Words of a line that are compared at most; longer lines are marked as a whole.
const MOST: usize = 120;

/// A line cut into pieces, each with whether it differs from the other side.
pub(super) type Pieces = Vec<(String, bool)>;

/// Both lines in pieces, or nothing where they have too little in common for marks to help.
pub(super) fn compare(old: &str, new: &str) -> Option<(Pieces, Pieces)> {
    let (old, new) = (split(old), split(new));
    if old.len() > MOST || new.len() > MOST {
        return None;
    }
    let (same_old, same_new) = common(&old, &new);
    let kept: usize = old.iter().zip(&same_old).filter(|(_, same)| **same).map(|(word, _)| word.trim().len()).sum();
    let whole: usize = old.iter().chain(&new).map(|word| word.trim().len()).sum();
    if kept * 5 < whole {
        return None;
    }
    Some((pieces(&old, &same_old), pieces(&new, &same_new)))
}

/// Names and numbers are one word, anything else a word of one letter.
fn split(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut in_word = false;
    for (at, letter) in line.char_indices() {
        let of_word = letter.is_alphanumeric() || letter == '_';
        if at > start && !(of_word && in_word) {
            words.extend(line.get(start..at));
            start = at;
        }
        in_word = of_word;
    }
    words.extend(line.get(start..).filter(|rest| !rest.is_empty()));
    words
}

/// Which words of either side are in the longest common sequence.
fn common(old: &[&str], new: &[&str]) -> (Vec<bool>, Vec<bool>) {
    let width = new.len() + 1;
    let mut table = vec![0_u16; (old.len() + 1) * width];
    let cell = |table: &[u16], row: usize, column: usize| table.get(row * width + column).copied().unwrap_or(0);
    for (row, left) in old.iter().enumerate().rev() {
        for (column, right) in new.iter().enumerate().rev() {
            let best = if left == right {
                cell(&table, row + 1, column + 1) + 1
            } else {
                cell(&table, row + 1, column).max(cell(&table, row, column + 1))
            };
            if let Some(place) = table.get_mut(row * width + column) {
                *place = best;
            }
        }
    }
    let (mut same_old, mut same_new) = (vec![false; old.len()], vec![false; new.len()]);
    let (mut row, mut column) = (0, 0);
    while let (Some(left), Some(right)) = (old.get(row), new.get(column)) {
        if left == right {
            for (sides, at) in [(&mut same_old, row), (&mut same_new, column)] {
                if let Some(same) = sides.get_mut(at) {
                    *same = true;
                }
            }
            row += 1;
            column += 1;
        } else if cell(&table, row + 1, column) >= cell(&table, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    (same_old, same_new)
}

fn pieces(words: &[&str], same: &[bool]) -> Pieces {
    let mut pieces: Pieces = Vec::new();
    for (word, same) in words.iter().zip(same) {
        match pieces.last_mut() {
            Some((text, differs)) if *differs != *same => text.push_str(word),
            _ => pieces.push(((*word).to_owned(), !same)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: Pieces) -> String {
        pieces.into_iter().map(|(text, differs)| if differs { format!("[{text}]") } else { text }).collect()
    }

    #[test]
    fn the_words_that_differ_are_marked() {
        let cases = [
            ("let name = old;", "let name = new;", Some(("let name = [old];", "let name = [new];"))),
            ("greet(name)", "greet(name, loud)", Some(("greet(name)", "greet(name[, loud])"))),
            ("über alles", "über alle", Some(("über [alles]", "über [alle]"))),
            ("same", "same", Some(("same", "same"))),
            ("completely different", "nothing in common here", None),
            ("", "x", None),
        ];
        for (old, new, expected) in cases {
            let compared = compare(old, new).map(|(old, new)| (read(old), read(new)));
            let expected = expected.map(|(old, new)| (old.to_owned(), new.to_owned()));
            assert_eq!(compared, expected, "{old} | {new}");
        }
    }

    #[test]
    fn very_long_lines_are_left_alone() {
        assert_eq!(compare(&"a ".repeat(500), &"b ".repeat(500)), None);
    }
}
