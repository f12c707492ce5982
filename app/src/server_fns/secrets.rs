//! Secrets: names and uses are read, values are only sent.

use std::fmt;

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::{TeamId, secrets::Secret};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask, flash::Flash, projects::ProjectHead};

/// The secrets of a project, of a team, or of the installation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretsPage {
    /// Its head and tabs; absent for a team and the installation.
    pub project: Option<ProjectHead>,
    /// Its id and name; absent for a project and the installation.
    pub team: Option<(TeamId, String)>,
    pub secrets: Vec<Secret>,
    /// Where the next page of them begins.
    pub next: Option<String>,
    /// The one that is to be changed.
    pub chosen: Option<Secret>,
    /// Whether whoever asks may set and remove them; everybody in a team sees their names.
    pub may_write: bool,
    pub flash: Flash,
}

/// Which secrets a page shows; what is empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shown {
    /// Words in their names.
    pub q: String,
    /// A column; without one they are in the order of their names.
    pub sort: String,
    /// The cursor of the page.
    pub after: String,
}

/// The form that makes or changes a secret. A use that is not asked for is missing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretForm {
    /// A project's id; empty for a team and the installation.
    pub project: String,
    /// A team's id; empty for a project and the installation.
    pub team: String,
    pub name: String,
    /// Empty to keep the value that is there.
    pub value: String,
    pub agent: Option<String>,
    pub tests: Option<String>,
    pub preview: Option<String>,
    pub terminal: Option<String>,
}

/// A value is not shown by accident.
impl fmt::Debug for SecretForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SecretForm");
        shown.field("project", &self.project).field("team", &self.team).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A page of the secrets of a project or a team, or with empty ids of the installation. The one called `name` comes beside them,
/// wherever it stands.
#[server(name = ReadSecrets, prefix = "/ui", endpoint = "secrets", input = GetUrl)]
pub async fn secrets(
    project: String,
    #[server(default)] team: String,
    #[server(default)] shown: Shown,
    #[server(default)] name: String,
) -> Result<SecretsPage, UiError> {
    use super::{admin, asked, context};

    let scope = scope(&project, &team)?;
    let (cx, actor) = match scope {
        // A page of the admin section is not there for others.
        domain::vault::SecretScope::Installation => admin::open(&[domain::access::Action::ManageAllSecrets])?,
        _ => context()?,
    };
    let Shown { q, sort, after } = shown;
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let page =
        asked(services::vault::search(&cx, &actor, scope, (&q, super::order(&sort, domain::sort::SECRETS)), &query).await)?;
    let all = if name.is_empty() { Vec::new() } else { asked(services::vault::list(&cx, &actor, scope).await)? };
    let chosen = all.into_iter().find(|secret| secret.name == name);
    let project = match scope {
        domain::vault::SecretScope::Project(id) => Some(super::projects::head(&cx, &actor, id).await?),
        _ => None,
    };
    let team = match scope {
        domain::vault::SecretScope::Team(id) => Some((id, asked(services::teams::get(&cx, &actor, id).await)?.name)),
        _ => None,
    };
    let writes = domain::access::Action::ManageSecrets.scope();
    let may_write = team.as_ref().is_none_or(|(id, _)| actor.reach().in_team(*id).has(writes));
    let (secrets, next) = (page.items, page.next);
    Ok(SecretsPage { project, team, secrets, next, chosen, may_write, flash: super::flash::take() })
}

/// Makes a secret, or changes its value and uses.
#[server(prefix = "/ui", endpoint = "set_secret")]
pub async fn set_secret(form: SecretForm) -> Result<(), UiError> {
    use super::{asked, context, flash::refused};

    let (cx, actor) = context()?;
    let scope = scope(&form.project, &form.team)?;
    let name = form.name.trim();
    match asked(services::vault::put(&cx, &actor, scope, name, form.command()).await) {
        Ok(_) => {
            leptos_axum::redirect(&page_of(scope));
            Ok(())
        }
        // The value does not come back, not even to whoever typed it.
        Err(error) => Err(refused(error, &page_of(scope), vec![("name", name)])),
    }
}

/// Removes a secret.
#[server(prefix = "/ui", endpoint = "remove_secret")]
pub async fn remove_secret(
    #[server(default)] project: String,
    #[server(default)] team: String,
    name: String,
) -> Result<(), UiError> {
    use super::{asked, context, flash::refused};

    let (cx, actor) = context()?;
    let scope = scope(&project, &team)?;
    match asked(services::vault::remove(&cx, &actor, scope, &name).await) {
        Ok(()) => {
            leptos_axum::redirect(&page_of(scope));
            Ok(())
        }
        Err(error) => Err(refused(error, &page_of(scope), Vec::new())),
    }
}

/// Asks for [`secrets`]; without an id of either those of the installation.
pub fn ask_secrets((project, team): (&str, &str), shown: &Shown, name: &str) -> Ask<SecretsPage> {
    let Shown { q, sort, after } = shown;
    let fields =
        [("project", project), ("team", team), ("shown[q]", q), ("shown[sort]", sort), ("shown[after]", after), ("name", name)];
    Ask::new("secrets", &fields, || secrets(project.to_owned(), team.to_owned(), shown.clone(), name.to_owned()))
}

#[cfg(feature = "ssr")]
fn scope(project: &str, team: &str) -> Result<domain::vault::SecretScope, UiError> {
    use domain::vault::SecretScope;

    match (project, team) {
        ("", "") => Ok(SecretScope::Installation),
        ("", team) => super::id_of(team, "There is no such team.").map(SecretScope::Team),
        (project, _) => super::projects::known(project).map(SecretScope::Project),
    }
}

#[cfg(feature = "ssr")]
fn page_of(scope: domain::vault::SecretScope) -> String {
    use crate::routes::to;

    match scope {
        domain::vault::SecretScope::Project(id) => to::project_secrets(id),
        domain::vault::SecretScope::Team(id) => to::team_secrets(id),
        domain::vault::SecretScope::Installation => to::ADMIN_SECRETS.to_owned(),
    }
}

#[cfg(feature = "ssr")]
impl SecretForm {
    fn command(&self) -> protocol::secrets::PutSecret {
        use protocol::secrets::SecretUse;

        let asked = |kind| match kind {
            SecretUse::Agent => &self.agent,
            SecretUse::Tests => &self.tests,
            SecretUse::Preview => &self.preview,
            SecretUse::Terminal => &self.terminal,
        };
        let uses = SecretUse::ALL.into_iter().filter(|kind| asked(*kind).is_some()).collect();
        // Browsers send the ends of lines as CR LF.
        let value = self.value.replace("\r\n", "\n");
        protocol::secrets::PutSecret { value: (!value.is_empty()).then_some(value), uses: Some(uses) }
    }
}
