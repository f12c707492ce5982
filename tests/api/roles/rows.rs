//! What a row of the matrix holds: a route, what a caller needs there, and what each kind of caller is answered.
//!
//! A new route gets a line in `rest.rs`, `pages.rs` or `functions.rs`, with the action that its use case asks for:
//!
//! ```ignore
//! get("/api/v2/teams/{id}", ReadTeams, 404),
//! post("/api/v2/teams", ManageTeams, 201).with(r#"{"name": "Tried by a role"}"#),
//! ```
//!
//! The figure is the answer to whoever may. An id in the path stands for nothing that is there, so that nothing changes while
//! all roles try; `at` gives another address, `refused` another answer to whoever may not. `projects.rs` puts the ids of a project
//! and a run that are there into the same lines, and asks as people with roles in teams and on shared projects.

use domain::access::{Action, Scope};
use protocol::access::Role;

/// Names nothing.
pub(super) const UNKNOWN: &str = "0198c000-0000-7000-8000-000000000000";

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing at all: anybody is answered.
    Nothing,
    /// To be signed in, whatever the role.
    Login,
    /// An API token, whatever its role; a person in a browser may not.
    Token,
    Action(Action),
    Scope(Scope),
}

impl From<Action> for Needs {
    fn from(action: Action) -> Self {
        Self::Action(action)
    }
}

impl From<Scope> for Needs {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

impl Needs {
    /// The scope that it takes; none where every role will do.
    pub(super) fn scope(self) -> Option<Scope> {
        match self {
            Self::Nothing | Self::Login | Self::Token => None,
            Self::Action(action) => Some(action.scope()),
            Self::Scope(scope) => Some(scope),
        }
    }

    /// Which roles have it: written down once more, so that a slip in the policy does not pass for the policy.
    pub(super) fn has(self, role: Role) -> bool {
        match self.scope() {
            None | Some(Scope::Read) => true,
            Some(Scope::Write | Scope::Control) => matches!(role, Role::Admin | Role::Operator),
            Some(Scope::Audit) => matches!(role, Role::Admin | Role::Auditor),
            Some(Scope::Admin | Scope::All) => role == Role::Admin,
        }
    }

    /// Whether it is asked for with one project or run in hand, wherever there is an id.
    fn is_of_a_project(self) -> bool {
        use Action::{ControlRun, DeleteProject, ReadProjects, ReadRuns, ShareProject, StartRun, WriteProject};

        let Self::Action(action) = self else { return false };
        matches!(action, ReadProjects | WriteProject | DeleteProject | ShareProject | ReadRuns | StartRun | ControlRun)
    }
}

/// What an id stands for, as far as roles in teams and on projects decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Project,
    Run,
}

/// What kind of client a route is for; it decides the shape of the request and of the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// JSON in and out.
    Programs,
    /// A page or form of a browser: who is not signed in is led to where that can be done.
    People,
    /// What the browser's half of the interface asks.
    Interface,
    /// An upgrade to a WebSocket.
    Sockets,
}

/// A line of the matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) method: &'static str,
    /// As the router writes it.
    pub(super) path: &'static str,
    pub(super) client: For,
    pub(super) needs: Needs,
    /// The answer to whoever has it.
    pub(super) allowed: u16,
    /// The answer to who is known and does not have it.
    pub(super) refused: u16,
    /// The answer to who is not known.
    pub(super) unknown: u16,
    /// The answer to a token, where it is another one than that to a person.
    pub(super) token: Option<u16>,
    body: &'static str,
    address: Option<&'static str>,
}

fn row(method: &'static str, path: &'static str, client: For, needs: Needs, allowed: u16) -> Row {
    let unknown = match (needs, client) {
        (Needs::Nothing, _) => allowed,
        (_, For::People) => 303,
        (_, For::Programs | For::Interface | For::Sockets) => 401,
    };
    Row { method, path, client, needs, allowed, refused: 403, unknown, token: None, body: "", address: None }
}

/// A route of the REST API that reads.
pub(super) fn get(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("get", path, For::Programs, needs.into(), allowed)
}

/// A route of the REST API that makes or starts something.
pub(super) fn post(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("post", path, For::Programs, needs.into(), allowed).with("{}")
}

/// A route of the REST API that changes something.
pub(super) fn put(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("put", path, For::Programs, needs.into(), allowed).with("{}")
}

/// A route of the REST API that removes something.
pub(super) fn delete(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("delete", path, For::Programs, needs.into(), allowed)
}

/// A socket, asked for as one.
pub(super) fn socket(path: &'static str, needs: impl Into<Needs>) -> Row {
    row("get", path, For::Sockets, needs.into(), 101)
}

/// A page.
pub(super) fn page(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("get", path, For::People, needs.into(), allowed)
}

/// A form of a page.
pub(super) fn form(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("post", path, For::People, needs.into(), allowed)
}

/// A server function that reads; its query comes with `at`.
pub(super) fn reads(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("get", path, For::Interface, needs.into(), allowed)
}

/// A server function that does something; its fields come with `with`, as a form sends them.
pub(super) fn does(path: &'static str, needs: impl Into<Needs>, allowed: u16) -> Row {
    row("post", path, For::Interface, needs.into(), allowed)
}

impl Row {
    /// Whether browsers alone are answered there, and no token is looked at.
    pub(super) fn is_for_browsers(&self) -> bool {
        matches!(self.client, For::People | For::Interface) && self.path != "/openapi.json"
    }

    /// What is sent: JSON to the API, a form elsewhere. `ID` in it names nothing.
    pub(super) fn with(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    /// The address that is asked, where the path with an unknown id is not enough. `ID` in it names nothing.
    pub(super) fn at(self, address: &'static str) -> Self {
        Self { address: Some(address), ..self }
    }

    /// The answer to who is known and may not, where it is not 403.
    pub(super) fn refused(self, status: u16) -> Self {
        Self { refused: status, ..self }
    }

    /// The answer to who is not known, where the page says something else than to sign in.
    pub(super) fn unknown(self, status: u16) -> Self {
        Self { unknown: status, ..self }
    }

    /// The answer to a token, where the page is for people alone.
    pub(super) fn token(self, status: u16) -> Self {
        Self { token: Some(status), ..self }
    }

    /// Where it is asked about the thing of that id. Whatever else the path names is not there.
    pub(super) fn address(&self, id: &str) -> String {
        let part = |part: &str| match part {
            "{id}" | ":id" => id.to_owned(),
            other if other.starts_with(['{', ':', '*']) => UNKNOWN.to_owned(),
            plain => plain.to_owned(),
        };
        match self.address {
            Some(address) => address.replace("ID", id),
            None => self.path.split('/').map(part).collect::<Vec<_>>().join("/"),
        }
    }

    /// What is sent there about the thing of that id.
    pub(super) fn body(&self, id: &str) -> String {
        self.body.replace("ID", id)
    }

    /// What its id stands for; nothing where there is none, or it is that of something else than a project or run.
    pub(super) fn names(&self) -> Option<Thing> {
        let asked = format!("{} {}", self.address("ID"), self.body);
        if !asked.contains("ID") {
            return None;
        }
        let says = |words: [&str; 2]| words.iter().any(|word| asked.contains(word));
        // A run is started with the id of its project.
        let thing = if says(["project", "shar"]) {
            Some(Thing::Project)
        } else if says(["run", "session_id"]) {
            Some(Thing::Run)
        } else {
            None
        };
        assert!(thing.is_some() || !self.needs.is_of_a_project(), "{} {}: what does its id stand for?", self.method, self.path);
        thing
    }
}
