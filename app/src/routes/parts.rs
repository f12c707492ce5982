//! What the browser loads first, and what it loads when it is needed: the page of a run, the forms, the page about oneself,
//! teams and the admin section are WASM of their own (docs/decisions/0009-parts-of-the-site.md). On the server everything is there.

#![expect(clippy::unnecessary_wraps, reason = "what the splitter asks for: its own loading may fail")]

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::ChooseView;

use crate::{
    loading::{Heading, problem},
    pages::{admin, login, new_project, profile, project, run, secrets, setup, teams, template, templates},
    server_fns::UiError,
    ui,
};

/// A page as the router calls it; one type for all of them keeps the first download small.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    /// Comes with the first download.
    Here(fn() -> AnyView),
    Run,
    Form(Form),
    Admin(Admin),
    Account(Account),
    People(People),
}

/// Pages that are mostly forms, the templates that lead to them, and signing in.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Login,
    NewProject,
    Project,
    Secrets,
    Setup,
    Template,
    Templates,
}

/// Pages about oneself.
#[derive(Clone, Copy, Debug)]
pub enum Account {
    Factors,
    Profile,
    RecoveryCodes,
}

/// The admin section, and the pages of projects and teams that are made like one of it.
#[derive(Clone, Copy, Debug)]
pub enum Admin {
    Section,
    Audit,
}

/// Pages about who works together on what.
#[derive(Clone, Copy, Debug)]
pub enum People {
    Sharing,
    Team,
    Teams,
}

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        let shown = match self {
            Self::Here(page) => return page(),
            Self::Run => run_part().await,
            Self::Form(form) => forms_part(form).await,
            Self::Admin(page) => admin_part(page).await,
            Self::Account(page) => account_part(page).await,
            Self::People(page) => people_part(page).await,
        };
        shown.unwrap_or_else(|NotLoaded| not_loaded())
    }

    async fn preload(&self) {
        // A part that does not come now is asked for again, and missed, when the page is shown.
        let _ = self.load().await;
    }
}

impl Page {
    /// Loads the part that the page is in. Until then it cannot be shown in one go, which hydration needs.
    ///
    /// # Errors
    /// When the browser could not load it.
    pub async fn load(self) -> Result<(), NotLoaded> {
        match self {
            Self::Here(_) => Ok(()),
            Self::Run => Ok(load_run_part().await?),
            Self::Form(_) => Ok(load_forms_part().await?),
            Self::Admin(_) => Ok(load_admin_part().await?),
            Self::Account(_) => Ok(load_account_part().await?),
            Self::People(_) => Ok(load_people_part().await?),
        }
    }
}

/// The browser could not load a part of the site.
#[derive(Clone, Copy, Debug)]
pub struct NotLoaded;

impl From<SplitLoaderError> for NotLoaded {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

#[wasm_split(run, fallible, wasm_split_path = ::leptos::wasm_split, preload(load_run_part))]
fn run_part() -> Result<AnyView, NotLoaded> {
    Ok(run::page())
}

#[wasm_split(forms, fallible, wasm_split_path = ::leptos::wasm_split, preload(load_forms_part))]
fn forms_part(form: Form) -> Result<AnyView, NotLoaded> {
    Ok(match form {
        Form::Login => login::page(),
        Form::NewProject => new_project::page(),
        Form::Project => project::page(),
        Form::Secrets => secrets::page(),
        Form::Setup => setup::page(),
        Form::Template => template::page(),
        Form::Templates => templates::page(),
    })
}

#[wasm_split(account, fallible, wasm_split_path = ::leptos::wasm_split, preload(load_account_part))]
fn account_part(page: Account) -> Result<AnyView, NotLoaded> {
    Ok(match page {
        Account::Factors => profile::factors::page(),
        Account::Profile => profile::page(),
        Account::RecoveryCodes => profile::recovery_codes::page(),
    })
}

#[wasm_split(people, fallible, wasm_split_path = ::leptos::wasm_split, preload(load_people_part))]
fn people_part(page: People) -> Result<AnyView, NotLoaded> {
    Ok(match page {
        People::Sharing => project::sharing::page(),
        People::Team => teams::team::page(),
        People::Teams => teams::list::page(),
    })
}

#[wasm_split(admin, fallible, wasm_split_path = ::leptos::wasm_split, preload(load_admin_part))]
fn admin_part(page: Admin) -> Result<AnyView, NotLoaded> {
    Ok(match page {
        Admin::Section => admin::page(),
        Admin::Audit => admin::audit_of(),
    })
}

fn not_loaded() -> AnyView {
    let error = UiError::new(0, "A part of this site did not arrive. Check the connection, then load the page again.");
    ui::page("Not loaded".to_owned(), Vec::new(), problem(&error, Heading::Page))
}
