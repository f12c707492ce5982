//! The templates that come with loki.

use domain::{
    access::{self, Action},
    actor::Actor,
    templates,
};
use protocol::{
    page::PageQuery,
    templates::{TemplateBody, TemplateList},
};

use crate::{Cx, Error, page};

/// All templates, by name.
#[expect(clippy::unused_async, reason = "asked like every other use case; a project's own templates will come from git")]
pub async fn list(_cx: &Cx, actor: &Actor, query: &PageQuery) -> Result<TemplateList, Error> {
    access::require(actor, Action::ReadTemplates)?;
    let limit = page::limit(query)?;
    let mut rest = templates::all()
        .iter()
        .map(|body| body.template.clone())
        .filter(|template| query.after.as_ref().is_none_or(|after| template.name > *after))
        .collect::<Vec<_>>();
    rest.sort_by(|a, b| a.name.cmp(&b.name));
    let page = page::cut(rest, limit, |template| template.name.clone());
    Ok(TemplateList { templates: page.items, next: page.next })
}

/// The template of that name.
#[expect(clippy::unused_async, reason = "asked like every other use case; a project's own templates will come from git")]
pub async fn get(_cx: &Cx, actor: &Actor, name: &str) -> Result<TemplateBody, Error> {
    access::require(actor, Action::ReadTemplates)?;
    templates::find(name).cloned().map_err(|error| Error::NotFound(error.to_string()))
}
