//! `/admin/audit/verify`: whether the audit trail is as it was written.

use leptos::prelude::*;
use protocol::audit::AuditVerdict;

use super::super::{crumbs, head};
use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::admin::audit::ask_audit_verdict,
    ui::{self, Kind, Tone, div, el, pieces, text},
};

/// What cannot be told without the note of the trail's end.
const OPEN_ENDED: &str = "The server's note of where the trail ends, audit.last in its data directory, is missing: whether \
    entries were taken off the end, alone or together with checkpoints, cannot be told here. Compare the hash at the head with \
    one that was kept elsewhere.";

pub(in super::super) fn page() -> AnyView {
    let loading = load(ask_audit_verdict);
    loaded_page(loading, |verdict: AuditVerdict| {
        let about = "Each entry is bound to the one before it by a hash, and signed checkpoints stand between them.";
        let again = el("a").class("btn").attr("href", to::VERIFY_AUDIT).attr("rel", "external").text("Verify again").view();
        let body = pieces(vec![head("Verify the chain", about, again), shown(verdict)]);
        ui::page("Verify the chain".to_owned(), crumbs(&[("Audit", to::ADMIN_AUDIT), ("Verify", to::VERIFY_AUDIT)]), body)
    })
}

fn shown(verdict: AuditVerdict) -> AnyView {
    // A server writes its note of the end within seconds of the first entry.
    let is_open_ended = verdict.anchor_seq.is_none() && verdict.last_seq > 0;
    let (state, words) = match &verdict.problem {
        None if is_open_ended => {
            let words = format!("Every entry is as it was written, as far as entry {}. {OPEN_ENDED}", verdict.last_seq);
            (ui::chip(Tone::Warn, "warn", "end not known"), words)
        }
        None => (ui::chip(Tone::Good, "check", "verified"), "Every entry is as it was written.".to_owned()),
        Some(problem) => (ui::chip(Tone::Bad, "cross", "broken"), format!("{}.", problem.trim_end_matches('.'))),
    };
    let sentence = el("p").attr("role", "status").class("verdict").child(state).child(el("span").text(words).view()).view();
    let mut facts = vec![
        ("Entries verified", figure(verdict.entries_checked)),
        ("From entry", figure(verdict.first_seq.unwrap_or(0))),
        ("To entry", figure(verdict.last_seq)),
        ("Signed checkpoints verified", figure(verdict.checkpoints_checked)),
        ("Signed outside of the database", anchor(verdict.anchor_seq)),
        ("Hash at the head", ui::code(verdict.head_hash)),
    ];
    if let Some(seq) = verdict.first_broken {
        let entry = el("a").attr("href", to::audit_entry(seq)).text(format!("entry {seq}")).view();
        facts.insert(0, ("First broken", entry));
    }
    let mut parts = vec![sentence, ui::facts(facts)];
    if !verdict.valid {
        let what = "Somebody changed the database beside loki, or it was damaged. Compare that entry with an export or a backup, and \
                    keep this database as it is for whoever looks into it.";
        parts.push(el("p").class("soft").text(what).view());
    }
    let hint = "The same walk on the server's own machine: `loki audit verify`. The server's data directory holds the last signed \
                entry; keep the head's hash elsewhere to prove later that nothing behind it was taken off the end.";
    parts.push(el("p").class("hint").child(ui::prose(hint)).view());
    parts.push(ui::link_button(Kind::Normal, "Back to the entries", to::ADMIN_AUDIT));
    div("panel panel-body checked").children(parts).view()
}

fn anchor(seq: Option<i64>) -> AnyView {
    let words = seq.map_or_else(|| "no anchor in this server's data directory".to_owned(), |seq| format!("up to entry {seq}"));
    el("span").class("num").child(text(words)).view()
}

fn figure(number: i64) -> AnyView {
    el("span").class("num").child(text(number.to_string())).view()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::rendering_tests::html;

    #[tokio::test]
    async fn a_missing_note_of_the_end_is_told_and_is_no_change() {
        let told = |anchor_seq: Option<i64>, last_seq: i64, problem: Option<&str>| {
            let verdict = AuditVerdict {
                valid: problem.is_none(),
                entries_checked: last_seq,
                checkpoints_checked: 1,
                anchor_seq,
                first_seq: (last_seq > 0).then_some(1),
                last_seq,
                head_hash: "00".repeat(32),
                first_broken: None,
                problem: problem.map(str::to_owned),
            };
            html("/admin/audit/verify", move || shown(verdict))
        };

        let missing = told(None, 6, None);
        for part in ["End not known", "as far as entry 6", "audit.last", "is missing", "taken off the end", "kept elsewhere"] {
            assert!(missing.contains(part), "{part} is missing in {missing}");
        }
        assert!(!missing.contains("Verified</span>") && !missing.contains("Somebody changed"), "{missing}");
        for whole in [told(Some(6), 6, None), told(None, 0, None)] {
            assert!(whole.contains("Every entry is as it was written.") && !whole.contains("End not known"), "{whole}");
        }
        let broken = told(None, 6, Some("entry 2 was changed"));
        assert!(broken.contains("entry 2 was changed.") && broken.contains("Somebody changed"), "{broken}");
    }
}
