//! The work must have changed something: "done" with an empty diff is a lie.

use super::Finding;
use crate::ports::vcs::DiffStat;

/// Whether anything changed.
pub fn judge(stat: &DiffStat) -> Finding {
    if stat.files == 0 {
        return Finding::failed("Nothing was changed")
            .with_evidence("The diff against the state before this iteration is empty.")
            .with_hints([
                "No file differs from before. Change the files that the task needs; saying that it is done is not enough.",
            ]);
    }

    let files = if stat.files == 1 { "file" } else { "files" };
    Finding::passed(&format!("{} {files} changed, +{} −{} lines", stat.files, stat.added, stat.removed))
}

/// In place of a failure where nothing had to change: every example of the tasks was carried out, and held. It is no proof of
/// work, so it stays a gap of the receipt.
pub fn held_already() -> Finding {
    Finding::inconclusive("Nothing had to change: every example of the spec held already")
}

#[cfg(test)]
mod tests {
    use protocol::runs::GateVerdict;

    use super::*;

    #[test]
    fn only_an_empty_diff_fails() {
        let cases = [
            (DiffStat::default(), GateVerdict::Failed, "Nothing was changed"),
            (DiffStat { files: 1, added: 3, removed: 0 }, GateVerdict::Passed, "1 file changed, +3 −0 lines"),
            // A new empty or binary file, or a changed mode, has no lines.
            (DiffStat { files: 2, added: 0, removed: 0 }, GateVerdict::Passed, "2 files changed, +0 −0 lines"),
        ];
        for (stat, verdict, summary) in cases {
            let finding = judge(&stat);
            assert_eq!((finding.verdict, finding.summary.as_str()), (verdict, summary));
        }
    }
}
