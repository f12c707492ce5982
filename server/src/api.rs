//! The REST API: thin twins of the use cases. Shapes are the `protocol` crate's.

pub mod access_tokens;
pub mod agents;
pub mod audit;
pub mod control;
pub mod enterprise;
pub mod events;
pub mod factors;
pub mod health;
pub mod invitations;
pub mod logins;
pub mod mail;
pub mod metrics;
pub mod projects;
pub mod providers;
pub mod runs;
pub mod secrets;
pub mod sharing;
pub mod status;
pub mod teams;
pub mod templates;
pub mod tokens;
pub mod users;

use axum::{Router, handler::Handler, routing::MethodFilter};
use domain::sort::{Column, Sort};
use protocol::{ApiError, page::PageQuery};
use serde::Deserialize;
use utoipa::{IntoParams, IntoResponses};

use crate::{edge::Edge, error::HttpError};

/// The API's routes, with a list of them that documents and tests are compared with.
#[derive(Default)]
pub struct Routes {
    pub router: Router<Edge>,
    /// Method in lower case and path, as the OpenAPI document writes them.
    pub table: Vec<(&'static str, &'static str)>,
}

impl Routes {
    fn get<H: Handler<T, Edge>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("get", MethodFilter::GET, path, handler)
    }

    fn post<H: Handler<T, Edge>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("post", MethodFilter::POST, path, handler)
    }

    fn put<H: Handler<T, Edge>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("put", MethodFilter::PUT, path, handler)
    }

    fn delete<H: Handler<T, Edge>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("delete", MethodFilter::DELETE, path, handler)
    }

    fn add<H: Handler<T, Edge>, T: 'static>(
        mut self,
        name: &'static str,
        method: MethodFilter,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.router = self.router.route(path, axum::routing::on(method, handler));
        self.table.push((name, path));
        self
    }
}

