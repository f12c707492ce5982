//! From what was written down to what can be used; everything that is wrong is named with its field.

use std::{collections::BTreeSet, fs};

use domain::sign_in::{Kind, Provider, Provisioning, RoleRule, TeamRule};
use openidconnect::{ClientSecret, url::Url};
use protocol::access::Role;

use super::{Given, Problem, ProviderConfig};

const GOOGLE: &str = "https://accounts.google.com";
const GITHUB: &str = "https://github.com";
/// Where Google and GitHub answer besides at their issuers' addresses.
const GOOGLE_HOSTS: [&str; 3] =
    ["https://oauth2.googleapis.com", "https://www.googleapis.com", "https://openidconnect.googleapis.com"];
const GITHUB_API: &str = "https://api.github.com";

/// Checks one provider and gathers what is wrong.
struct Checked<'a> {
    given: &'a Given,
    problems: Vec<Problem>,
}

/// All providers, or everything that is wrong with them.
pub(super) fn all(given: &[Given], variable: &impl Fn(&str) -> Option<String>) -> Result<Vec<ProviderConfig>, Vec<Problem>> {
    let (mut good, mut problems) = (Vec::new(), Vec::new());
    let (mut ids, mut issuers) = (BTreeSet::new(), BTreeSet::new());
    for provider in given {
        let mut checked = Checked { given: provider, problems: Vec::new() };
        let config = checked.provider(variable);
        if !ids.insert(&provider.id) {
            checked.wrong("id", "another provider has the same one");
        }
        if !issuers.insert(config.rules.issuer.trim_end_matches('/').to_owned()) {
            checked.wrong("issuer", "another provider has the same one");
        }
        problems.extend(checked.problems);
        good.push(config);
    }
    if problems.is_empty() { Ok(good) } else { Err(problems) }
}

