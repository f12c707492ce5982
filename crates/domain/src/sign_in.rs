//! Signing in with another provider: whose word counts for what. Whoever is asked has proved that the provider said it; the
//! rules here decide what follows from it.

pub mod logout;
#[cfg(test)]
mod tests;

use std::fmt;

use protocol::{Timestamp, access::Role};
use serde::{Deserialize, Serialize};

use crate::names;

/// Longer names of a person at a provider are none (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;
/// The longest email address (RFC 5321).
const LONGEST_EMAIL: usize = 254;
/// The longest name of a person.
const LONGEST_NAME: usize = 100;

/// What kind of provider it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any OpenID Connect issuer.
    Oidc,
    /// Google, an OpenID Connect issuer with a word on whose domain an address is.
    Google,
    /// GitHub, which speaks OAuth and has no ID tokens.
    Github,
}

/// Who gets an account by signing in for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provisioning {
    /// Whoever the provider knows and the other rules let in.
    Open,
    /// Whose email address was invited.
    Invitation,
    /// Nobody: accounts are made by an admin and linked by their owner.
    Closed,
}

/// People of this group have this role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRule {
    pub group: String,
    pub role: Role,
}

/// People of this group have this role in this team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRule {
    pub group: String,
    /// The team's name or id.
    pub team: String,
    pub role: Role,
}

/// A provider and the rules on whom it lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in addresses and in the set-up.
    pub id: String,
    /// Its name for people.
    pub name: String,
    pub kind: Kind,
    /// Whose word it is: with the subject it names a person.
    pub issuer: String,
    /// Domains of email addresses that are let in, in lower case; all when empty.
    pub allowed_domains: Vec<String>,
    /// Organisations of which one must be had; none is needed when empty.
    pub allowed_organisations: Vec<String>,
    pub provisioning: Provisioning,
    /// From groups to roles: the first that fits counts.
    pub roles: Vec<RoleRule>,
    /// From groups to teams: each that fits counts.
    pub teams: Vec<TeamRule>,
    /// Whom no rule fits; nobody else is let in when absent.
    pub default_role: Option<Role>,
}

/// What a provider said about a person, and proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The provider's name of the person, never given to anybody else.
    pub subject: String,
    pub email: String,
    /// Whether the provider says that the address is the person's.
    pub email_verified: bool,
    pub name: String,
    pub groups: Vec<String>,
    pub organisations: Vec<String>,
    /// Google's word on whose domain the address is.
    pub hosted_domain: Option<String>,
    /// The provider's name of the session that the person has there.
    pub sid: Option<String>,
    /// What proved all this; absent where there are no ID tokens, and for one that is too long to be sent back.
    pub id_token: Option<IdToken>,
    /// When the person last showed the provider who they are; absent where it does not say.
    pub shown_at: Option<Timestamp>,
}

/// An ID token as the provider signed it, kept so that signing out can name the session there. It says who a person is, so it
/// is not shown by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdToken(pub String);

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdToken")
    }
}

/// The sign-in at a provider that a login rests on, so that both can end together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    /// The provider's id in the set-up.
    pub provider: String,
    pub issuer: String,
    /// The provider's name of the person.
    pub subject: String,
    /// The provider's name of the session there; absent where it names none.
    pub sid: Option<String>,
    pub id_token: Option<IdToken>,
}

/// A person that the rules let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub subject: String,
    /// In lower case.
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Whether the role comes from the provider's groups, and follows them.
    pub by_groups: bool,
    /// The teams that their groups put them into, by name or id, with their roles there.
    pub teams: Vec<(String, Role)>,
}

/// Why somebody is not let in. For the audit trail and the log; the person reads one calm sentence whatever it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the provider named nobody")]
    Subject,
    #[error("the provider gave no email address that could be one")]
    NoEmail,
    #[error("the provider does not say that the email address is verified")]
    Unverified,
    #[error("the email address is of no domain in allowed_domains")]
    Domain,
    #[error("the person is in none of allowed_organisations")]
    Organisation,
    #[error("no rule gives the person's groups a role")]
    NoRole,
}

