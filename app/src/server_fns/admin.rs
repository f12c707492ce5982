//! The admin section: which of its pages are whose, and what the ones about this server show.

pub mod audit;
pub mod tokens;

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::server::{LimitsInForce, RoleLine, Setting, SignInProviders};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask, flash::Flash};

/// A page of the section with what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminPage {
    pub href: String,
    pub about: String,
}

#[cfg(feature = "ssr")]
pub(super) use places::{open, places};

#[cfg(feature = "ssr")]
mod places {
    use domain::{
        access::{Action, may},
        actor::Actor,
    };
    use services::Cx;

    use super::AdminPage;
    use crate::{
        routes::to,
        server_fns::{UiError, context, server_side::hide},
    };

    /// Address, what it is for, and the actions of which one opens it. A page of the section is a line here and one in
    /// `pages::admin`; the last part of its address is its name.
    type Page = (&'static str, &'static str, &'static [Action]);

    const PAGES: &[Page] = &[
        (to::USERS, "Who is here, in which role, and who may come.", &[Action::ManageUsers]),
        (to::ADMIN_TOKENS, "What programs sign in with: made, replaced and revoked.", &[Action::ManageTokens]),
        (to::ADMIN_SECRETS, "What processes of all projects are given, and nobody is shown.", &[Action::ManageAllSecrets]),
        (to::ADMIN_AUDIT, "Who did what and when, in a chain that can be verified.", &[Action::ReadAudit]),
        (to::ADMIN_ROLES, "What each role may do.", &[Action::ReadSettings, Action::ReadAudit]),
        (to::ADMIN_PROVIDERS, "Where people sign in besides with a password.", &[Action::ReadSettings]),
        (to::ADMIN_LIMITS, "How often people and programs may ask.", &[Action::ReadSettings]),
        (to::ADMIN_SETTINGS, "How this server is set up.", &[Action::ReadSettings]),
    ];

    fn open_to(actor: &Actor) -> impl Iterator<Item = &'static Page> {
        PAGES.iter().filter(|(_, _, actions)| actions.iter().any(|action| may(actor, *action)))
    }

    /// The addresses of pages that are open to somebody, for the shell.
    pub(in crate::server_fns) fn places(actor: &Actor) -> Vec<String> {
        open_to(actor).map(|(href, _, _)| (*href).to_owned()).collect()
    }

    /// The same with what they are for.
    pub(super) fn pages(actor: &Actor) -> Vec<AdminPage> {
        open_to(actor).map(|(href, about, _)| AdminPage { href: (*href).to_owned(), about: (*about).to_owned() }).collect()
    }

    /// The actions of which one opens the section.
    pub(super) fn opening() -> Vec<Action> {
        PAGES.iter().flat_map(|(_, _, actions)| actions.iter().copied()).collect()
    }

    /// The context for whoever may do one of the actions. For others there is no such page, and the audit trail says who asked.
    pub(in crate::server_fns) fn open(actions: &[Action]) -> Result<(Cx, Actor), UiError> {
        let (cx, actor) = context()?;
        if actions.iter().any(|action| may(&actor, *action)) {
            return Ok((cx, actor));
        }
        Err(hide(UiError::new(404, "There is no page at this address. It may have been moved or deleted.")))
    }
}

/// The pages of the section that are open to whoever asks.
#[server(name = ReadAdminPages, prefix = "/ui", endpoint = "admin_pages", input = GetUrl)]
pub async fn admin_pages() -> Result<Vec<AdminPage>, UiError> {
    let (_, actor) = open(&places::opening())?;
    Ok(places::pages(&actor))
}

/// Asks for [`admin_pages`].
pub fn ask_admin_pages() -> Ask<Vec<AdminPage>> {
    Ask::new("admin_pages", &[], admin_pages)
}

