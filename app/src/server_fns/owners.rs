//! Whom something is given to, as forms ask for it: a person, a team or the installation.

use serde::{Deserialize, Serialize};

/// What a form may offer to whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Names of teams that they know, the newest first, at most 200; others can be typed.
    pub teams: Vec<String>,
    pub installation: bool,
    pub person: bool,
}

/// A choice of one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnerForm {
    /// `person`, `team` or `installation`; nothing was chosen when empty.
    pub kind: String,
    /// A team's name or id.
    pub team: String,
    pub email: String,
}

#[cfg(feature = "ssr")]
pub(super) use server_side::{Named, heir, named, offer};

#[cfg(feature = "ssr")]
mod server_side {
    use domain::{
        access::{Action, may},
        actor::Actor,
        teams::folded,
    };
    use protocol::{TeamId, page::PageQuery, teams::Owner};
    use services::Cx;

    use super::{Offer, OwnerForm};
    use crate::server_fns::{UiError, asked, fail};

    /// Rows of a list at most.
    const MOST: u32 = 200;

    /// Whom a form names.
    pub(in crate::server_fns) enum Named {
        Installation,
        Team(TeamId),
        /// By email address.
        Person(String),
    }

    impl OwnerForm {
        /// The fields with what had been typed, for a form that was refused.
        pub(in crate::server_fns) fn typed(&self) -> [(&'static str, &str); 3] {
            [("kind", &self.kind), ("team", &self.team), ("email", &self.email)]
        }
    }

    /// What the actor may give something to; `but` is a team that it cannot be.
    pub(in crate::server_fns) async fn offer(cx: &Cx, actor: &Actor, but: Option<TeamId>) -> Result<Offer, UiError> {
        let query = PageQuery { after: None, limit: Some(MOST) };
        let teams = asked(services::teams::list(cx, actor, "", None, &query).await)?.teams;
        let teams = teams.into_iter().filter(|team| Some(team.id) != but).map(|team| team.name).collect();
        Ok(Offer { teams, installation: may(actor, Action::WriteProject), person: true })
    }

    /// Whom the form names; the actor has to know the team.
    pub(in crate::server_fns) async fn named(cx: &Cx, actor: &Actor, form: &OwnerForm) -> Result<Named, UiError> {
        match form.kind.as_str() {
            "installation" => Ok(Named::Installation),
            "team" => team(cx, actor, form.team.trim()).await.map(Named::Team),
            "person" => Ok(Named::Person(form.email.trim().to_owned())),
            _ => Err(wrong("Choose one of them.".to_owned())),
        }
    }

    async fn team(cx: &Cx, actor: &Actor, name: &str) -> Result<TeamId, UiError> {
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let query = PageQuery { after: None, limit: Some(MOST) };
        let found = asked(services::teams::list(cx, actor, name, None, &query).await)?.teams;
        let found = found.into_iter().find(|team| folded(&team.name) == folded(name));
        match found {
            Some(team) => Ok(team.id),
            None if name.is_empty() => Err(wrong("Name the team.".to_owned())),
            None => Err(wrong(format!("You know no team that is called “{name}”. Check its name on the page of teams."))),
        }
    }

    /// Who gets what belongs to somebody that is removed; nobody when nothing was chosen.
    pub(in crate::server_fns) async fn heir(cx: &Cx, actor: &Actor, form: &OwnerForm) -> Result<Option<Owner>, UiError> {
        if form.kind.is_empty() {
            return Ok(None);
        }
        let owner = match named(cx, actor, form).await? {
            Named::Installation => Owner::Installation,
            Named::Team(team) => Owner::Team(team),
            Named::Person(email) => {
                let query = PageQuery { after: None, limit: Some(MOST) };
                let people = asked(services::accounts::list_users(cx, actor, &email, None, &query).await)?.items;
                if email.is_empty() {
                    return Err(wrong("Type the email address of whoever gets them.".to_owned()));
                }
                let wanted = email.to_lowercase();
                let person = people.into_iter().find(|person| person.email == wanted);
                Owner::User(person.ok_or_else(|| wrong(format!("Nobody has an account with “{email}”.")))?.id)
            }
        };
        Ok(Some(owner))
    }

    fn wrong(words: String) -> UiError {
        fail(UiError::new(400, words))
    }
}
