//! Templates: those that come with loki, and those that a project's repository shares with its team.

use std::path::Path;

use domain::{
    access::{self, Action},
    actor::Actor,
    templates,
};
use protocol::{
    ProjectId,
    page::PageQuery,
    projects::Project,
    templates::{TemplateBody, TemplateList},
};

use crate::{Cx, Error, page, projects};

/// Where a repository keeps its own templates, one Markdown file each.
pub const FOLDER: &str = ".loki/templates/";
/// Templates of one repository that are read.
const MOST: usize = 100;
/// Paths of a repository among which they are looked for.
const MOST_FILES: usize = 50_000;
/// The longest file that is read, in bytes; a longer one is no template.
const MAX_BYTES: usize = 262_144;

/// All templates that come with loki, by name.
pub async fn list(cx: &Cx, actor: &Actor, query: &PageQuery) -> Result<TemplateList, Error> {
    list_of(cx, actor, None, query).await
}

/// The templates that a project can use, by name: its own come before ours of the same name.
pub async fn list_of(cx: &Cx, actor: &Actor, project: Option<ProjectId>, query: &PageQuery) -> Result<TemplateList, Error> {
    access::require(actor, Action::ReadTemplates)?;
    let limit = page::limit(query)?;
    let own = own_of(cx, actor, project).await?;
    let mut rest: Vec<_> = own.iter().chain(templates::all()).map(|body| body.template.clone()).collect();
    // The sort keeps the order of equals, so that of two with one name the project's stays.
    rest.sort_by(|a, b| a.name.cmp(&b.name));
    rest.dedup_by(|later, kept| later.name == kept.name);
    rest.retain(|template| query.after.as_ref().is_none_or(|after| template.name > *after));
    let page = page::cut(rest, limit, |template| template.name.clone());
    Ok(TemplateList { templates: page.items, next: page.next })
}

/// The template of that name that comes with loki.
pub async fn get(cx: &Cx, actor: &Actor, name: &str) -> Result<TemplateBody, Error> {
    get_of(cx, actor, None, name).await
}

/// The template of that name that a project can use.
pub async fn get_of(cx: &Cx, actor: &Actor, project: Option<ProjectId>, name: &str) -> Result<TemplateBody, Error> {
    access::require(actor, Action::ReadTemplates)?;
    let own = own_of(cx, actor, project).await?;
    templates::find_in(name, &own).cloned().map_err(|error| Error::NotFound(error.to_string()))
}

async fn own_of(cx: &Cx, actor: &Actor, project: Option<ProjectId>) -> Result<Vec<TemplateBody>, Error> {
    match project {
        Some(id) => own(cx, &projects::get(cx, actor, id).await?).await,
        None => Ok(Vec::new()),
    }
}

/// The templates on the project's branch. One that cannot be read is passed over, and the log says why.
pub(crate) async fn own(cx: &Cx, project: &Project) -> Result<Vec<TemplateBody>, Error> {
    let Some(branch) = project.branch.as_deref() else { return Ok(Vec::new()) };
    let repository = Path::new(&project.path);
    let files = cx.vcs.files(repository, branch, MOST_FILES).await?;
    let is_template = |path: &&String| path.strip_prefix(FOLDER).is_some_and(|name| name.ends_with(".md") && !name.contains('/'));
    let mut bodies = Vec::new();
    for path in files.iter().filter(is_template).take(MOST) {
        let Some(text) = cx.vcs.read(repository, branch, path, MAX_BYTES).await? else { continue };
        match templates::parse(&text) {
            Ok(body) => bodies.push(body),
            Err(error) => tracing::warn!(project = %project.id, path, %error, "a template of a repository cannot be used"),
        }
    }
    Ok(bodies)
}
