//! Signing in with another provider that tells the truth: who is let in, as what, and what stays theirs.

use protocol::audit::{AuditEntry, AuditPage};
use serde_json::json;
use tests::{
    Actor, Answer, Browser, Setup, TestApp,
    app::PASSWORD,
    command, eventually,
    identity_provider::{CLIENT_ID, CLIENT_SECRET, IdentityProvider, Person},
    server,
};

use crate::audit::is_noted;

const PAGE: &str = "/account/sign-in-methods";

/// A provider `corp` of OpenID Connect that lets everybody in, with a server that believes it.
async fn with_corp(setup: Setup) -> (IdentityProvider, TestApp) {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(setup, "corp", "oidc").start().await;
    (provider, app)
}

/// Goes to the provider and consents there; the answer is loki's to the way back.
pub(crate) async fn signs_in(browser: &Browser<'_>, provider: &IdentityProvider, start: &str) -> Answer {
    let left = browser.opens(start).await.expect(303);
    browser.opens(&provider.consents(&left.header("location"))).await
}

async fn entries(app: &TestApp, query: &str) -> Vec<AuditEntry> {
    app.auditor().await.get(&format!("/api/v2/audit?{query}")).await.expect(200).json::<AuditPage>().entries
}

#[tokio::test]
async fn who_is_new_gets_an_account_and_finds_it_again() {
    finds_the_account_again(Setup::default()).await;
}

#[tokio::test]
async fn who_is_new_gets_an_account_and_finds_it_again_on_postgres() {
    finds_the_account_again(Setup::default().on_postgres()).await;
}

async fn finds_the_account_again(setup: Setup) {
    let (provider, app) = with_corp(setup).await;
    let browser = Browser::new(&app);
    let answer = signs_in(&browser, &provider, "/login/with/corp?next=%2Fprojects").await.expect(303);
    assert_eq!(answer.header("location"), "/projects");
    assert_eq!(browser.cookie("loki_sign_in"), None, "its use is over");

    let ada = browser.person();
    ada.get("/api/projects").await.expect(200);
    ada.post("/api/projects", &json!({"name": "A"})).await.expect(403);
    let made = entries(&app, "action=create&resource_type=user").await.remove(0);
    assert_eq!((made.details["provider"].to.as_str(), made.details["role"].to.as_str()), ("corp", "viewer"));

    // Another browser, and by now another address: the subject alone says who it is.
    provider.vouches_for(Person { email: "ada@new.example".to_owned(), ..Person::ada() });
    let second = Browser::new(&app);
    signs_in(&second, &provider, "/login/with/corp").await.expect(303);
    assert_eq!(entries(&app, "action=create&resource_type=user").await.len(), 1);
    let who = |entries: Vec<AuditEntry>| entries.into_iter().map(|entry| entry.user_id.unwrap()).collect::<Vec<_>>();
    let signed_in = who(entries(&app, "action=sign_in").await);
    assert!(signed_in.len() == 2 && signed_in[0] == signed_in[1], "{signed_in:?}");
}

#[tokio::test]
async fn the_sign_in_page_has_a_button_for_each_provider() {
    let (first, second) = (IdentityProvider::start().await, IdentityProvider::start().await);
    let setup = first.serves(Setup::default(), "corp", "oidc").variable("LOKI_SIGN_IN_CORP_NAME", "<b>Corp & Co");
    let app = second.serves(setup, "github", "github").start().await;
    app.first_admin().await;

    let page = app.get("/login?next=%2Fruns").await.expect(200).text();

    assert!(page.contains("href=\"/login/with/corp?next=%2Fruns\""), "{page}");
    assert!(page.contains("href=\"/login/with/github?next=%2Fruns\"") && page.contains("Sign in with GitHub"), "{page}");
    assert!(page.contains("&lt;b>Corp") || page.contains("&lt;b&gt;Corp"), "{page}");
    assert!(!page.contains("<b>Corp"), "{page}");
    assert!(!page.contains(first.url()), "where it is concerns nobody");
}

#[tokio::test]
async fn several_providers_stand_side_by_side() {
    let (corp, github) = (IdentityProvider::start().await, IdentityProvider::start().await);
    let app = github.serves(corp.serves(Setup::default(), "corp", "oidc"), "github", "github").start().await;
    github.vouches_for(Person { subject: "7".to_owned(), email: "grace@example.org".to_owned(), ..Person::ada() });

    let (ada, grace) = (Browser::new(&app), Browser::new(&app));
    signs_in(&ada, &corp, "/login/with/corp").await.expect(303);
    signs_in(&grace, &github, "/login/with/github").await.expect(303);

    assert_eq!(entries(&app, "action=create&resource_type=user").await.len(), 2);
    grace.person().get("/api/status").await.expect(200);
    app.get("/login/with/nobody").await.expect(404);
}

