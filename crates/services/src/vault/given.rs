//! What the processes of a project are given, opened for the moment.

use domain::vault::{Masks, SecretScope};
use protocol::{ProjectId, secrets::SecretUse, teams::Owner};
use zeroize::Zeroizing;

use super::{keyring, open};
use crate::{Cx, Error, projects};

/// Opened secrets of one project, of the team that it belongs to and of the installation.
#[derive(Clone, Debug, Default)]
pub struct Given {
    secrets: Vec<Opened>,
    masks: Masks,
}

#[derive(Clone)]
struct Opened {
    scope: SecretScope,
    name: String,
    uses: Vec<SecretUse>,
    value: Zeroizing<String>,
}

/// An opened secret is not shown by accident.
impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Given {
    /// The variables for processes of one kind. A project's secret takes the place of its team's of the same name, and a
    /// team's that of the installation's, also where it is not given to that kind.
    pub fn env(&self, kind: SecretUse) -> Vec<(String, String)> {
        let is_overridden = |secret: &Opened| {
            self.secrets.iter().any(|other| other.name == secret.name && other.scope.is_narrower_than(secret.scope))
        };
        let given = self.secrets.iter().filter(|secret| secret.uses.contains(&kind) && !is_overridden(secret));
        given.map(|secret| (secret.name.clone(), secret.value.to_string())).collect()
    }

    /// Keeps every value out of what is shown, whoever is given it.
    pub fn masks(&self) -> &Masks {
        &self.masks
    }
}

/// The secrets of a project, of its team and of the installation. The engine and the edges ask for them, never an actor.
pub async fn given(cx: &Cx, project: ProjectId) -> Result<Given, Error> {
    match opened(cx, project).await {
        // The master key may have been changed between the rows and the key: then the second look finds both new.
        Err(Error::Unavailable(_)) => opened(cx, project).await,
        other => other,
    }
}

async fn opened(cx: &Cx, project: ProjectId) -> Result<Given, Error> {
    let rows = {
        let tx = cx.store.read().await?;
        let mut rows = tx.secrets().of(SecretScope::Installation).await?;
        if let Owner::Team(team) = projects::by_id(&tx, project).await?.owner {
            rows.extend(tx.secrets().of(SecretScope::Team(team)).await?);
        }
        rows.extend(tx.secrets().of(SecretScope::Project(project)).await?);
        rows
    };
    if rows.is_empty() {
        return Ok(Given::default());
    }
    let ring = keyring(cx)?;
    let mut secrets = Vec::new();
    for row in rows {
        let value = open(&ring, &row)?;
        secrets.push(Opened { scope: row.scope, name: row.name, uses: row.uses, value });
    }
    let masks = Masks::of(secrets.iter().map(|secret| (secret.name.as_str(), secret.value.as_str())));
    Ok(Given { secrets, masks })
}
