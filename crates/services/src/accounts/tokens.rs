//! API tokens: `loki_<lookup>_<secret>`, shown once, stored as a salted hash, and never more than who made them.

mod change;
mod limits;
mod search;
mod unseen;
mod uses;

pub use change::{TokenEnding, end_token, rotate_token, update_token};
pub use search::{TokenSearch, TokenState, search_tokens, state_of};
pub use unseen::{Unseen, UnseenSecrets};
pub use uses::{TokenUses, write_token_uses};

use std::sync::Arc;

use domain::{
    access::{self, Action, Scopes},
    access_tokens::{self as rules, AllowedAddresses, shapes::without_tokens},
    actor::{Actor, Origin, Shown},
    audit::Changes,
    hex,
    reach::{Reach, TokenLimits},
};
use protocol::{
    Timestamp, TokenId, UserId,
    access::{CreateToken, Scope, Token},
    timestamp::DAY_MS,
};
use sha2::{Digest, Sha256};
use store::{TokenRow, Tx};
use subtle::ConstantTimeEq;

use self::limits::Maker;
use crate::{Cx, Error, audit::done};

const LONGEST_NAME: usize = 255;
const LONGEST_DESCRIPTION: usize = 1_000;

/// A token that was found good, as far as requests need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownToken {
    pub id: TokenId,
    pub name: String,
    /// What it was made for.
    pub scopes: Scopes,
    /// How far its maker reaches at this moment.
    pub maker: Reach,
    /// What it is held to.
    pub limits: TokenLimits,
    pub allowed: AllowedAddresses,
    /// Requests a minute, in place of the server's own limits.
    pub rate_limit: Option<u32>,
    pub shown: Shown,
}

impl KnownToken {
    /// How far it reaches.
    fn reach(&self) -> Reach {
        self.maker.clone().held_to(self.scopes, self.limits.clone())
    }

    /// Whoever uses it from there. From an address that it does not count from it is like any token that is none.
    pub fn actor(&self, from: Arc<Origin>) -> Result<Actor, Error> {
        if !self.allowed.allow(from.address) {
            return Err(refused());
        }
        let reach = self.reach();
        let scopes = reach.in_installation();
        Ok(Actor::Token { id: self.id, name: self.name.clone(), scopes, reach: Arc::new(reach), shown: self.shown, from })
    }
}

/// Makes a token; its secret is in this answer and is not kept. One that a token makes ends with it, counts from no other
/// addresses and no more often.
pub async fn create_token(cx: &Cx, actor: &Actor, new: CreateToken) -> Result<Token, Error> {
    access::require(actor, Action::ManageTokens)?;
    let (row, secret) = draft(cx, actor, new)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    crate::events::tokens_changed(cx, &tx);
    let maker = Maker::of(cx, &tx, actor).await?;
    let row = TokenRow { created_by: person_behind(&tx, actor).await?, ..row };
    limits::check(&tx, actor, &row).await?;
    let row = maker.bind(row)?;
    tx.tokens().insert(&row).await?;
    tx.record(done(cx, actor, "create token", row.id).with(Changes::came(facts(&row))));
    tx.commit().await?;
    Ok(Token { token: Some(secret), ..view(row) })
}

fn draft(cx: &Cx, actor: &Actor, new: CreateToken) -> Result<(TokenRow, String), Error> {
    let name = rules::words("name", &new.name, LONGEST_NAME).map_err(Error::Invalid)?;
    // A name that is an id would be somebody else's.
    if name.is_empty() || name.parse::<TokenId>().is_ok() {
        return Err(Error::Invalid("the token needs a name of 1 to 255 characters that is no id".to_owned()));
    }
    let (role, scopes) = rules::scopes(new.role, new.scopes).map_err(Error::Invalid)?;
    within(actor, &scopes)?;
    let days = rules::days(new.expires_days).map_err(Error::Invalid)?;
    let allowed = AllowedAddresses::parse(&new.allowed_ips.unwrap_or_default()).map_err(Error::Invalid)?;
    let secret = Secret::new(cx);
    let now = cx.clock.now();
    let row = TokenRow {
        id: TokenId(cx.ids.uuid()),
        name,
        description: rules::words("description", &new.description.unwrap_or_default(), LONGEST_DESCRIPTION)
            .map_err(Error::Invalid)?,
        hash: hash(&secret.salt, &secret.full),
        lookup: secret.lookup,
        salt: secret.salt,
        scopes: if role.is_some() { Vec::new() } else { scopes },
        role,
        created_by: None,
        creator: creator(actor),
        created_at: now,
        expires_at: Some(now.plus_millis(i64::from(days) * DAY_MS)),
        last_used_at: None,
        usage_count: 0,
        revoked_at: None,
        allowed_ips: allowed.list(),
        rate_limit: rules::rate_limit(new.rate_limit).map_err(Error::Invalid)?,
        held_to_projects: rules::held_to("projects", new.projects).map_err(Error::Invalid)?,
        held_to_teams: rules::held_to("teams", new.teams).map_err(Error::Invalid)?,
        rotating_from: None,
        rotation_expires_at: None,
        made_by: None,
    };
    Ok((row, secret.full))
}

