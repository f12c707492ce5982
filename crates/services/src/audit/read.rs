//! Reading the trail.

use std::collections::BTreeMap;

use domain::{
    access::{self, Action, Scopes},
    actor::Actor,
    audit::{About, Details, Row},
    reach::{self, Visible, require_somewhere},
    sort::{self, Sort},
};
use protocol::{
    Timestamp,
    audit::{AuditChange, AuditEntry, AuditPage, AuditQuery, AuditSummary, AuditTail},
    timestamp::DAY_MS,
};
use store::{AuditField, AuditFilter, AuditOrder, Tx};

use crate::{
    Cx, Error, page,
    projects::{NO_PROJECT, hidden_or},
    teams::NO_TEAM,
};

/// Entries on a page at most.
pub const MOST: u32 = 1_000;
/// Entries that a page leaves out at most.
const MOST_SKIPPED: u32 = 1_000_000;

/// Which part of the trail the actor reads; nothing when it is all of it. Where no project and no team is named, that is what is
/// about those on which they have the role. What is named has to be known to them.
async fn part<'a>(tx: &Tx, actor: &'a Actor, about: About) -> Result<Option<Visible<'a>>, Error> {
    let reads_all = access::may(actor, Action::ReadAudit);
    let may_read = |scopes: Scopes| {
        let reads = reads_all || scopes.has(Action::ReadAudit.scope());
        if reads { Ok(()) } else { reach::enough(scopes, Action::ReadAudit) }
    };
    if let Some(id) = about.project {
        // Entries outlive their project, as events do.
        let owner = tx.sharing().owners(&[id]).await?.get(&id).copied();
        let owner = owner.ok_or_else(|| Error::NotFound(NO_PROJECT.to_owned()))?;
        may_read(actor.reach().on(id, owner)).map_err(|refusal| hidden_or(refusal, NO_PROJECT))?;
    }
    if let Some(id) = about.team {
        tx.teams().by_id(id).await?.ok_or_else(|| Error::NotFound(NO_TEAM.to_owned()))?;
        may_read(actor.reach().in_team(id)).map_err(|refusal| hidden_or(refusal, NO_TEAM))?;
    }
    if reads_all {
        return Ok(None);
    }
    require_somewhere(actor, Action::ReadAudit)?;
    Ok(Some(actor.reach().having(Action::ReadAudit.scope())))
}

/// Entries that fit, of those that the actor reads; without another `sort` newest first.
pub async fn list(cx: &Cx, actor: &Actor, query: &AuditQuery) -> Result<AuditPage, Error> {
    let tx = cx.store.read().await?;
    let about = About { project: query.project_id, team: query.team_id };
    let seen = part(&tx, actor, about).await?;
    let limit = match query.limit.unwrap_or(100) {
        limit @ 1..=MOST => limit,
        limit => return Err(Error::Invalid(format!("`limit` must be from 1 to {MOST}, not {limit}"))),
    };
    let offset = query.offset.unwrap_or(0);
    if offset > MOST_SKIPPED {
        return Err(Error::Invalid(format!("`offset` must be at most {MOST_SKIPPED}, not {offset}. Go on with `after` instead")));
    }
    let filter = AuditFilter { seen, about, ..filter(query)? };
    let last = page::position(query.after.as_deref())?;
    let order = match Sort::parse(query.sort.as_deref().unwrap_or_default(), sort::AUDIT).map_err(Error::Invalid)? {
        Some(Sort { descending: false, .. }) => AuditOrder::Oldest { after: last },
        Some(_) | None => AuditOrder::Newest { before: last },
    };
    let range = (u64::from(offset), u64::from(limit) + 1);
    let rows = tx.audit().find(&filter, order, range).await?;
    let page = page::cut(rows, limit, |row| row.seq.to_string());
    Ok(AuditPage { entries: page.items.into_iter().map(view).collect(), next: page.next })
}

/// The entry at a position of the chain, if it is about that.
pub async fn entry(cx: &Cx, actor: &Actor, seq: i64, about: About) -> Result<AuditEntry, Error> {
    let tx = cx.store.read().await?;
    let seen = part(&tx, actor, about).await?;
    let missing = || Error::NotFound("There is no such entry".to_owned());
    let before = seq.checked_sub(1).ok_or_else(missing)?;
    let row = tx.audit().after(before, 1).await?.pop().filter(|row| row.seq == seq).ok_or_else(missing)?;
    if seen.is_none() && about == About::default() {
        return Ok(view(row));
    }
    // Whether it is of the part is asked of its own moment: behind it may lie a million entries that are not.
    let (since, until) = (Some(row.at), Some(row.at.saturating_add(1)));
    let filter = AuditFilter { seen, about, since, until, ..AuditFilter::default() };
    let row = tx.audit().find(&filter, AuditOrder::Oldest { after: Some(before) }, (0, 1)).await?.pop();
    row.filter(|row| row.seq == seq).map(view).ok_or_else(missing)
}

