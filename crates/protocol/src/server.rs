//! How a server is set up, as far as its admins should know: never a secret.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    access::{Role, Token},
};

/// What lines of the set-up are about, in the order in which somebody who looks after a server asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SettingGroup {
    Server,
    Reach,
    Runs,
    Projects,
    Keys,
    Mail,
    Audit,
}

impl SettingGroup {
    pub fn title(self) -> &'static str {
        match self {
            Self::Server => "This server",
            Self::Reach => "How it is reached",
            Self::Runs => "Runs",
            Self::Projects => "Projects and commits",
            Self::Keys => "Sign-in and secrets",
            Self::Mail => "Mail",
            Self::Audit => "Audit trail",
        }
    }
}

/// One line of the set-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub group: SettingGroup,
    /// What it is, for people.
    pub name: String,
    /// How it stands, in words; empty where the time says all.
    pub value: String,
    /// When it was; the words lead up to it.
    pub at: Option<Timestamp>,
    /// The option and variable that set it; empty for what cannot be set.
    pub set_by: String,
}

/// How a test mail went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailTrial {
    pub at: Timestamp,
    /// The email address of the admin who asked.
    pub to: String,
    /// What the server or the way to it said; absent when the server took the mail.
    pub problem: Option<String>,
}

/// How often somebody may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Its name in `--limits`; empty for what follows another one.
    pub name: String,
    /// Which requests it counts, in words.
    pub counts: String,
    /// Whose requests are counted together, in words.
    pub whose: String,
    /// Requests a minute; as many as one likes when absent.
    pub per_minute: Option<u32>,
    /// Whether it differs from what is so without any set-up.
    pub changed: bool,
}

/// All limits in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsInForce {
    pub limits: Vec<RateLimit>,
    /// Tokens that have a limit of their own and are not revoked, newest first, at most 20.
    pub tokens: Vec<Token>,
    /// How many more of them there are.
    pub more_tokens: u64,
}

/// A provider that people can sign in with, and the rules on whom it lets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInProvider {
    pub id: String,
    pub name: String,
    /// `oidc`, `google` or `github`.
    pub kind: String,
    pub issuer: String,
    /// The address that the provider has to know, where browsers come back to.
    pub callback: String,
    /// The address that it tells of sign-outs, once it knows it; absent for GitHub, which tells nobody.
    pub back_channel: Option<String>,
    /// Domains of email addresses that are let in; all when empty.
    pub domains: Vec<String>,
    /// Organisations of which one must be had; none is needed when empty.
    pub organisations: Vec<String>,
    /// `open`, `invitation` or `closed`.
    pub provisioning: String,
    /// From groups to roles: the first that fits counts.
    pub roles: Vec<(String, Role)>,
    /// The role of whom no rule fits; nobody else is let in when absent.
    pub default_role: Option<Role>,
    /// How it went when the provider was last asked about itself; absent when it was not since the start.
    pub asked: Option<Discovery>,
}

/// How it went when a provider was asked about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Discovery {
    pub at: Timestamp,
    /// Why it did not work; absent when it did.
    pub problem: Option<String>,
    /// What was found, in words; empty when it was asked for a sign-in, and not by an admin.
    pub says: String,
    /// How it signs people out; absent when it did not say.
    pub sign_out: Option<SignOut>,
}

/// How a provider signs people out, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignOut {
    /// Signing out here can end the session there (RP-initiated logout).
    pub ends_there: bool,
    /// It tells when somebody signed out there (back-channel logout).
    pub tells: bool,
}

/// All providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInProviders {
    pub providers: Vec<SignInProvider>,
    /// The file that names them, whether it is there or not.
    pub file: String,
    /// Where a new one would come back to, with `ID` for its id.
    pub callback: String,
}

/// An action of the table of roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleLine {
    /// What is done, for people.
    pub action: String,
    /// The scope that opens it.
    pub scope: String,
    /// Who may, in the order of [`Role::ALL`].
    pub may: Vec<bool>,
}