#[tokio::test]
async fn the_groups_of_today_decide_the_role() {
    todays_groups_decide(Setup::default()).await;
}

#[tokio::test]
async fn the_groups_of_today_decide_the_role_on_postgres() {
    todays_groups_decide(Setup::default().on_postgres()).await;
}

async fn todays_groups_decide(setup: Setup) {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(setup, "corp", "oidc").variable("LOKI_SIGN_IN_CORP_ROLES", "ops=admin,devs=operator");
    let app = setup.start().await;
    provider.has_groups(&["devs", "others"]);
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    let before = browser.person();
    before.post("/api/projects", &json!({"name": "A"})).await.expect(201);

    let older = before.as_of_now();
    provider.has_groups(&["others"]);
    let elsewhere = Browser::new(&app);
    signs_in(&elsewhere, &provider, "/login/with/corp").await.expect(303);

    // The older login has the new role at once.
    before.post("/api/projects", &json!({"name": "B"})).await.expect(403);
    older.get("/api/status").await.expect(401);
    let change = entries(&app, "action=update&resource_type=user").await.remove(0);
    assert_eq!((change.details["role"].from.as_str(), change.details["role"].to.as_str()), ("operator", "viewer"));
}

#[tokio::test]
async fn groups_leave_the_last_admin() {
    leave_the_last_admin(Setup::default()).await;
}

#[tokio::test]
async fn groups_leave_the_last_admin_on_postgres() {
    leave_the_last_admin(Setup::default().on_postgres()).await;
}

async fn leave_the_last_admin(setup: Setup) {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(setup, "corp", "oidc").variable("LOKI_SIGN_IN_CORP_ROLES", "ops=admin");
    let app = setup.start().await;
    provider.has_groups(&["ops"]);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);

    provider.has_groups(&["others"]);
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    browser.person().get("/api/v2/users").await.expect(200);

    // With another one there, today's groups decide.
    app.person("grace", protocol::access::Role::Admin).await;
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    browser.person().get("/api/v2/users").await.expect(403);
}

#[tokio::test]
async fn groups_and_address_may_stand_in_the_user_info_alone() {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(Setup::default(), "corp", "oidc").variable("LOKI_SIGN_IN_CORP_ROLES", "ops=operator");
    let app = setup.start().await;
    provider.is_slim();
    provider.has_groups(&["ops"]);
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    browser.person().post("/api/projects", &json!({"name": "A"})).await.expect(201);
}

#[tokio::test]
async fn organisations_and_teams_of_github_are_groups() {
    let provider = IdentityProvider::start().await;
    let setup = provider
        .serves(Setup::default(), "github", "github")
        .variable("LOKI_SIGN_IN_GITHUB_ALLOWED_ORGANISATIONS", "acme")
        .variable("LOKI_SIGN_IN_GITHUB_ROLES", "acme/platform=operator");
    let app = setup.start().await;
    let browser = Browser::new(&app);
    provider.has_groups(&["other"]);
    signs_in(&browser, &provider, "/login/with/github").await.expect(400);

    provider.has_groups(&["acme", "acme/platform"]);
    signs_in(&browser, &provider, "/login/with/github").await.expect(303);

    browser.person().post("/api/projects", &json!({"name": "A"})).await.expect(201);
    assert!(!app.log().contains("at-"), "access tokens are not logged");
}

#[tokio::test]
async fn without_an_invitation_nobody_new_is_let_in() {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(Setup::default(), "corp", "oidc").variable("LOKI_SIGN_IN_CORP_PROVISIONING", "invitation");
    let app = setup.start().await;
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(400);

    app.offline(&["user", "invite", "--email", "Ada@example.org", "--role", "operator"], "");
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);

    browser.person().post("/api/projects", &json!({"name": "A"})).await.expect(201);
    // It was for one account.
    provider.vouches_for(Person { subject: "9".to_owned(), email: "eve@example.org".to_owned(), ..Person::ada() });
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(400);
}

#[tokio::test]
async fn where_nobody_gets_an_account_an_invitation_opens_none_either() {
    gets_no_account(Setup::default()).await;
}

