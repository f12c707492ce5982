//! Templates: those that come with loki, and those that a project's repository shares with its team.

use std::{collections::BTreeMap, path::Path};

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
/// Faulty ones that are told of at once.
const MOST_FAULTS: usize = 3;
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
    let mut rest: Vec<_> = own.bodies.iter().chain(templates::all()).map(|body| body.template.clone()).collect();
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
    own.find(name).cloned().map_err(Error::NotFound)
}

/// The templates of a repository.
#[derive(Debug, Default)]
pub(crate) struct Own {
    bodies: Vec<TemplateBody>,
    /// Files that are none, and why.
    faults: Vec<String>,
}

impl Own {
    /// The template of that name, or ours. That there is none is told together with the files that could have been it.
    pub(crate) fn find(&self, name: &str) -> Result<&TemplateBody, String> {
        templates::find_in(name, &self.bodies).map_err(|error| {
            let faults = self.faults.iter().take(MOST_FAULTS).map(String::as_str);
            std::iter::once(error.to_string().as_str()).chain(faults).collect::<Vec<_>>().join(". ")
        })
    }
}

/// A template's text with those values. A project is called as it is called, unless they say otherwise.
pub(crate) fn render(body: &TemplateBody, project_name: &str, mut values: BTreeMap<String, String>) -> Result<String, Error> {
    if body.template.variables.iter().any(|variable| variable.name == "project_name") {
        values.entry("project_name".to_owned()).or_insert_with(|| project_name.to_owned());
    }
    templates::render(body, &values).map_err(|error| Error::Invalid(error.to_string()))
}

async fn own_of(cx: &Cx, actor: &Actor, project: Option<ProjectId>) -> Result<Own, Error> {
    match project {
        Some(id) => own(cx, &projects::get(cx, actor, id).await?).await,
        None => Ok(Own::default()),
    }
}

/// The templates on the project's branch.
pub(crate) async fn own(cx: &Cx, project: &Project) -> Result<Own, Error> {
    let Some(branch) = project.branch.as_deref() else { return Ok(Own::default()) };
    let repository = Path::new(&project.path);
    let files = cx.vcs.files(repository, branch, MOST_FILES).await?;
    let is_template = |path: &&String| path.strip_prefix(FOLDER).is_some_and(|name| name.ends_with(".md") && !name.contains('/'));
    let mut own = Own::default();
    for path in files.iter().filter(is_template).take(MOST) {
        let Some(text) = cx.vcs.read(repository, branch, path, MAX_BYTES).await? else { continue };
        match templates::parse(&text) {
            Ok(body) => own.bodies.push(body),
            Err(error) => own.faults.push(format!("{path} cannot be used: {error}")),
        }
    }
    Ok(own)
}
