//! How far an actor reaches: what their roles in the installation, in teams and on shared projects open, put together once
//! when the actor is loaded. A check is then a look-up and needs no database.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use protocol::{
    ProjectId, TeamId, UserId,
    access::{Role, Scope},
    teams::Owner,
};

use crate::{
    access::{Action, Denied, Scopes, of_role},
    actor::Actor,
};

/// What an actor may do with which projects and teams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// On every project and in every team: an admin's of the installation.
    everywhere: Scopes,
    /// On projects of the installation.
    installation: Scopes,
    person: Option<UserId>,
    /// On projects that belong to that person.
    own: Scopes,
    /// Whether there are any.
    owns: bool,
    /// In teams, and on their projects.
    teams: BTreeMap<TeamId, Scopes>,
    /// On projects that are shared with that person or their teams.
    shares: BTreeMap<ProjectId, Scopes>,
    /// What a token is held to.
    limits: Option<TokenLimits>,
    /// What all of that opens somewhere, so that no check has to look at each part.
    anywhere: Scopes,
}

/// Projects, and teams with theirs, outside of which a token does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenLimits {
    pub projects: BTreeSet<ProjectId>,
    pub teams: BTreeSet<TeamId>,
}

/// What a person was given beside their role in the installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// One person can have two roles in a team: one by hand, one by rules.
    pub teams: Vec<(TeamId, Role)>,
    /// Of the person and of their teams.
    pub shares: Vec<(ProjectId, Role)>,
    /// Whether projects belong to the person.
    pub owns: bool,
}

/// On which projects an actor has a scope, for the database to look for: with `read` those that they may know about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible<'a> {
    All,
    Some {
        scope: Scope,
        /// Whether projects of the installation are among them.
        installation: bool,
        /// Whose own projects are among them.
        person: Option<UserId>,
        /// Teams whose projects are among them, where the scopes have the one asked for.
        teams: &'a BTreeMap<TeamId, Scopes>,
        /// Shared projects, where the scopes have the one asked for.
        shares: &'a BTreeMap<ProjectId, Scopes>,
        /// Whether every project is among them, as far as the limits go.
        everything: bool,
        /// What a token is held to: no project outside of it is among them.
        limits: Option<&'a TokenLimits>,
    },
}

impl Visible<'_> {
    /// The teams in which they have the scope, where it is not all of them.
    pub fn teams(&self) -> Vec<TeamId> {
        let Self::Some { scope, teams, everything, limits, .. } = self else { return Vec::new() };
        let has = |team: &TeamId| *everything || teams.get(team).is_some_and(|scopes| scopes.has(*scope));
        match limits {
            Some(limits) => limits.teams.iter().copied().filter(has).collect(),
            None => teams.keys().copied().filter(has).collect(),
        }
    }
}

impl Default for Reach {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Reach {
    /// Nobody's.
    pub const NOTHING: Self = Self::plain(Scopes::NONE, Scopes::NONE);
    /// Loki's own.
    pub const EVERYTHING: Self = Self::plain(Scopes::ALL, Scopes::ALL);

    const fn plain(everywhere: Scopes, installation: Scopes) -> Self {
        Self {
            everywhere,
            installation,
            person: None,
            own: Scopes::NONE,
            owns: false,
            teams: BTreeMap::new(),
            shares: BTreeMap::new(),
            limits: None,
            anywhere: everywhere.or(installation),
        }
    }

    /// A person's: of several roles that apply to a project, each adds what it opens.
    pub fn of_person(id: UserId, role: Role, grants: Grants) -> Self {
        let installation = of_role(role);
        let mut reach = Self { person: Some(id), own: Scopes::ALL, owns: grants.owns, ..Self::of_scopes(installation) };
        for (team, role) in grants.teams {
            let scopes = reach.teams.entry(team).or_default();
            *scopes = scopes.or(of_role(role));
        }
        for (project, role) in grants.shares {
            let scopes = reach.shares.entry(project).or_default();
            *scopes = scopes.or(of_role(role));
        }
        reach.summed()
    }

    /// A token's that no person made.
    pub fn of_scopes(scopes: Scopes) -> Self {
        let everywhere = if scopes.has(Scope::All) { Scopes::ALL } else { Scopes::NONE };
        Self::plain(everywhere, scopes)
    }

