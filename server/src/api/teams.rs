//! Teams and who is in them.

use axum::{Json, extract::State, http::StatusCode};
use domain::sort::TEAMS;
use protocol::{
    TeamId, UserId,
    page::PageQuery,
    teams::{AddMember, Member, MemberList, NameTeam, Owner, SetRole, Team, TeamList},
};
use serde::Deserialize;

use crate::{
    api::{Refusals, order},
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Body, Id},
};

/// The query of `DELETE /api/v2/teams/{id}`: who gets the team's projects, one of the three.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
#[expect(clippy::struct_field_names, reason = "the names in the address")]
pub struct HeirQuery {
    /// A team
    heir_team: Option<TeamId>,
    /// A person
    heir_user: Option<UserId>,
    /// The installation, so that everybody sees them
    heir_installation: bool,
}

impl HeirQuery {
    /// The heir that is named, if one is.
    pub fn owner(&self) -> Result<Option<Owner>, HttpError> {
        match (self.heir_team, self.heir_user, self.heir_installation) {
            (None, None, false) => Ok(None),
            (Some(team), None, false) => Ok(Some(Owner::Team(team))),
            (None, Some(user), false) => Ok(Some(Owner::User(user))),
            (None, None, true) => Ok(Some(Owner::Installation)),
            _ => {
                Err(HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "Name one heir: heir_team, heir_user or heir_installation"))
            }
        }
    }
}

/// The query of `GET /api/v2/teams`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TeamQuery {
    /// Words in the name
    q: String,
    /// `name`, `people` or `projects`, with `-` before it for the other way around; newest first when empty
    sort: String,
    /// The `next` of the page before; absent for the first page
    after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent
    limit: Option<u32>,
}

/// The teams that the caller may know, newest first when no other order is asked for
#[utoipa::path(get, path = "/api/v2/teams", tag = "teams", params(TeamQuery), responses((status = 200, body = TeamList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<TeamQuery>,
) -> Result<Json<TeamList>, HttpError> {
    let of_page = PageQuery { after: query.after, limit: query.limit };
    Ok(Json(services::teams::list(&edge.cx, &actor, &query.q, order(&query.sort, TEAMS)?, &of_page).await?))
}

/// Makes a team; the person who makes it is its first admin
#[utoipa::path(post, path = "/api/v2/teams", tag = "teams", request_body = NameTeam,
    responses((status = 201, body = Team), (status = 409, body = protocol::ApiError, description = "Another team is called so"), Refusals))]
pub async fn create(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<NameTeam>,
) -> Result<(StatusCode, Json<Team>), HttpError> {
    Ok((StatusCode::CREATED, Json(services::teams::create(&edge.cx, &actor, command).await?)))
}

/// One team
#[utoipa::path(get, path = "/api/v2/teams/{id}", tag = "teams", params(("id" = TeamId, Path)), responses((status = 200, body = Team), Refusals))]
pub async fn get(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<TeamId>) -> Result<Json<Team>, HttpError> {
    Ok(Json(services::teams::get(&edge.cx, &actor, id).await?))
}

/// Gives a team another name
#[utoipa::path(put, path = "/api/v2/teams/{id}", tag = "teams", params(("id" = TeamId, Path)), request_body = NameTeam,
    responses((status = 200, body = Team), (status = 409, body = protocol::ApiError, description = "Another team is called so"), Refusals))]
pub async fn rename(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<TeamId>,
    Body(command): Body<NameTeam>,
) -> Result<Json<Team>, HttpError> {
    Ok(Json(services::teams::rename(&edge.cx, &actor, id, command).await?))
}

/// Removes a team; its projects go to the heir
#[utoipa::path(delete, path = "/api/v2/teams/{id}", tag = "teams", params(("id" = TeamId, Path), HeirQuery),
    responses((status = 204, description = "It is gone"),
        (status = 409, body = protocol::ApiError, description = "It has projects and no heir is named"), Refusals))]
pub async fn delete(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<TeamId>,
    Asked(heir): Asked<HeirQuery>,
) -> Result<StatusCode, HttpError> {
    services::teams::delete(&edge.cx, &actor, id, heir.owner()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is in a team, by email address
#[utoipa::path(get, path = "/api/v2/teams/{id}/members", tag = "teams", params(("id" = TeamId, Path)),
    responses((status = 200, body = MemberList), Refusals))]
pub async fn members(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<TeamId>) -> Result<Json<MemberList>, HttpError> {
    Ok(Json(MemberList { members: services::teams::members(&edge.cx, &actor, id).await? }))
}

/// Takes somebody who has an account into a team
#[utoipa::path(post, path = "/api/v2/teams/{id}/members", tag = "teams", params(("id" = TeamId, Path)), request_body = AddMember,
    responses((status = 201, body = Member), (status = 409, body = protocol::ApiError, description = "It is the team's only admin"), Refusals))]
pub async fn add_member(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<TeamId>,
    Body(command): Body<AddMember>,
) -> Result<(StatusCode, Json<Member>), HttpError> {
    Ok((StatusCode::CREATED, Json(services::teams::add_member(&edge.cx, &actor, id, command).await?)))
}

/// Gives a member another role
#[utoipa::path(put, path = "/api/v2/teams/{id}/members/{user}", tag = "teams", params(("id" = TeamId, Path), ("user" = UserId, Path)),
    request_body = SetRole,
    responses((status = 200, body = Member), (status = 409, body = protocol::ApiError, description = "It is the team's only admin"), Refusals))]
pub async fn set_role(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id((id, user)): Id<(TeamId, UserId)>,
    Body(command): Body<SetRole>,
) -> Result<Json<Member>, HttpError> {
    Ok(Json(services::teams::set_role(&edge.cx, &actor, id, user, command.role).await?))
}

/// Takes somebody out of a team; everybody may leave by themselves
#[utoipa::path(delete, path = "/api/v2/teams/{id}/members/{user}", tag = "teams", params(("id" = TeamId, Path), ("user" = UserId, Path)),
    responses((status = 204, description = "They left"), (status = 409, body = protocol::ApiError, description = "It is the team's only admin"), Refusals))]
pub async fn remove_member(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id((id, user)): Id<(TeamId, UserId)>,
) -> Result<StatusCode, HttpError> {
    services::teams::remove_member(&edge.cx, &actor, id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
