//! The examples of a requirement, carried out by loki itself: the one proof that does not come from the agent.

use protocol::receipts::ExampleFact;

use super::{Finding, text};

/// What a requirement could be proven by, other than by an example that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By examples that it states and that can be understood.
    Examples,
    /// By tests of the project, which the work changed.
    Tests,
    Nothing,
}

/// Judges the examples of the requirement that was worked on.
pub fn judge(results: &[ExampleFact], proof: Proof) -> Finding {
    let wrong: Vec<&ExampleFact> = results.iter().filter(|example| example.held == Some(false)).collect();
    if !wrong.is_empty() {
        return failed(results, &wrong);
    }

    let held = results.iter().filter(|example| example.held == Some(true)).count();
    if held == 0 {
        return unproven(results, proof);
    }

    let open: Vec<&ExampleFact> = results.iter().filter(|example| example.held.is_none()).collect();
    if open.is_empty() {
        let (examples, hold) = if held == 1 { ("example", "holds") } else { ("examples", "hold") };
        return Finding::passed(&format!("{held} {examples} carried out, {hold}")).with_evidence(&list(results));
    }
    Finding::inconclusive(&format!("{held} of {} examples hold, {} could not be carried out", results.len(), open.len()))
        .with_evidence(&list(results))
        .with_hints(open.iter().map(|example| format!("Make this example possible to carry out: {}", example.text)))
}

fn failed(results: &[ExampleFact], wrong: &[&ExampleFact]) -> Finding {
    let examples = if results.len() == 1 { "example" } else { "examples" };
    let do_not = if wrong.len() == 1 { "does not" } else { "do not" };
    let hints = wrong.iter().map(|example| {
        let (expected, seen) = (text::one_line(&example.text, 140), text::one_line(&example.seen, 110));
        format!("Expected {expected}, but {seen}")
    });
    Finding::failed(&format!("{} of {} {examples} {do_not} hold", wrong.len(), results.len()))
        .with_evidence(&list(results))
        .with_hints(hints)
}

fn unproven(results: &[ExampleFact], proof: Proof) -> Finding {
    let finding =
        Finding::inconclusive("no example in the requirement could be carried out; proven by the project's own tests only")
            .with_evidence(&list(results));
    match proof {
        Proof::Examples => {
            finding.with_hints(results.iter().map(|example| format!("Could not carry out {}: {}", example.text, example.seen)))
        }
        Proof::Tests => finding,
        Proof::Nothing => {
            finding.with_hints(["Nothing proves this requirement yet: add a test of the project that fails without it."])
        }
    }
}

fn list(results: &[ExampleFact]) -> String {
    let lines = results.iter().map(|example| {
        let mark = match example.held {
            Some(true) => "held",
            Some(false) => "WRONG",
            None => "not carried out",
        };
        format!("{mark}: {}\n    seen: {}", text::one_line(&example.text, 300), text::one_line(&example.seen, 300))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use protocol::runs::GateVerdict::{Failed, Inconclusive, Passed};

    use super::*;

    fn example(held: Option<bool>) -> ExampleFact {
        ExampleFact { text: "`greet Ada` prints `Hello, Ada!`".into(), held, seen: "it printed `Hi`".into() }
    }

    #[test]
    fn one_wrong_example_outweighs_all_others() {
        let cases: [(&[Option<bool>], _, &str); 6] = [
            (&[Some(true)], Passed, "1 example carried out, holds"),
            (&[Some(true), Some(true)], Passed, "2 examples carried out, hold"),
            (&[Some(true), Some(false), None], Failed, "1 of 3 examples does not hold"),
            (&[Some(true), None], Inconclusive, "1 of 2 examples hold, 1 could not be carried out"),
            (&[None], Inconclusive, "no example in the requirement could be carried out; proven by the project's own tests only"),
            (&[], Inconclusive, "no example in the requirement could be carried out; proven by the project's own tests only"),
        ];
        for (held, verdict, summary) in cases {
            let results: Vec<ExampleFact> = held.iter().map(|held| example(*held)).collect();
            let finding = judge(&results, if held.is_empty() { Proof::Nothing } else { Proof::Examples });
            assert_eq!((finding.verdict, finding.summary.as_str()), (verdict, summary));
        }
    }

    #[test]
    fn the_agent_is_told_what_was_expected_and_what_was_seen() {
        let finding = judge(&[example(Some(false))], Proof::Examples);

        assert_eq!(finding.hints, ["Expected `greet Ada` prints `Hello, Ada!`, but it printed `Hi`"]);
    }

    #[test]
    fn without_examples_and_without_tests_a_test_is_asked_for() {
        assert_eq!(judge(&[], Proof::Tests).hints, [""; 0]);
        assert_eq!(judge(&[], Proof::Nothing).hints.len(), 1);
    }
}
