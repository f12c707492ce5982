//! Second factors: which there are, setting one up, taking one away, new recovery codes.

use leptos::prelude::*;
use protocol::factors::{Factor, FactorKind, FactorSetUp};

use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    routes::to,
    server_fns::{
        factors::{FactorsPage, ask_factors},
        flash::Flash,
    },
    ui::{self, Crumb, Field, FormState, Kind, Tone, div, el, input, nothing, pieces},
};

/// Recovery codes that a person gets at once.
const RECOVERY_CODES: u64 = 10;

pub fn page() -> AnyView {
    let loading = load(ask_factors);
    refetch_at_rest(loading, super::changes_logins);
    loaded_page(loading, move |page| show(page, loading))
}

fn show(page: FactorsPage, loading: Loading<FactorsPage>) -> AnyView {
    let words = "After your password, or another way to sign in, loki asks for something that only you have: a passkey, or a code of \
                 an app.";
    let mut parts = vec![ui::page_head("Second factor", el("p").class("soft").text(words).view(), nothing())];
    let has_factors = !page.list.factors.is_empty();
    if let Some(set_up) = &page.set_up {
        parts.push(setting_up(set_up, state(&page.flash, "confirm"), loading));
    }
    if has_factors {
        let rows = page.list.factors.iter().map(|factor| one(factor, state(&page.flash, &factor.id.to_string()), loading));
        parts.push(ui::panel("Your factors", el("ul").class("factors").children(rows).view()));
        parts.push(recovery(page.list.recovery_codes_left, state(&page.flash, "codes")));
    }
    parts.push(passkey(&page, has_factors));
    if page.set_up.is_none() {
        parts.push(begin(&page, has_factors, state(&page.flash, "begin"), loading));
    }
    let crumbs = vec![Crumb::new("You", to::PROFILE), Crumb::new("Second factor", to::FACTORS)];
    ui::page("Second factor".to_owned(), crumbs, pieces(parts))
}

/// How a form stands, of which the page has several: an error belongs to one of them.
fn state(flash: &Flash, form: &str) -> FormState {
    FormState::new(flash.error.clone().filter(|_| flash.value("form") == form))
}

fn begin(page: &FactorsPage, has_factors: bool, state: FormState, loading: Loading<FactorsPage>) -> AnyView {
    let name = Field {
        id: "factor-name",
        name: "name",
        label: "Name of the app or the phone",
        placeholder: "Authenticator app",
        value: page.flash.value("name"),
        ..Field::default()
    };
    let words = "Any app with codes that change every 30 seconds will do, like Aegis, Google Authenticator or 1Password.";
    let fields = vec![
        el("p").class("soft").text(words).view(),
        ui::text_input(name),
        if page.has_password || has_factors { proof("begin-proof") } else { nothing() },
        div("form-end").child(ui::submit_button(Kind::Primary, "Set up an app", state.is_busy())).view(),
    ];
    let title = if has_factors { "Another authenticator app" } else { "Authenticator app" };
    ui::padded_panel(title, ui::form("/ui/begin_factor", state, move || loading.refetch(), pieces(fields)))
}

/// Adds a passkey. Its form is the script's, which asks the browser: `public/passkey.js`.
fn passkey(page: &FactorsPage, has_factors: bool) -> AnyView {
    let title =
        if page.list.factors.iter().any(|factor| factor.kind == FactorKind::Passkey) { "Another passkey" } else { "Passkey" };
    if let Some(why) = &page.no_passkeys {
        return ui::padded_panel(title, el("p").class("soft").text(why.clone()).view());
    }
    let name = Field {
        id: "passkey-name",
        name: "name",
        label: "Name of the device or the key",
        placeholder: FactorKind::Passkey.title(),
        ..Field::default()
    };
    let refused = page.flash.error.as_ref().filter(|_| page.flash.value("form") == "passkey");
    let problem = el("p").class("form-error").attr("role", "alert").flag("hidden", refused.is_none());
    let words = "A passkey lives in your phone, your computer, a security key or a password manager, and is opened by a fingerprint, \
                 your face or a PIN. Nobody can be tricked into typing it elsewhere.";
    let form = el("form").class("form").attr("method", "post").attr("action", "/ui/begin_passkey");
    let form = form.attr("data-passkey", "create").attr("data-finish", "/ui/confirm_passkey").children([
        problem.children(refused.map(|error| ui::text(error.detail.clone()))).view(),
        ui::text_input(name),
        if page.has_password || has_factors { proof("passkey-proof") } else { nothing() },
        div("form-end").child(el("button").attr("type", "submit").class("btn").text("Add a passkey").view()).view(),
    ]);
    let body = pieces(vec![
        el("p").class("soft").text(words).view(),
        el("p").class("without-script").text("Adding one needs JavaScript.").view(),
        div("needs-script").child(form.view()).view(),
        // Not by `el`, whose mark for where children end would be the script's text, and not what hydration looks for.
        view! { <script src="/passkey.js" defer=true></script> }.into_any(),
    ]);
    ui::padded_panel(title, div("stack").child(body).view())
}

/// Who it is, once more.
fn proof(id: &'static str) -> AnyView {
    proof_as(id.to_owned())
}

fn proof_as(id: String) -> AnyView {
    let control = input("password").attr("id", id.clone()).attr("name", "proof").attr("autocomplete", "current-password");
    ui::field(&id, "Your password, or a code of your second factor", "", control.flag("required", true).view())
}

