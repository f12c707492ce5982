//! The policy as a table for people: every action, and which roles may do it. The page and the document are made of it.

use std::fmt::Write as _;

use protocol::access::{Role, Scope};

use super::{Action, Scopes, scopes};

/// An action with who may do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is done, for people.
    pub words: &'static str,
    /// The scope that opens it.
    pub scope: Scope,
    /// Who may, in the order of [`Role::ALL`].
    pub may: [bool; 4],
}

/// Every action, in the order of [`Action::ALL`].
pub fn lines() -> Vec<Line> {
    let line = |action: Action| Line {
        words: words(action),
        scope: action.scope(),
        may: Role::ALL.map(|role| Scopes::of(scopes(role)).has(action.scope())),
    };
    Action::ALL.into_iter().map(line).collect()
}

/// What an action is, for people.
pub fn words(action: Action) -> &'static str {
    match action {
        Action::ReadProjects => "See projects",
        Action::ReadRuns => "See runs: log, diff, gates, receipt",
        Action::ReadTemplates => "See templates",
        Action::ReadAgents => "See which agents there are",
        Action::ReadEvents => "See events as they happen",
        Action::ReadStatus => "See what the server does",
        Action::ReadMetrics => "Read the server's figures",
        Action::WriteProject => "Make and change projects",
        Action::DeleteProject => "Delete projects",
        Action::StartRun => "Start runs",
        Action::ControlRun => "Pause, resume and stop runs",
        Action::ReadAudit => "Read, export and verify the audit trail",
        Action::ManageUsers => "Invite people and change their roles",
        Action::ManageTokens => "Make, replace and revoke API tokens",
        Action::ReadTeams => "See the teams that they are in",
        Action::ManageTeams => "Make teams",
        Action::ManageTeam => "Name and remove a team, add, remove and invite people",
        Action::ShareProject => "Share a project and give it to somebody else",
        Action::ReadSettings => "See how the server is set up",
        Action::ManageSecrets => "See the names of a project's secrets; set and remove a project's or team's",
        Action::ManageAllSecrets => "See the names of the installation's secrets, set and remove them",
    }
}

/// The table as the document has it.
pub fn markdown() -> String {
    let roles = Role::ALL.map(Role::as_str).join(" | ");
    let mut text = format!("| action | scope | {roles} |\n|---|---|:-:|:-:|:-:|:-:|\n");
    for line in lines() {
        let may = line.may.map(|may| if may { "yes" } else { "–" }).join(" | ");
        // Writing to a string cannot fail.
        let _written = writeln!(text, "| {} | `{}` | {may} |", line.words, line.scope.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_table_that_is_enforced() {
        let document = include_str!("../../../../docs/using/roles.md");

        assert!(document.contains(&markdown()), "docs/using/roles.md has to hold this:\n\n{}", markdown());
    }

    #[test]
    fn every_action_is_said_in_words_of_its_own() {
        let mut words: Vec<&str> = lines().into_iter().map(|line| line.words).collect();
        words.sort_unstable();
        words.dedup();

        assert_eq!(words.len(), Action::ALL.len());
    }
}
