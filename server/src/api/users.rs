//! People: who there is, what they may do, and their end.

use axum::{Json, extract::State, http::StatusCode};
use domain::sort::USERS;
use protocol::{
    UserId,
    access::{UpdateUser, User},
    page::PageQuery,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Refusals, order, teams::HeirQuery},
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Body, Id},
};

/// `GET /api/v2/users`.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserList {
    users: Vec<User>,
    next: Option<String>,
}

/// The query of `GET /api/v2/users`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// Words in the name or the email address
    q: String,
    /// `name`, `role`, `state` or `since`, with `-` before it for the other way around; in the order in which they came when empty
    sort: String,
    /// The `next` of the page before; absent for the first page
    after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent
    limit: Option<u32>,
}

/// People, in the order in which they came when no other is asked for
#[utoipa::path(get, path = "/api/v2/users", tag = "accounts", params(UserQuery), responses((status = 200, body = UserList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<UserQuery>,
) -> Result<Json<UserList>, HttpError> {
    let of_page = PageQuery { after: query.after, limit: query.limit };
    let page = services::accounts::list_users(&edge.cx, &actor, &query.q, order(&query.sort, USERS)?, &of_page).await?;
    Ok(Json(UserList { users: page.items, next: page.next }))
}

/// Changes a person's role or name, switches them off or on; it counts from the next request on
#[utoipa::path(put, path = "/api/v2/users/{id}", tag = "accounts", params(("id" = UserId, Path)), request_body = UpdateUser,
    responses((status = 200, body = User),
        (status = 409, body = protocol::ApiError, description = "It is the only admin"), Refusals))]
pub async fn update(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<UserId>,
    Body(command): Body<UpdateUser>,
) -> Result<Json<User>, HttpError> {
    Ok(Json(services::accounts::update_user(&edge.cx, &actor, id, command).await?))
}

/// Removes a person; they are signed out, tokens that they made count no more, and their projects go to the heir
#[utoipa::path(delete, path = "/api/v2/users/{id}", tag = "accounts", params(("id" = UserId, Path), HeirQuery),
    responses((status = 204, description = "They are gone"),
        (status = 409, body = protocol::ApiError, description = "It is the only admin, or projects belong to them and no heir is named"),
        Refusals))]
pub async fn delete(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<UserId>,
    Asked(heir): Asked<HeirQuery>,
) -> Result<StatusCode, HttpError> {
    services::accounts::delete_user(&edge.cx, &actor, id, heir.owner()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs a person out everywhere
#[utoipa::path(delete, path = "/api/v2/users/{id}/logins", tag = "accounts", params(("id" = UserId, Path)),
    responses((status = 204, description = "They are signed out"), Refusals))]
pub async fn end_logins(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<UserId>) -> Result<StatusCode, HttpError> {
    services::accounts::end_logins_of(&edge.cx, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
