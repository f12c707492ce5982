//! The pages of the admin section, as a browser without script has them: whose they are, tokens from their making to their end,
//! and the audit trail looked through and verified.

use protocol::{
    access::Role::{Auditor, Viewer},
    audit::{AuditEntry, AuditPage},
    projects::Project,
};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;
use tests::{
    Actor, Answer, Browser, Setup, TestApp,
    actor::Credentials,
    app::PASSWORD,
    command, eventually,
    identity_provider::{CLIENT_SECRET, IdentityProvider, Lie},
    server,
};

/// Page, and who may see it: admins, auditors, nobody else.
const PAGES: [(&str, bool); 11] = [
    ("/admin", true),
    ("/admin/tokens", false),
    ("/admin/tokens/new", false),
    ("/admin/audit", true),
    ("/admin/audit/verify", true),
    ("/admin/audit/1", true),
    ("/admin/roles", true),
    ("/admin/providers", false),
    ("/admin/limits", false),
    ("/admin/settings", false),
    ("/admin/secrets", false),
];

async fn signed_in<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    browser.posts("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
    browser
}

async fn person<'a>(app: &'a TestApp, role: &str) -> Browser<'a> {
    let email = format!("{role}@example.org");
    app.offline(&["user", "create", "--email", &email, "--role", role, "--password-stdin"], PASSWORD);
    signed_in(app, &email).await
}

/// Follows a form's answer to the page that it leads to.
async fn leads(browser: &Browser<'_>, answer: Answer) -> (String, Answer) {
    let place = answer.expect(302).header("location");
    let page = browser.opens(&place).await;
    (place, page)
}

#[tokio::test]
async fn a_page_of_the_section_is_not_there_for_whom_it_is_not() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let admin = signed_in(&app, "ada@example.org").await;
    let (operator, viewer, auditor) =
        (person(&app, "operator").await, person(&app, "viewer").await, person(&app, "auditor").await);
    for (path, audits) in PAGES {
        let of_auditor = if audits { 200 } else { 404 };
        for (who, browser, status) in
            [("admin", &admin, 200), ("operator", &operator, 404), ("viewer", &viewer, 404), ("auditor", &auditor, of_auditor)]
        {
            let page = browser.opens(path).await;
            assert_eq!(page.status, status, "{who} {path}");
            assert_eq!(page.text().contains("There is no page at this address"), status == 404, "{who} {path}");
        }
        let nobody = Browser::new(&app).opens(path).await.expect(303);
        assert!(nobody.header("location").starts_with("/login?next=%2Fadmin"), "{path}");
    }
    // Nothing else of it shows, and forms are no way around.
    assert!(!viewer.opens("/").await.text().contains("/admin"));
    assert!(auditor.opens("/").await.text().contains("href=\"/admin\""));
    viewer.posts("/ui/create_token", &[("form[name]", "mine"), ("form[kind]", "role"), ("form[role]", "admin")]).await;
    assert!(!admin.opens("/admin/tokens").await.text().contains("mine"));
    let reader = app.auditor().await;
    let noted = eventually("who asked in vain is on record", async || {
        let page: AuditPage = reader.get("/api/v2/audit?outcome=denied&q=no+page").await.expect(200).json();
        page.entries.into_iter().find(|entry| entry.actor_name.contains("viewer"))
    });
    assert_eq!(noted.await.status, Some(404));
}

#[tokio::test]
async fn a_token_is_made_seen_once_used_replaced_and_revoked_without_script() {
    tokens_live_and_end(TestApp::start().await).await;
}

#[tokio::test]
async fn a_token_is_made_seen_once_used_replaced_and_revoked_on_postgres() {
    tokens_live_and_end(Setup::default().on_postgres().start().await).await;
}

fn secret(page: &Answer) -> Option<String> {
    let text = page.text();
    let start = text.find("<code>loki_")? + "<code>".len();
    Some(text[start..].chars().take_while(|letter| *letter != '<').collect())
}

fn holder<'a>(app: &'a TestApp, secret: &str) -> Actor<'a> {
    Actor::new(app, Credentials::Bearer(secret.to_owned()))
}

