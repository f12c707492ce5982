//! Projects, as people make them over the API.

use std::path::{Path, PathBuf};

use protocol::{
    ProjectId,
    projects::{Project, ProjectStatus},
    runs::Started,
};
use serde_json::{Map, Value, json};

use crate::{Actor, Answer, RunHandle, command, eventually};

/// A project to be.
#[derive(Debug)]
pub struct NewProject<'a> {
    actor: &'a Actor<'a>,
    body: Map<String, Value>,
}

impl<'a> NewProject<'a> {
    pub(crate) fn new(actor: &'a Actor<'a>) -> Self {
        Self { actor, body: Map::from_iter([("name".to_owned(), json!("Greeter"))]) }
    }

    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.with("name", json!(name))
    }

    #[must_use]
    pub fn with_spec(self, spec: &str) -> Self {
        self.with("prd_text", json!(spec))
    }

    #[must_use]
    pub fn from_template(self, template: &str) -> Self {
        self.with("template", json!(template))
    }

    #[must_use]
    pub fn in_folder(self, folder: &Path) -> Self {
        self.with("path", json!(folder))
    }

    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.body.insert(field.to_owned(), value);
        self
    }

    /// Makes it and waits until its repository is there.
    pub async fn create(self) -> ProjectHandle<'a> {
        let actor = self.actor;
        let project = self.prepared().await;
        assert_eq!(project.status, ProjectStatus::Ready, "{:?}", project.problem);
        ProjectHandle { actor, project }
    }

    /// Makes it and waits until it is said why there is no repository.
    pub async fn create_in_vain(self) -> String {
        let project = self.prepared().await;
        assert_eq!(project.status, ProjectStatus::Failed);
        project.problem.unwrap_or_default()
    }

    async fn prepared(self) -> Project {
        let project: Project = self.actor.post("/api/projects", &self.body).await.expect(201).json();
        eventually("the project is prepared", async || {
            let project = self.actor.reads_project(project.id).await;
            (project.status != ProjectStatus::Preparing).then_some(project)
        })
        .await
    }
}

/// A project that is there.
#[derive(Clone, Debug)]
pub struct ProjectHandle<'a> {
    pub actor: &'a Actor<'a>,
    pub project: Project,
}

impl<'a> ProjectHandle<'a> {
    pub fn id(&self) -> ProjectId {
        self.project.id
    }

    /// Its repository's folder.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(&self.project.path)
    }

    /// What git prints in the repository.
    pub fn git(&self, arguments: &[&str]) -> String {
        command::git(&self.path(), arguments)
    }

    /// Subjects of the commits on the branch, newest first.
    pub fn subjects(&self) -> Vec<String> {
        self.git(&["log", "--format=%s", "main"]).lines().map(str::to_owned).collect()
    }

    /// Every path that a commit of any branch holds.
    pub fn committed_paths(&self) -> Vec<String> {
        self.git(&["log", "--all", "--name-only", "--format="]).lines().map(str::to_owned).collect()
    }

    /// The body of a start with the demo agent, without a spec of its own.
    pub fn start_body(&self) -> Map<String, Value> {
        Map::from_iter([("project_id".to_owned(), json!(self.id())), ("provider".to_owned(), json!("demo"))])
    }

    /// Starts a run on the project's own spec.
    pub async fn starts_run(&self) -> RunHandle<'a> {
        self.starts_with(json!({})).await
    }

    /// Starts a run with more fields, like `limits`.
    pub async fn starts_with(&self, more: Value) -> RunHandle<'a> {
        let started: Started = self.asks_to_start(more).await.expect(202).json();
        assert_eq!(started.run_id, started.session_id);
        assert_eq!(started.status_url, format!("/api/v2/runs/{}", started.run_id));
        RunHandle { actor: self.actor, id: started.run_id }
    }

    pub async fn asks_to_start(&self, more: Value) -> Answer {
        let mut body = self.start_body();
        body.extend(more.as_object().cloned().unwrap_or_default());
        self.actor.post("/api/control/start", &body).await
    }
}
