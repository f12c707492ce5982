//! What a token to be is held to: only what its maker knows of, and never more than what its maker is held to.

use domain::{
    access::{Action, Scopes},
    access_tokens::AllowedAddresses,
    actor::{Actor, Shown},
    reach::Reach,
};
use protocol::{Timestamp, TokenId};
use store::{TokenRow, Tx};
use uuid::Uuid;

use super::{refused, scopes_of};
use crate::{Cx, Error, projects, teams};

/// Refuses limits that the actor does not know, and within which the token would open nothing.
pub(super) async fn check(tx: &Tx, actor: &Actor, row: &TokenRow) -> Result<(), Error> {
    if actor.reach().is_limited() && row.held_to_projects.is_empty() && row.held_to_teams.is_empty() {
        return Err(Error::Invalid("your token is held to projects or teams: name some of them in projects or teams".to_owned()));
    }
    // What no person stands behind is in no team, and nothing is shared with it.
    let alone = row.created_by.is_none().then(|| Reach::of_scopes(Scopes::of(&scopes_of(row))));
    for project in &row.held_to_projects {
        let owner = projects::load(tx, actor, *project, Action::ReadProjects).await?.owner;
        if alone.as_ref().is_some_and(|reach| reach.on(*project, owner) == Scopes::NONE) {
            return Err(opens_nothing("project", project.0));
        }
    }
    for team in &row.held_to_teams {
        teams::load(tx, actor, *team, Action::ReadTeams).await?;
        if alone.as_ref().is_some_and(|reach| reach.in_team(*team) == Scopes::NONE) {
            return Err(opens_nothing("team", team.0));
        }
    }
    Ok(())
}

fn opens_nothing(what: &str, id: Uuid) -> Error {
    Error::Invalid(format!(
        "the token would open nothing in {what} {id}: no person stands behind it, so that it reaches only what belongs to the \
         installation, unless its role is admin. Somebody who works in that {what} makes it, signed in"
    ))
}

/// The token that makes, changes or replaces another one; nothing where a person or the command line does.
pub(super) struct Maker(Option<TokenRow>);

impl Maker {
    /// Whoever asks, as the database has it now. What an access token made would outlive its quarter of an hour.
    pub(super) async fn of(cx: &Cx, tx: &Tx, actor: &Actor) -> Result<Self, Error> {
        let Actor::Token { id, shown, .. } = actor else { return Ok(Self(None)) };
        if *shown == Shown::AccessToken {
            let text = "an access token makes, changes and replaces no API tokens: send the API token that it was minted from";
            return Err(Error::Refused(text.to_owned()));
        }
        let row = tx.tokens().by_id(*id).await?.filter(|row| row.counts(cx.clock.now()));
        Ok(Self(Some(row.ok_or_else(refused)?)))
    }

    pub(super) fn id(&self) -> Option<TokenId> {
        self.0.as_ref().map(|row| row.id)
    }

    /// The token to be, which counts no longer than its maker, from no other addresses and no more often.
    pub(super) fn bind(&self, row: TokenRow) -> Result<TokenRow, Error> {
        let wanted = AllowedAddresses::parse(&row.allowed_ips).map_err(Error::Internal)?;
        Ok(TokenRow {
            expires_at: self.end(row.expires_at),
            allowed_ips: self.addresses(wanted)?.list(),
            rate_limit: self.rate(row.rate_limit)?,
            made_by: self.id(),
            ..row
        })
    }

    fn end(&self, wanted: Option<Timestamp>) -> Option<Timestamp> {
        let (expires, replaced) = self.0.as_ref().map_or((None, None), |row| (row.expires_at, row.rotation_expires_at));
        [wanted, expires, replaced].into_iter().flatten().min()
    }

    /// Addresses within the maker's, which are its own when none are named.
    pub(super) fn addresses(&self, wanted: AllowedAddresses) -> Result<AllowedAddresses, Error> {
        let Some(row) = &self.0 else { return Ok(wanted) };
        let own = AllowedAddresses::parse(&row.allowed_ips).map_err(Error::Internal)?;
        if wanted.is_empty() {
            return Ok(own);
        }
        if own.cover(&wanted) {
            return Ok(wanted);
        }
        let own = own.list().join(", ");
        Err(Error::Invalid(format!("`allowed_ips` must lie within those of the token that asks: {own}")))
    }

    /// Requests a minute, no more than the maker's, which are its own when nothing is said.
    pub(super) fn rate(&self, wanted: Option<u32>) -> Result<Option<u32>, Error> {
        match (self.0.as_ref().and_then(|row| row.rate_limit), wanted) {
            (Some(own), Some(wanted)) if wanted > own => {
                Err(Error::Invalid(format!("`rate_limit` must be at most {own}, as for the token that asks, not {wanted}")))
            }
            (own, wanted) => Ok(wanted.or(own)),
        }
    }
}
