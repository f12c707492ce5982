//! The signed-in person's own account: their password, and where they are signed in.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::{
    access::{Login, Role},
    factors::FactorKind,
};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask, flash::Flash};

/// What the page about oneself shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfilePage {
    pub name: String,
    pub email: String,
    pub role: Role,
    /// Whether the person signs in with a password, so that there is one to change.
    pub has_password: bool,
    /// The kinds of second factors that count; empty when none is asked for.
    pub factors: Vec<FactorKind>,
    /// The one that asks first.
    pub logins: Vec<Login>,
    /// Where the next page of them begins.
    pub next: Option<String>,
    /// Whether the person is signed in anywhere else.
    pub has_others: bool,
    pub flash: Flash,
}

/// The form for another password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    pub current: String,
    pub new: String,
    pub again: String,
}

impl std::fmt::Debug for PasswordForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordForm").finish_non_exhaustive()
    }
}

/// The account of whoever asks, with their logins behind that one; from the first on when there is none of that id.
#[server(name = ReadProfile, prefix = "/ui", endpoint = "profile", input = GetUrl)]
pub async fn profile(#[server(default)] after: String) -> Result<ProfilePage, UiError> {
    use domain::actor::Actor;

    /// Logins on a page.
    const MOST: usize = 10;

    use super::{asked, context};

    let (cx, actor) = context()?;
    let Actor::User { name, email, role, .. } = &actor else {
        return Err(super::server_side::for_people());
    };
    let factors = asked(services::accounts::list_factors(&cx, &actor).await)?.factors;
    let all = asked(services::accounts::list_logins(&cx, &actor).await)?;
    let has_others = all.len() > 1;
    let before = all.iter().position(|login| login.id.to_string() == after).map_or(0, |place| place + 1);
    let mut rest = all.into_iter().skip(before);
    let logins: Vec<Login> = rest.by_ref().take(MOST).collect();
    let next = logins.last().filter(|_| rest.next().is_some()).map(|login| login.id.to_string());
    Ok(ProfilePage {
        name: name.clone(),
        email: email.clone(),
        role: *role,
        has_password: asked(services::accounts::has_password(&cx, &actor).await)?,
        factors: factors.into_iter().map(|factor| factor.kind).collect(),
        logins,
        next,
        has_others,
        flash: super::flash::take(),
    })
}

/// Sets another password; the person's other logins end.
#[server(prefix = "/ui", endpoint = "change_password")]
pub async fn change_password(form: PasswordForm) -> Result<(), UiError> {
    use protocol::access::ChangePassword;

    use super::{asked, context, fail, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    if form.new != form.again {
        let error = fail(UiError::new(400, "The new password was not typed the same way twice. Type it again."));
        return Err(refused(error, to::PROFILE, Vec::new()));
    }
    let command = ChangePassword { current_password: form.current, new_password: form.new };
    match asked(services::accounts::change_password(&cx, &actor, command).await) {
        Ok(_) => {
            leptos_axum::redirect(&to::profile_after("password"));
            Ok(())
        }
        Err(error) => Err(refused(error, to::PROFILE, Vec::new())),
    }
}

/// Signs whoever asks out in one place.
#[server(prefix = "/ui", endpoint = "end_login")]
pub async fn end_login(id: String) -> Result<(), UiError> {
    use super::{asked, context, flash::refused, id_of};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = id_of(&id, "You are not signed in there.")?;
    match asked(services::accounts::end_login(&cx, &actor, id).await) {
        Ok(()) => {
            leptos_axum::redirect(&to::profile_after("login"));
            Ok(())
        }
        Err(error) => Err(refused(error, to::PROFILE, Vec::new())),
    }
}

/// Signs whoever asks out everywhere else.
#[server(prefix = "/ui", endpoint = "end_other_logins")]
pub async fn end_other_logins() -> Result<(), UiError> {
    use super::{asked, context, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    match asked(services::accounts::end_other_logins(&cx, &actor).await) {
        Ok(_) => {
            leptos_axum::redirect(&to::profile_after("logins"));
            Ok(())
        }
        Err(error) => Err(refused(error, to::PROFILE, Vec::new())),
    }
}

/// Asks for [`profile`].
pub fn ask_profile(after: &str) -> Ask<ProfilePage> {
    Ask::new("profile", &[("after", after)], || profile(after.to_owned()))
}