impl Checked<'_> {
    fn wrong(&mut self, field: &'static str, problem: impl Into<String>) {
        let id = &self.given.id;
        let provider = if id.is_empty() { "without an id".to_owned() } else { format!("\"{id}\"") };
        self.problems.push(Problem { provider, field, problem: problem.into() });
    }

    fn provider(&mut self, variable: &impl Fn(&str) -> Option<String>) -> ProviderConfig {
        let given = self.given;
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if given.id.is_empty() || given.id.len() > 40 || !given.id.chars().all(plain) {
            self.wrong("id", "1 to 40 lower-case letters, digits and hyphens, like github");
        }
        let kind = self.kind();
        let issuer = self.issuer(kind);
        let client_id = given.client_id.clone().unwrap_or_default();
        if client_id.is_empty() {
            self.wrong("client_id", "it is missing; the provider gave it when loki was registered there");
        }
        let client_secret = self.secret(variable);
        let roles = self.roles();
        let rules = Provider {
            name: self.name(kind),
            id: given.id.clone(),
            kind,
            issuer,
            allowed_domains: self.domains(),
            allowed_organisations: self.organisations(kind),
            provisioning: self.provisioning(),
            default_role: self.default_role(&roles),
            roles,
            teams: self.teams(),
        };
        ProviderConfig {
            client_id,
            client_secret: ClientSecret::new(client_secret),
            scopes: self.scopes(&rules),
            groups_claim: given.groups_claim.clone().unwrap_or_else(|| "groups".to_owned()),
            origins: self.origins(&rules),
            rules,
        }
    }

    fn kind(&mut self) -> Kind {
        match self.given.kind.as_deref() {
            Some("oidc") => Kind::Oidc,
            Some("google") => Kind::Google,
            Some("github") => Kind::Github,
            other => {
                let found = other.map_or_else(|| "it is missing".to_owned(), |other| format!("\"{other}\" is none"));
                self.wrong("kind", format!("{found}; there are oidc, google and github"));
                Kind::Oidc
            }
        }
    }

    /// What people read on the button.
    fn name(&mut self, kind: Kind) -> String {
        let default = match kind {
            Kind::Oidc => self.given.id.as_str(),
            Kind::Google => "Google",
            Kind::Github => "GitHub",
        };
        let name = self.given.name.as_deref().unwrap_or(default).trim().to_owned();
        if name.chars().count() > 60 || name.chars().any(char::is_control) {
            self.wrong("name", "at most 60 characters, and no control characters");
        }
        name
    }

    fn issuer(&mut self, kind: Kind) -> String {
        let given = self.given.issuer.clone();
        let issuer = match (kind, given) {
            (Kind::Google, None) => GOOGLE.to_owned(),
            (Kind::Google, Some(_)) => {
                self.wrong("issuer", format!("Google's is {GOOGLE}; leave it out, or take the kind oidc"));
                GOOGLE.to_owned()
            }
            (Kind::Github, given) => given.unwrap_or_else(|| GITHUB.to_owned()).trim_end_matches('/').to_owned(),
            (Kind::Oidc, Some(given)) => given,
            (Kind::Oidc, None) => {
                self.wrong("issuer", "it is missing; it looks like https://login.example.org");
                return String::new();
            }
        };
        if let Err(problem) = address(&issuer) {
            self.wrong("issuer", problem);
        }
        issuer
    }

    fn secret(&mut self, variable: &impl Fn(&str) -> Option<String>) -> String {
        let given = self.given;
        if let Some(secret) = &given.client_secret {
            return secret.trim().to_owned();
        }
        if let Some(path) = &given.client_secret_file {
            return match fs::read_to_string(path) {
                Ok(text) if !text.trim().is_empty() && text.len() <= 4096 => text.trim().to_owned(),
                Ok(_) => {
                    self.wrong("client_secret_file", format!("{} holds no secret", path.display()));
                    String::new()
                }
                Err(error) => {
                    self.wrong("client_secret_file", format!("{} cannot be read: {error}", path.display()));
                    String::new()
                }
            };
        }
        if let Some(name) = &given.client_secret_env {
            return variable(name).unwrap_or_else(|| {
                self.wrong("client_secret_env", format!("the variable {name} is not set"));
                String::new()
            });
        }
        self.wrong("client_secret", "it is missing; name a file (client_secret_file) or a variable (client_secret_env)");
        String::new()
    }

    fn domains(&mut self) -> Vec<String> {
        let domains: Vec<String> = self.given.allowed_domains.iter().flatten().map(|domain| domain.to_lowercase()).collect();
        for domain in &domains {
            if domain.is_empty() || domain.contains(['@', '*', '/', ' ']) || domain.starts_with('.') {
                self.wrong("allowed_domains", format!("\"{domain}\" is no domain; write it like example.org"));
            }
        }
        domains
    }

    fn organisations(&mut self, kind: Kind) -> Vec<String> {
        let organisations: Vec<String> = self.given.allowed_organisations.clone().unwrap_or_default();
        if kind != Kind::Github && !organisations.is_empty() {
            let instead = "only GitHub has organisations; elsewhere give groups a role and set default_role to none";
            self.wrong("allowed_organisations", instead);
        }
        organisations
    }

    fn provisioning(&mut self) -> Provisioning {
        match self.given.provisioning.as_deref() {
            Some("open") => Provisioning::Open,
            None | Some("invitation") => Provisioning::Invitation,
            Some("closed") => Provisioning::Closed,
            Some(other) => {
                self.wrong("provisioning", format!("\"{other}\" is none; there are open, invitation and closed"));
                Provisioning::Closed
            }
        }
    }

    fn roles(&mut self) -> Vec<RoleRule> {
        let mut rules = Vec::new();
        for rule in self.given.roles.iter().flatten() {
            match Role::parse(&rule.role) {
                Some(role) if !rule.group.is_empty() => rules.push(RoleRule { group: rule.group.clone(), role }),
                Some(_) => self.wrong("roles", "a rule names no group"),
                None => {
                    let there = "there are admin, operator, viewer and auditor";
                    self.wrong("roles", format!("\"{}\", for the group \"{}\", is no role; {there}", rule.role, rule.group));
                }
            }
        }
        rules
    }

    fn teams(&mut self) -> Vec<TeamRule> {
        let mut rules = Vec::new();
        for rule in self.given.teams.iter().flatten() {
            let role = rule.role.as_deref().map_or(Some(Role::Viewer), Role::parse);
            match role {
                _ if rule.group.is_empty() => self.wrong("teams", "a rule names no group"),
                _ if rule.team.is_empty() => {
                    self.wrong(
                        "teams",
                        format!("the rule for the group \"{}\" names no team; write GROUP=TEAM:ROLE", rule.group),
                    );
                }
                Some(role) => rules.push(TeamRule { group: rule.group.clone(), team: rule.team.clone(), role }),
                None => {
                    let name = rule.role.as_deref().unwrap_or_default();
                    let there = "there are admin, operator, viewer and auditor";
                    self.wrong("teams", format!("\"{name}\", for the group \"{}\", is no role; {there}", rule.group));
                }
            }
        }
        rules
    }

    fn default_role(&mut self, rules: &[RoleRule]) -> Option<Role> {
        match self.given.default_role.as_deref() {
            None => Some(Role::Viewer),
            Some("none") => {
                if rules.is_empty() {
                    self.wrong("default_role", "with none and without roles nobody could sign in");
                }
                None
            }
            Some(name) => Role::parse(name).or_else(|| {
                self.wrong("default_role", format!("\"{name}\" is no role; there are admin, operator, viewer, auditor and none"));
                None
            }),
        }
    }

    fn scopes(&mut self, rules: &Provider) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut scopes = self.given.scopes.clone().unwrap_or_else(|| match rules.kind {
            Kind::Oidc | Kind::Google => words(&["openid", "profile", "email"]),
            Kind::Github => words(&["read:user", "user:email"]),
        });
        if scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
            self.wrong("scopes", "each is one word, like email");
        }
        let needed = match rules.kind {
            Kind::Oidc | Kind::Google => Some("openid"),
            Kind::Github if rules.allowed_organisations.is_empty() && !rules.goes_by_groups() => None,
            Kind::Github => Some("read:org"),
        };
        if let Some(needed) = needed.filter(|needed| !scopes.iter().any(|scope| scope == needed)) {
            scopes.push(needed.to_owned());
        }
        scopes
    }

    fn origins(&mut self, rules: &Provider) -> Vec<String> {
        let mut origins: Vec<String> = address(&rules.issuer).into_iter().collect();
        match rules.kind {
            Kind::Google => origins.extend(GOOGLE_HOSTS.map(str::to_owned)),
            Kind::Github if rules.issuer == GITHUB => origins.push(GITHUB_API.to_owned()),
            Kind::Oidc | Kind::Github => {}
        }
        for host in self.given.also_hosts.iter().flatten() {
            let url = if host.contains("://") { host.clone() } else { format!("https://{host}") };
            match address(&url) {
                Ok(origin) if Url::parse(&url).is_ok_and(|url| url.path() == "/") => origins.push(origin),
                Ok(_) => self.wrong("also_hosts", format!("\"{host}\" has a path; write it like keys.example.org")),
                Err(problem) => self.wrong("also_hosts", format!("\"{host}\": {problem}")),
            }
        }
        origins
    }
}

/// The origin of an address that may be talked to: over TLS, or on this machine.
fn address(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| format!("\"{text}\" is no address; it looks like https://login.example.org"))?;
    let clean = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !clean {
        return Err(format!("\"{text}\" has more than a host and a path"));
    }
    if !is_safe(&url) {
        return Err(format!("\"{text}\" has to begin with https://, since secrets go there"));
    }
    Ok(url.origin().ascii_serialization())
}

/// Whether secrets may be sent there: over TLS, or without leaving this machine.
pub(crate) fn is_safe(url: &Url) -> bool {
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && local)
}