impl Provider {
    /// What a login of that person rests on.
    pub fn vouches(&self, identity: &Identity) -> Vouched {
        Vouched {
            provider: self.id.clone(),
            issuer: self.issuer.clone(),
            subject: identity.subject.clone(),
            sid: identity.sid.clone(),
            id_token: identity.id_token.clone(),
        }
    }

    /// When a person who comes from there at `now` showed who they are. An issuer may have let them in by a session of long ago:
    /// where it says nothing, that was never. Google and GitHub cannot be asked for it, so coming from there counts.
    pub fn shown_at(&self, identity: &Identity, now: Timestamp) -> Timestamp {
        match self.kind {
            Kind::Oidc => identity.shown_at.map_or(Timestamp::from_millis(0), |at| at.min(now)),
            Kind::Google | Kind::Github => now,
        }
    }

    /// Whether a rule asks for the person's groups.
    pub fn goes_by_groups(&self) -> bool {
        !self.roles.is_empty() || !self.teams.is_empty()
    }

    /// Whether and as what the person is let in.
    pub fn admits(&self, identity: &Identity) -> Result<Admitted, Refused> {
        let subject = &identity.subject;
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT || subject.chars().any(char::is_control) {
            return Err(Refused::Subject);
        }
        let email = email(&identity.email).ok_or(Refused::NoEmail)?;
        if !identity.email_verified {
            return Err(Refused::Unverified);
        }
        if !self.allows_domain(&email, identity.hosted_domain.as_deref()) {
            return Err(Refused::Domain);
        }
        let has_one = |allowed: &String| identity.organisations.iter().any(|had| had.eq_ignore_ascii_case(allowed));
        if !self.allowed_organisations.is_empty() && !self.allowed_organisations.iter().any(has_one) {
            return Err(Refused::Organisation);
        }
        let rule = self.roles.iter().find(|rule| identity.groups.contains(&rule.group));
        let role = rule.map(|rule| rule.role).or(self.default_role).ok_or(Refused::NoRole)?;
        let name = name(&identity.name, &email);
        let fits = |rule: &&TeamRule| identity.groups.contains(&rule.group);
        let teams = self.teams.iter().filter(fits).map(|rule| (rule.team.clone(), rule.role)).collect();
        Ok(Admitted { subject: subject.clone(), email, name, role, by_groups: !self.roles.is_empty(), teams })
    }

    /// Anybody can have a Google account with an address of a domain; only Google's own word says that the domain's owner
    /// gave it, and for its own addresses Google is the owner.
    fn allows_domain(&self, email: &str, hosted: Option<&str>) -> bool {
        if self.allowed_domains.is_empty() {
            return true;
        }
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        let vouched = self.kind != Kind::Google
            || domain == "gmail.com"
            || hosted.is_some_and(|hosted| hosted.eq_ignore_ascii_case(domain));
        vouched && self.allowed_domains.iter().any(|allowed| allowed == domain)
    }
}

/// An email address in lower case; nothing when it cannot be one.
pub fn email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (name, host) = email.split_once('@')?;
    let shaped = !name.is_empty() && !host.is_empty() && !host.contains('@') && email.len() <= LONGEST_EMAIL;
    let plain = !email.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    // Lower case must not make another's address of it: the sign for kelvin becomes the letter k.
    let honest = text.chars().all(|letter| letter.is_ascii() || letter.to_lowercase().any(|lower| !lower.is_ascii()));
    // An address is what somebody is known by: one that passes for another's is none.
    let own = names::problem(&email).is_none() && !names::imitates_ascii(&email);
    (shaped && plain && honest && own).then_some(email)
}

/// A name for people to see: what the provider says without what cannot be seen, or the part before the @ where that would
/// deceive.
fn name(said: &str, email: &str) -> String {
    let cleaned: String = said.chars().filter(|letter| !names::is_unseen(*letter)).take(LONGEST_NAME).collect();
    match cleaned.trim() {
        name if !name.is_empty() && names::problem(name).is_none() => name.to_owned(),
        _ => email.split('@').next().unwrap_or_default().chars().take(LONGEST_NAME).collect(),
    }
}
