//! How much of the code the tests reached, as the project's own test command reports it.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Finding,
    text::{self, pattern},
};

/// The end of an output in which a report is looked for, in bytes.
const MAX_READ: usize = 64 * 1024;

/// Totals as the usual tools print them; the percent is the first group.
static TOTALS: LazyLock<[Regex; 5]> = LazyLock::new(|| {
    [
        // coverage.py and pytest-cov: `TOTAL   120   12   90%`; cargo llvm-cov: `TOTAL … 90.00%`, the last column but branches.
        pattern(r"(?m)^TOTAL\s.*?(\d{1,3}(?:\.\d+)?)%\s*$"),
        // Istanbul, nyc, c8, jest: `All files | 90.1 | 80 | 95 | 90.1 |`: the first column is that of statements.
        pattern(r"(?m)^All files\s*\|\s*(\d{1,3}(?:\.\d+)?)\s*\|"),
        // node --test: `# all files | 90.10 | …`, with or without the mark.
        pattern(r"(?m)^\S?\s*all files\s*\|\s*(\d{1,3}(?:\.\d+)?)\s*\|"),
        // cargo tarpaulin: `90.10% coverage, 101/112 lines covered`.
        pattern(r"(?m)^(\d{1,3}(?:\.\d+)?)% coverage,"),
        // go test -cover: `coverage: 90.1% of statements`, and whatever else says it plainly.
        pattern(r"(?mi)\bcoverage:?\s+(\d{1,3}(?:\.\d+)?)\s*%"),
    ]
});

/// Judges the `outputs` of all test commands against a threshold in percent. Of several reports the lowest counts, and what is not
/// reported is never enough.
pub fn judge(threshold: f64, outputs: &[String]) -> Finding {
    let reported: Vec<Option<f64>> = outputs.iter().map(|output| percent(output)).collect();
    let advice = format!(
        "The team asks for {threshold} % coverage: let the test command measure it and end with a total, as coverage.py, c8, \
         `go test -cover` or cargo-tarpaulin print it."
    );
    let missing = Finding::inconclusive("The test command does not report its coverage").with_hints([advice]);
    if reported.is_empty() || reported.iter().any(Option::is_none) {
        return missing;
    }
    let Some(lowest) = reported.into_iter().flatten().min_by(f64::total_cmp) else { return missing };
    let summary = format!("{lowest} % of the code is covered, {threshold} % is asked for");
    if lowest >= threshold {
        return Finding::passed(&summary);
    }
    Finding::failed(&summary).with_hints([format!("{summary}: add tests for what this task adds.")])
}

/// The total that an output reports; of several lines the last, and of several packages of go the lowest.
fn percent(output: &str) -> Option<f64> {
    let shown = text::plain(text::end_within(output, MAX_READ));
    TOTALS.iter().find_map(|total| {
        let found = total.captures_iter(&shown).filter_map(|captures| captures.get(1)?.as_str().parse::<f64>().ok());
        found.filter(|percent| *percent <= 100.0).min_by(f64::total_cmp)
    })
}

#[cfg(test)]
mod tests {
    use protocol::runs::GateVerdict;

    use super::*;

    // TW-06
    #[test]
    fn a_threshold_is_held_against_what_the_tests_report() {
        use GateVerdict::{Failed, Inconclusive, Passed};
        let cases = [
            ("Name  Stmts  Miss  Cover\na.py  100  10  90%\nTOTAL   120   12    90%\n", Passed),
            ("TOTAL   120   72    40%\n", Failed),
            ("All files          |   84.9 |    80 |   95 |   84.9 |\n", Failed),
            ("\u{2139} all files | 85.00 | 80.00 | 100.00 |\n", Passed),
            ("# all files | 91.20 | 80.00 | 100.00 |\n", Passed),
            ("ok  a  coverage: 91.0% of statements\nok  b  coverage: 12.5% of statements\n", Failed),
            ("92.31% coverage, 12/13 lines covered\n", Passed),
            ("3 passed\n", Inconclusive),
            ("coverage: 900%\n", Inconclusive),
        ];
        for (output, verdict) in cases {
            let finding = judge(85.0, &[output.to_owned()]);
            assert_eq!(finding.verdict, verdict, "{output}: {}", finding.summary);
        }
        assert_eq!(judge(85.0, &[]).verdict, Inconclusive);
        assert_eq!(judge(85.0, &["TOTAL 1 0 99%".to_owned(), "3 passed".to_owned()]).verdict, Inconclusive);
    }
}