/// Refuses whoever would give away more than they have in the installation.
pub(super) fn within(actor: &Actor, scopes: &[Scope]) -> Result<(), Error> {
    Ok(access::within(actor.scopes(), Scopes::of(scopes))?)
}

fn creator(actor: &Actor) -> String {
    match actor {
        Actor::Automation => "the command line".to_owned(),
        person => person.display_name().to_owned(),
    }
}

/// The person whose scopes bound the token: who makes it, or who made the token that makes it.
async fn person_behind(tx: &Tx, actor: &Actor) -> Result<Option<UserId>, Error> {
    match actor {
        Actor::User { id, .. } => Ok(Some(*id)),
        Actor::Token { id, .. } => Ok(tx.tokens().by_id(*id).await?.and_then(|row| row.created_by)),
        Actor::Automation => Ok(None),
    }
}

/// A new secret with what is stored of it.
struct Secret {
    lookup: String,
    salt: String,
    full: String,
}

impl Secret {
    fn new(cx: &Cx) -> Self {
        let (mut lookup, mut secret, mut salt) = ([0; 8], [0; 32], [0; 16]);
        cx.ids.random(&mut lookup);
        cx.ids.random(&mut secret);
        cx.ids.random(&mut salt);
        let lookup = hex::encode(&lookup);
        Self { full: format!("loki_{lookup}_{}", hex::encode(&secret)), lookup, salt: hex::encode(&salt) }
    }
}

/// The token behind `secret`, if it is valid now.
pub async fn authenticate_token(cx: &Cx, secret: &str) -> Result<KnownToken, Error> {
    let Some((lookup, _)) = secret.strip_prefix("loki_").and_then(|rest| rest.split_once('_')).filter(|_| secret.len() < 200)
    else {
        return Err(refused());
    };
    let tx = cx.store.read().await?;
    let now = cx.clock.now();
    let row = tx.tokens().by_lookup(lookup).await?.filter(|row| {
        let right: bool = row.hash.as_bytes().ct_eq(hash(&row.salt, secret).as_bytes()).into();
        right && row.counts(now)
    });
    known(&tx, row.ok_or_else(refused)?).await
}

/// The token of that id, if it is valid now.
pub(super) async fn find_known(cx: &Cx, id: TokenId) -> Result<KnownToken, Error> {
    let tx = cx.store.read().await?;
    let row = tx.tokens().by_id(id).await?.filter(|row| row.counts(cx.clock.now()));
    known(&tx, row.ok_or_else(refused)?).await
}

async fn known(tx: &Tx, row: TokenRow) -> Result<KnownToken, Error> {
    let scopes = Scopes::of(&scopes_of(&row));
    let maker = match row.created_by {
        // Who made it may have had a role taken away since.
        Some(person) => reach_of_person(tx, person).await?.ok_or_else(refused)?,
        None => Reach::of_scopes(scopes),
    };
    let limits =
        TokenLimits { projects: row.held_to_projects.into_iter().collect(), teams: row.held_to_teams.into_iter().collect() };
    let allowed = AllowedAddresses::parse(&row.allowed_ips).map_err(Error::Internal)?;
    let (rate_limit, shown) = (row.rate_limit, Shown::Secret);
    Ok(KnownToken { id: row.id, name: row.name, scopes, maker, limits, allowed, rate_limit, shown })
}

/// How far a person reaches at this moment; nothing for one who is gone or switched off.
pub(super) async fn reach_of_person(tx: &Tx, id: UserId) -> Result<Option<Reach>, Error> {
    let person = tx.accounts().by_id(id).await?.filter(|person| person.switched_off_at.is_none());
    let Some(person) = person else { return Ok(None) };
    Ok(Some(Reach::of_person(id, person.role, tx.teams().grants(id).await?)))
}

