//! Teams by rules: at each sign-in, the groups at the provider say in which teams a person is. What the rules gave goes when
//! the group goes; what a person gave stays.

use std::collections::BTreeMap;

use domain::{
    actor::Actor,
    audit::Changes,
    teams::{folded, greater, may_lose_admin},
};
use protocol::{TeamId, UserId, access::Role};
use store::{MemberRow, Tx};

use crate::{Cx, Error, audit::done};

/// What rules changed and nobody was told yet.
pub(crate) struct Applied {
    changes: Vec<(TeamId, Changes)>,
    kept: Vec<TeamId>,
}

impl Applied {
    /// Whether anything changed.
    pub(crate) fn is_change(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Teams with projects that would have no admin any more, in which the person therefore stays one.
    pub(crate) fn kept(&self) -> &[TeamId] {
        &self.kept
    }

    /// Tells the teams and puts it on record.
    pub(crate) async fn tell(self, cx: &Cx, tx: &Tx) -> Result<(), Error> {
        for (team, changes) in self.changes {
            super::tell(cx, tx, team).await?;
            tx.record(done(cx, &Actor::Automation, "set_member team", team).about(team).with(changes));
        }
        Ok(())
    }
}

/// Makes the roles that a provider's rules give a person those of `wanted`, by team's name or id. A change gives the person's
/// logins other ids as any other change of a role does. It is told by whoever asked for it, when all rows are written.
pub(crate) async fn apply(
    cx: &Cx,
    tx: &Tx,
    (user_id, provider): (UserId, &str),
    wanted: &[(String, Role)],
) -> Result<Applied, Error> {
    let mut given: BTreeMap<TeamId, Role> = BTreeMap::new();
    for (name, role) in wanted {
        match team(tx, name).await? {
            Some(id) => {
                given.entry(id).and_modify(|had| *had = greater(*had, *role)).or_insert(*role);
            }
            None => tracing::warn!(provider, team = %name, "a rule names a team that is not there; it gives nothing"),
        }
    }
    let had: BTreeMap<TeamId, Role> = tx
        .teams()
        .of_user(user_id)
        .await?
        .into_iter()
        .filter(|row| row.source == provider)
        .map(|row| (row.team_id, row.role))
        .collect();
    let kept = last_admins(tx, (user_id, provider), (&had, &given)).await?;
    given.extend(kept.iter().map(|team| (*team, Role::Admin)));
    for team in had.keys().filter(|team| !given.contains_key(*team)) {
        tx.teams().remove_member(*team, user_id, provider).await?;
    }
    for (team_id, role) in given.iter().filter(|(team, role)| had.get(*team) != Some(*role)) {
        let row = MemberRow { team_id: *team_id, user_id, source: provider.to_owned(), role: *role, created_at: cx.clock.now() };
        tx.teams().set_member(&row).await?;
    }
    if had != given {
        tx.accounts().privileges_changed(user_id).await?;
    }
    let teams = had.keys().chain(given.keys().filter(|team| !had.contains_key(*team)));
    let word = |role: Option<&Role>| role.map_or("", |role| role.as_str());
    let changes = teams.filter(|team| had.get(*team) != given.get(*team)).map(|team| {
        let changes = Changes::default().field("provider", "", provider).field("user", "", user_id);
        (*team, changes.field("role", word(had.get(team)), word(given.get(team))))
    });
    Ok(Applied { changes: changes.collect(), kept })
}

/// Teams with projects that have no other admin than by a role which those rules would take away.
async fn last_admins(
    tx: &Tx,
    (user_id, provider): (UserId, &str),
    (had, given): (&BTreeMap<TeamId, Role>, &BTreeMap<TeamId, Role>),
) -> Result<Vec<TeamId>, Error> {
    let mut last = Vec::new();
    for (team, _) in had.iter().filter(|(team, role)| **role == Role::Admin && given.get(*team) != Some(&Role::Admin)) {
        let members = tx.teams().members(*team).await?;
        let is_other = |row: &MemberRow| row.role == Role::Admin && (row.user_id != user_id || row.source != provider);
        let others = members.iter().filter(|(row, ..)| is_other(row)).count();
        if !may_lose_admin(tx.teams().count_projects(*team).await?, others) {
            last.push(*team);
        }
    }
    Ok(last)
}

async fn team(tx: &Tx, name: &str) -> Result<Option<TeamId>, Error> {
    let found = match name.parse::<TeamId>() {
        Ok(id) => tx.teams().by_id(id).await?,
        Err(_) => tx.teams().by_name(&folded(name)).await?,
    };
    Ok(found.map(|team| team.id))
}
