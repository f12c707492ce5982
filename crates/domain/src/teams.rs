//! What a team may look like, and what must not happen to one.

use protocol::access::Role;

use crate::text::joined;

/// The longest name of a team, in characters.
const LONGEST_NAME: usize = 100;
/// Days that an invitation counts when nothing is said.
pub const DEFAULT_INVITED_DAYS: u32 = 14;

/// Whom a new project belongs to when nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewProjects {
    /// The installation, so that everybody in it sees it.
    #[default]
    OfTheInstallation,
    /// Whoever makes it.
    OfTheirMaker,
}

/// A team's name without spaces around it.
pub fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err("the team needs a name of 1 to 100 characters, without control characters".to_owned());
    }
    if let Some(problem) = crate::names::problem(text) {
        return Err(format!("the team's name {problem}"));
    }
    Ok(text.to_owned())
}

/// By what two names are the same: nobody should have to tell "Backend" and "backend " apart.
pub fn folded(name: &str) -> String {
    joined(name).to_lowercase()
}

/// Days that an invitation counts, in range.
pub fn invited_days(given: Option<u32>) -> Result<u32, String> {
    match given.unwrap_or(DEFAULT_INVITED_DAYS) {
        days @ 1..=90 => Ok(days),
        days => Err(format!("`expires_days` must be from 1 to 90, not {days}")),
    }
}

/// The greater of two roles, where one has to be shown; what may be done is what either opens.
pub fn greater(one: Role, other: Role) -> Role {
    let rank = |role: Role| match role {
        Role::Admin => 3,
        Role::Operator => 2,
        Role::Auditor => 1,
        Role::Viewer => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// Whether a team with `projects` projects may lose an admin when `others` admins stay.
pub fn may_lose_admin(projects: u64, others: usize) -> bool {
    projects == 0 || others > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_compared_as_people_read_them() {
        assert_eq!(name(" Backend "), Ok("Backend".to_owned()));
        assert_eq!(name("Ünïcode 名前 & \"Co\""), Ok("Ünïcode 名前 & \"Co\"".to_owned()));
        for wrong in ["", " ", "<b>", "a\nb", "a\u{202e}b", &"x".repeat(101), &"x".repeat(10_000)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(folded("Back  End"), folded(" back end"));
        assert_ne!(folded("Backend"), folded("Back end"));
    }

    #[test]
    fn the_last_admin_stays_while_projects_remain() {
        assert!(may_lose_admin(0, 0) && may_lose_admin(3, 1) && !may_lose_admin(1, 0));
        assert_eq!(greater(Role::Viewer, Role::Auditor), Role::Auditor);
        assert_eq!(greater(Role::Admin, Role::Operator), Role::Admin);
        assert!(invited_days(Some(0)).is_err() && invited_days(Some(91)).is_err() && invited_days(None) == Ok(14));
    }
}
