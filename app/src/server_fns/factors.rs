//! Second factors of whoever is signed in. Recovery codes are shown on a page of their own, once: they go there in the cookie
//! of refused forms, so that it works without script as well.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::factors::{FactorList, FactorSetUp, PasskeySetUp};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask, flash::Flash};

/// Everything that the page of second factors shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorsPage {
    pub list: FactorList,
    /// An app that is being set up.
    pub set_up: Option<FactorSetUp>,
    /// Whether there is a password to prove oneself with.
    pub has_password: bool,
    /// Why no passkey can be added on this page, if so.
    pub no_passkeys: Option<String>,
    pub flash: Flash,
}

/// The factors of whoever asks.
#[server(name = ReadFactors, prefix = "/ui", endpoint = "factors", input = GetUrl)]
pub async fn factors() -> Result<FactorsPage, UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    Ok(FactorsPage {
        list: asked(services::accounts::list_factors(&cx, &actor).await)?,
        set_up: asked(services::accounts::factor_set_up(&cx, &actor).await)?,
        has_password: asked(services::accounts::has_password(&cx, &actor).await)?,
        no_passkeys: cx.passkeys.at(&super::server_side::host()).err(),
        flash: super::flash::take(),
    })
}

/// Recovery codes that were made just now; none when they were shown already.
#[server(name = ReadRecoveryCodes, prefix = "/ui", endpoint = "recovery_codes", input = GetUrl)]
pub async fn recovery_codes() -> Result<Vec<String>, UiError> {
    use domain::actor::Actor;
    use services::accounts::Unseen;

    let (cx, actor) = super::context()?;
    let codes = match actor {
        Actor::User { login, .. } => cx.unseen_secrets.take(login, Unseen::RecoveryCodes, cx.clock.now()),
        Actor::Token { .. } | Actor::Automation => None,
    };
    Ok(codes.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}

/// Begins to set up an authenticator app.
#[server(prefix = "/ui", endpoint = "begin_factor")]
pub async fn begin_factor(name: String, #[server(default)] proof: String) -> Result<(), UiError> {
    use protocol::factors::{BeginFactor, FactorKind};

    use super::{asked, context};

    let (cx, actor) = context()?;
    let command = BeginFactor { kind: FactorKind::Totp, name: Some(name.clone()), proof: Some(proof) };
    let begun = asked(services::accounts::begin_factor(&cx, &actor, command).await);
    done(begun.map(|_| ()), &[("form", "begin"), ("name", &name)])
}

/// Makes the app count; with the first one come recovery codes.
#[server(prefix = "/ui", endpoint = "confirm_factor")]
pub async fn confirm_factor(id: String, code: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let confirmed = asked(services::accounts::confirm_factor(&cx, &actor, known(&id)?, &code).await);
    shown_or_done(&cx, &actor, confirmed, "confirm")
}

/// Begins to add a passkey; the page's script asks the browser for it.
#[server(prefix = "/ui", endpoint = "begin_passkey")]
pub async fn begin_passkey(name: String, #[server(default)] proof: String) -> Result<PasskeySetUp, UiError> {
    use protocol::factors::BeginPasskey;

    use super::{asked, context};

    let (cx, actor) = context()?;
    let command = BeginPasskey { name: Some(name), proof: Some(proof) };
    asked(services::accounts::begin_passkey(&cx, &actor, command).await)
}

/// Makes the passkey count by what the browser answered; with the first factor come recovery codes.
#[server(prefix = "/ui", endpoint = "confirm_passkey")]
pub async fn confirm_passkey(id: String, credential: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let answer = serde_json::from_str(&credential).unwrap_or_default();
    let confirmed = asked(services::accounts::confirm_passkey(&cx, &actor, known(&id)?, &answer).await);
    shown_or_done(&cx, &actor, confirmed, "passkey")
}

/// Takes a factor away.
#[server(prefix = "/ui", endpoint = "remove_factor")]
pub async fn remove_factor(id: String, proof: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let removed = asked(services::accounts::remove_factor(&cx, &actor, known(&id)?, &proof).await);
    done(removed, &[("form", &id)])
}

/// Makes new recovery codes in place of the old ones.
#[server(prefix = "/ui", endpoint = "replace_recovery_codes")]
pub async fn replace_recovery_codes(proof: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    match asked(services::accounts::replace_recovery_codes(&cx, &actor, &proof).await) {
        Ok(codes) => {
            show(&cx, &actor, &codes.recovery_codes);
            Ok(())
        }
        Err(error) => done(Err(error), &[("form", "codes")]),
    }
}

/// Asks for [`factors`].
pub fn ask_factors() -> Ask<FactorsPage> {
    Ask::new("factors", &[], factors)
}

/// Asks for [`recovery_codes`].
pub fn ask_recovery_codes() -> Ask<Vec<String>> {
    Ask::new("recovery_codes", &[], recovery_codes)
}

/// Back to the page, with what went wrong.
#[cfg(feature = "ssr")]
fn done(result: Result<(), UiError>, typed: &[(&str, &str)]) -> Result<(), UiError> {
    use crate::routes::to;

    match result {
        Ok(()) => {
            leptos_axum::redirect(to::FACTORS);
            Ok(())
        }
        Err(error) => Err(super::flash::refused(error, to::FACTORS, typed.to_vec())),
    }
}

/// On to the recovery codes, if there are some, or back to the page, where `form` shows what went wrong.
#[cfg(feature = "ssr")]
fn shown_or_done(
    cx: &services::Cx,
    actor: &domain::actor::Actor,
    confirmed: Result<protocol::factors::ConfirmedFactor, UiError>,
    form: &str,
) -> Result<(), UiError> {
    match confirmed {
        Ok(confirmed) if !confirmed.recovery_codes.is_empty() => {
            show(cx, actor, &confirmed.recovery_codes);
            Ok(())
        }
        confirmed => done(confirmed.map(|_| ()), &[("form", form)]),
    }
}

#[cfg(feature = "ssr")]
fn show(cx: &services::Cx, actor: &domain::actor::Actor, codes: &[String]) {
    if let domain::actor::Actor::User { login, .. } = actor {
        cx.unseen_secrets.keep(*login, services::accounts::Unseen::RecoveryCodes, codes.join(" "), cx.clock.now());
    }
    leptos_axum::redirect(crate::routes::to::RECOVERY_CODES);
}

#[cfg(feature = "ssr")]
fn known(id: &str) -> Result<protocol::FactorId, UiError> {
    super::id_of(id, "There is no such factor.")
}
