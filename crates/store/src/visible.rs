//! What an actor may know about, as a condition of queries: lists and pages of lists are filtered where they are made.

use domain::reach::{TokenLimits, Visible};
use protocol::{UserId, teams::Owner};
use sea_orm::{
    Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use uuid::Uuid;

use crate::{
    StoreError,
    tables::{gone_projects, projects},
};

/// Of the rows of a table with `id`, `owner_user` and `owner_team`, those of projects on which the scope is there.
fn condition(visible: Visible<'_>, table: &'static str) -> Condition {
    let column = |name: &'static str| Expr::col((table, name));
    let Visible::Some { scope, installation, person, teams, shares, everything, limits } = visible else {
        return Condition::all();
    };
    let mut teams = teams.iter().filter(|(_, scopes)| scopes.has(scope)).map(|(team, _)| team.0).peekable();
    let mut shares = shares.iter().filter(|(_, scopes)| scopes.has(scope)).map(|(project, _)| project.0).peekable();
    let nobodys = Condition::all().add(column("owner_user").is_null()).add(column("owner_team").is_null());
    let any = Condition::any()
        // Nothing at all when none of the following applies.
        .add(Expr::val(i32::from(everything)).eq(1))
        .add_option(installation.then_some(nobodys))
        .add_option(person.map(|UserId(id)| column("owner_user").eq(id)))
        .add_option(teams.peek().is_some().then(|| column("owner_team").is_in(teams)))
        .add_option(shares.peek().is_some().then(|| column("id").is_in(shares)));
    let within = |limits: &TokenLimits| {
        Condition::any()
            .add(column("id").is_in(limits.projects.iter().map(|project| project.0)))
            .add(column("owner_team").is_in(limits.teams.iter().map(|team| team.0)))
    };
    Condition::all().add(any).add_option(limits.map(within))
}

/// For a query of projects.
pub(crate) fn projects_of(visible: Visible<'_>) -> Condition {
    condition(visible, "projects")
}

/// The ids of projects on which the scope is there.
pub(crate) fn ids(visible: Visible<'_>) -> SelectStatement {
    projects::Entity::find().select_only().column(projects::Column::Id).filter(projects_of(visible)).into_query()
}

/// The ids of projects that are gone and on which it was there.
pub(crate) fn gone_ids(visible: Visible<'_>) -> SelectStatement {
    let found = gone_projects::Entity::find().select_only().column(gone_projects::Column::Id);
    found.filter(condition(visible, "gone_projects")).into_query()
}

/// Whose it is, from two columns.
pub(crate) fn owner(user: Option<Uuid>, team: Option<Uuid>) -> Owner {
    match (user, team) {
        (_, Some(team)) => Owner::Team(protocol::TeamId(team)),
        (Some(user), None) => Owner::User(UserId(user)),
        (None, None) => Owner::Installation,
    }
}

/// The two columns: person and team.
pub(crate) fn columns(owner: Owner) -> (Option<Uuid>, Option<Uuid>) {
    match owner {
        Owner::Installation => (None, None),
        Owner::User(UserId(user)) => (Some(user), None),
        Owner::Team(team) => (None, Some(team.0)),
    }
}

/// Ids in a text column, with spaces between.
pub(crate) fn words(ids: impl IntoIterator<Item = Uuid>) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
}

/// Ids from a text column.
pub(crate) fn from_words<T: std::str::FromStr<Err = uuid::Error>>(table: &'static str, text: &str) -> Result<Vec<T>, StoreError> {
    text.split_whitespace().map(|word| word.parse().map_err(|error| StoreError::corrupt(table, error))).collect()
}
