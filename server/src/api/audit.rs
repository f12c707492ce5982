//! The audit trail: reading it, taking it along, and proving it.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{FromRequestParts as _, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::{actor::Actor, audit::About};
use futures::stream;
use protocol::{
    ProjectId, TeamId,
    audit::{AuditEntry, AuditPage, AuditQuery, AuditSummary, AuditTail, AuditVerdict},
};
use serde::Deserialize;
use services::Cx;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::{
    api::Refusals,
    auth::{Credentials, Signed},
    edge::Edge,
    error::HttpError,
    extract::Asked,
};

/// Seconds that an answer waits at most: less than any request may take.
const LONGEST_WAIT: u64 = 25;
/// How often the trail is looked at meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The query of `GET /api/enterprise/audit/summary`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SummaryQuery {
    /// How many days back, 1 to 365; 7 when absent
    #[param(minimum = 1, maximum = 365)]
    days: u32,
    /// What is about this project and its runs
    project_id: Option<ProjectId>,
    /// What is about this team and its projects
    team_id: Option<TeamId>,
}

impl Default for SummaryQuery {
    fn default() -> Self {
        Self { days: 7, project_id: None, team_id: None }
    }
}

/// The query of `GET /api/v2/audit/export`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// json or csv; json when absent
    format: Format,
    /// From this day or time on
    start_date: Option<String>,
    /// Up to this day, itself included, or this time
    end_date: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
    /// What is about this project and its runs
    project_id: Option<ProjectId>,
    /// What is about this team and its projects
    team_id: Option<TeamId>,
    outcome: Option<String>,
    /// Words in the name, address, agent, error or changes
    q: Option<String>,
}

/// How entries are written into a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Json,
    Csv,
}

/// Entries, newest first
#[utoipa::path(get, path = "/api/v2/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = AuditPage), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<AuditPage>, HttpError> {
    Ok(Json(services::audit::list(&edge.cx, &actor, &query).await?))
}

/// Entries, newest first, as a bare list
#[utoipa::path(get, path = "/api/enterprise/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = Vec<AuditEntry>), Refusals))]
pub async fn list_bare(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<Vec<AuditEntry>>, HttpError> {
    Ok(Json(services::audit::list(&edge.cx, &actor, &query).await?.entries))
}

/// What happened in the last days
#[utoipa::path(get, path = "/api/enterprise/audit/summary", tag = "audit", params(SummaryQuery), responses((status = 200, body = AuditSummary), Refusals))]
pub async fn summary(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<SummaryQuery>,
) -> Result<Json<AuditSummary>, HttpError> {
    let about = About { project: query.project_id, team: query.team_id };
    Ok(Json(services::audit::summary(&edge.cx, &actor, query.days, about).await?))
}

/// Walks over the whole trail and names the first entry that is not as it was written
#[utoipa::path(get, path = "/api/v2/audit/verify", tag = "audit", responses((status = 200, body = AuditVerdict), Refusals))]
pub async fn verify(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<AuditVerdict>, HttpError> {
    Ok(Json(services::audit::verify(&edge.cx, &actor, &[]).await?))
}

/// The query of `GET /api/v2/audit/tail`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TailQuery {
    /// The `next` of the answer before; without one the answer says where the trail ends now
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Seconds to wait for something new, 0 to 25; 20 when absent
    #[param(value_type = i32, minimum = 0, maximum = 25)]
    wait: u64,
    /// Entries at most, 1 to 1,000; 100 when absent
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
}

impl Default for TailQuery {
    fn default() -> Self {
        Self { after: None, wait: 20, limit: 100 }
    }
}

/// Entries behind a position, oldest first; with none there, the answer waits for the next ones
///
/// Ask again with `after` set to `next`, and nothing is missed or told twice.
#[utoipa::path(get, path = "/api/v2/audit/tail", tag = "audit", params(TailQuery), responses((status = 200, body = AuditTail), Refusals))]
pub async fn tail(State(edge): State<Edge>, request: Request) -> Result<Json<AuditTail>, HttpError> {
    let (mut parts, _) = request.into_parts();
    let Signed(mut actor) = Signed::from_request_parts(&mut parts, &edge).await?;
    let Asked(query) = Asked::<TailQuery>::from_request_parts(&mut parts, &edge).await?;
    if query.wait > LONGEST_WAIT || query.after.is_some_and(|after| after < 0) {
        let words = format!("`wait` must be from 0 to {LONGEST_WAIT}, and `after` not below 0");
        return Err(services::Error::Invalid(words).into());
    }
    let credentials = Credentials::of(&parts)?;
    let until = Instant::now() + Duration::from_secs(query.wait);
    loop {
        let tail = services::audit::tail(&edge.cx, &actor, query.after, query.limit).await?;
        if query.after.is_none() || !tail.entries.is_empty() || Instant::now() >= until || edge.stopping.is_cancelled() {
            return Ok(Json(tail));
        }
        let _ = edge.stopping.run_until_cancelled(tokio::time::sleep_until(until.min(Instant::now() + LOOK_AGAIN))).await;
        // A role that was taken away meanwhile reads nothing more.
        credentials.refresh().await?;
        actor = credentials.known(&edge).await?.actor;
    }
}

/// All entries that fit, newest first, as a file
#[utoipa::path(get, path = "/api/v2/audit/export", tag = "audit", params(ExportQuery),
    responses((status = 200, content((Vec<AuditEntry> = "application/json"), (String = "text/csv")), description = "By `format`"), Refusals))]