    /// A token's: what its maker reaches, as far as its scopes and limits go.
    #[must_use]
    pub fn held_to(mut self, scopes: Scopes, limits: TokenLimits) -> Self {
        for part in [&mut self.everywhere, &mut self.installation, &mut self.own] {
            *part = part.and(scopes);
        }
        self.teams.values_mut().chain(self.shares.values_mut()).for_each(|part| *part = part.and(scopes));
        self.limits = (!limits.projects.is_empty() || !limits.teams.is_empty()).then_some(limits);
        self.summed()
    }

    /// The reach with the sum of what its parts open somewhere. Whose a project is, is not known here: one among the limits may
    /// be anybody's, and a shared one may be a team's that is among them.
    fn summed(mut self) -> Self {
        let limits = self.limits.as_ref();
        let any_owner = limits.is_none_or(|limits| !limits.projects.is_empty());
        let any_share = limits.is_none_or(|limits| !limits.teams.is_empty());
        let counts_team = |team: &TeamId| any_owner || limits.is_some_and(|limits| limits.teams.contains(team));
        let counts_share = |project: &ProjectId| any_share || limits.is_some_and(|limits| limits.projects.contains(project));
        let installation = if any_owner { self.installation } else { self.in_installation() };
        let own = if self.owns && any_owner { self.own } else { Scopes::NONE };
        let teams = self.teams.iter().filter(|(team, _)| counts_team(team)).map(|(_, scopes)| *scopes);
        let shares = self.shares.iter().filter(|(project, _)| counts_share(project)).map(|(_, scopes)| *scopes);
        self.anywhere = teams.chain(shares).fold(self.everywhere.or(installation).or(own), Scopes::or);
        self
    }

