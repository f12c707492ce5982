//! Pages as the server renders them, from rows that a test makes up.
#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

use any_spawner::Executor;
use leptos::prelude::*;
use leptos_router::{components::Router, location::RequestUrl};
use protocol::{
    RunId, Timestamp,
    agents::ProviderId,
    runs::{Limits, Run, RunStatus, Step},
};

use crate::{
    pages::{self, refused::Refused},
    ui,
};

/// The HTML of a view at an address.
pub(crate) fn html(address: &str, view: impl FnOnce() -> AnyView + Send + 'static) -> String {
    // A second test of the same process finds it set already.
    let _ready = Executor::init_tokio();
    let owner = Owner::new();
    owner.with(|| {
        provide_context(RequestUrl::new(address));
        leptos_meta::provide_meta_context();
        ui::provide();
        view! { <Router>{view()}</Router> }.to_html()
    })
}

/// A run that works on something.
pub(crate) fn run(status: RunStatus) -> Run {
    let id: RunId = "01936f00-0000-7000-8000-000000000001".parse().unwrap();
    let at = Timestamp::from_millis(1_795_240_925_123);
    Run {
        id,
        session_id: id,
        project_id: "01936f00-0000-7000-8000-000000000000".parse().unwrap(),
        project_name: "Greeter".to_owned(),
        number: 14,
        title: "Greet by <name>".to_owned(),
        status,
        verdict: None,
        reason: None,
        phase: None,
        phases: Vec::new(),
        tier: None,
        iteration: 3,
        step: Some(Step::Act),
        provider: ProviderId::Demo,
        model: None,
        limits: Limits { iterations: None, minutes: None, cost_usd: Some(2.0) },
        cost_usd: Some(0.42),
        tokens: None,
        branch: Some("loki/run-14".to_owned()),
        worktree: None,
        commit: None,
        for_review: false,
        tasks_total: 4,
        tasks_done: 2,
        sandboxed: true,
        demo: true,
        started_by: "Ada".to_owned(),
        queued_at: at,
        started_at: Some(at),
        ended_at: None,
        worked_ms: 754_000,
    }
}

#[tokio::test]
async fn a_row_of_a_run_says_state_place_time_and_cost_without_script() {
    let html = html("/runs", || pages::run_rows::run_table("Runs", vec![run(RunStatus::Working)]));

    for part in
        ["Working", "Greet by &lt;name&gt;", "iteration 3 · act", "12 min", "$0.42", "$2.00", "2026-11-21 06:02:05 UTC", "demo"]
    {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
}

#[tokio::test]
async fn every_icon_that_is_used_is_drawn() {
    let icons = include_str!("../../public/icons.svg");

    let html = html("/gallery", pages::gallery::page);

    let used: Vec<&str> = html.split("/icons.svg#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(used.len() > 20);
    for name in used {
        assert!(icons.contains(&format!("id=\"{name}\"")), "{name} is not in icons.svg");
    }
}

#[tokio::test]
async fn a_page_has_one_heading_and_one_main_part() {
    for (address, page) in
        [("/gallery", pages::gallery::page as fn() -> AnyView), ("/login", pages::login::page), ("/x", pages::not_found::page)]
    {
        let html = html(address, page);

        assert_eq!(html.matches("<h1").count(), 1, "{address}");
        assert_eq!(html.matches("<main").count(), 1, "{address}");
    }
}

#[tokio::test]
async fn a_sign_in_that_failed_keeps_the_email_and_shows_no_words_of_the_address() {
    let refused = || Refused {
        problem: "Email or password is wrong.".to_owned(),
        typed: vec![("email", "ada@example.com".to_owned()), ("next", "/runs".to_owned())],
    };
    let again = html("/login", move || {
        provide_context(refused());
        pages::login::page()
    });

    assert!(again.contains("Email or password is wrong"));
    assert!(again.contains("ada@example.com"));
    assert!(again.contains(r#"name="next" value="/runs""#));

    let led = html("/login?error=evil&email=eve%40example.com&next=%2Fruns", pages::login::page);
    assert!(led.contains("That did not work") && led.contains(r#"name="next" value="/runs""#));
    assert!(!led.contains("evil") && !led.contains("eve@example.com"));
}

#[tokio::test]
async fn a_text_area_holds_its_text_and_nothing_else() {
    let area = |value: &str| {
        let value = value.to_owned();
        html("/", || pages::spec_field::spec_field("spec", "spec", "Spec", value))
    };

    assert!(area("<b> & more").contains("&lt;b&gt; &amp; more</textarea>"));
    assert!(area("").contains("></textarea>"));
}