/// Every action with who may do it.
#[server(name = ReadRoles, prefix = "/ui", endpoint = "admin_roles", input = GetUrl)]
pub async fn roles() -> Result<Vec<RoleLine>, UiError> {
    use domain::access::{Action, table};

    open(&[Action::ReadSettings, Action::ReadAudit])?;
    let line = |line: table::Line| RoleLine {
        action: line.words.to_owned(),
        scope: line.scope.as_str().to_owned(),
        may: line.may.to_vec(),
    };
    Ok(table::lines().into_iter().map(line).collect())
}

/// Asks for [`roles`].
pub fn ask_roles() -> Ask<Vec<RoleLine>> {
    Ask::new("admin_roles", &[], roles)
}

/// Where people can sign in besides with a password.
#[server(name = ReadProviders, prefix = "/ui", endpoint = "sign_in_providers", input = GetUrl)]
pub async fn sign_in_providers() -> Result<SignInProviders, UiError> {
    use domain::access::Action;

    let (cx, actor) = open(&[Action::ReadSettings])?;
    super::asked(services::server::providers(&cx, &actor))
}

/// Asks for [`sign_in_providers`].
pub fn ask_sign_in_providers() -> Ask<SignInProviders> {
    Ask::new("sign_in_providers", &[], sign_in_providers)
}

/// Asks a provider now whether it is there and knows this server.
#[server(prefix = "/ui", endpoint = "check_provider")]
pub async fn check_provider(id: String) -> Result<(), UiError> {
    use domain::access::Action;

    use crate::routes::to;

    let (cx, actor) = open(&[Action::ReadSettings])?;
    super::asked(services::server::check_provider(&cx, &actor, &id).await)?;
    leptos_axum::redirect(&format!("{}?checked={}", to::ADMIN_PROVIDERS, to::segment(&id)));
    Ok(())
}

/// How often people and programs may ask.
#[server(name = ReadLimits, prefix = "/ui", endpoint = "admin_limits", input = GetUrl)]
pub async fn limits() -> Result<LimitsInForce, UiError> {
    use domain::access::Action;

    let (cx, actor) = open(&[Action::ReadSettings])?;
    super::asked(services::server::limits(&cx, &actor).await)
}

/// Asks for [`limits`].
pub fn ask_limits() -> Ask<LimitsInForce> {
    Ask::new("admin_limits", &[], limits)
}

/// How this server is set up, line by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsView {
    pub settings: Vec<Setting>,
    /// Whether it sends mail.
    pub mails: bool,
    pub flash: Flash,
}

/// How this server is set up.
#[server(name = ReadSettings, prefix = "/ui", endpoint = "admin_settings", input = GetUrl)]
pub async fn settings() -> Result<SettingsView, UiError> {
    use domain::access::Action;

    let (cx, actor) = open(&[Action::ReadSettings])?;
    let settings = super::asked(services::server::settings(&cx, &actor).await)?;
    Ok(SettingsView { settings, mails: services::mail::is_set_up(&cx), flash: super::flash::take() })
}

/// Sends a mail to whoever asks, at once. How that went stands among the settings.
#[server(prefix = "/ui", endpoint = "send_test_mail")]
pub async fn send_test_mail() -> Result<(), UiError> {
    use domain::access::Action;

    use super::{asked, fail, flash::refused};
    use crate::routes::to;

    let (cx, actor) = open(&[Action::ReadSettings])?;
    let sent = match services::mail::try_out(&cx, &actor).await {
        Err(services::Error::TooMany { retry_after_seconds: seconds }) => {
            let words = format!("A test mail has just been sent. The next one can go in {seconds} s.");
            Err(fail(UiError::new(429, words)))
        }
        other => asked(other),
    };
    match sent {
        Ok(_) => {
            leptos_axum::redirect(to::ADMIN_SETTINGS);
            Ok(())
        }
        Err(error) => Err(refused(error, to::ADMIN_SETTINGS, Vec::new())),
    }
}

/// Asks for [`settings`].
pub fn ask_settings() -> Ask<SettingsView> {
    Ask::new("admin_settings", &[], settings)
}
