//! People who can sign in.

use std::sync::Arc;

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    reach::Reach,
    sort::Sort,
};
use protocol::{
    Timestamp, UserId,
    access::{Role, UpdateUser, User},
    page::PageQuery,
    teams::Owner,
};
use store::{Tx, UserRow};

use super::{passwords, tokens::within};
use crate::{
    Cx, Error,
    audit::done,
    page::{self, Page},
    teams,
};

/// A person, without what is secret about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    /// Counts the changes of what they may do and of what they sign in with.
    pub privileges: i64,
    /// Which projects and teams they reach; filled in for whoever asks for something.
    pub reach: Arc<Reach>,
}

/// A person to be.
#[derive(Clone)]
pub struct NewUser {
    pub email: String,
    /// What others see; the part of the email address before the @ when empty.
    pub name: String,
    pub password: String,
    pub role: Role,
}

/// Makes an account.
pub async fn create_user(cx: &Cx, actor: &Actor, new: NewUser) -> Result<UserRecord, Error> {
    access::require(actor, Action::ManageUsers)?;
    let row = prepare(cx, &new).await?;
    let tx = crate::accounts::begin(cx, actor).await?;
    insert(cx, &tx, actor, &row).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// People, without `sort` in the order in which they came; with `words`, those who have them in their name or email address.
pub async fn list_users(cx: &Cx, actor: &Actor, words: &str, sort: Option<Sort>, query: &PageQuery) -> Result<Page<User>, Error> {
    access::require(actor, Action::ManageUsers)?;
    let (limit, order) = (page::limit(query)?, page::order(query, sort)?);
    let words = page::words(words)?;
    let tx = &cx.store.read().await?;
    let rows = tx.accounts().list(words, &order, u64::from(limit) + 1).await?;
    let key = |id, sort| async move { tx.accounts().sorted_by(id, sort).await };
    Ok(page::cut_in_order(rows, limit, &order, |row: &UserRow| row.id, key).await?.map(view))
}

/// The person of that id, switched off or not.
pub async fn find_user(cx: &Cx, actor: &Actor, id: UserId) -> Result<User, Error> {
    access::require(actor, Action::ManageUsers)?;
    let tx = cx.store.read().await?;
    Ok(view(load(&tx, id).await?))
}

/// Whether projects belong to that person, so that their removal needs an heir.
pub async fn owns_projects(cx: &Cx, actor: &Actor, id: UserId) -> Result<bool, Error> {
    access::require(actor, Action::ManageUsers)?;
    let tx = cx.store.read().await?;
    Ok(!tx.sharing().owned_by(Owner::User(id)).await?.is_empty())
}

/// Changes a person's role or name, switches them off or on. What they have open is told at once.
pub async fn update_user(cx: &Cx, actor: &Actor, id: UserId, command: UpdateUser) -> Result<User, Error> {
    access::require(actor, Action::ManageUsers)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let before = load(&tx, id).await?;
    has_no_less(&tx, actor, &before).await?;
    let mut row = before.clone();
    if let Some(role) = command.role.filter(|role| *role != before.role) {
        within(actor, access::scopes(role))?;
        tx.accounts().set_role(id, role).await?;
        row.role = role;
    }
    if let Some(name) = &command.name {
        row.name = check_name(name)?;
        tx.accounts().set_name(id, &row.name).await?;
    }
    if let Some(off) = command.switched_off.filter(|off| *off != before.switched_off_at.is_some()) {
        row.switched_off_at = off.then(|| cx.clock.now());
        tx.accounts().set_switched_off(id, row.switched_off_at).await?;
        tx.logins().delete_of(id).await?;
    }
    crate::events::users_changed(cx, &tx);
    tx.record(done(cx, actor, "update user", id).with(differences(&before, &row)));
    if is_admin(&before) && !is_admin(&row) {
        keep_an_admin(&tx).await?;
    }
    tx.commit().await?;
    cx.nudges.access();
    Ok(view(row))
}

/// Removes a person: they are signed out everywhere, and tokens that they made count no more. What they did stays. Projects
/// that belong to them go to the heir; without one there must be none.
pub async fn delete_user(cx: &Cx, actor: &Actor, id: UserId, heir: Option<Owner>) -> Result<(), Error> {
    access::require(actor, Action::ManageUsers)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let row = load(&tx, id).await?;
    has_no_less(&tx, actor, &row).await?;
    teams::part_with(cx, &tx, actor, id, heir).await?;
    tx.logins().delete_of(id).await?;
    tx.identities().delete_of(id).await?;
    tx.accounts().delete(id).await?;
    let changes = Changes::default().field("email", &row.email, "").field("role", row.role.as_str(), "");
    crate::events::users_changed(cx, &tx);
    tx.record(done(cx, actor, "delete user", id).with(changes));
    if is_admin(&row) {
        keep_an_admin(&tx).await?;
    }
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

/// Refuses whoever has less than that person has somewhere: in the installation, in a team, on a project that is shared with them
/// or their own. Nothing is taken from who has more.
pub(super) async fn has_no_less(tx: &Tx, actor: &Actor, person: &UserRow) -> Result<(), Error> {
    let reach = Reach::of_person(person.id, person.role, tx.teams().grants(person.id).await?);
    Ok(access::within(actor.scopes(), reach.anywhere())?)
}

async fn load(tx: &Tx, id: UserId) -> Result<UserRow, Error> {
    tx.accounts().by_id(id).await?.ok_or_else(|| Error::NotFound("there is no user with that id".to_owned()))
}

/// Without an admin nobody could make one. Asked when the change is written.
async fn keep_an_admin(tx: &Tx) -> Result<(), Error> {
    if tx.accounts().count_role(Role::Admin).await? == 0 {
        return Err(Error::Conflict("this is the only admin: make another one first".to_owned()));
    }
    Ok(())
}

fn is_admin(row: &UserRow) -> bool {
    row.role == Role::Admin && row.switched_off_at.is_none()
}

fn differences(before: &UserRow, after: &UserRow) -> Changes {
    let off = |row: &UserRow| if row.switched_off_at.is_some() { "true" } else { "false" };
    let changes = Changes::default().field("role", before.role.as_str(), after.role.as_str());
    changes.field("name", &before.name, &after.name).field("switched_off", off(before), off(after))
}

fn view(row: UserRow) -> User {
    let switched_off = row.switched_off_at.is_some();
    User { id: row.id, email: row.email, name: row.name, role: row.role, switched_off, created_at: row.created_at }
}

fn check_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::Invalid("the name must have 1 to 100 characters and no control characters".to_owned()));
    }
    match domain::names::problem(name) {
        Some(problem) => Err(Error::Invalid(format!("the name {problem}"))),
        None => Ok(name.to_owned()),
    }
}

