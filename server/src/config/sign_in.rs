//! Where people can sign in besides with a password: a file in TOML, and variables that add to it or stand in for it.
//!
//! Each value of a provider `corp` can come from the file (`client_id` below `[[provider]]`) or from a variable
//! (`LOKI_SIGN_IN_CORP_CLIENT_ID`), which wins. `LOKI_SIGN_IN` names providers that stand in no file.

mod check;

pub(crate) use check::is_safe;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::sign_in::Provider;
use openidconnect::ClientSecret;
use serde::Deserialize;

/// A larger file was not written by a person.
const LARGEST_FILE: u64 = 1 << 20;

/// A provider with what the server needs to talk to it.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    pub rules: Provider,
    pub client_id: String,
    pub client_secret: ClientSecret,
    pub scopes: Vec<String>,
    /// The claim that holds a person's groups.
    pub groups_claim: String,
    /// `scheme://host[:port]` of every server that may be asked; the issuer's own comes first.
    pub origins: Vec<String>,
}

/// What is wrong with the set-up of a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sign-in provider {provider}, {field}: {problem}")]
pub struct Problem {
    pub provider: String,
    pub field: &'static str,
    pub problem: String,
}

/// Why there are no providers.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("the file of sign-in providers {path} cannot be read: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("the file of sign-in providers {path} is not right: {problem}")]
    File { path: PathBuf, problem: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Given>,
}

/// A provider as it was written down.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default)]
    id: String,
    name: Option<String>,
    kind: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    /// From a variable only: a secret does not belong into this file.
    #[serde(skip)]
    client_secret: Option<String>,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    allowed_domains: Option<Vec<String>>,
    allowed_organisations: Option<Vec<String>>,
    provisioning: Option<String>,
    groups_claim: Option<String>,
    default_role: Option<String>,
    roles: Option<Vec<GivenRule>>,
    teams: Option<Vec<GivenTeamRule>>,
    also_hosts: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenRule {
    group: String,
    role: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenTeamRule {
    group: String,
    team: String,
    /// The least one when absent.
    role: Option<String>,
}

/// Reads the file, if one is named or `default` is there, and the variables.
pub fn read(
    named: Option<&Path>,
    default: &Path,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<ProviderConfig>, SignInError> {
    let mut given = match file(named, default)? {
        Some((path, text)) => {
            let parsed: Result<File, _> = toml::from_str(&text);
            parsed.map_err(|error| SignInError::File { path, problem: error.to_string() })?.provider
        }
        None => Vec::new(),
    };
    let more = variable("LOKI_SIGN_IN").unwrap_or_default();
    for id in more.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        if !given.iter().any(|provider| provider.id == id) {
            given.push(Given { id: id.to_owned(), ..Given::default() });
        }
    }
    for provider in &mut given {
        overlay(provider, &variable);
    }
    check::all(&given, &variable).map_err(SignInError::Problems)
}

fn file(named: Option<&Path>, default: &Path) -> Result<Option<(PathBuf, String)>, SignInError> {
    let path = named.unwrap_or(default);
    let failed = |source| SignInError::Read { path: path.to_path_buf(), source };
    match fs::metadata(path) {
        Ok(file) if file.len() > LARGEST_FILE => Err(failed(io::Error::other("it is larger than 1 MiB"))),
        Ok(_) => Ok(Some((path.to_path_buf(), fs::read_to_string(path).map_err(failed)?))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Takes what the variables of this provider say.
fn overlay(provider: &mut Given, variable: &impl Fn(&str) -> Option<String>) {
    let prefix = format!("LOKI_SIGN_IN_{}_", provider.id.to_uppercase().replace('-', "_"));
    let text = |name: &str| variable(&format!("{prefix}{name}"));
    let list = |name: &str| text(name).map(|value| split(&value));
    let rules = text("ROLES").map(|value| split(&value).iter().map(|rule| given_rule(rule)).collect());
    let replace = |target: &mut Option<String>, name: &str| *target = text(name).or(target.take());
    replace(&mut provider.name, "NAME");
    replace(&mut provider.kind, "KIND");
    replace(&mut provider.issuer, "ISSUER");
    replace(&mut provider.client_id, "CLIENT_ID");
    replace(&mut provider.client_secret, "CLIENT_SECRET");
    replace(&mut provider.provisioning, "PROVISIONING");
    replace(&mut provider.groups_claim, "GROUPS_CLAIM");
    replace(&mut provider.default_role, "DEFAULT_ROLE");
    provider.client_secret_file = text("CLIENT_SECRET_FILE").map(PathBuf::from).or(provider.client_secret_file.take());
    provider.scopes = list("SCOPES").or(provider.scopes.take());
    provider.allowed_domains = list("ALLOWED_DOMAINS").or(provider.allowed_domains.take());
    provider.allowed_organisations = list("ALLOWED_ORGANISATIONS").or(provider.allowed_organisations.take());
    provider.also_hosts = list("ALSO_HOSTS").or(provider.also_hosts.take());
    provider.roles = rules.or(provider.roles.take());
    let teams = text("TEAMS").map(|value| split(&value).iter().map(|rule| given_team_rule(rule)).collect());
    provider.teams = teams.or(provider.teams.take());
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// `group=role`; the last sign counts, since groups may be names of a directory (`cn=admins`).
fn given_rule(text: &str) -> GivenRule {
    let (group, role) = text.rsplit_once('=').unwrap_or((text, ""));
    GivenRule { group: group.trim().to_owned(), role: role.trim().to_owned() }
}

/// `group=team:role` or `group=team`. Of several signs the last one counts.
fn given_team_rule(text: &str) -> GivenTeamRule {
    let (group, rest) = text.rsplit_once('=').unwrap_or((text, ""));
    let (team, role) = rest.rsplit_once(':').map_or((rest, None), |(team, role)| (team, Some(role.trim().to_owned())));
    GivenTeamRule { group: group.trim().to_owned(), team: team.trim().to_owned(), role }
}

#[cfg(test)]
mod tests;