fn setting_up(set_up: &FactorSetUp, state: FormState, loading: Loading<FactorsPage>) -> AnyView {
    let toasts = ui::toasts();
    let svg = set_up.qr_svg.clone();
    let picture = view! { <div class="qr" inner_html=svg></div> }.into_any();
    let grouped = grouped(&set_up.secret);
    let typed = el("p").class("secret").child(ui::code(grouped)).child(ui::copy_button("Copy the key", set_up.secret.clone()));
    let code = input("text").attr("id", "factor-code").attr("name", "code").attr("inputmode", "numeric");
    let code = code.attr("autocomplete", "one-time-code").attr("maxlength", "10").flag("required", true);
    let fields = vec![
        input("hidden").attr("name", "id").attr("value", set_up.id.to_string()).view(),
        ui::field("factor-code", "The six digits that the app shows", "", code.view()),
        div("form-end").child(ui::submit_button(Kind::Primary, "Turn on", state.is_busy())).view(),
    ];
    let on = move || {
        toasts.show(Tone::Good, "Your second factor is on.");
        loading.refetch();
    };
    let words = div("words").children([
        el("p").text("Scan this picture with the app, or type the key into it:").view(),
        typed.view(),
        ui::form("/ui/confirm_factor", state, on, pieces(fields)),
    ]);
    let head = el("span").class("muted").text(set_up.name.clone()).view();
    let body = div("panel-body set-up").child(picture).child(words.view()).view();
    ui::panel_with("Set up", head, body)
}

/// Four letters at a time, as people read them out.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn one(factor: &Factor, state: FormState, loading: Loading<FactorsPage>) -> AnyView {
    let used = match factor.last_used {
        Some(at) => el("span").text("used ").child(ui::ago(at)).view(),
        None => el("span").text("not used yet").view(),
    };
    let facts = el("p")
        .class("muted")
        .text(format!("{}, added ", factor.kind.title()))
        .child(ui::ago(factor.created_at))
        .text(" · ")
        .child(used);
    let words = div("words").child(el("b").text(factor.name.clone()).view()).child(facts.view()).view();
    let fields = vec![
        input("hidden").attr("name", "id").attr("value", factor.id.to_string()).view(),
        proof_as(format!("proof-{}", factor.id)),
        div("form-end").child(ui::submit_button(Kind::Danger, "Remove", state.is_busy())).view(),
    ];
    let toasts = ui::toasts();
    let gone = move || {
        toasts.show(Tone::Good, "The factor was removed.");
        loading.refetch();
    };
    let form = ui::form("/ui/remove_factor", state, gone, pieces(fields));
    el("li").child(words).child(opened("Remove…", state, form)).view()
}

/// What shows when it is asked for, or when it was refused.
fn opened(summary: &'static str, state: FormState, form: AnyView) -> AnyView {
    let is_open = state.error.get_untracked().is_some();
    let summary = el("summary").class("btn").text(summary).view();
    el("details").class("asks").flag("open", is_open).child(summary).child(div("asked").child(form).view()).view()
}

fn recovery(left: u64, state: FormState) -> AnyView {
    let words =
        format!("{left} of {RECOVERY_CODES} are left. Each stands in for app or passkey once, when you do not have it at hand.");
    let fields = vec![
        el("p").class("soft").text("The codes that you have now count no longer then.").view(),
        proof("codes-proof"),
        div("form-end").child(ui::submit_button(Kind::Normal, "Make new codes", state.is_busy())).view(),
    ];
    let form = ui::form("/ui/replace_recovery_codes", state, || (), pieces(fields));
    let body = pieces(vec![el("p").text(words).view(), opened("New codes…", state, form)]);
    ui::panel("Recovery codes", div("panel-body stack").child(body).view())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use protocol::{Timestamp, factors::FactorList};

    use super::*;
    use crate::rendering_tests::html;

    fn page_of(set_up: Option<FactorSetUp>) -> FactorsPage {
        let list = FactorList { factors: Vec::new(), recovery_codes_left: 0 };
        FactorsPage { list, set_up, has_password: true, no_passkeys: None, flash: Flash::default() }
    }

    fn shown(page: FactorsPage) -> String {
        html("/profile/factors", move || show(page, load(ask_factors)))
    }

    #[tokio::test]
    async fn a_picture_is_shown_as_one_and_the_key_can_be_read() {
        let set_up = FactorSetUp {
            id: "01936f00-0000-7000-8000-000000000001".parse().unwrap(),
            name: "<Phone>".to_owned(),
            secret: "GEZDGNBVGY3TQOJQ".to_owned(),
            url: String::new(),
            qr_svg: "<svg viewBox=\"0 0 1 1\"></svg>".to_owned(),
            expires_at: Timestamp::from_millis(0),
        };

        let html = shown(page_of(Some(set_up)));

        for part in ["<svg viewBox=\"0 0 1 1\"></svg>", "GEZD GNBV GY3T QOJQ", "&lt;Phone&gt;", "one-time-code"] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
        assert!(!html.contains("/ui/begin_factor"), "{html}");
    }

    #[tokio::test]
    async fn who_has_no_factor_can_set_one_up_and_nothing_else() {
        let html = shown(page_of(None));

        assert!(html.contains("/ui/begin_factor") && html.contains("Your password"), "{html}");
        assert!(html.contains("/ui/begin_passkey") && html.contains("src=\"/passkey.js\""), "{html}");
        assert!(!html.contains("Recovery codes") && !html.contains("Remove"), "{html}");
    }

    #[tokio::test]
    async fn where_passkeys_do_not_count_the_page_says_where_they_do() {
        let words = "Passkeys count at http://localhost:57374 alone: open this page there.";
        let html = shown(FactorsPage { no_passkeys: Some(words.to_owned()), ..page_of(None) });

        assert!(html.contains(words) && html.contains("/ui/begin_factor"), "{html}");
        assert!(!html.contains("/ui/begin_passkey") && !html.contains("passkey.js"), "{html}");
    }
}
