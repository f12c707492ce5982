//! Teams: people who have a role together, on the projects that belong to them.

mod members;
mod people;
mod remove;
pub(crate) mod rules;

pub(crate) use members::read as everybody;
pub use members::{add_member, members, remove_member, set_role};
pub(crate) use people::{Whom, find};
pub use remove::{delete, part_with};

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    reach::{self, require_somewhere},
    sort::{Order, Sort},
    teams as names,
};
use protocol::{
    Event, EventScope, TeamId,
    access::Role,
    page::PageQuery,
    teams::{NameTeam, Team, TeamList},
};
use store::{MemberRow, TeamRow, Tx};

use crate::{
    Cx, Error,
    audit::done,
    page::{self, Page},
    projects::hidden_or,
};

/// The source of a role that a person gave; the others are sign-in providers.
pub(crate) const BY_HAND: &str = "";

pub(crate) const NO_TEAM: &str = "there is no team with that id";

/// The team of that id, if the actor may do `action` in it.
pub(crate) async fn load(tx: &Tx, actor: &Actor, id: TeamId, action: Action) -> Result<TeamRow, Error> {
    let team = tx.teams().by_id(id).await?.ok_or_else(|| Error::NotFound(NO_TEAM.to_owned()))?;
    reach::enough(actor.reach().in_team(id), action).map_err(|refusal| hidden_or(refusal, NO_TEAM))?;
    Ok(team)
}

/// Tells whoever may know the team that something of it changed; the caller nudges after the commit.
pub(crate) async fn tell(cx: &Cx, tx: &Tx, id: TeamId) -> Result<(), Error> {
    let name = tx.teams().by_id(id).await?.map(|team| team.name).unwrap_or_default();
    tx.events().tell(cx.clock.now(), EventScope::team(id), &Event::TeamUpdated { name });
    Ok(())
}

/// The teams that the actor may know, without `sort` newest first; with `words`, those that have them in their name.
pub async fn list(cx: &Cx, actor: &Actor, words: &str, sort: Option<Sort>, query: &PageQuery) -> Result<TeamList, Error> {
    access::require(actor, Action::ReadTeams)?;
    let (limit, order) = (page::limit(query)?, page::order(query, sort)?);
    let words = page::words(words)?;
    let tx = &cx.store.read().await?;
    let rows = tx.teams().list(actor.reach().visible_teams(), &names::folded(words), &order, u64::from(limit) + 1).await?;
    let key = |id, sort| async move { tx.teams().sorted_by(id, sort).await };
    let Page { items, next } = page::cut_in_order(rows, limit, &order, |row: &TeamRow| row.id, key).await?;
    let mut teams = Vec::with_capacity(items.len());
    for row in items {
        teams.push(view(tx, actor, row).await?);
    }
    Ok(TeamList { teams, next })
}

/// One team.
pub async fn get(cx: &Cx, actor: &Actor, id: TeamId) -> Result<Team, Error> {
    require_somewhere(actor, Action::ReadTeams)?;
    let tx = cx.store.read().await?;
    let row = load(&tx, actor, id, Action::ReadTeams).await?;
    view(&tx, actor, row).await
}

async fn view(tx: &Tx, actor: &Actor, row: TeamRow) -> Result<Team, Error> {
    let roles = match actor.person() {
        Some(person) => tx.teams().of_user(person).await?,
        None => Vec::new(),
    };
    let role = roles.iter().filter(|member| member.team_id == row.id).map(|member| member.role).reduce(names::greater);
    let counts = tx.teams().counts(row.id).await?;
    Ok(row.view(counts, role))
}

/// Makes a team; the person who makes it is its first admin.
pub async fn create(cx: &Cx, actor: &Actor, command: NameTeam) -> Result<Team, Error> {
    access::require(actor, Action::ManageTeams)?;
    let name = names::name(&command.name).map_err(Error::Invalid)?;
    let now = cx.clock.now();
    let row = TeamRow { id: TeamId(cx.ids.uuid()), folded: names::folded(&name), name, created_at: now };
    let tx = crate::accounts::begin(cx, actor).await?;
    is_free(&tx, actor, &row).await?;
    tx.teams().insert(&row).await?;
    if let Some(user_id) = actor.person() {
        let source = BY_HAND.to_owned();
        tx.teams().set_member(&MemberRow { team_id: row.id, user_id, source, role: Role::Admin, created_at: now }).await?;
    }
    let made = row.clone();
    let team = view(&tx, actor, row).await?;
    tell(cx, &tx, made.id).await?;
    tx.record(done(cx, actor, "create team", made.id).about(made.id).with(Changes::default().field("name", "", &made.name)));
    tx.commit().await?;
    cx.nudges.access();
    Ok(team)
}

/// Gives a team another name.
pub async fn rename(cx: &Cx, actor: &Actor, id: TeamId, command: NameTeam) -> Result<Team, Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    let before = load(&tx, actor, id, Action::ManageTeam).await?;
    let name = names::name(&command.name).map_err(Error::Invalid)?;
    let row = TeamRow { folded: names::folded(&name), name, ..before.clone() };
    is_free(&tx, actor, &row).await?;
    tx.teams().rename(&row).await?;
    let changes = Changes::default().field("name", &before.name, &row.name);
    let team = view(&tx, actor, row).await?;
    tell(cx, &tx, id).await?;
    tx.record(done(cx, actor, "rename team", id).about(id).with(changes));
    tx.commit().await?;
    cx.nudges.events();
    Ok(team)
}

/// Whose name is in the way is told only to who may know that team. That one is there can be guessed still; what is refused is on
/// record.
async fn is_free(tx: &Tx, actor: &Actor, row: &TeamRow) -> Result<(), Error> {
    // Nor one that only looks like it, whichever of the two was there first. Teams are few.
    let seen = |name: &str| names::folded(&domain::names::skeleton(name));
    let wanted = seen(&row.name);
    let others = tx.teams().list(None, "", &Order::Own(None), u64::from(u32::MAX)).await?;
    let other =
        others.into_iter().find(|other| other.id != row.id && (other.folded == row.folded || seen(&other.name) == wanted));
    let Some(other) = other else { return Ok(()) };
    let is_known = reach::enough(actor.reach().in_team(other.id), Action::ReadTeams).is_ok();
    let who = if is_known { format!("another team is called \"{}\"", other.name) } else { "this name is not free".to_owned() };
    Err(Error::Conflict(format!("{who}: choose another name")))
}
