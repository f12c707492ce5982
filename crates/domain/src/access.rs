//! What a role may do: one table, and everything that is not in it is denied.

pub mod table;

use protocol::access::Role;
pub use protocol::access::Scope;

use crate::actor::Actor;

/// Everything that can be asked for, by the scope that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    ReadProjects,
    ReadRuns,
    ReadTemplates,
    ReadAgents,
    ReadEvents,
    ReadStatus,
    ReadMetrics,
    WriteProject,
    DeleteProject,
    StartRun,
    ControlRun,
    ReadAudit,
    ManageUsers,
    ManageTokens,
    ReadSettings,
    /// Secrets of a project: their names, and writing them. Of a team: writing them; members see the names.
    ManageSecrets,
    /// Secrets of the installation.
    ManageAllSecrets,
    ReadTeams,
    /// Making teams and removing them.
    ManageTeams,
    /// Name, members and invitations of one team.
    ManageTeam,
    /// Owner and shares of one project.
    ShareProject,
}

/// Scopes with everything that they include: `* > control > write > read`, and `audit` and `admin` beside them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(0b11_1111);

    /// The given scopes and what they include.
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | included(*scope)))
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// What both have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What either has.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has everything that `other` has.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// All that it has, one by one.
    pub fn list(self) -> Vec<Scope> {
        Scope::ALL.into_iter().filter(|scope| self.has(*scope)).collect()
    }
}

impl std::fmt::Debug for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.list()).finish()
    }
}

fn bit(scope: Scope) -> u8 {
    match scope {
        Scope::Read => 1,
        Scope::Write => 1 << 1,
        Scope::Control => 1 << 2,
        Scope::Audit => 1 << 3,
        Scope::Admin => 1 << 4,
        Scope::All => 1 << 5,
    }
}

fn included(scope: Scope) -> u8 {
    match scope {
        Scope::All => Scopes::ALL.0,
        Scope::Control => bit(Scope::Control) | included(Scope::Write),
        Scope::Write => bit(Scope::Write) | bit(Scope::Read),
        Scope::Read | Scope::Audit | Scope::Admin => bit(scope),
    }
}

impl Action {
    pub const ALL: [Self; 21] = [
        Self::ReadProjects,
        Self::ReadRuns,
        Self::ReadTemplates,
        Self::ReadAgents,
        Self::ReadEvents,
        Self::ReadStatus,
        Self::ReadMetrics,
        Self::WriteProject,
        Self::DeleteProject,
        Self::StartRun,
        Self::ControlRun,
        Self::ReadAudit,
        Self::ManageUsers,
        Self::ManageTokens,
        Self::ReadSettings,
        Self::ManageSecrets,
        Self::ManageAllSecrets,
        Self::ReadTeams,
        Self::ManageTeams,
        Self::ManageTeam,
        Self::ShareProject,
    ];

    /// The one scope that allows it.
    pub fn scope(self) -> Scope {
        match self {
            Self::ReadProjects
            | Self::ReadRuns
            | Self::ReadTemplates
            | Self::ReadAgents
            | Self::ReadEvents
            | Self::ReadStatus
            | Self::ReadMetrics
            | Self::ReadTeams => Scope::Read,
            Self::WriteProject | Self::DeleteProject | Self::ManageSecrets => Scope::Write,
            Self::StartRun | Self::ControlRun => Scope::Control,
            Self::ReadAudit => Scope::Audit,
            Self::ManageUsers
            | Self::ManageTokens
            | Self::ReadSettings
            | Self::ManageAllSecrets
            | Self::ManageTeams
            | Self::ManageTeam
            | Self::ShareProject => Scope::Admin,
        }
    }
}

/// The scopes of a role. This is the whole policy.
pub fn scopes(role: Role) -> &'static [Scope] {
    match role {
        Role::Admin => &[Scope::All],
        Role::Operator => &[Scope::Control, Scope::Read, Scope::Write],
        Role::Viewer => &[Scope::Read],
        Role::Auditor => &[Scope::Read, Scope::Audit],
    }
}

/// Everything that a role opens.
pub fn of_role(role: Role) -> Scopes {
    Scopes::of(scopes(role))
}

/// Whether `actor` may do `action` in the installation. Of one project, [`crate::reach`] decides.
pub fn may(actor: &Actor, action: Action) -> bool {
    actor.scopes().has(action.scope())
}

/// The role does not allow it; `needs` is the missing scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("your role does not allow this: it needs the scope \"{}\"", needs.as_str())]
pub struct Denied {
    pub needs: Scope,
}

/// Nobody gives more than they have, and takes nothing from who has more: nothing, or the greatest scope of `given` that `own`
/// lacks.
pub fn within(own: Scopes, given: Scopes) -> Result<(), Denied> {
    let missing = given.list().into_iter().rev().find(|scope| !own.has(*scope));
    missing.map_or(Ok(()), |needs| Err(Denied { needs }))
}

/// Nothing, or the scope that is missing.
pub fn require(actor: &Actor, action: Action) -> Result<(), Denied> {
    if may(actor, action) { Ok(()) } else { Err(Denied { needs: action.scope() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Origin, Shown};

    #[test]
    fn each_role_may_do_what_the_table_says_and_nothing_else() {
        let allowed = |role: Role| {
            let actor = token(Scopes::of(scopes(role)));
            Action::ALL.into_iter().filter(|action| may(&actor, *action)).count()
        };

        assert_eq!(Role::ALL.map(allowed), [21, 13, 8, 9]);
    }

    #[test]
    fn a_scope_includes_what_is_below_it_and_nothing_beside_it() {
        let cases: [(&[Scope], &[Scope]); 7] = [
            (&[], &[]),
            (&[Scope::Read], &[Scope::Read]),
            (&[Scope::Write], &[Scope::Read, Scope::Write]),
            (&[Scope::Control], &[Scope::Read, Scope::Write, Scope::Control]),
            (&[Scope::Audit], &[Scope::Audit]),
            (&[Scope::Admin], &[Scope::Admin]),
            (&[Scope::All], &Scope::ALL),
        ];
        for (given, expected) in cases {
            assert_eq!(Scopes::of(given).list(), expected, "{given:?}");
        }
    }

    #[test]
    fn nobody_covers_more_than_they_have() {
        let of = |scope| Scopes::of(&[scope]);
        assert!(of(Scope::All).covers(of(Scope::Audit)) && of(Scope::Control).covers(of(Scope::Read)));
        assert!(!of(Scope::Admin).covers(of(Scope::Read)) && !of(Scope::Control).covers(of(Scope::All)));
        assert_eq!(of(Scope::All).and(of(Scope::Write)), of(Scope::Write));
        let clerk = Scopes::of(&[Scope::Read, Scope::Admin]);
        for (role, expected) in [
            (Role::Viewer, Ok(())),
            (Role::Operator, Err(Denied { needs: Scope::Control })),
            (Role::Auditor, Err(Denied { needs: Scope::Audit })),
            (Role::Admin, Err(Denied { needs: Scope::All })),
        ] {
            assert_eq!(within(clerk, of_role(role)), expected, "{role:?}");
        }
        assert!(may(&token(Scopes::ALL), Action::ManageTokens) && !may(&token(Scopes::NONE), Action::ReadStatus));
    }

    fn token(scopes: Scopes) -> Actor {
        let (reach, shown, from) = (std::sync::Arc::default(), Shown::Secret, Origin::nowhere());
        Actor::Token { id: protocol::TokenId(uuid::Uuid::nil()), name: String::new(), scopes, reach, shown, from }
    }
}
