//! `/admin/providers`: where people sign in besides with a password.

use leptos::prelude::*;
use protocol::server::{Discovery, SignInProvider, SignInProviders};

use super::{changes_logins, crumbs, head};
use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    routes::to,
    server_fns::admin::ask_sign_in_providers,
    ui::{self, FormState, Kind, Tone, div, el, input, nothing, pieces, text},
    words,
};

pub(super) fn page() -> AnyView {
    let loading = load(ask_sign_in_providers);
    refetch_at_rest(loading, changes_logins);
    let check = FormState::new(None);
    loaded_page(loading, move |all: SignInProviders| {
        let about = "Read when the server started. Checking one asks it whether it is there, as `loki doctor` does.";
        let mut parts = vec![head("Providers", about, nothing())];
        if all.providers.is_empty() {
            parts.push(ui::empty(
                "People sign in with passwords alone",
                "GitHub, Google or any OpenID Connect issuer can be set up beside them.",
                el("a").class("btn").attr("href", "#set-up").attr("rel", "external").text("Read how").view(),
            ));
        }
        parts.extend(all.providers.into_iter().map(|row| provider(row, loading, check)));
        parts.push(how_to(&all.file, &all.callback));
        ui::page("Providers".to_owned(), crumbs(&[("Providers", to::ADMIN_PROVIDERS)]), pieces(parts))
    })
}

fn provider(provider: SignInProvider, loading: Loading<SignInProviders>, check: FormState) -> AnyView {
    let list = |words: Vec<String>, none: &str| text(if words.is_empty() { none.to_owned() } else { words.join(", ") });
    let rules = provider.roles.iter().map(|(group, role)| format!("{group} → {}", words::role_name(*role))).collect();
    let others = provider.default_role.map_or("are not let in", words::role_name);
    let provisioning = match provider.provisioning.as_str() {
        "open" => "whoever it lets in gets an account",
        "closed" => "nobody gets an account by signing in",
        _ => "whoever was invited gets an account",
    };
    let (state, asked) = if provider.kind == "github" {
        (ui::chip(Tone::Neutral, "dash", "not checked"), text("GitHub is asked when somebody signs in"))
    } else {
        (state(provider.asked.as_ref()), asked(provider.asked.as_ref()))
    };
    let form = check_now(&provider, loading, check);
    let sign_out = provider.asked.as_ref().and_then(|asked| asked.sign_out);
    let here = match sign_out {
        _ if provider.back_channel.is_none() => "ends the login here alone",
        None => "known once it was asked",
        Some(sign_out) if sign_out.ends_there => "leads to the end of the session there",
        Some(_) => "ends the login here alone: it has no end of the session",
    };
    let there = match (provider.back_channel, sign_out) {
        (None, _) => text("ends no login here: it tells nobody"),
        (Some(_), Some(sign_out)) if !sign_out.tells => text("ends no login here: it has no back-channel logout"),
        (Some(address), _) => pieces(vec![text("ends the logins here, once it knows the address "), ui::code(address)]),
    };
    let facts = ui::facts(vec![
        ("Id", ui::code(provider.id)),
        ("Kind", text(provider.kind)),
        ("Issuer", ui::code(provider.issuer)),
        ("It has to know the address", ui::code(provider.callback)),
        ("Email domains", list(provider.domains, "all")),
        ("Organisations", list(provider.organisations, "all")),
        ("New accounts", text(provisioning)),
        ("Roles by groups", list(rules, "none")),
        ("Everybody else", text(others)),
        ("Signing out here", text(here)),
        ("Signing out there", there),
        ("Last asked about itself", asked),
    ]);
    let title = el("header").child(el("h2").text(provider.name).view()).child(state).view();
    el("section").class("panel").child(title).child(div("panel-body").child(facts).child(form).view()).view()
}

fn check_now(provider: &SignInProvider, loading: Loading<SignInProviders>, state: FormState) -> AnyView {
    let button = ui::submit_button(Kind::Normal, "Check now", state.is_busy());
    let named = input("hidden").attr("name", "id").attr("value", provider.id.clone()).view();
    ui::form("/ui/check_provider", state, move || loading.refetch(), pieces(vec![named, div("form-end").child(button).view()]))
}

fn state(asked: Option<&Discovery>) -> AnyView {
    match asked {
        None => ui::chip(Tone::Neutral, "dash", "not asked yet"),
        Some(Discovery { problem: None, .. }) => ui::chip(Tone::Good, "check", "answers"),
        Some(Discovery { problem: Some(_), .. }) => ui::chip(Tone::Bad, "cross", "does not answer"),
    }
}

fn asked(asked: Option<&Discovery>) -> AnyView {
    let Some(asked) = asked else { return text("not since this server started; it is when somebody signs in") };
    match &asked.problem {
        None if asked.says.is_empty() => ui::ago(asked.at),
        None => pieces(vec![ui::ago(asked.at), text(format!(": {}", asked.says))]),
        Some(problem) => pieces(vec![ui::ago(asked.at), text(format!(": {problem}"))]),
    }
}

fn how_to(file: &str, callback: &str) -> AnyView {
    let example = "[[provider]]\nid = \"corp\"\nname = \"Example Corp\"\nkind = \"oidc\"   # oidc, google or github\n\
                   issuer = \"https://login.example.org\"\nclient_id = \"loki\"\nclient_secret_file = \"/run/secrets/corp\"\n\
                   allowed_domains = [\"example.org\"]\nprovisioning = \"invitation\"   # open, invitation or closed\n\
                   groups_claim = \"groups\"\nroles = [{ group = \"developers\", role = \"operator\" }]\n";
    let step = |words: &str| el("li").child(ui::prose(words)).view();
    let steps = el("ol").class("steps").children([
        step(&format!(
            "Register loki at the provider. The address to come back to is `{callback}`, with the provider's id for `ID`."
        )),
        step(&format!("Write it into `{file}`. Secrets stand in a file or a variable of their own, never in this one.")),
        step("Start the server anew. `loki doctor` says whether the provider answers and names the field that is wrong."),
    ]);
    let body = pieces(vec![div("panel-body").child(steps.view()).view(), ui::code_block("An example of sign-in.toml", example)]);
    el("section")
        .class("panel")
        .attr("id", "set-up")
        .child(el("header").child(el("h2").text("Set up a provider").view()).view())
        .child(body)
        .view()
}
