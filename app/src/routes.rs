//! The site map: which path shows which page, and typed links to them.

pub mod parts;

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route},
    path,
};

use self::parts::{Account, Admin, Form, Page, People};
use crate::pages::{home, not_found, projects, runs};

/// The page that the address names. Answers are complete HTML, in order.
pub fn pages() -> AnyView {
    let mode = SsrMode::Async;
    view! {
        <FlatRoutes fallback=not_found::page>
            <Route path=path!("/") view=Page::Here(home::page) ssr=mode.clone()/>
            <Route path=path!("/projects") view=Page::Here(projects::page) ssr=mode.clone()/>
            <Route path=path!("/projects/new") view=Page::Form(Form::NewProject) ssr=mode.clone()/>
            <Route path=path!("/projects/:id") view=Page::Form(Form::Project) ssr=mode.clone()/>
            <Route path=path!("/projects/:id/secrets") view=Page::Form(Form::Secrets) ssr=mode.clone()/>
            <Route path=path!("/projects/:id/sharing") view=Page::People(People::Sharing) ssr=mode.clone()/>
            <Route path=path!("/projects/:id/audit") view=Page::Admin(Admin::Audit) ssr=mode.clone()/>
            <Route path=path!("/admin/secrets") view=Page::Form(Form::Secrets) ssr=mode.clone()/>
            <Route path=path!("/teams") view=Page::People(People::Teams) ssr=mode.clone()/>
            <Route path=path!("/teams/:id") view=Page::People(People::Team) ssr=mode.clone()/>
            <Route path=path!("/teams/:id/secrets") view=Page::Form(Form::Secrets) ssr=mode.clone()/>
            <Route path=path!("/teams/:id/audit") view=Page::Admin(Admin::Audit) ssr=mode.clone()/>
            <Route path=path!("/runs") view=Page::Here(runs::page) ssr=mode.clone()/>
            <Route path=path!("/runs/:id") view=Page::Run ssr=mode.clone()/>
            <Route path=path!("/templates") view=Page::Form(Form::Templates) ssr=mode.clone()/>
            <Route path=path!("/templates/:name") view=Page::Form(Form::Template) ssr=mode.clone()/>
            <Route path=path!("/profile") view=Page::Account(Account::Profile) ssr=mode.clone()/>
            <Route path=path!("/profile/factors") view=Page::Account(Account::Factors) ssr=mode.clone()/>
            <Route path=path!("/profile/factors/codes") view=Page::Account(Account::RecoveryCodes) ssr=mode.clone()/>
            <Route path=path!("/login") view=Page::Form(Form::Login) ssr=mode.clone()/>
            <Route path=path!("/setup") view=Page::Form(Form::Setup) ssr=mode.clone()/>
            <Route path=path!("/admin/*page") view=Page::Admin(Admin::Section) ssr=mode.clone()/>
            <Route path=path!("/*any") view=Page::Here(not_found::page) ssr=mode/>
        </FlatRoutes>
    }
    .into_any()
}

/// The page at an address, as far as it tells which part of the site to load: what the table above says.
pub fn page_at(path: &str) -> Page {
    let mut segments = path.trim_matches('/').split('/');
    match (segments.next(), segments.next(), segments.next()) {
        (Some("runs"), Some(_), None) => Page::Run,
        (Some("projects"), Some("new"), None) => Page::Form(Form::NewProject),
        (Some("projects"), Some(_), None) => Page::Form(Form::Project),
        (Some("projects"), Some(_), Some("sharing")) if segments.next().is_none() => Page::People(People::Sharing),
        (Some("projects" | "teams"), Some(_), Some("secrets")) | (Some("admin"), Some("secrets"), None)
            if segments.next().is_none() =>
        {
            Page::Form(Form::Secrets)
        }
        (Some("projects" | "teams"), Some(_), Some("audit")) if segments.next().is_none() => Page::Admin(Admin::Audit),
        (Some("teams"), None, None) => Page::People(People::Teams),
        (Some("teams"), Some(_), None) => Page::People(People::Team),
        (Some("templates"), Some(_), None) => Page::Form(Form::Template),
        (Some("templates"), None, None) => Page::Form(Form::Templates),
        (Some("profile"), None, None) => Page::Account(Account::Profile),
        (Some("profile"), Some("factors"), None) => Page::Account(Account::Factors),
        (Some("profile"), Some("factors"), Some("codes")) => Page::Account(Account::RecoveryCodes),
        (Some("login"), None, None) => Page::Form(Form::Login),
        (Some("setup"), None, None) => Page::Form(Form::Setup),
        // All pages of the section are one route, which tells them apart by itself: `pages::admin`.
        (Some("admin"), _, _) => Page::Admin(Admin::Section),
        _ => Page::Here(not_found::page),
    }
}