/// What there is behind a position, oldest first, at most `limit` entries; without a position only where the trail ends now.
pub async fn tail(cx: &Cx, actor: &Actor, after: Option<i64>, limit: u32) -> Result<AuditTail, Error> {
    let tx = cx.store.read().await?;
    let filter = AuditFilter { seen: part(&tx, actor, About::default()).await?, ..AuditFilter::default() };
    if !(1..=MOST).contains(&limit) {
        return Err(Error::Invalid(format!("`limit` must be from 1 to {MOST}, not {limit}")));
    }
    let Some(after) = after else {
        // For who reads a part, where that ends: how long the whole is is none of their business.
        let newest = tx.audit().find(&filter, AuditOrder::Newest { before: None }, (0, 1)).await?;
        return Ok(AuditTail { entries: Vec::new(), next: newest.last().map_or(0, |row| row.seq) });
    };
    let rows = tx.audit().find(&filter, AuditOrder::Oldest { after: Some(after) }, (0, u64::from(limit))).await?;
    let next = rows.last().map_or(after, |row| row.seq);
    Ok(AuditTail { entries: rows.into_iter().map(view).collect(), next })
}

/// What happened in the last days, 1 to 365, of what the actor reads.
pub async fn summary(cx: &Cx, actor: &Actor, days: u32, about: About) -> Result<AuditSummary, Error> {
    let tx = cx.store.read().await?;
    let seen = part(&tx, actor, about).await?;
    if !(1..=365).contains(&days) {
        return Err(Error::Invalid(format!("`days` must be from 1 to 365, not {days}")));
    }
    let since = Some(cx.clock.now().millis() - i64::from(days) * DAY_MS);
    let filter = AuditFilter { seen, about, since, ..AuditFilter::default() };
    let denied = AuditFilter { outcome: Some("denied".to_owned()), ..filter.clone() };
    let outcomes: BTreeMap<String, i64> = tx.audit().count_by(&filter, AuditField::Outcome).await?.into_iter().collect();
    let of = |outcome: &str| outcomes.get(outcome).copied().unwrap_or(0);
    Ok(AuditSummary {
        period_days: days,
        total_events: outcomes.values().sum(),
        successful_events: of("done"),
        failed_events: of("denied") + of("invalid"),
        denied_events: of("denied"),
        by_action: tx.audit().count_by(&filter, AuditField::Action).await?.into_iter().collect(),
        by_resource_type: tx.audit().count_by(&filter, AuditField::ResourceType).await?.into_iter().collect(),
        by_user: tx.audit().count_by(&filter, AuditField::Actor).await?.into_iter().collect(),
        recent_failures: tx
            .audit()
            .find(&denied, AuditOrder::Newest { before: None }, (0, 10))
            .await?
            .into_iter()
            .map(view)
            .collect(),
    })
}

/// What the query says of the entries themselves.
fn filter(query: &AuditQuery) -> Result<AuditFilter<'static>, Error> {
    if let Some(outcome) = query.outcome.as_deref().filter(|outcome| !matches!(*outcome, "done" | "denied" | "invalid")) {
        return Err(Error::Invalid(format!("outcome is {outcome:?}; there are done, denied and invalid")));
    }
    let time = |name: &str, text: &Option<String>| -> Result<Option<i64>, Error> {
        let parsed = text.as_deref().map(|text| Timestamp::parse(text).ok_or(text)).transpose();
        let wrong =
            |text| Error::Invalid(format!("{name} is {text:?}; write a day like 2026-11-21 or a time like 2026-11-21T06:00:00Z"));
        Ok(parsed.map_err(wrong)?.map(Timestamp::millis))
    };
    // A day ends when the next one begins.
    let length = if query.end_date.as_ref().is_some_and(|text| text.len() == 10) { DAY_MS } else { 0 };
    Ok(AuditFilter {
        since: time("start_date", &query.start_date)?,
        until: time("end_date", &query.end_date)?.map(|end| end.saturating_add(length)),
        actor: query.actor.clone(),
        action: query.action.clone(),
        resource_type: query.resource_type.clone(),
        resource_id: query.resource_id.clone(),
        outcome: query.outcome.clone(),
        text: query.q.as_deref().map(page::words).transpose()?.filter(|words| !words.is_empty()).map(str::to_owned),
        ..AuditFilter::default()
    })
}

fn view(row: Row) -> AuditEntry {
    let details: Details = serde_json::from_str(&row.details).unwrap_or_default();
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let id_of = |kind: &str| row.actor.strip_prefix(kind).map(str::to_owned);
    AuditEntry {
        seq: row.seq,
        timestamp: Timestamp::from_millis(row.at),
        user_id: id_of("user:"),
        token_id: id_of("token:"),
        actor: row.actor,
        actor_name: details.name,
        action: row.action,
        resource_type: row.resource_type,
        resource_id: some(row.resource_id),
        login_id: details.login,
        ip_address: details.address,
        user_agent: some(details.agent),
        request_id: some(details.request_id),
        success: row.outcome == "done",
        outcome: row.outcome,
        error: some(details.error),
        status: details.status,
        count: details.count.unwrap_or(1),
        details: details
            .changes
            .into_iter()
            .map(|(name, change)| (name, AuditChange { from: change.from, to: change.to }))
            .collect(),
        integrity_hash: row.hash,
    }
}
