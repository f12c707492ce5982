//! `loki audit`: proving the audit trail and taking it along, on the data directory itself.

use std::time::{Duration, Instant};

use clap::{Subcommand, ValueEnum};
use domain::{
    actor::Actor,
    audit::{Entry, PublicKey},
};
use protocol::{
    Event, EventScope,
    audit::{AuditEntry, AuditQuery},
};
use services::{Cx, audit};

use super::{
    Exit, Failure,
    offline::{open, open_new},
    print::{self, Printed},
};
use crate::{
    api::audit::{Place, csv},
    config::DataArgs,
};

/// Transactions with an event alone, and with an event and an entry, in a measurement.
const SINGLE: u32 = 1_000;
/// Entries in one transaction of a measurement.
const BATCH: u32 = 5_000;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Walk over the whole trail and name the first entry that is not as it was written
    Verify {
        #[command(flatten)]
        data: DataArgs,
        /// A public key whose checkpoints count, as `loki audit key` prints it [default: the server's own]
        #[arg(long, value_name = "HEX", value_parser = PublicKey::from_hex)]
        key: Vec<PublicKey>,
        #[command(flatten)]
        printed: Printed,
    },
    /// Print all entries, newest first
    Export {
        #[command(flatten)]
        data: DataArgs,
        /// One JSON object a line, or CSV
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
    },
    /// Print the public key that checkpoints are signed with
    Key {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Append entries to an empty trail and walk over them, for the benchmarks
    #[command(hide = true)]
    Measure {
        #[command(flatten)]
        data: DataArgs,
        /// How many entries
        #[arg(long, default_value_t = 200_000)]
        entries: u32,
    },
}

/// How entries are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Json,
    Csv,
}

pub(super) async fn run(command: AuditCommand) -> Result<Exit, Failure> {
    match command {
        AuditCommand::Verify { data, key, printed } => verify(&open(data).await?, &key, printed).await,
        AuditCommand::Export { data, format } => export(&open(data).await?, format).await,
        AuditCommand::Key { data } => {
            print::line(&open(data).await?.audit_key.public().to_hex());
            Ok(Exit::Done)
        }
        AuditCommand::Measure { data, entries } => measure(&open_new(data).await?, entries).await,
    }
}

async fn verify(cx: &Cx, keys: &[PublicKey], printed: Printed) -> Result<Exit, Failure> {
    let verdict = audit::verify(cx, &Actor::Automation, keys).await?;
    if printed.json {
        print::json(&verdict);
    } else if let Some(problem) = &verdict.problem {
        print::line(&format!("broken: {}", print::plain(problem)));
    } else {
        let from = verdict.first_seq.unwrap_or(0);
        let found = format!(
            "{} entries, {from} to {}, and {} checkpoints; the head is {}",
            verdict.entries_checked, verdict.last_seq, verdict.checkpoints_checked, verdict.head_hash
        );
        print::line(&match verdict.anchor_seq {
            Some(seq) => format!("whole: {found}\nanchor: entry {seq}, kept in this data directory"),
            None if verdict.last_seq == 0 => format!("whole: {found}"),
            // A server writes it within seconds of the first entry.
            None => format!(
                "whole as far as entry {}; the anchor is missing: {found}\nno audit.last in this data directory: whether entries were \
                 taken off the end, alone or together with checkpoints, cannot be told here",
                verdict.last_seq
            ),
        });
    }
    Ok(if verdict.valid { Exit::Done } else { Exit::Bad })
}

async fn export(cx: &Cx, format: Format) -> Result<Exit, Failure> {
    audit::exported(cx, &Actor::Automation).await?;
    let mut query = AuditQuery { limit: Some(audit::MOST), ..AuditQuery::default() };
    let mut place = Place::First;
    loop {
        let page = audit::list(cx, &Actor::Automation, &query).await?;
        match format {
            Format::Csv => print::text(&csv(&page.entries, place)),
            Format::Json => print::text(&lines(&page.entries)?),
        }
        place = Place::Later;
        query.after = page.next;
        if query.after.is_none() {
            return Ok(Exit::Done);
        }
    }
}

fn lines(entries: &[AuditEntry]) -> Result<String, Failure> {
    let mut text = String::new();
    for entry in entries {
        text.push_str(&serde_json::to_string(entry)?);
        text.push('\n');
    }
    Ok(text)
}

async fn measure(cx: &Cx, entries: u32) -> Result<Exit, Failure> {
    if audit::verify(cx, &Actor::Automation, &[]).await?.last_seq != 0 {
        return Err(Failure("the trail has entries: give an empty --data-dir".to_owned()));
    }
    let began = Instant::now();
    let mut left = entries;
    while left > 0 {
        let batch = left.min(BATCH);
        let tx = cx.store.begin().await?;
        let at = cx.clock.now().millis();
        let entry = |number| Entry::done(at, &Actor::Automation, "start run", &format!("0198c000-0000-7000-8000-{number:012}"));
        tx.audit().append((0..batch).map(entry));
        tx.commit().await?;
        left -= batch;
    }
    let appended = began.elapsed();
    let one = append_alone(cx).await?;
    let began = Instant::now();
    let verdict = audit::verify(cx, &Actor::Automation, &[]).await?;
    let verified = began.elapsed();
    let rate = |took: Duration| f64::from(entries) / took.as_secs_f64();
    print::json(&serde_json::json!({
        "entries": entries, "valid": verdict.valid, "append_per_second": rate(appended), "verify_per_second": rate(verified),
        "append_one_seconds": one.as_secs_f64(),
    }));
    Ok(Exit::Done)
}

/// What an entry adds to the transaction of a change, which tells an event and waits for the disk: the difference between the
/// medians of transactions with one and without, taken in turns.
async fn append_alone(cx: &Cx) -> Result<Duration, Failure> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..SINGLE {
        without.push(change(cx, None).await?);
        let at = cx.clock.now().millis();
        with.push(change(cx, Some(Entry::done(at, &Actor::Automation, "change project", &"measured"))).await?);
    }
    Ok(median(with).saturating_sub(median(without)))
}

async fn change(cx: &Cx, entry: Option<Entry>) -> Result<Duration, Failure> {
    let tx = cx.store.begin().await?;
    tx.events().tell(cx.clock.now(), EventScope::default(), &Event::ProjectUpdated { name: "measured".to_owned() });
    tx.audit().append(entry);
    let began = Instant::now();
    tx.commit().await?;
    Ok(began.elapsed())
}

fn median(mut spent: Vec<Duration>) -> Duration {
    spent.sort_unstable();
    spent.get(spent.len() / 2).copied().unwrap_or_default()
}