/// Links. Nothing else in the interface puts addresses together.
pub mod to {
    use protocol::{ProjectId, RunId, TeamId, TokenId, UserId};

    pub const HOME: &str = "/";
    pub const PROJECTS: &str = "/projects";
    pub const NEW_PROJECT: &str = "/projects/new";
    pub const RUNS: &str = "/runs";
    pub const TEMPLATES: &str = "/templates";
    pub const LOGIN: &str = "/login";
    /// A page of the server itself.
    pub const FORGOT: &str = "/forgot";
    pub const LOGOUT: &str = "/logout";
    pub const SETUP: &str = "/setup";
    pub const PROFILE: &str = "/profile";
    pub const USERS: &str = "/admin/users";
    /// The ways to sign in of whoever asks; rendered by the server, outside of the interface.
    pub const WAYS_IN: &str = "/account/sign-in-methods";

    /// The second factors of whoever asks.
    pub const FACTORS: &str = "/profile/factors";
    /// Their recovery codes, right after they were made.
    pub const RECOVERY_CODES: &str = "/profile/factors/codes";
    pub const TEAMS: &str = "/teams";

    pub fn team(id: TeamId) -> String {
        format!("{TEAMS}/{id}")
    }

    /// What a team's projects are given.
    pub fn team_secrets(id: TeamId) -> String {
        format!("{TEAMS}/{id}/secrets")
    }

    /// What the audit trail says of a team and its projects.
    pub fn team_audit(id: TeamId) -> String {
        format!("{TEAMS}/{id}/audit")
    }

    /// Whom a project belongs to and with whom it is shared.
    pub fn sharing(id: ProjectId) -> String {
        format!("/projects/{id}/sharing")
    }

    /// Leads to a provider to sign in with; `next` is where to go afterwards.
    pub fn login_with(provider: &str, next: Option<&str>) -> String {
        let next = next.map(|next| format!("?next={}", segment(next))).unwrap_or_default();
        format!("/login/with/{}{next}", segment(provider))
    }

    /// The API's own pages; rendered by the server, outside of the interface.
    pub const DOCS: &str = "/docs";

    pub fn project(id: ProjectId) -> String {
        format!("/projects/{id}")
    }

    /// Secrets of the installation.
    pub const ADMIN_SECRETS: &str = "/admin/secrets";

    pub fn project_secrets(id: ProjectId) -> String {
        format!("/projects/{id}/secrets")
    }

    /// What the audit trail says of a project.
    pub fn project_audit(id: ProjectId) -> String {
        format!("/projects/{id}/audit")
    }

    /// A tab of a project: `runs`, `settings` or `start`.
    pub fn project_tab(id: ProjectId, tab: &str) -> String {
        format!("/projects/{id}?tab={tab}")
    }

    pub fn run(id: RunId) -> String {
        format!("/runs/{id}")
    }

    /// A tab of a run: `tasks`, `diff`, `gates` or `receipt`; empty for its log.
    pub fn run_tab(id: RunId, tab: &str) -> String {
        if tab.is_empty() { run(id) } else { format!("/runs/{id}?tab={}", segment(tab)) }
    }

    /// The page about oneself after something was done: `password`, `login` or `logins`.
    pub fn profile_after(done: &str) -> String {
        format!("{PROFILE}?done={}", segment(done))
    }

    pub fn user(id: UserId) -> String {
        format!("{USERS}/{id}")
    }

    /// The page of a person after they were changed.
    pub fn user_after(id: UserId, done: &str) -> String {
        format!("{USERS}/{id}?done={}", segment(done))
    }

    /// The list of people after something was done: `invited`.
    pub fn users_after(done: &str) -> String {
        format!("{USERS}?done={}", segment(done))
    }