#[tokio::test]
async fn where_nobody_gets_an_account_an_invitation_opens_none_either_on_postgres() {
    gets_no_account(Setup::default().on_postgres()).await;
}

async fn gets_no_account(setup: Setup) {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(setup, "corp", "oidc").variable("LOKI_SIGN_IN_CORP_PROVISIONING", "closed").start().await;
    let (admin, auditor) = (app.admin().await, app.auditor().await);
    has_account(&app, "grace@home.example", "operator");
    app.offline(&["user", "invite", "--email", "ada@example.org", "--role", "operator"], "");
    let browser = Browser::new(&app);

    signs_in(&browser, &provider, "/login/with/corp").await.expect(400);

    browser.person().get("/api/status").await.expect(401);
    let noted = is_noted(&auditor, "action=sign_in&outcome=denied").await;
    assert!(noted.error.as_deref().is_some_and(|error| error.contains("provisioning closed")), "{noted:?}");
    let users = admin.get("/api/v2/users").await.expect(200).value()["users"].clone();
    let users: Vec<&str> = users.as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect();
    assert_eq!(users, ["grace@home.example"]);
    // Whoever has an account and linked the provider comes in by it.
    links(&with_password(&app, "grace@home.example").await, &provider).await.expect(303);
    let back = Browser::new(&app);
    signs_in(&back, &provider, "/login/with/corp").await.expect(303);
    back.person().post("/api/projects", &json!({"name": "A"})).await.expect(201);
}

/// Links the provider to whoever is signed in.
async fn links(browser: &Browser<'_>, provider: &IdentityProvider) -> Answer {
    let left = browser.posts(&format!("{PAGE}/link/corp"), &[]).await.expect(200);
    let refresh = left.header("refresh");
    let address = refresh.strip_prefix("0; url=").unwrap();
    assert!(left.text().contains("Go on to corp"), "{}", left.text());
    browser.opens(&provider.consents(address)).await
}

async fn with_password<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    let answer = browser.posts("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
    assert_eq!(answer.header("location"), "/");
    browser
}

fn has_account(app: &TestApp, email: &str, role: &str) {
    app.offline(&["user", "create", "--email", email, "--role", role, "--password-stdin"], PASSWORD);
}

#[tokio::test]
async fn an_account_is_linked_by_its_owner_who_is_signed_in() {
    is_linked_by_its_owner(Setup::default()).await;
}

#[tokio::test]
async fn an_account_is_linked_by_its_owner_who_is_signed_in_on_postgres() {
    is_linked_by_its_owner(Setup::default().on_postgres()).await;
}

async fn is_linked_by_its_owner(setup: Setup) {
    let (provider, app) = with_corp(setup.variable("LOKI_SIGN_IN_CORP_ROLES", "ops=admin")).await;
    has_account(&app, "ada@example.org", "operator");
    // The same address alone does not open the account.
    let answer = signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(400);
    assert!(answer.text().contains("Ways to sign in") && !answer.text().contains("ada@example.org"), "{}", answer.text());

    let browser = with_password(&app, "ada@example.org").await;
    let before = browser.cookie("loki_login");
    assert_eq!(links(&browser, &provider).await.expect(303).header("location"), PAGE);
    let page = browser.opens(PAGE).await.expect(200).text();
    assert!(page.contains("corp as ada@example.org") && !page.contains("Link corp"), "{page}");
    // With another way to sign in the session has another id.
    assert_ne!(browser.cookie("loki_login"), before);

    let fresh = Browser::new(&app);
    signs_in(&fresh, &provider, "/login/with/corp").await.expect(303);
    // It is the account of before, with the role of before: groups decide for accounts that they made.
    fresh.person().post("/api/projects", &json!({"name": "A"})).await.expect(201);

    let id = page.split_once("name=\"id\" value=\"").unwrap().1.split('"').next().unwrap();
    browser.posts(&format!("{PAGE}/unlink"), &[("id", id)]).await.expect(303);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(400);
    let told: Vec<_> = entries(&app, "resource_type=identity").await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(told, ["unlink", "link"]);
}

#[tokio::test]
async fn what_belongs_to_another_account_is_not_linked() {
    let (provider, app) = with_corp(Setup::default()).await;
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
    has_account(&app, "eve@example.org", "viewer");
    let eve = with_password(&app, "eve@example.org").await;

    links(&eve, &provider).await.expect(400);

    assert!(eve.opens(PAGE).await.text().contains("No other way is linked"));
}

