//! What a role may do: one table, and everything that is not in it is denied.

use protocol::access::Role;

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
}

/// The scopes of the REST API: `* > control > write > read`, and `audit` beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Read,
    Write,
    Control,
    Audit,
    Admin,
}

impl Action {
    pub const ALL: [Self; 14] = [
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
            | Self::ReadMetrics => Scope::Read,
            Self::WriteProject | Self::DeleteProject => Scope::Write,
            Self::StartRun | Self::ControlRun => Scope::Control,
            Self::ReadAudit => Scope::Audit,
            Self::ManageUsers | Self::ManageTokens => Scope::Admin,
        }
    }
}

/// The scopes of a role. This is the whole policy.
pub fn scopes(role: Role) -> &'static [Scope] {
    match role {
        Role::Admin => &[Scope::Read, Scope::Write, Scope::Control, Scope::Audit, Scope::Admin],
        Role::Operator => &[Scope::Read, Scope::Write, Scope::Control],
        Role::Viewer => &[Scope::Read],
        Role::Auditor => &[Scope::Read, Scope::Audit],
    }
}

/// Whether `actor` may do `action`.
pub fn may(actor: &Actor, action: Action) -> bool {
    match actor.role() {
        Some(role) => scopes(role).contains(&action.scope()),
        None => true,
    }
}

/// The role does not allow it; `needs` is the missing scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("your role does not allow this: it needs the scope \"{}\"", needs.as_str())]
pub struct Denied {
    pub needs: Scope,
}

/// Nothing, or the scope that is missing.
pub fn require(actor: &Actor, action: Action) -> Result<(), Denied> {
    if may(actor, action) { Ok(()) } else { Err(Denied { needs: action.scope() }) }
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Control => "control",
            Self::Audit => "audit",
            Self::Admin => "admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_table_says_and_nothing_else() {
        let allowed = |role: Role| {
            let actor = Actor::Token { id: protocol::TokenId(uuid::Uuid::nil()), name: String::new(), role };
            Action::ALL.into_iter().filter(|action| may(&actor, *action)).count()
        };

        assert_eq!(Role::ALL.map(allowed), [14, 11, 7, 8]);
    }
}
