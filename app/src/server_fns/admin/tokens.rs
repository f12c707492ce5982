//! API tokens: looked for, made, changed, replaced and revoked.

use std::collections::BTreeMap;

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::access::Token;
use serde::{Deserialize, Serialize};

use crate::server_fns::{UiError, ask::Ask, flash::Flash};

/// How a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    Active,
    /// Another one took its place; it counts for a while yet.
    Replaced,
    Expired,
    Revoked,
}

/// A token with how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLine {
    pub token: Token,
    pub standing: Standing,
}

/// A page of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensPage {
    pub lines: Vec<TokenLine>,
    pub next: Option<String>,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPage {
    pub line: TokenLine,
    /// What it signs in with, in the one answer after it was made.
    pub secret: Option<String>,
    pub flash: Flash,
}

/// What the form for a new token shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTokenPage {
    /// Names of roles that give no more than whoever asks has.
    pub roles: Vec<String>,
    /// Names of scopes that whoever asks has.
    pub scopes: Vec<String>,
    pub default_days: u32,
    pub flash: Flash,
}

/// The form of a new token, as browsers send it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewToken {
    pub name: String,
    pub description: String,
    /// `role` or `scopes`.
    pub kind: String,
    pub role: String,
    /// The ticked scopes; `*` is called `all`, since brackets in names of fields stand around it.
    pub scopes: BTreeMap<String, String>,
    pub expires_days: String,
    /// Addresses and networks, one a line.
    pub allowed_ips: String,
    pub rate_limit: String,
}

/// The form that changes a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangedToken {
    pub description: String,
    pub allowed_ips: String,
    pub rate_limit: String,
}

/// Tokens whose words hold all of `q`, without a column in `sort` newest first; the revoked ones too when `all` is not empty.
#[server(name = ReadTokens, prefix = "/ui", endpoint = "tokens", input = GetUrl)]
pub async fn tokens(q: String, all: String, #[server(default)] sort: String, after: String) -> Result<TokensPage, UiError> {
    use domain::access::Action;
    use services::accounts::{TokenSearch, Which};

    let (cx, actor) = super::open(&[Action::ManageTokens])?;
    let which = if all.is_empty() { Which::NotRevoked } else { Which::All };
    let sort = crate::server_fns::order(&sort, domain::sort::TOKENS);
    let wanted = TokenSearch { which, text: &q, sort };
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let page = crate::server_fns::asked(services::accounts::search_tokens(&cx, &actor, wanted, &query).await)?;
    Ok(TokensPage { lines: page.items.into_iter().map(|token| line(&cx, token)).collect(), next: page.next })
}

/// One token, with its secret when it was made just now by whoever asks.
#[server(name = ReadToken, prefix = "/ui", endpoint = "token", input = GetUrl)]
pub async fn token(id: String) -> Result<TokenPage, UiError> {
    use domain::{access::Action, actor::Actor};

    let (cx, actor) = super::open(&[Action::ManageTokens])?;
    let id = known(&id)?;
    let token = crate::server_fns::asked(services::accounts::token(&cx, &actor, &id.to_string()).await)?;
    let secret = match &actor {
        Actor::User { login, .. } => cx.unseen_secrets.take(*login, services::accounts::Unseen::Token(id), cx.clock.now()),
        Actor::Token { .. } | Actor::Automation => None,
    };
    Ok(TokenPage { line: line(&cx, token), secret, flash: crate::server_fns::flash::take() })
}

/// What the form for a new token shows.
#[server(name = ReadNewToken, prefix = "/ui", endpoint = "new_token", input = GetUrl)]
pub async fn new_token() -> Result<NewTokenPage, UiError> {
    use domain::access::{Action, Scopes, scopes};
    use protocol::access::Role;

    let (_, actor) = super::open(&[Action::ManageTokens])?;
    let own = actor.scopes();
    let roles = Role::ALL.into_iter().filter(|role| own.covers(Scopes::of(scopes(*role))));
    Ok(NewTokenPage {
        roles: roles.map(|role| role.as_str().to_owned()).collect(),
        scopes: own.list().into_iter().map(|scope| scope.as_str().to_owned()).collect(),
        default_days: domain::access_tokens::DEFAULT_DAYS,
        flash: crate::server_fns::flash::take(),
    })
}

