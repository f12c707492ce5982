//! Somebody signed out at a provider: the logins here that rest on it end as well.

use domain::{
    actor::Actor,
    audit::Changes,
    hex,
    sign_in::{Provider, logout::LogoutEnding},
};
use sha2::{Digest as _, Sha256};

use super::refused;
use crate::{
    Cx, Error,
    accounts::{LOGIN, LoginData},
    audit::done,
};

/// Ends what a believed logout token of that provider ends; returns how many logins. The token counts once:
/// [`Error::Unauthorized`] for one that was used before. A session that nobody has here is as good as ended.
pub async fn signed_out_there(cx: &Cx, provider: &Provider, ending: &LogoutEnding) -> Result<usize, Error> {
    let now = cx.clock.now();
    let token = Sha256::new().chain_update(&provider.issuer).chain_update(b"\0").chain_update(&ending.token).finalize();
    let tx = cx.store.begin().await?;
    if !tx.logins().use_logout_token(&hex::encode(&token), ending.counts_until, now).await? {
        return Err(refused("the logout token was used before"));
    }
    tx.logins().end_waiting_by(&provider.id, &provider.issuer, ending).await?;
    let mut ended = Vec::new();
    for row in tx.logins().ended_by(&provider.id, &provider.issuer, ending).await? {
        tx.logins().delete(&row.id_hash).await?;
        let data = serde_json::from_str::<serde_json::Value>(&row.data).ok();
        let login = data.and_then(|mut data| serde_json::from_value::<LoginData>(data.get_mut(LOGIN)?.take()).ok());
        ended.extend(login);
    }
    for login in &ended {
        crate::events::logins_changed(cx, &tx, login.user);
    }
    for login in &ended {
        let changes = Changes::default().field("provider", "", &provider.id).field("user", "", login.user);
        tx.record(done(cx, &Actor::Automation, "revoke login", login.id).with(changes));
    }
    tx.commit().await?;
    if !ended.is_empty() {
        cx.nudges.access();
    }
    Ok(ended.len())
}
