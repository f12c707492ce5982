//! The vault's rules: what a secret may be called, how it is sealed, who is given it, and how it is kept out of what is shown.

pub mod held;
mod masks;
mod names;
mod sealing;

pub use masks::{MASK, Masks};
pub use names::{check_name, key_names, reaches};
pub use sealing::{Binding, Chance, Keyring, MasterKey, NoKey, Sealed, Unsealable};

use protocol::{ProjectId, TeamId, secrets::SecretUse};
use uuid::Uuid;

/// The most secrets that one scope has.
pub const MOST_SECRETS: usize = 100;
/// The longest value, in bytes: a process takes no longer variable than 128 KiB, and nobody needs one.
pub const LONGEST_VALUE: usize = 16 << 10;
/// The shortest value, in characters: masking a shorter one would destroy the text around it.
pub const SHORTEST_VALUE: usize = 8;

/// Whose secret it is. Of equal names the narrower scope's counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretScope {
    Installation,
    /// Of all projects that belong to the team.
    Team(TeamId),
    Project(ProjectId),
}

impl SecretScope {
    /// Whether it counts where the other one has a secret of the same name.
    pub fn is_narrower_than(self, other: Self) -> bool {
        let rank = |scope| match scope {
            Self::Installation => 0,
            Self::Team(_) => 1,
            Self::Project(_) => 2,
        };
        rank(self) > rank(other)
    }

    /// The kind as it is stored.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::Team(_) => "team",
            Self::Project(_) => "project",
        }
    }

    /// Whose it is among its kind; nil for the installation.
    pub fn owner(self) -> Uuid {
        match self {
            Self::Installation => Uuid::nil(),
            Self::Team(id) => id.0,
            Self::Project(id) => id.0,
        }
    }

    /// The scope of that kind and owner.
    pub fn of(kind: &str, owner: Uuid) -> Option<Self> {
        match kind {
            "installation" => Some(Self::Installation),
            "team" => Some(Self::Team(TeamId(owner))),
            "project" => Some(Self::Project(ProjectId(owner))),
            _ => None,
        }
    }
}

/// What a secret may be worth. The error never repeats it.
pub fn check_value(value: &str) -> Result<(), String> {
    if value.len() > LONGEST_VALUE {
        return Err(format!("`value` must have at most {LONGEST_VALUE} bytes, not {}", value.len()));
    }
    if value.contains('\0') {
        return Err("`value` has a NUL character, which no environment variable can have".to_owned());
    }
    if value.trim().chars().count() < SHORTEST_VALUE {
        return Err(format!(
            "`value` has fewer than {SHORTEST_VALUE} characters: so short a one could not be kept out of logs. Choose a longer secret"
        ));
    }
    Ok(())
}

/// The uses in their order, without doubles.
pub fn uses(mut given: Vec<SecretUse>) -> Vec<SecretUse> {
    given.sort_unstable();
    given.dedup();
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bounded_and_never_repeated() {
        for value in ["", "tiny", "       1234567", "eight ch\0aracters", &"x".repeat(LONGEST_VALUE + 1)] {
            let refused = check_value(value).unwrap_err();
            assert!(value.trim().is_empty() || !refused.contains(value.trim()), "{refused}");
        }
        for value in ["12345678", "ünïcödé!", "-----BEGIN KEY-----\nabc\n"] {
            assert_eq!(check_value(value), Ok(()));
        }
    }

    #[test]
    fn a_scope_is_stored_by_kind_and_owner() {
        let id = Uuid::from_u128(7);
        let scopes = [SecretScope::Installation, SecretScope::Team(TeamId(id)), SecretScope::Project(ProjectId(id))];
        for scope in scopes {
            assert_eq!(SecretScope::of(scope.kind(), scope.owner()), Some(scope));
        }
        let narrower = |scope: SecretScope| scopes.into_iter().filter(|other| scope.is_narrower_than(*other)).count();
        assert_eq!(scopes.map(narrower), [0, 1, 2]);
        assert_eq!(SecretScope::of("galaxy", id), None);
    }
}
