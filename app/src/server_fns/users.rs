//! People, as admins see and change them.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::{access::User, teams::Invitation};
use serde::{Deserialize, Serialize};

use super::{
    UiError,
    ask::Ask,
    flash::Flash,
    owners::{Offer, OwnerForm},
};

/// A page of the list of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersPage {
    pub users: Vec<User>,
    pub next: Option<String>,
    /// Whether a provider lets people in who were invited, or a link can be sent to them.
    pub may_invite: bool,
    /// Invitations that still count, newest first, into teams as well; at most 20.
    pub invitations: Vec<Invitation>,
    /// Where the next ones begin.
    pub next_invitation: Option<String>,
    /// Whether invitations go out by mail.
    pub mails: bool,
    pub flash: Flash,
}

/// What the page of a person shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPage {
    pub user: User,
    /// Whether it is the person who looks.
    pub is_self: bool,
    /// Who can get the projects that belong to them; absent when there are none.
    pub heirs: Option<Offer>,
    pub flash: Flash,
}

/// A page of the people who have `q` in their name or email address; an empty `after` is the first page, an empty
/// `sort` the order in which they came. Of the invitations those with `q`, from behind `invitations` on.
#[server(name = ReadUsers, prefix = "/ui", endpoint = "users", input = GetUrl)]
pub async fn users(
    q: String,
    #[server(default)] sort: String,
    after: String,
    #[server(default)] invitations: String,
) -> Result<UsersPage, UiError> {
    use domain::{access::Action, sign_in::Provisioning};

    use super::{admin::open, asked, order};

    let (cx, actor) = open(&[Action::ManageUsers])?;
    let sort = order(&sort, domain::sort::USERS);
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let page = asked(services::accounts::list_users(&cx, &actor, &q, sort, &query).await)?;
    let mails = services::mail::is_set_up(&cx);
    let may_invite = mails || cx.settings.providers.iter().any(|provider| provider.provisioning == Provisioning::Invitation);
    let invited = super::invited(&cx, &actor, None, (&q, invitations)).await?;
    Ok(UsersPage {
        users: page.items,
        next: page.next,
        may_invite,
        invitations: invited.items,
        next_invitation: invited.next,
        mails,
        flash: super::flash::take(),
    })
}

/// One person.
#[server(name = ReadUser, prefix = "/ui", endpoint = "user", input = GetUrl)]
pub async fn user(id: String) -> Result<UserPage, UiError> {
    use domain::access::Action;

    use super::{admin::open, asked};

    let (cx, actor) = open(&[Action::ManageUsers])?;
    let user = asked(services::accounts::find_user(&cx, &actor, known(&id)?).await)?;
    let is_self = actor.user_id() == Some(user.id);
    let owns = asked(services::accounts::owns_projects(&cx, &actor, user.id).await)?;
    let heirs = if owns { Some(super::owners::offer(&cx, &actor, None).await?) } else { None };
    Ok(UserPage { user, is_self, heirs, flash: super::flash::take() })
}

/// Gives a person another role.
#[server(prefix = "/ui", endpoint = "change_role")]
pub async fn change_role(id: String, role: String) -> Result<(), UiError> {
    use protocol::access::{Role, UpdateUser};

    let Some(role) = Role::parse(&role) else {
        return Err(super::fail(UiError::new(400, "Choose one of the roles.")));
    };
    update(&id, UpdateUser { role: Some(role), ..UpdateUser::default() }).await
}

/// Switches a person off, or on again; `off` is `yes` or `no`.
#[server(prefix = "/ui", endpoint = "switch_user")]
pub async fn switch_user(id: String, off: String) -> Result<(), UiError> {
    use protocol::access::UpdateUser;

    update(&id, UpdateUser { switched_off: Some(off == "yes"), ..UpdateUser::default() }).await
}