/// The person of that id, as they are right now; nothing for somebody who is switched off.
pub async fn user(cx: &Cx, id: UserId) -> Result<Option<UserRecord>, Error> {
    let tx = cx.store.read().await?;
    let row = tx.accounts().by_id(id).await?.filter(|row| row.switched_off_at.is_none());
    let Some(row) = row else { return Ok(None) };
    let reach = Arc::new(Reach::of_person(id, row.role, tx.teams().grants(id).await?));
    Ok(Some(UserRecord { reach, ..row.into() }))
}

/// An email address as accounts have it.
pub(crate) fn email(text: &str) -> Result<String, Error> {
    let no_email = || Error::Invalid("that is no email address; it looks like name@example.org".to_owned());
    domain::sign_in::email(text).ok_or_else(no_email)
}

/// Checks and hashes, before a transaction is opened.
pub(super) async fn prepare(cx: &Cx, new: &NewUser) -> Result<UserRow, Error> {
    let email = email(&new.email)?;
    let name = match new.name.trim() {
        "" => email.split('@').next().unwrap_or_default().chars().take(100).collect(),
        name => check_name(name)?,
    };
    let password_hash = passwords::hash(cx, &new.password, (&email, &name)).await?;
    Ok(UserRow {
        id: UserId(cx.ids.uuid()),
        email,
        name,
        password_hash,
        role: new.role,
        created_at: cx.clock.now(),
        switched_off_at: None,
        privileges: 0,
    })
}

pub(super) async fn insert(cx: &Cx, tx: &Tx, actor: &Actor, row: &UserRow) -> Result<(), Error> {
    if tx.accounts().by_email(&row.email).await?.is_some() {
        return Err(Error::Conflict(format!("{} has an account already", row.email)));
    }
    tx.accounts().insert(row).await?;
    crate::events::users_changed(cx, tx);
    let changes = Changes::default().field("email", "", &row.email).field("name", "", &row.name);
    tx.record(done(cx, actor, "create user", row.id).with(changes.field("role", "", row.role.as_str())));
    Ok(())
}

impl From<UserRow> for UserRecord {
    fn from(row: UserRow) -> Self {
        let (privileges, reach) = (row.privileges, Arc::default());
        Self { id: row.id, email: row.email, name: row.name, role: row.role, created_at: row.created_at, privileges, reach }
    }
}