async fn tokens_live_and_end(app: TestApp) {
    app.first_admin().await;
    let admin = signed_in(&app, "ada@example.org").await;
    let wrong = [("form[name]", "ci"), ("form[kind]", "role"), ("form[role]", "viewer"), ("form[expires_days]", "4000")];
    let (place, form) = leads(&admin, admin.posts("/ui/create_token", &wrong).await).await;
    assert!(place == "/admin/tokens/new" && form.text().contains("from 1 to 3650") && form.text().contains("value=\"ci\""));

    let right = [("form[name]", "ci"), ("form[kind]", "scopes"), ("form[scopes][read]", "on"), ("form[rate_limit]", "500")];
    let (place, page) = leads(&admin, admin.posts("/ui/create_token", &right).await).await;
    let first = secret(&page).expect("the page shows it");
    assert!(!place.contains("loki_") && page.header("cache-control").contains("no-store"));
    assert_eq!(admin.cookie("loki_flash"), None);
    assert!(secret(&admin.opens(&place).await).is_none(), "it is shown once");
    holder(&app, &first).get("/api/status").await.expect(200);
    holder(&app, &first).get("/api/v2/api-keys").await.expect(403);
    let list = admin.opens("/admin/tokens?q=CI%20read").await.text();
    assert!(list.contains(&format!("href=\"{place}\"")) && list.contains("500 a minute"), "{list}");
    assert!(admin.opens("/admin/tokens?q=nothing-like-it").await.text().contains("No such tokens"));

    let id = place.rsplit('/').next().unwrap();
    let (next, page) = leads(&admin, admin.posts("/ui/rotate_token", &[("id", id), ("grace_hours", "1")]).await).await;
    let second = secret(&page).expect("the page shows the new one");
    assert!(next != place && second != first);
    for secret in [&first, &second] {
        holder(&app, secret).get("/api/status").await.expect(200);
    }
    let id = next.rsplit('/').next().unwrap();
    let (_, list) = leads(&admin, admin.posts("/ui/revoke_token", &[("id", id)]).await).await;
    assert!(!list.text().contains(&next));
    for secret in [&first, &second] {
        let ended = async || Some(holder(&app, secret).get("/api/status").await).filter(|answer| answer.status == 401);
        eventually("both are refused", ended).await;
    }
}

#[tokio::test]
async fn the_trail_is_narrowed_down_read_and_verified() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let admin = signed_in(&app, "ada@example.org").await;
    admin.person().has_project().named("Seen & read").create().await;
    let list = admin.opens("/admin/audit?action=create&resource_type=project").await.text();
    assert!(list.contains("created project Seen &amp; read") && !list.contains("created token"), "{list}");
    assert!(list.contains("/api/v2/audit/export?format=csv&amp;action=create&amp;resource_type=project"));
    let file = admin.person().get("/api/v2/audit/export?format=csv&q=Ada").await.expect(200).text();
    assert!(file.lines().count() > 1 && file.lines().skip(1).all(|line| line.contains("Ada")), "{file}");
    assert!(admin.opens("/admin/audit?outcome=denied&action=create").await.text().contains("No such entries"));
    admin.opens("/admin/audit?start_date=soon").await.expect(400);

    let entries = app.auditor().await.get("/api/v2/audit?action=create&resource_type=project").await.expect(200);
    let entry: AuditEntry = entries.json::<AuditPage>().entries.remove(0);
    let page = admin.opens(&format!("/admin/audit/{}", entry.seq)).await.expect(200).text();
    for part in [&entry.actor, &entry.request_id.unwrap(), &entry.integrity_hash, &entry.resource_id.unwrap()] {
        assert!(page.contains(part.as_str()), "{part} is not in {page}");
    }
    admin.opens("/admin/audit/999999").await.expect(404);

    let verified = admin.opens("/admin/audit/verify").await.expect(200).text();
    assert!(verified.contains("Every entry is as it was written") && verified.contains("Hash at the head"));
    let database = Database::connect(app.database_url()).await.unwrap();
    database.execute_unprepared("update audit_entries set action = 'delete' where seq = 2").await.unwrap();
    let broken = admin.opens("/admin/audit/verify").await.expect(200).text();
    assert!(broken.contains("entry 2 was changed") && broken.contains("href=\"/admin/audit/2\""), "{broken}");
}

#[tokio::test]
async fn who_is_in_the_trail_is_called_as_they_are_called_now() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    person(&app, "operator").await;
    app.admin().await.has_project().create().await;
    let reader = app.auditor().await;
    let newest = async |query: &str| {
        let page: AuditPage = reader.get(&format!("/api/v2/audit?limit=1&{query}")).await.expect(200).json();
        page.entries.into_iter().next().expect("an entry").actor
    };
    let (operator, program) = (newest("action=sign_in").await, newest("action=create&resource_type=project").await);
    let admin = signed_in(&app, "ada@example.org").await;
    let named = async |names: [&str; 3]| {
        let page = admin.opens("/admin/audit").await.expect(200).text();
        for name in names {
            assert!(page.contains(name), "{name} is not in {page}");
        }
    };
    let program = format!("value=\"{program}\">token admin<");
    named([">Ada (ada@example.org)<", "(operator@example.org)<", &program]).await;

    ada.delete(&format!("/api/v2/users/{}", operator.trim_start_matches("user:"))).await.expect(204);

    // Who is gone has no name.
    named([">Ada (ada@example.org)<", &format!("value=\"{operator}\">{operator}<"), &program]).await;
}

