//! Who is looking at the page.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::access::{Viewer, Warning, WayIn};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask};

/// The signed-in person, and what the shell around every page has to know about this server.
#[server(name = ReadViewer, prefix = "/ui", endpoint = "viewer", input = GetUrl)]
pub async fn viewer() -> Result<Viewer, UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let Some(viewer) = person(&cx, &actor) else {
        return Err(super::server_side::for_people());
    };
    let seq = asked(services::events::last_seq(&cx).await)?;
    Ok(Viewer { seq, ..viewer })
}

/// What the shell shows to `actor`, at no position of the event log; nothing to programs.
#[cfg(feature = "ssr")]
pub fn person(cx: &services::Cx, actor: &domain::actor::Actor) -> Option<Viewer> {
    use domain::{
        access::{Action, may},
        actor::Actor,
    };

    let Actor::User { id, name, email, role, .. } = actor else { return None };
    Some(Viewer {
        user_id: *id,
        email: email.clone(),
        name: name.clone(),
        role: *role,
        may_control: may(actor, Action::ControlRun),
        may_write: may(actor, Action::WriteProject),
        admin: super::admin::places(actor),
        warnings: warnings(cx),
        seq: 0,
        version: cx.settings.version.to_owned(),
    })
}

/// What every page says of this server as it is now.
#[cfg(feature = "ssr")]
pub fn warnings(cx: &services::Cx) -> Vec<Warning> {
    let all = [
        (Warning::SandboxOff, !cx.sandbox.isolates()),
        (Warning::DiskFull, cx.waits.for_room()),
        (Warning::DatabaseAway, cx.waits.for_answer()),
    ];
    all.into_iter().filter_map(|(warning, is_so)| is_so.then_some(warning)).collect()
}

/// The same, for pages around which there is no person.
#[cfg(feature = "ssr")]
pub fn warnings_here() -> Vec<Warning> {
    use_context::<services::Cx>().map(|cx| warnings(&cx)).unwrap_or_default()
}

/// The browser's half has no page that asks for it.
#[cfg(not(feature = "ssr"))]
pub fn warnings_here() -> Vec<Warning> {
    Vec::new()
}

/// Where people can sign in besides with a password; anybody may know.
#[server(name = ReadWaysIn, prefix = "/ui", endpoint = "ways-in", input = GetUrl)]
pub async fn ways_in() -> Result<Vec<WayIn>, UiError> {
    let cx = use_context::<services::Cx>();
    let cx = cx.ok_or_else(|| UiError::new(500, "This server is not set up for pages."))?;
    let way = |provider: &domain::sign_in::Provider| WayIn { id: provider.id.clone(), name: provider.name.clone() };
    Ok(cx.settings.providers.iter().map(way).collect())
}

/// How a link that makes the first account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetupLink {
    /// It makes the first account.
    Counts,
    /// Another one does, or none was brought.
    DoesNotCount,
    /// Somebody has an account.
    NotNeeded,
}

/// How the link with that secret stands; anybody may know, whose guess is as good as at the form itself.
#[server(name = ReadSetupLink, prefix = "/ui", endpoint = "setup_link", input = GetUrl)]
pub async fn setup_link(secret: String) -> Result<SetupLink, UiError> {
    use super::asked;

    let cx = use_context::<services::Cx>();
    let cx = cx.ok_or_else(|| UiError::new(500, "This server is not set up for pages."))?;
    if !asked(services::accounts::setup_needed(&cx).await)? {
        return Ok(SetupLink::NotNeeded);
    }
    let counts = asked(services::accounts::check_setup_token(&cx, &secret).await)?;
    Ok(if counts { SetupLink::Counts } else { SetupLink::DoesNotCount })
}

/// Asks for [`setup_link`]; an empty `secret` is that of no link.
pub fn ask_setup_link(secret: &str) -> Ask<SetupLink> {
    Ask::new("setup_link", &[("secret", secret)], || setup_link(secret.to_owned()))
}

/// Asks for [`ways_in`].
pub fn ask_ways_in() -> Ask<Vec<WayIn>> {
    Ask::new("ways-in", &[], ways_in)
}

/// Asks for [`viewer`].
pub fn ask_viewer() -> Ask<Viewer> {
    Ask::new("viewer", &[], viewer)
}