/// Signs a person out everywhere.
#[server(prefix = "/ui", endpoint = "end_logins_of")]
pub async fn end_logins_of(id: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let id = known(&id)?;
    back(id, asked(services::accounts::end_logins_of(&cx, &actor, id).await))
}

/// Removes a person, once their email address was typed; their projects go to the heir.
#[server(prefix = "/ui", endpoint = "remove_user")]
pub async fn remove_user(id: String, confirm: String, #[server(default)] owner: OwnerForm) -> Result<(), UiError> {
    use super::{asked, context, fail, flash::refused, owners};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let page = to::user(id);
    let typed = || [("form", "remove")].into_iter().chain(owner.typed()).collect();
    let user = asked(services::accounts::find_user(&cx, &actor, id).await)?;
    if confirm.trim().to_lowercase() != user.email {
        let error = fail(UiError::new(400, "The email address does not match. Type it to remove the person."));
        return Err(refused(error, &page, typed()));
    }
    let removed = match owners::heir(&cx, &actor, &owner).await {
        Ok(heir) => asked(services::accounts::delete_user(&cx, &actor, id, heir).await),
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => {
            leptos_axum::redirect(to::USERS);
            Ok(())
        }
        Err(error) => Err(refused(error, &page, typed())),
    }
}

/// Lets somebody make an account by signing in with a provider.
#[server(prefix = "/ui", endpoint = "invite_user")]
pub async fn invite_user(email: String, role: String) -> Result<(), UiError> {
    use protocol::access::Role;

    use super::{asked, context, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let role_of_theirs = Role::parse(&role).unwrap_or(Role::Viewer);
    match asked(services::accounts::invite(&cx, &actor, &email, role_of_theirs).await) {
        Ok(invitation) => {
            leptos_axum::redirect(&to::users_after(if invitation.mailed { "mailed" } else { "invited" }));
            Ok(())
        }
        Err(error) => {
            Err(refused(error, to::USERS, vec![("form", "invite"), ("email", email.as_str()), ("role", role.as_str())]))
        }
    }
}

/// Takes an invitation back.
#[server(prefix = "/ui", endpoint = "withdraw_user_invitation")]
pub async fn withdraw_user_invitation(invitation: String) -> Result<(), UiError> {
    use super::{asked, context, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    match asked(services::accounts::withdraw(&cx, &actor, &invitation).await) {
        Ok(()) => {
            leptos_axum::redirect(&to::users_after("withdrawn"));
            Ok(())
        }
        Err(error) => Err(refused(error, to::USERS, Vec::new())),
    }
}

/// Asks for [`users`].
pub fn ask_users(q: &str, sort: &str, after: &str, invitations: &str) -> Ask<UsersPage> {
    let fields = [("q", q), ("sort", sort), ("after", after), ("invitations", invitations)];
    Ask::new("users", &fields, || users(q.to_owned(), sort.to_owned(), after.to_owned(), invitations.to_owned()))
}

/// Asks for [`user`].
pub fn ask_user(id: &str) -> Ask<UserPage> {
    Ask::new("user", &[("id", id)], || user(id.to_owned()))
}

/// Changes a person and goes back to their page.
#[cfg(feature = "ssr")]
async fn update(id: &str, command: protocol::access::UpdateUser) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let id = known(id)?;
    back(id, asked(services::accounts::update_user(&cx, &actor, id, command).await))
}

/// Goes back to the page of that person, which says what was done or why it was not.
#[cfg(feature = "ssr")]
fn back<T>(id: protocol::UserId, done: Result<T, UiError>) -> Result<(), UiError> {
    use crate::routes::to;

    match done {
        Ok(_) => {
            leptos_axum::redirect(&to::user_after(id, "saved"));
            Ok(())
        }
        Err(error) => Err(super::flash::refused(error, &to::user(id), Vec::new())),
    }
}

/// The id in an address; anything that is none names nobody.
#[cfg(feature = "ssr")]
fn known(id: &str) -> Result<protocol::UserId, UiError> {
    super::id_of(id, "There is no such person.")
}