/// Makes a token and goes to its page, which shows its secret once.
#[server(prefix = "/ui", endpoint = "create_token")]
pub async fn create_token(form: NewToken) -> Result<(), UiError> {
    use domain::access::Action;

    use crate::{routes::to, server_fns::flash::refused};

    let (cx, actor) = super::open(&[Action::ManageTokens])?;
    let made = match form.command() {
        Ok(command) => crate::server_fns::asked(services::accounts::create_token(&cx, &actor, command).await),
        Err(error) => Err(wrong(error)),
    };
    match made {
        Ok(token) => {
            hand_over(&cx, &actor, token);
            Ok(())
        }
        Err(error) => Err(refused(error, to::NEW_TOKEN, form.typed())),
    }
}

/// Changes a token's description, addresses and limit.
#[server(prefix = "/ui", endpoint = "update_token")]
pub async fn update_token(id: String, form: ChangedToken) -> Result<(), UiError> {
    use domain::access::Action;
    use protocol::access::UpdateToken;

    use crate::{routes::to, server_fns::flash::refused};

    let (cx, actor) = super::open(&[Action::ManageTokens])?;
    let id = known(&id)?;
    let changed = match figure("the limit", &form.rate_limit) {
        Ok(limit) => {
            let command = UpdateToken {
                description: Some(form.description.clone()),
                allowed_ips: Some(addresses(&form.allowed_ips)),
                rate_limit: Some(limit.unwrap_or(0)),
            };
            crate::server_fns::asked(services::accounts::update_token(&cx, &actor, &id.to_string(), command).await)
        }
        Err(error) => Err(wrong(error)),
    };
    match changed {
        Ok(_) => {
            leptos_axum::redirect(&to::token(id));
            Ok(())
        }
        Err(error) => {
            let typed = vec![
                ("description", form.description.as_str()),
                ("allowed_ips", &form.allowed_ips),
                ("rate_limit", &form.rate_limit),
            ];
            Err(refused(error, &to::token(id), typed))
        }
    }
}

/// Replaces a token and goes to the page of the new one, which shows its secret once.
#[server(prefix = "/ui", endpoint = "rotate_token")]
pub async fn rotate_token(id: String, grace_hours: String) -> Result<(), UiError> {
    use domain::access::Action;
    use protocol::access::RotateToken;

    use crate::{routes::to, server_fns::flash::refused};

    let (cx, actor) = super::open(&[Action::ManageTokens])?;
    let id = known(&id)?;
    let made = match figure("the number of hours", &grace_hours) {
        Ok(hours) => {
            let command = RotateToken { grace_period_hours: hours };
            crate::server_fns::asked(services::accounts::rotate_token(&cx, &actor, &id.to_string(), command).await)
        }
        Err(error) => Err(wrong(error)),
    };
    match made {
        Ok(token) => {
            hand_over(&cx, &actor, token);
            Ok(())
        }
        Err(error) => Err(refused(error, &to::token(id), vec![("grace_hours", grace_hours.as_str())])),
    }
}

/// Ends a token at once, and those that it replaces with it.
#[server(prefix = "/ui", endpoint = "revoke_token")]
pub async fn revoke_token(id: String) -> Result<(), UiError> {
    use domain::access::Action;
    use services::accounts::TokenEnding;

    use crate::{routes::to, server_fns::flash::refused};

    let (cx, actor) = super::open(&[Action::ManageTokens])?;
    let id = known(&id)?;
    let ended = services::accounts::end_token(&cx, &actor, &id.to_string(), TokenEnding::Revoke).await;
    match crate::server_fns::asked(ended) {
        Ok(()) => {
            leptos_axum::redirect(to::ADMIN_TOKENS);
            Ok(())
        }
        Err(error) => Err(refused(error, &to::token(id), Vec::new())),
    }
}

/// Asks for [`tokens`]; an empty `after` is the first page.
pub fn ask_tokens(q: &str, all: &str, sort: &str, after: &str) -> Ask<TokensPage> {
    let fields = [("q", q), ("all", all), ("sort", sort), ("after", after)];
    Ask::new("tokens", &fields, || tokens(q.to_owned(), all.to_owned(), sort.to_owned(), after.to_owned()))
}

/// Asks for [`token`].
pub fn ask_token(id: &str) -> Ask<TokenPage> {
    Ask::new("token", &[("id", id)], || token(id.to_owned()))
}

/// Asks for [`new_token`].
pub fn ask_new_token() -> Ask<NewTokenPage> {
    Ask::new("new_token", &[], new_token)
}

#[cfg(feature = "ssr")]
use server_side::{addresses, figure, hand_over, known, line, wrong};

