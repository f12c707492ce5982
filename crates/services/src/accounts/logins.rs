//! Where people are signed in: seeing it, and ending it.

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    devices::device,
};
use protocol::{LoginId, Timestamp, UserId, access::Login};
use serde::{Deserialize, Serialize};
use store::{LoginRow, Tx};

use super::{fresh::require_fresh, users::has_no_less};
use crate::{Cx, Error, audit::done};

/// Under which name a browser's session keeps its login.
pub const LOGIN: &str = "login";
/// Under which name it keeps the sign-in at a provider that the login rests on.
pub const VOUCHED: &str = "vouched";

/// What a browser's session says about its login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginData {
    pub id: LoginId,
    pub user: UserId,
    pub since: Timestamp,
    /// When it was renewed last.
    pub seen: Timestamp,
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub agent: String,
    /// The person's count of changed privileges that the session's id was made for; absent in logins of before that.
    #[serde(default)]
    pub privileges: Option<i64>,
    /// When the person last showed who they are; absent where that was when they signed in.
    #[serde(default)]
    pub proved: Option<Timestamp>,
}

/// Where the actor is signed in, last seen first. Only people are.
pub async fn list_logins(cx: &Cx, actor: &Actor) -> Result<Vec<Login>, Error> {
    let Actor::User { id, login: current, .. } = actor else { return Ok(Vec::new()) };
    let tx = cx.store.read().await?;
    let mut logins: Vec<Login> = of(cx, &tx, *id).await?.into_iter().map(|(row, data)| view(&row, data, *current)).collect();
    logins.sort_by_key(|login| std::cmp::Reverse((login.current, login.last_seen)));
    Ok(logins)
}

/// Ends one of the actor's own logins. For another one than that which asks, they showed who they are a short while ago.
pub async fn end_login(cx: &Cx, actor: &Actor, id: LoginId) -> Result<(), Error> {
    let is_other = !matches!(actor, Actor::User { login, .. } if *login == id);
    if is_other {
        require_fresh(cx, &cx.store.read().await?, actor).await?;
    }
    let ended = end(cx, actor, actor.user_id(), |data| data.id == id).await?;
    if ended == 0 { Err(Error::NotFound("you are not signed in there".to_owned())) } else { Ok(()) }
}

/// Ends the actor's own logins but for the one that asks, when they showed who they are a short while ago; returns how many.
pub async fn end_other_logins(cx: &Cx, actor: &Actor) -> Result<usize, Error> {
    let Actor::User { login: current, .. } = actor else { return Ok(0) };
    require_fresh(cx, &cx.store.read().await?, actor).await?;
    end(cx, actor, actor.user_id(), |data| data.id != *current).await
}

/// Ends all logins of a person; returns how many.
pub async fn end_logins_of(cx: &Cx, actor: &Actor, user: UserId) -> Result<usize, Error> {
    access::require(actor, Action::ManageUsers)?;
    {
        let tx = cx.store.read().await?;
        let nobody = || Error::NotFound("there is no user with that id".to_owned());
        let row = tx.accounts().by_id(user).await?.ok_or_else(nobody)?;
        has_no_less(&tx, actor, &row).await?;
    }
    end(cx, actor, Some(user), |_| true).await
}

async fn end(cx: &Cx, actor: &Actor, user: Option<UserId>, which: impl Fn(&LoginData) -> bool) -> Result<usize, Error> {
    let Some(user) = user else { return Ok(0) };
    let tx = crate::accounts::begin(cx, actor).await?;
    let ended = delete(cx, &tx, user, which).await?;
    if !ended.is_empty() {
        crate::events::logins_changed(cx, &tx, user);
    }
    for id in &ended {
        tx.record(done(cx, actor, "revoke login", id).with(Changes::default().field("user", "", user)));
    }
    tx.commit().await?;
    cx.nudges.access();
    Ok(ended.len())
}

/// Deletes logins of a person; returns which. Whoever calls writes what it was for.
pub(super) async fn delete(cx: &Cx, tx: &Tx, user: UserId, which: impl Fn(&LoginData) -> bool) -> Result<Vec<LoginId>, Error> {
    let mut ended = Vec::new();
    for (row, data) in of(cx, tx, user).await? {
        if which(&data) {
            tx.logins().delete(&row.id_hash).await?;
            ended.push(data.id);
        }
    }
    Ok(ended)
}

/// Puts a session's row aside, from where it goes on under another id, unless somebody else did, or ended it; returns where it
/// lies. There it is found by whoever ends the person's logins, and no cookie comes in by it.
pub async fn take_login(cx: &Cx, id_hash: &str, login: LoginId) -> Result<Option<String>, Error> {
    let aside = format!("aside {login}");
    let tx = cx.store.begin().await?;
    let taken = tx.logins().rename(id_hash, &aside).await?;
    tx.commit().await?;
    Ok(taken.then_some(aside))
}

/// A person's logins that are not over, with what their sessions say.
pub(super) async fn of(cx: &Cx, tx: &Tx, user: UserId) -> Result<Vec<(LoginRow, LoginData)>, Error> {
    let rows = tx.logins().of_user(user, cx.clock.now()).await?;
    Ok(rows.into_iter().filter_map(said).collect())
}

/// Whether that login of the person is not over, however many they have.
pub(super) async fn is_there(cx: &Cx, tx: &Tx, user: UserId, login: LoginId) -> Result<bool, Error> {
    let rows = tx.logins().of_user_with(user, &login.to_string(), cx.clock.now()).await?;
    Ok(rows.into_iter().filter_map(said).any(|(_, data)| data.id == login))
}

/// A row with what its session says of its login. One of another version may say something else; it is shown when it was renewed.
fn said(row: LoginRow) -> Option<(LoginRow, LoginData)> {
    let mut data: serde_json::Value = serde_json::from_str(&row.data).ok()?;
    let login = serde_json::from_value::<LoginData>(data.get_mut(LOGIN)?.take()).ok()?;
    Some((row, login))
}

fn view(row: &LoginRow, data: LoginData, current: LoginId) -> Login {
    Login {
        id: data.id,
        current: data.id == current,
        device: device(&data.agent),
        address: data.address,
        since: data.since,
        last_seen: data.seen,
        expires_at: row.expires_at,
    }
}