    /// Whether it has everything that `other` has; what it has besides does not matter.
    pub fn covers(&self, other: &Self) -> bool {
        let within = match (&self.limits, &other.limits) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(limits), Some(theirs)) => {
                limits.projects.is_superset(&theirs.projects) && limits.teams.is_superset(&theirs.teams)
            }
        };
        let own = |reach: &Self| if reach.owns { reach.own } else { Scopes::NONE };
        // Whether there are projects of their own is asked of the database, and theirs is what they delete themselves.
        let same = if self.person == other.person { self.own } else { Scopes::NONE };
        let has = |there: Scopes, theirs: Scopes| self.everywhere.or(there).covers(theirs);
        let in_team = |team: &TeamId| self.teams.get(team).copied().unwrap_or_default();
        let on_shared = |project: &ProjectId| self.shares.get(project).copied().unwrap_or_default();
        within
            && has(Scopes::NONE, other.everywhere)
            && has(self.installation, other.installation)
            && has(same, own(other))
            && other.teams.iter().all(|(team, scopes)| has(in_team(team), *scopes))
            && other.shares.iter().all(|(project, scopes)| has(on_shared(project), *scopes))
    }

    /// The projects that are shared with them.
    pub fn shared(&self) -> Vec<ProjectId> {
        self.shares.keys().copied().collect()
    }

    /// It without the shares of other projects than those.
    #[must_use]
    pub fn shared_at_most(&self, projects: &HashSet<ProjectId>) -> Self {
        let mut reach = self.clone();
        reach.shares.retain(|project, _| projects.contains(project));
        reach
    }

    pub fn person(&self) -> Option<UserId> {
        self.person
    }

    /// Whether it is held to some projects or teams.
    pub fn is_limited(&self) -> bool {
        self.limits.is_some()
    }

    /// What may be done with a project.
    pub fn on(&self, project: ProjectId, owner: Owner) -> Scopes {
        let within = self.limits.as_ref().is_none_or(|limits| {
            limits.projects.contains(&project) || matches!(owner, Owner::Team(team) if limits.teams.contains(&team))
        });
        if !within {
            return Scopes::NONE;
        }
        let by_owner = match owner {
            Owner::Installation => self.installation,
            Owner::User(id) if Some(id) == self.person => self.own,
            Owner::User(_) => Scopes::NONE,
            Owner::Team(team) => self.teams.get(&team).copied().unwrap_or_default(),
        };
        let shared = self.shares.get(&project).copied().unwrap_or_default();
        self.everywhere.or(by_owner).or(shared)
    }

    /// What may be done in the installation itself. A token that is held to some projects or teams only reads there.
    pub fn in_installation(&self) -> Scopes {
        if self.is_limited() { self.installation.and(Scopes::of(&[Scope::Read])) } else { self.installation }
    }

    /// What may be done in a team, and with what is made for it.
    pub fn in_team(&self, team: TeamId) -> Scopes {
        if self.limits.as_ref().is_some_and(|limits| !limits.teams.contains(&team)) {
            return Scopes::NONE;
        }
        self.everywhere.or(self.teams.get(&team).copied().unwrap_or_default())
    }

    /// What may be done with something at least, wherever it is. Of a token that is held to some projects or teams it may be
    /// said of more than there is, and of nothing outside of them; [`Reach::somewhere`] says what there is.
    pub fn anywhere(&self) -> Scopes {
        self.anywhere
    }

    /// Projects whose owners decide what is open within the limits: none, without limits.
    pub fn in_question(&self) -> Vec<ProjectId> {
        let limited = self.limits.iter().flat_map(|limits| &limits.projects);
        let shared = self.shares.keys().filter(|project| self.limits.as_ref().is_some_and(|it| !it.projects.contains(*project)));
        limited.chain(shared).copied().collect()
    }

    /// What may be done with something at least, no more and no less: `owners` says whose the projects in question are.
    pub fn somewhere(&self, owners: &HashMap<ProjectId, Owner>) -> Scopes {
        let Some(limits) = &self.limits else { return self.anywhere };
        let projects = owners.iter().map(|(project, owner)| self.on(*project, *owner));
        let teams = limits.teams.iter().map(|team| self.in_team(*team));
        projects.chain(teams).fold(self.in_installation(), Scopes::or)
    }

    /// The teams that may be known; all of them when absent.
    pub fn visible_teams(&self) -> Option<Vec<TeamId>> {
        match &self.limits {
            None if self.everywhere.has(Scope::Read) => None,
            Some(limits) => Some(limits.teams.iter().copied().filter(|team| self.in_team(*team).has(Scope::Read)).collect()),
            None => Some(self.teams.keys().copied().collect()),
        }
    }

    /// Which projects may be read.
    pub fn visible(&self) -> Visible<'_> {
        self.having(Scope::Read)
    }

    /// On which projects, and in which teams, that scope is there.
    pub fn having(&self, scope: Scope) -> Visible<'_> {
        let everything = self.everywhere.has(scope);
        if everything && self.limits.is_none() {
            return Visible::All;
        }
        Visible::Some {
            scope,
            installation: self.installation.has(scope),
            person: self.person.filter(|_| self.own.has(scope)),
            teams: &self.teams,
            shares: &self.shares,
            everything,
            limits: self.limits.as_ref(),
        }
    }

    /// Whether what concerns that person alone, or without one the installation itself, is theirs to hear of: their own, and
    /// whoever reads everything hears all of it.
    pub fn hears_of(&self, person: Option<UserId>) -> bool {
        match self.visible() {
            Visible::All => true,
            Visible::Some { person: own, limits: None, .. } => person.is_some() && person == own,
            Visible::Some { .. } => false,
        }
    }

    /// Whether only projects of the installation may be read, and all of them: many actors then see the same.
    pub fn is_plain(&self) -> bool {
        self.person.is_none() && self.limits.is_none() && self.everywhere == Scopes::NONE && self.installation.has(Scope::Read)
    }
}

/// Whether the actor may not, or may not even know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// To this actor there is no such thing.
    Hidden,
    Denied(Denied),
}

/// Nothing if those scopes are enough for `action`.
pub fn enough(scopes: Scopes, action: Action) -> Result<(), Refusal> {
    if !scopes.has(Scope::Read) {
        return Err(Refusal::Hidden);
    }
    if scopes.has(action.scope()) { Ok(()) } else { Err(Refusal::Denied(Denied { needs: action.scope() })) }
}

/// Refuses whoever may do `action` with nothing at all, before anything is looked for.
pub fn require_somewhere(actor: &Actor, action: Action) -> Result<(), Denied> {
    if actor.reach().anywhere().has(action.scope()) { Ok(()) } else { Err(Denied { needs: action.scope() }) }
}

#[cfg(test)]
mod tests;
