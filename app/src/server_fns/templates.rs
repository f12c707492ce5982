//! Reusable specs.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::templates::{Template, TemplateBody};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask};

/// A template with what whoever asks can do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplatePage {
    pub body: TemplateBody,
    /// Whether they may make a project from it.
    pub may_write: bool,
}

/// All templates in the order in which people choose among them, or by their titles where `sort` asks for it.
#[server(name = ReadTemplates, prefix = "/ui", endpoint = "templates", input = GetUrl)]
pub async fn templates(#[server(default)] sort: String) -> Result<Vec<Template>, UiError> {
    use super::context;

    let (cx, actor) = context()?;
    let mut templates = all(&cx, &actor).await?;
    if let Some(sort) = super::order(&sort, domain::sort::TEMPLATES) {
        templates.sort_by_cached_key(|template| domain::sort::name_key(&template.title));
        if sort.descending {
            templates.reverse();
        }
    }
    Ok(templates)
}

/// One template with its text.
#[server(name = ReadTemplate, prefix = "/ui", endpoint = "template", input = GetUrl)]
pub async fn template(name: String) -> Result<TemplatePage, UiError> {
    use domain::access::{Action, may};

    use super::{asked, context};

    let (cx, actor) = context()?;
    let body = asked(services::templates::get(&cx, &actor, &name).await)?;
    Ok(TemplatePage { body, may_write: may(&actor, Action::WriteProject) })
}

/// Asks for [`templates`].
pub fn ask_templates(sort: &str) -> Ask<Vec<Template>> {
    Ask::new("templates", &[("sort", sort)], || templates(sort.to_owned()))
}

/// Asks for [`template`].
pub fn ask_template(name: &str) -> Ask<TemplatePage> {
    Ask::new("template", &[("name", name)], || template(name.to_owned()))
}

/// The first 200, which is more than there are, in the order in which people choose among them.
#[cfg(feature = "ssr")]
pub(super) async fn all(cx: &services::Cx, actor: &domain::actor::Actor) -> Result<Vec<Template>, UiError> {
    let query = protocol::page::PageQuery { after: None, limit: Some(200) };
    let mut templates = super::asked(services::templates::list(cx, actor, &query).await)?.templates;
    templates.sort_by_key(|template| domain::templates::place(&template.name));
    Ok(templates)
}