pub async fn export(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, HttpError> {
    let format = query.format;
    let query = AuditQuery {
        start_date: query.start_date,
        end_date: query.end_date,
        actor: query.actor,
        action: query.action,
        resource_type: query.resource_type,
        resource_id: query.resource_id,
        project_id: query.project_id,
        team_id: query.team_id,
        outcome: query.outcome,
        q: query.q,
        limit: Some(services::audit::MOST),
        ..AuditQuery::default()
    };
    // The first page is read before the answer begins, so that a refusal is one.
    let first = services::audit::list(&edge.cx, &actor, &query).await?;
    services::audit::exported(&edge.cx, &actor).await?;
    let (kind, name) = match format {
        Format::Json => ("application/json", "audit.json"),
        Format::Csv => ("text/csv; charset=utf-8", "audit.csv"),
    };
    let headers =
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    let pages = Pages { cx: edge.cx.clone(), actor, query, format, place: Place::First };
    Ok((headers, Body::from_stream(stream::try_unfold((pages, Some(first)), next))).into_response())
}

/// Where a page stands in its export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Later,
}

/// An export under way.
struct Pages {
    cx: Cx,
    actor: Actor,
    query: AuditQuery,
    format: Format,
    place: Place,
}

type Step = (Pages, Option<AuditPage>);

async fn next((mut pages, page): Step) -> Result<Option<(Bytes, Step)>, services::Error> {
    let Some(page) = page else { return Ok(None) };
    let text = match pages.format {
        Format::Json => json(&page, pages.place)?,
        Format::Csv => csv(&page.entries, pages.place),
    };
    pages.place = Place::Later;
    let following = match page.next {
        None => None,
        after => {
            pages.query.after = after;
            Some(services::audit::list(&pages.cx, &pages.actor, &pages.query).await?)
        }
    };
    Ok(Some((text.into(), (pages, following))))
}

fn json(page: &AuditPage, place: Place) -> Result<String, services::Error> {
    let first = place == Place::First;
    let mut text = String::from(if first { "[" } else { "" });
    for (number, entry) in page.entries.iter().enumerate() {
        let entry = serde_json::to_string(entry).map_err(|error| services::Error::Internal(error.to_string()))?;
        text.push_str(if first && number == 0 { "\n" } else { ",\n" });
        text.push_str(&entry);
    }
    text.push_str(if page.next.is_none() { "\n]\n" } else { "" });
    Ok(text)
}

/// Lines after RFC 4180.
pub(crate) fn csv(entries: &[AuditEntry], place: Place) -> String {
    let names = "seq,timestamp,actor,actor_name,action,resource_type,resource_id,outcome,status,count,ip_address,user_agent,\
                 login_id,request_id,error,details,_integrity_hash\r\n";
    let mut text = String::from(if place == Place::First { names } else { "" });
    for entry in entries {
        let words = |words: &Option<String>| words.clone().unwrap_or_default();
        let fields = [
            entry.seq.to_string(),
            entry.timestamp.to_string(),
            entry.actor.clone(),
            entry.actor_name.clone(),
            entry.action.clone(),
            entry.resource_type.clone(),
            words(&entry.resource_id),
            entry.outcome.clone(),
            entry.status.map(|status| status.to_string()).unwrap_or_default(),
            entry.count.to_string(),
            words(&entry.ip_address),
            words(&entry.user_agent),
            words(&entry.login_id),
            words(&entry.request_id),
            words(&entry.error),
            if entry.details.is_empty() { String::new() } else { serde_json::to_string(&entry.details).unwrap_or_default() },
            entry.integrity_hash.clone(),
        ];
        let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A field that a spreadsheet takes for text: it would carry out one that begins like a formula.
fn quoted(field: &str) -> String {
    let harmless = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{field}") } else { field.to_owned() };
    if harmless.contains([',', '"', '\n', '\r', '\'']) { format!("\"{}\"", harmless.replace('"', "\"\"")) } else { harmless }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn fields_are_text_and_no_formulas() {
        let cases = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("@sum", "\"'@sum\""),
            ("two\nlines", "\"two\nlines\""),
        ];
        for (given, expected) in cases {
            assert_eq!(quoted(given), expected, "{given}");
        }
    }
}