#[tokio::test]
async fn a_link_counts_for_the_login_that_asked_for_it() {
    let (provider, app) = with_corp(Setup::default()).await;
    has_account(&app, "ada@home.example", "viewer");
    let browser = with_password(&app, "ada@home.example").await;
    let left = browser.posts(&format!("{PAGE}/link/corp"), &[]).await.expect(200);
    browser.posts("/logout", &[]).await.expect(303);

    let back = provider.consents(left.header("refresh").strip_prefix("0; url=").unwrap());
    browser.opens(&back).await.expect(400);

    // Nor is anybody signed in by it.
    browser.person().get("/api/status").await.expect(401);
    // A page of another site cannot ask for a link.
    let eve = with_password(&app, "ada@home.example").await;
    let request = app.http().post(format!("{}{PAGE}/link/corp", app.url())).header("origin", "https://evil.example");
    let cookie = format!("loki_login={}", eve.cookie("loki_login").unwrap());
    assert_eq!(request.header("cookie", cookie).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn the_only_way_in_stays() {
    let (provider, app) = with_corp(Setup::default()).await;
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    let page = browser.opens(PAGE).await.expect(200).text();
    let id = page.split_once("name=\"id\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();

    browser.posts(&format!("{PAGE}/unlink"), &[("id", &id)]).await.expect(409);

    // And nobody unlinks what is another's.
    has_account(&app, "eve@example.org", "admin");
    let eve = with_password(&app, "eve@example.org").await;
    eve.posts(&format!("{PAGE}/unlink"), &[("id", &id)]).await.expect(404);
    // Without a password no password is right.
    let form = [("email", "ada@example.org"), ("password", "")];
    Browser::new(&app).posts("/login", &form).await.expect(401);
}

#[tokio::test]
async fn signing_out_ends_the_login_here_and_leads_to_the_providers_end() {
    let (provider, app) = with_corp(Setup::default()).await;
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    let before = browser.person();

    let answer = browser.posts("/logout", &[]).await.expect(200);

    before.get("/api/status").await.expect(401);
    let refresh = answer.header("refresh");
    assert!(refresh.starts_with(&format!("0; url={}/logout?", provider.url())), "{refresh}");
    assert!(refresh.contains("client_id=loki") && refresh.contains("post_logout_redirect_uri="), "{refresh}");
    // With a password there is nothing to end elsewhere.
    has_account(&app, "eve@example.org", "viewer");
    let eve = with_password(&app, "eve@example.org").await;
    assert_eq!(eve.posts("/logout", &[]).await.expect(303).header("location"), "/login");
}

#[tokio::test]
async fn a_new_key_is_asked_for_when_it_is_needed() {
    let (provider, app) = with_corp(Setup::default()).await;
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
    assert_eq!((provider.was_asked("/keys"), provider.was_asked("/.well-known/openid-configuration")), (1, 1));

    provider.rotates_its_key("second");
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);

    assert_eq!((provider.was_asked("/keys"), provider.was_asked("/.well-known/openid-configuration")), (2, 1));
}

#[tokio::test]
async fn a_login_gets_a_new_id_whatever_the_browser_had() {
    let (provider, app) = with_corp(Setup::default()).await;
    let planted = app.first_admin().await;
    let browser = Browser::new(&app);
    browser.has_cookie("loki_login", &planted.secret());
    provider.vouches_for(Person { email: "grace@example.org".to_owned(), ..Person::ada() });

    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);

    assert_ne!(browser.cookie("loki_login"), Some(planted.secret()));
    planted.get("/api/status").await.expect(401);
    browser.person().get("/api/status").await.expect(200);
}

#[tokio::test]
async fn an_address_under_another_name_leads_to_the_public_one_first() {
    let (provider, app) = with_corp(Setup::default()).await;
    let port = app.url().rsplit_once(':').unwrap().1.to_owned();
    let request =
        app.http().get(format!("{}/login/with/corp?next=%2Fruns", app.url())).header("host", format!("localhost:{port}"));
    let answer = request.send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    assert_eq!(location, format!("{}/login/with/corp?here=1&next=%2Fruns", app.url()));
    signs_in(&Browser::new(&app), &provider, location).await.expect(303);
}

fn doctor(app: &TestApp, variables: &[(&str, &str)]) -> String {
    let mut loki = server::loki();
    loki.args(["doctor", "--data-dir"]).arg(app.data_dir()).envs(variables.iter().copied());
    command::stdout(&command::run(loki, ""))
}

// The command is waited for while the provider answers it.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_there_is_and_what_is_wrong() {
    let provider = IdentityProvider::start().await;
    let app = TestApp::start().await;
    let good = [
        ("LOKI_SIGN_IN", "corp"),
        ("LOKI_SIGN_IN_CORP_KIND", "oidc"),
        ("LOKI_SIGN_IN_CORP_ISSUER", provider.url()),
        ("LOKI_SIGN_IN_CORP_CLIENT_ID", CLIENT_ID),
        ("LOKI_SIGN_IN_CORP_CLIENT_SECRET", CLIENT_SECRET),
    ];
    let with = |name: &'static str, value: &str| {
        let changed =
            good.map(|(other, before)| (other, if other.ends_with(name) { value.to_owned() } else { before.to_owned() }));
        let changed = changed.each_ref().map(|(name, value)| (*name, value.as_str()));
        doctor(&app, &changed)
    };
    let said = doctor(&app, &good);
    assert!(said.contains("ok      sign-in \"corp\": ") && said.contains("by invitation: it answers, with 1 key"), "{said}");
    assert!(said.contains("knows this client and its secret"), "{said}");
    assert!(said.contains("/login/callback/corp") && !said.contains(CLIENT_SECRET), "{said}");

    let said = with("ISSUER", &format!("{}/", provider.url()));
    assert!(said.contains("absent  sign-in \"corp\": ") && said.contains("its discovery document is not its own"), "{said}");
    let said = with("ISSUER", "http://127.0.0.1:1");
    assert!(said.contains("it does not answer") && said.contains("/.well-known/openid-configuration"), "{said}");
    let said = with("ISSUER", &format!("{}/realms/none", provider.url()));
    assert!(said.contains("it answers with 404"), "{said}");

    let said = with("CLIENT_SECRET", "hush-hush");
    assert!(said.contains("absent  sign-in") && said.contains("client_id or the secret is wrong"), "{said}");
    assert!(said.contains("compare with the registration") && !said.contains("hush-hush"), "{said}");

    let public = |url: &'static str| doctor(&app, &[&good[..], &[("LOKI_PUBLIC_URL", url)]].concat());
    let said = public("https://loki.example.org");
    assert!(said.contains("ok      sign-in") && said.contains("https://loki.example.org/login/callback/corp"), "{said}");
    assert!(said.contains("register https://loki.example.org/logout/back-channel/corp there"), "{said}");
    let said = public("https://unregistered.example.org");
    assert!(said.contains("absent  sign-in") && said.contains("that address is not registered there"), "{said}");

    let unreadable = [&good[..4], &[("LOKI_SIGN_IN_CORP_CLIENT_SECRET_FILE", "/no/such/secret")]].concat();
    let said = doctor(&app, &unreadable);
    assert!(said.contains("MISSING sign-in \"corp\", client_secret_file: /no/such/secret cannot be read"), "{said}");
    assert!(said.contains("chmod 400"), "{said}");

    let said = doctor(&app, &good[..3]);
    assert!(said.contains("MISSING sign-in \"corp\", client_id: it is missing"), "{said}");
    assert!(said.contains("MISSING sign-in \"corp\", client_secret: it is missing"), "{said}");
}

#[tokio::test]
async fn a_server_does_not_start_with_a_provider_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sign-in.toml");
    std::fs::write(&file, "[[provider]]\nid = \"corp\"\nkind = \"saml\"\n").unwrap();
    let mut loki = server::loki();
    loki.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path().join("data"));
    loki.arg("--sign-in-file").arg(&file);

    let output = command::run(loki, "");

    let said = command::stderr(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("sign-in provider \"corp\", kind: \"saml\" is none; there are oidc, google and github"), "{said}");
}

#[tokio::test]
async fn who_cannot_be_asked_signs_nobody_in() {
    let (provider, app) = with_corp(Setup::default()).await;
    let admin: Actor<'_> = app.first_admin().await;
    drop(provider);
    let answer = app.get("/login/with/corp").await.expect(400);
    assert!(answer.text().contains(&answer.header("x-request-id")), "{}", answer.text());
    eventually("the refusal is on record", async || {
        let entries: AuditPage = admin.get("/api/v2/audit?action=sign_in&outcome=denied").await.json();
        entries.entries.into_iter().find(|entry| entry.error.as_deref().is_some_and(|error| error.contains("does not answer")))
    })
    .await;
    // Others are not held up by it.
    admin.get("/api/status").await.expect(200);
}