#[cfg(feature = "ssr")]
mod server_side {
    use domain::actor::Actor;
    use protocol::{
        TokenId,
        access::{CreateToken, Role, Scope, Token},
    };
    use services::{
        Cx,
        accounts::{TokenState, state_of},
    };

    use super::{NewToken, Standing, TokenLine};
    use crate::{
        routes::to,
        server_fns::{UiError, fail, id_of},
    };

    pub(super) fn line(cx: &Cx, token: Token) -> TokenLine {
        let standing = match state_of(&token, cx.clock.now()) {
            TokenState::Active => Standing::Active,
            TokenState::Replaced => Standing::Replaced,
            TokenState::Expired => Standing::Expired,
            TokenState::Revoked => Standing::Revoked,
        };
        TokenLine { token, standing }
    }

    /// The id in an address; anything that is none names no token.
    pub(super) fn known(id: &str) -> Result<TokenId, UiError> {
        id_of(id, "There is no such token.")
    }

    pub(super) fn wrong(words: String) -> UiError {
        fail(UiError::new(400, words))
    }

    /// Leaves the secret for the token's page and goes there.
    pub(super) fn hand_over(cx: &Cx, actor: &Actor, token: Token) {
        if let (Actor::User { login, .. }, Some(secret)) = (actor, token.token) {
            cx.unseen_secrets.keep(*login, services::accounts::Unseen::Token(token.id), secret, cx.clock.now());
        }
        leptos_axum::redirect(&to::token(token.id));
    }

    /// Addresses as people write lists of them.
    pub(super) fn addresses(text: &str) -> Vec<String> {
        text.split([',', ';', '\n', ' ', '\t', '\r']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// A whole number, or nothing.
    pub(super) fn figure(what: &str, text: &str) -> Result<Option<u32>, String> {
        match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("{text:?} is no whole number: write {what} in digits.")),
        }
    }

    impl NewToken {
        pub(super) fn command(&self) -> Result<CreateToken, String> {
            let own = self.kind == "scopes";
            let scope = |name: &str| {
                Scope::parse(if name == "all" { "*" } else { name }).ok_or_else(|| format!("There is no scope {name:?}."))
            };
            let role = || Role::parse(&self.role).ok_or_else(|| "Choose a role.".to_owned());
            Ok(CreateToken {
                name: self.name.clone(),
                role: if own { None } else { Some(role()?) },
                scopes: if own { Some(self.scopes.keys().map(|name| scope(name)).collect::<Result<_, _>>()?) } else { None },
                expires_days: figure("the number of days", &self.expires_days)?,
                description: Some(self.description.clone()),
                allowed_ips: Some(addresses(&self.allowed_ips)),
                rate_limit: figure("the limit", &self.rate_limit)?,
                projects: None,
                teams: None,
            })
        }

        pub(super) fn typed(&self) -> Vec<(&str, &str)> {
            let mut typed = vec![
                ("name", self.name.as_str()),
                ("description", &self.description),
                ("kind", &self.kind),
                ("role", &self.role),
                ("expires_days", &self.expires_days),
                ("allowed_ips", &self.allowed_ips),
                ("rate_limit", &self.rate_limit),
            ];
            typed.extend(self.scopes.keys().map(|name| (name.as_str(), "on")));
            typed
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_form_becomes_a_token_of_a_role_or_of_its_own_scopes() {
            let form = NewToken {
                name: "ci".to_owned(),
                kind: "role".to_owned(),
                role: "viewer".to_owned(),
                scopes: [("all".to_owned(), "on".to_owned())].into(),
                allowed_ips: "10.0.0.0/8,\r\n 203.0.113.7\n".to_owned(),
                rate_limit: " 600 ".to_owned(),
                ..NewToken::default()
            };

            let of_role = form.command().unwrap();
            let own = NewToken { kind: "scopes".to_owned(), ..form.clone() }.command().unwrap();

            assert_eq!((of_role.role, of_role.scopes), (Some(Role::Viewer), None));
            assert_eq!((own.role, own.scopes), (None, Some(vec![Scope::All])));
            assert_eq!(own.allowed_ips.unwrap(), ["10.0.0.0/8", "203.0.113.7"]);
            assert_eq!((own.rate_limit, own.expires_days), (Some(600), None));
            assert!(NewToken { role: "king".to_owned(), ..form.clone() }.command().is_err());
            assert!(NewToken { expires_days: "soon".to_owned(), ..form }.command().unwrap_err().contains("soon"));
        }
    }
}
