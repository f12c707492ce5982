//! Reading projects.

use domain::{
    access::{self, Action},
    actor::Actor,
    reach::require_somewhere,
    sort::Sort,
};
use protocol::{
    ProjectId,
    page::PageQuery,
    projects::{Project, ProjectRow},
};
use store::ProjectPage;

use crate::{
    Cx, Error,
    page::{self, Page},
};

/// The project of that id.
pub async fn get(cx: &Cx, actor: &Actor, id: ProjectId) -> Result<Project, Error> {
    require_somewhere(actor, Action::ReadProjects)?;
    let tx = cx.store.read().await?;
    super::load(&tx, actor, id, Action::ReadProjects).await
}

/// Projects that the actor may know, with their newest runs; without `sort`, newest project first.
pub async fn list(cx: &Cx, actor: &Actor, sort: Option<Sort>, query: &PageQuery) -> Result<Page<ProjectRow>, Error> {
    access::require(actor, Action::ReadProjects)?;
    let limit = page::limit(query)?;
    let order = page::order(query, sort)?;
    let tx = &cx.store.read().await?;
    let wanted = ProjectPage { visible: actor.reach().visible(), order: order.clone(), limit: u64::from(limit) + 1 };
    let key = |id, sort| async move { tx.projects().sorted_by(id, sort).await };
    let page = page::cut_in_order(tx.projects().list(wanted).await?, limit, &order, |project: &Project| project.id, key).await?;
    let ids: Vec<ProjectId> = page.items.iter().map(|project| project.id).collect();
    let mut newest = tx.runs().newest_of(&ids).await?;
    Ok(page.map(|project| {
        let last = newest.remove(&project.id);
        // Runs are numbered from 1 and never removed alone, so the newest one's number is their count.
        ProjectRow { runs: last.as_ref().map_or(0, |run| run.number), last_run: last.map(|run| run.view()), project }
    }))
}