#[tokio::test]
async fn entries_are_told_with_the_names_of_what_they_are_about() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let (grace, _joan) = (app.person("grace", Viewer).await, app.person("joan", Viewer).await);
    let team = ada.makes_team("Backend", &[("grace", Auditor), ("joan", Viewer)]).await;
    let id = team.id.to_string();
    let own = json!({"name": "Engine", "owner": {"kind": "team", "id": team.id}});
    let project: Project = ada.post("/api/projects", &own).await.expect(201).json();
    let admin = signed_in(&app, "ada@example.org").await;
    let given = "(joan@example.org) the role viewer in team Backend";

    let list = admin.opens("/admin/audit?resource_type=team").await.expect(200).text();
    assert!(list.contains("created team Backend") && list.contains(given) && !list.contains(&format!("team {id}")), "{list}");
    // The id stays on the entry's own page.
    let page: AuditPage = ada.get("/api/v2/audit?action=create&resource_type=team").await.expect(200).json();
    let entry = admin.opens(&format!("/admin/audit/{}", page.entries[0].seq)).await.expect(200).text();
    assert!(entry.contains("Ada created team Backend") && entry.contains(&id), "{entry}");

    // Who reads the part of the team knows its members.
    let part = grace.get(&format!("/teams/{id}/audit")).await.expect(200).text();
    assert!(part.contains(given) && part.contains("created project Engine"), "{part}");
    // Who reads the whole trail and is in no team is told what the entries themselves tell.
    let auditor = person(&app, "auditor").await;
    let whole = auditor.opens("/admin/audit?resource_type=team").await.expect(200).text();
    assert!(whole.contains("created team Backend"), "{whole}");
    assert!(!whole.contains("in team Backend") && whole.contains(&format!("in team {id}")), "{whole}");

    ada.delete(&format!("/api/projects/{}", project.id)).await.expect(204);
    ada.delete(&format!("/api/v2/teams/{id}")).await.expect(204);
    let gone = admin.opens("/admin/audit?action=delete").await.expect(200).text();
    assert!(gone.contains("deleted team Backend") && gone.contains("deleted project Engine"), "{gone}");
}

#[tokio::test]
async fn the_set_up_is_shown_without_secrets() {
    let app = Setup::default().variable("LOKI_LIMITS", "read=77,control=off").start().await;
    app.first_admin().await;
    let admin = signed_in(&app, "ada@example.org").await;

    let limits = admin.opens("/admin/limits").await.expect(200).text();
    assert!(limits.contains(">77<") && limits.contains("no limit") && limits.contains("No token has a limit of its own"));
    for number in 0..21 {
        let token = json!({"name": format!("limited {number:02}"), "role": "viewer", "rate_limit": 500});
        admin.person().post("/api/v2/api-keys", &token).await.expect(201);
    }
    let named = admin.opens("/admin/limits").await.expect(200).text();
    assert!(named.contains("limited 20") && !named.contains("limited 00") && named.contains("1 more have"), "{named}");
    assert!(limits.contains("changes made on the pages of this site") && limits.contains("Looking at pages is not counted"));
    let settings = admin.opens("/admin/settings").await.expect(200).text();
    assert!(settings.contains(&app.host()) && settings.contains("SQLite") && settings.contains("Trusted proxies"));
    let parts = ["An agent may be silent for", "New projects belong to", "Secrets are sealed with", "LOKI_ALLOW_HOST", "<time"];
    let options = ["LOKI_ALLOW_CLONE_FROM", "LOKI_AUDIT_SYSLOG_CA", "LOKI_AUDIT_SYSLOG_PLAIN"];
    for part in parts.into_iter().chain(options) {
        assert!(settings.contains(part), "{part} is missing in {settings}");
    }
    assert!(settings.contains("control=off,write=30,read=77,sign-in=10,sockets=32"), "{settings}");
    // What belongs together stands together.
    let parts = [
        "This server",
        "Database",
        "How it is reached",
        "Listens on",
        "Other names",
        "Runs",
        "Isolation",
        "Projects and commits",
    ];
    let later = ["Commits are signed", "Sign-in and secrets", "Mail", "Audit trail", "Audit checkpoints are signed with"];
    let mut rest = settings.split_once("<main").expect("the page has a main part").1;
    for part in parts.into_iter().chain(later) {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} does not come next in {settings}")).1;
    }
    let mut help = server::loki();
    help.args(["serve", "--help"]);
    let help = command::stdout(&command::run(help, ""));
    let options: Vec<&str> = help.lines().map(str::trim_start).filter(|line| line.starts_with("--")).collect();
    assert!(options.len() > 20, "{help}");
    for option in options {
        let name = option.split([' ', ',']).next().unwrap_or_default();
        assert!(settings.contains(name), "{name} is missing in {settings}");
    }
    let roles = admin.opens("/admin/roles").await.expect(200).text();
    assert!(roles.contains("Read, export and verify the audit trail"));
    assert!(admin.opens("/admin/providers").await.expect(200).text().contains("People sign in with passwords alone"));
}