/// How far a token reaches at `now`; nothing for one that no longer counts. The one that took its place does not stand for it:
/// a token is replaced because it leaked, too.
pub(super) async fn reach_of_token(tx: &Tx, id: TokenId, now: Timestamp) -> Result<Option<Reach>, Error> {
    let Some(row) = tx.tokens().by_id(id).await?.filter(|row| row.counts(now)) else { return Ok(None) };
    match known(tx, row).await {
        Ok(known) => Ok(Some(known.reach())),
        Err(Error::Unauthorized(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn refused() -> Error {
    Error::Unauthorized("Invalid, expired, or revoked token".to_owned())
}

/// All tokens that have no more than the actor, newest first; the revoked ones only when asked for.
pub async fn list_tokens(cx: &Cx, actor: &Actor, which: Which) -> Result<Vec<Token>, Error> {
    access::require(actor, Action::ManageTokens)?;
    write_token_uses(cx).await;
    let tx = cx.store.read().await?;
    let rows = match which {
        Which::NotRevoked => tx.tokens().list().await?,
        Which::All => tx.tokens().list_all().await?,
    };
    Ok(rows.into_iter().filter(|row| within(actor, &scopes_of(row)).is_ok()).map(view).collect())
}

/// Which tokens a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    NotRevoked,
    All,
}

/// The token of that id or name.
pub async fn token(cx: &Cx, actor: &Actor, identifier: &str) -> Result<Token, Error> {
    access::require(actor, Action::ManageTokens)?;
    write_token_uses(cx).await;
    let tx = cx.store.read().await?;
    let row = find(&tx, identifier).await?;
    within(actor, &scopes_of(&row))?;
    Ok(view(row))
}

/// By id, or by a name that one token alone has. Of a token and the one that it replaces, the name is the new one's.
async fn find(tx: &Tx, identifier: &str) -> Result<TokenRow, Error> {
    let missing = || not_there(identifier);
    if let Ok(id) = identifier.parse::<TokenId>() {
        return tx.tokens().by_id(id).await?.ok_or_else(missing);
    }
    let mut named = tx.tokens().by_name(identifier).await?;
    named.retain(|row| row.revoked_at.is_none() && row.rotation_expires_at.is_none());
    match named.len() {
        0 | 1 => named.pop().ok_or_else(missing),
        count => Err(Error::Conflict(format!("{count} tokens are called \"{identifier}\": name one by its id"))),
    }
}

/// What is said of a token that is not there, or no longer.
fn not_there(identifier: &str) -> Error {
    // Who sent the token itself is not told it again.
    let identifier = without_tokens(identifier);
    Error::NotFound(format!(
        "there is no token \"{identifier}\"; `loki token list` and the page of tokens show those that there are"
    ))
}

fn hash(salt: &str, secret: &str) -> String {
    hex::encode(&Sha256::new().chain_update(salt.as_bytes()).chain_update(secret.as_bytes()).finalize())
}

fn scopes_of(row: &TokenRow) -> Vec<Scope> {
    row.role.map_or_else(|| row.scopes.clone(), |role| access::scopes(role).to_vec())
}

/// What the audit trail keeps of a token that comes or goes.
fn facts(row: &TokenRow) -> [(&'static str, String); 9] {
    fn words<T: ToString>(things: &[T]) -> String {
        things.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
    }
    let scopes: Vec<&str> = row.scopes.iter().map(|scope| scope.as_str()).collect();
    [
        ("name", row.name.clone()),
        ("role", row.role.map_or_else(String::new, |role| role.as_str().to_owned())),
        ("scopes", scopes.join(" ")),
        ("expires_at", row.expires_at.map_or_else(String::new, |end| end.to_string())),
        ("allowed_ips", row.allowed_ips.join(" ")),
        ("rate_limit", row.rate_limit.map_or_else(String::new, |limit| limit.to_string())),
        ("projects", words(&row.held_to_projects)),
        ("teams", words(&row.held_to_teams)),
        ("made_by", row.made_by.map_or_else(String::new, |id| id.to_string())),
    ]
}

fn view(row: TokenRow) -> Token {
    Token {
        scopes: scopes_of(&row),
        id: row.id,
        name: row.name,
        description: row.description,
        role: row.role,
        created_by: if row.creator.is_empty() { "not recorded".to_owned() } else { row.creator },
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used: row.last_used_at,
        usage_count: row.usage_count,
        revoked: row.revoked_at.is_some(),
        allowed_ips: row.allowed_ips,
        rate_limit: row.rate_limit,
        projects: row.held_to_projects,
        teams: row.held_to_teams,
        rotating_from: row.rotating_from,
        rotation_expires_at: row.rotation_expires_at,
        token: None,
    }
}