    /// People with those words in their name or email address; `sort` is a column or empty, `after` a cursor or empty.
    pub fn users(words: &str, sort: &str, after: &str) -> String {
        asking(USERS, &[("q", words), ("sort", sort), ("after", after)])
    }

    pub fn template(name: &str) -> String {
        format!("/templates/{}", segment(name))
    }

    /// The form for a new project with a template chosen.
    pub fn new_project_from(template: &str) -> String {
        format!("/projects/new?template={}", segment(template))
    }

    /// A list of runs; `state` is `active` or empty, `project` an id or empty, `sort` a column or empty, `after` a cursor or empty.
    pub fn runs(state: &str, project: &str, sort: &str, after: &str) -> String {
        asking(RUNS, &[("state", state), ("project", project), ("sort", sort), ("after", after)])
    }

    /// The admin section. Its pages are told apart in `pages::admin`.
    pub const ADMIN: &str = "/admin";
    pub const ADMIN_TOKENS: &str = "/admin/tokens";
    pub const NEW_TOKEN: &str = "/admin/tokens/new";
    pub const ADMIN_AUDIT: &str = "/admin/audit";
    pub const VERIFY_AUDIT: &str = "/admin/audit/verify";
    pub const ADMIN_ROLES: &str = "/admin/roles";
    pub const ADMIN_PROVIDERS: &str = "/admin/providers";
    pub const ADMIN_LIMITS: &str = "/admin/limits";
    pub const ADMIN_SETTINGS: &str = "/admin/settings";

    /// What a page of the section is called: `Tokens` at `/admin/tokens`.
    pub fn admin_name(address: &str) -> String {
        let mut name = address.rsplit('/').next().unwrap_or_default().to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        name
    }

    pub fn token(id: TokenId) -> String {
        format!("{ADMIN_TOKENS}/{id}")
    }

    /// An entry of the audit trail, by its position.
    pub fn audit_entry(seq: i64) -> String {
        format!("{ADMIN_AUDIT}/{seq}")
    }

    /// An address that asks for something: what is empty is left out.
    pub fn asking(path: &str, asked: &[(&str, &str)]) -> String {
        let mut address = path.to_owned();
        let mut mark = '?';
        for (name, value) in asked.iter().filter(|(_, value)| !value.is_empty()) {
            address.push(mark);
            address.push_str(name);
            address.push('=');
            address.push_str(&segment(value));
            mark = '&';
        }
        address
    }

    /// The audit trail as a file, `json` or `csv`; downloaded from the API.
    pub fn audit_export(format: &str, asked: &[(&str, &str)]) -> String {
        let asked: Vec<(&str, &str)> = [("format", format)].into_iter().chain(asked.iter().copied()).collect();
        asking("/api/v2/audit/export", &asked)
    }

    /// Text as one part of an address: all but letters, digits, `-`, `_` and `.` as `%XX`.
    pub fn segment(text: &str) -> String {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |value: u8| char::from(HEX.get(usize::from(value)).copied().unwrap_or(b'0'));
        let mut encoded = String::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
                encoded.push(char::from(byte));
            } else {
                encoded.push('%');
                encoded.push(digit(byte >> 4));
                encoded.push(digit(byte & 15));
            }
        }
        encoded
    }

    #[cfg(test)]
    mod tests {
        use super::{ADMIN_TOKENS, admin_name, asking, audit_export, runs, segment};

        #[test]
        fn addresses_hold_any_text() {
            assert_eq!(segment("a b/ü"), "a%20b%2F%C3%BC");
            assert_eq!(runs("", "", "", ""), "/runs");
            assert_eq!((admin_name(ADMIN_TOKENS), admin_name("")), ("Tokens".to_owned(), String::new()));
            assert_eq!(asking(ADMIN_TOKENS, &[("q", ""), ("after", "x y")]), "/admin/tokens?after=x%20y");
            assert_eq!(audit_export("csv", &[("actor", "loki")]), "/api/v2/audit/export?format=csv&actor=loki");
            assert_eq!(runs("active", "", "-cost", "x=1"), "/runs?state=active&sort=-cost&after=x%3D1");
        }
    }
}