#[tokio::test]
async fn a_provider_is_shown_with_whether_it_answered_last() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "corp", "oidc").start().await;
    app.first_admin().await;
    let admin = signed_in(&app, "ada@example.org").await;
    let shown = async || admin.opens("/admin/providers").await.expect(200).text();

    let before = shown().await;
    assert!(before.contains("Not asked yet") && before.contains("/login/callback/corp") && before.contains(provider.url()));
    provider.lies(Lie::DiscoveryOfAnother);
    Browser::new(&app).opens("/login/with/corp").await;
    let wrong = shown().await;
    assert!(wrong.contains("Does not answer") && wrong.contains("its discovery document is not its own"), "{wrong}");
    provider.lies(Lie::None);
    Browser::new(&app).opens("/login/with/corp").await.expect(303);
    let right = shown().await;
    assert!(right.contains("Answers") && !right.contains("not asked since"), "{right}");
    assert!([before, wrong, right].iter().all(|page| !page.contains(CLIENT_SECRET)));
}

#[tokio::test]
async fn a_provider_is_checked_when_an_admin_asks_for_it() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "corp", "oidc").start().await;
    app.first_admin().await;
    let admin = signed_in(&app, "ada@example.org").await;
    let checks = async || {
        let answer = admin.posts("/ui/check_provider", &[("id", "corp")]).await.expect(302);
        assert!(answer.header("location").starts_with("/admin/providers?checked=corp"), "{}", answer.header("location"));
        admin.opens("/admin/providers").await.expect(200).text()
    };

    let before = admin.opens("/admin/providers").await.expect(200).text();
    assert!(before.contains("Check now") && before.contains("known once it was asked"), "{before}");
    let right = checks().await;
    assert!(right.contains("Answers") && right.contains("it answers, with 1 key, and knows this client"), "{right}");
    assert!(right.contains("leads to the end of the session there"), "{right}");
    assert!(right.contains("once it knows the address") && right.contains("/logout/back-channel/corp"), "{right}");
    provider.lies(Lie::DiscoveryOfAnother);
    let wrong = checks().await;
    assert!(wrong.contains("Does not answer") && wrong.contains("its discovery document is not its own"), "{wrong}");

    // Programs ask the same.
    let program = app.admin().await;
    let address = "/api/v2/sign-in-providers/corp/check";
    let asked = program.post(address, &json!({})).await.expect(200).value();
    assert!(asked["asked"]["problem"].as_str().unwrap().contains("not its own") && asked["id"] == "corp", "{asked}");
    provider.lies(Lie::None);
    let asked = program.post(address, &json!({})).await.expect(200).value();
    assert_eq!((&asked["asked"]["problem"], &asked["asked"]["sign_out"]["tells"]), (&json!(null), &json!(true)));
    let all = program.get("/api/v2/sign-in-providers").await.expect(200).value();
    assert_eq!(all["providers"][0]["asked"], asked["asked"]);
    assert!(!format!("{asked}{all}{right}{wrong}").contains(CLIENT_SECRET));
    app.operator().await.post(address, &json!({})).await.expect(403);
}

fn older(page: &str, below: &str) -> Option<String> {
    let start = page.find(&format!("href=\"{below}?"))? + "href=\"".len();
    let links = page[start..].split("href=\"").map(|rest| rest.split('"').next().unwrap_or_default());
    links.map(|link| link.replace("&amp;", "&")).find(|link| link.contains("after="))
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let admin = signed_in(&app, "ada@example.org").await;
    let person = admin.person();
    for number in 1..=55 {
        person.post("/api/enterprise/tokens", &json!({"name": format!("robot-{number:02}")})).await.expect(201);
    }
    for (list, row) in [
        ("/admin/tokens?q=robot", "class=\"open\" href=\"/admin/tokens/"),
        ("/admin/audit?action=create&resource_type=token", "class=\"open\" href=\"/admin/audit/"),
    ] {
        let first = admin.opens(list).await.expect(200).text();
        assert_eq!(first.matches(row).count(), 50, "{list}");
        let below = list.split('?').next().unwrap();
        let second = admin.opens(&older(&first, below).expect("a link to the older ones")).await.expect(200).text();
        assert_eq!(second.matches(row).count(), 5, "{list}");
        assert!(older(&second, below).is_none(), "{list}");
    }
}