/// Everything that the API answers.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn routes() -> Routes {
    Routes::default()
        .get("/health", health::get)
        .get("/metrics", metrics::get)
        .get("/api/status", status::get)
        .get("/api/enterprise/status", enterprise::status)
        .get("/api/events", events::list)
        .get("/api/agents", agents::list)
        .get("/api/projects", projects::list)
        .post("/api/projects", projects::create)
        .get("/api/projects/{id}", projects::get)
        .put("/api/projects/{id}", projects::update)
        .delete("/api/projects/{id}", projects::delete)
        .get("/api/v2/projects/{id}/shares", sharing::list)
        .post("/api/v2/projects/{id}/shares", sharing::share)
        .delete("/api/v2/projects/{id}/shares/{share}", sharing::unshare)
        .put("/api/v2/projects/{id}/owner", sharing::transfer)
        .post("/api/control/start", control::start)
        .post("/api/control/pause", control::pause)
        .post("/api/control/resume", control::resume)
        .post("/api/control/stop", control::stop)
        .get("/api/v2/runs", runs::list)
        .get("/api/v2/runs/{id}", runs::get)
        .get("/api/v2/runs/{id}/timeline", runs::timeline)
        .get("/api/v2/runs/{id}/receipt", runs::receipt)
        .get("/api/v2/runs/{id}/diff", runs::diff)
        .get("/api/v2/runs/{id}/log", runs::log)
        .get("/api/v2/runs/{id}/transcript", runs::transcript)
        .post("/api/v2/runs/{id}/cancel", runs::cancel)
        .post("/api/v2/runs/{id}/replay", runs::replay)
        .get("/api/templates", templates::list)
        .get("/api/templates/{name}", templates::get)
        .get("/api/v2/projects/{id}/secrets", secrets::list_of_project)
        .put("/api/v2/projects/{id}/secrets/{name}", secrets::put_of_project)
        .delete("/api/v2/projects/{id}/secrets/{name}", secrets::remove_of_project)
        .get("/api/v2/teams/{id}/secrets", secrets::list_of_team)
        .put("/api/v2/teams/{id}/secrets/{name}", secrets::put_of_team)
        .delete("/api/v2/teams/{id}/secrets/{name}", secrets::remove_of_team)
        .get("/api/v2/secrets", secrets::list_of_installation)
        .put("/api/v2/secrets/{name}", secrets::put_of_installation)
        .delete("/api/v2/secrets/{name}", secrets::remove_of_installation)
        .get("/api/v2/teams", teams::list)
        .post("/api/v2/teams", teams::create)
        .get("/api/v2/teams/{id}", teams::get)
        .put("/api/v2/teams/{id}", teams::rename)
        .delete("/api/v2/teams/{id}", teams::delete)
        .get("/api/v2/teams/{id}/members", teams::members)
        .post("/api/v2/teams/{id}/members", teams::add_member)
        .put("/api/v2/teams/{id}/members/{user}", teams::set_role)
        .delete("/api/v2/teams/{id}/members/{user}", teams::remove_member)
        .get("/api/v2/invitations", invitations::list)
        .post("/api/v2/invitations", invitations::create)
        .delete("/api/v2/invitations/{id}", invitations::withdraw)
        .get("/api/v2/users", users::list)
        .put("/api/v2/users/{id}", users::update)
        .delete("/api/v2/users/{id}", users::delete)
        .delete("/api/v2/users/{id}/logins", users::end_logins)
        .get("/api/v2/logins", logins::list)
        .delete("/api/v2/logins", logins::end_others)
        .delete("/api/v2/logins/{id}", logins::end)
        .put("/api/v2/password", logins::change_password)
        .get("/api/v2/factors", factors::list)
        .post("/api/v2/factors", factors::begin)
        .post("/api/v2/factors/recovery-codes", factors::recovery_codes)
        .post("/api/v2/factors/reset", factors::reset)
        .post("/api/v2/factors/passkeys", factors::begin_passkey)
        .post("/api/v2/factors/passkeys/{id}/confirm", factors::confirm_passkey)
        .post("/api/v2/second-step/passkey", factors::second_step)
        .post("/api/v2/factors/{id}/confirm", factors::confirm)
        .post("/api/v2/factors/{id}/remove", factors::remove)
        .get("/api/v2/sign-in-providers", providers::list)
        .post("/api/v2/sign-in-providers/{id}/check", providers::check)
        .get("/api/enterprise/tokens", tokens::list)
        .post("/api/enterprise/tokens", tokens::create)
        .delete("/api/enterprise/tokens/{id}", tokens::end)
        .get("/api/v2/api-keys", tokens::list_keys)
        .post("/api/v2/api-keys", tokens::create_key)
        .get("/api/v2/api-keys/{id}", tokens::get_key)
        .put("/api/v2/api-keys/{id}", tokens::update_key)
        .delete("/api/v2/api-keys/{id}", tokens::end_key)
        .post("/api/v2/api-keys/{id}/rotate", tokens::rotate_key)
        .post("/api/v2/access-tokens", access_tokens::create)
        .get("/.well-known/jwks.json", access_tokens::keys)
        .post("/api/v2/mail/test", mail::send_test)
        .get("/api/enterprise/audit", audit::list_bare)
        .get("/api/enterprise/audit/summary", audit::summary)
        .get("/api/v2/audit", audit::list)
        .get("/api/v2/audit/verify", audit::verify)
        .get("/api/v2/audit/export", audit::export)
        .get("/api/v2/audit/tail", audit::tail)
        .post("/logout/back-channel/{provider}", crate::auth::providers::back_channel::sign_out)
        .get("/ws", crate::ws::events::open)
}

/// `?after=CURSOR&limit=N` of every list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// The `next` of the page before; absent for the first page
    after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl From<ListQuery> for PageQuery {
    fn from(query: ListQuery) -> Self {
        Self { after: query.after, limit: query.limit }
    }
}

/// The order that a list is asked for in, one of its columns.
fn order(sort: &str, columns: &[Column]) -> Result<Option<Sort>, HttpError> {
    Ok(Sort::parse(sort, columns).map_err(services::Error::Invalid)?)
}

/// Refusals that every operation can answer with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the document")]
pub(crate) enum Refusals {
    /// No login and no token, or one that does not count
    #[response(status = 401)]
    SignIn(ApiError),
    /// The role does not allow it
    #[response(status = 403)]
    Forbidden(ApiError),
    /// It does not exist, or the caller may not know that it does
    #[response(status = 404)]
    NotFound(ApiError),
    /// Something about the request is wrong; `detail` names it
    #[response(status = 422)]
    Invalid(ApiError),
}
