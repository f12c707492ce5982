//! What a new password has to be like, wherever one is given.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::Path, routing::get};
use tests::{Browser, Setup, TestApp, app::PASSWORD, command, server};

fn creates(app: &TestApp, email: &str, password: &str) -> Result<(), String> {
    let mut loki = server::loki();
    loki.args(["user", "create", "--email", email, "--role", "viewer", "--password-stdin", "--data-dir"]).arg(app.data_dir());
    loki.args(["--database-url", app.database_url()]);
    let output = command::run(loki, password);
    if output.status.success() { Ok(()) } else { Err(command::stderr(&output)) }
}

#[tokio::test]
async fn a_password_that_is_tried_first_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    for (password, reason) in [
        ("short", "at least 12"),
        ("123456789012", "used most"),
        ("Password2026!", "used most"),
        ("correct horse battery staple", "used most"),
        ("I am Grace, hello", "your own name or email address"),
        ("grace@example.org", "your own name or email address"),
        ("147258369147", "used most"),
        ("admin123admin", "used most"),
        ("Company2024!", "used most"),
        ("loki loki in the sky", "name of this program"),
        (&"tangled orbit ".repeat(12), "too long"),
    ] {
        let refused = creates(&app, "grace@example.org", password).unwrap_err();
        assert!(refused.contains(reason), "{password}: {refused}");
    }
    creates(&app, "grace@example.org", "seven tangled orbits").unwrap();
}

#[tokio::test]
async fn the_first_admin_is_told_what_is_wrong_with_a_password() {
    let app = TestApp::start().await;
    let link = app.setup_link().unwrap();
    let token = link.rsplit_once("token=").unwrap().1;
    for (password, words) in [
        ("short", "at least 12 characters"),
        ("qwertyuiop[]", "used most"),
        ("it is Grace here", "your own name"),
        (&"tangled orbit ".repeat(12), "at most 128 characters"),
    ] {
        let form = [("token", token), ("email", "grace@example.org"), ("name", "Grace"), ("password", password)];
        let browser = Browser::new(&app);
        let page = browser.posts("/setup", &form).await.expect(422).text();
        assert!(page.contains(words), "{password}: {page}");
    }
    app.first_admin().await;
}

#[tokio::test]
async fn a_password_counts_however_a_keyboard_writes_it() {
    counts_however_it_is_written(TestApp::start().await).await;
}

#[tokio::test]
async fn a_password_counts_however_a_keyboard_writes_it_on_postgres() {
    counts_however_it_is_written(Setup::default().on_postgres().start().await).await;
}

async fn counts_however_it_is_written(app: TestApp) {
    app.first_admin().await;
    creates(&app, "zoe@example.org", "caf\u{e9} au lait, sept fois").unwrap();
    for (password, counts) in [
        ("caf\u{e9} au lait, sept fois", true),
        ("cafe\u{301} au lait, sept fois", true),
        ("\u{ff43}af\u{e9} au lait, sept fois", true),
        ("cafe au lait, sept fois", false),
        (PASSWORD, false),
    ] {
        let browser = Browser::new(&app);
        let status = if counts { 303 } else { 401 };
        browser.posts("/login", &[("email", "zoe@example.org"), ("password", password)]).await.expect(status);
        assert_eq!(browser.cookie("loki_login").is_some(), counts, "{password}");
    }
}

/// A list of breached passwords that has one of them, and the ranges that it was asked for.
async fn list_of(digits: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let answer = move |Path(prefix): Path<String>| async move {
        let rest = digits.strip_prefix(&prefix).unwrap_or("0018A45C4D1DEF81644B54AB7F969B88D65").to_owned();
        seen.lock().unwrap().push(prefix);
        format!("00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2\r\n{rest}:7\r\n")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/range/", listener.local_addr().unwrap());
    let router = Router::new().route("/range/{prefix}", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breached_password_is_refused_where_a_list_is_asked() {
    // SHA-1 of "seven tangled orbits".
    let (url, asked) = list_of("F60A4515AE9E3DEE0532A8C108A0C283C05E1E47").await;
    let app = Setup::default().variable("LOKI_BREACHED_PASSWORDS_URL", &url).start().await;
    let form = |password: &'static str| {
        let token = app.setup_link().unwrap().rsplit_once("token=").unwrap().1.to_owned();
        [("token", token), ("email", "ada@example.org".to_owned()), ("password", password.to_owned())]
    };
    let send = async |password| {
        let form = form(password);
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Browser::new(&app).posts("/setup", &fields).await
    };

    assert!(send("seven tangled orbits").await.expect(422).text().contains("turned up in a data breach"));

    assert_eq!(send("seven tangled planets").await.expect(303).header("location"), "/");
    let asked = asked.lock().unwrap().clone();
    assert!(asked.len() == 2 && asked.iter().all(|prefix| prefix.len() == 5), "{asked:?}");
}

#[tokio::test]
async fn a_list_that_does_not_answer_keeps_nobody_out() {
    // Nothing listens on port 1.
    let app = Setup::default().variable("LOKI_BREACHED_PASSWORDS_URL", "http://127.0.0.1:1/range").start().await;
    app.first_admin().await.get("/api/status").await.expect(200);
    assert!(app.log().contains("list of breached passwords does not answer"), "{}", app.log());
}

// The command is waited for while the list answers it.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_which_lists_a_password_may_not_be_on() {
    let folder = tempfile::tempdir().unwrap();
    let says = |more: &[&str]| {
        let mut loki = server::loki();
        loki.args(["doctor", "--data-dir"]).arg(folder.path()).args(more);
        command::stdout(&command::run(loki, ""))
    };
    let said = says(&[]);
    assert!(said.contains("absent  breached passwords: those of the built-in list are refused, others are not"), "{said}");

    let (url, asked) = list_of("F60A4515AE9E3DEE0532A8C108A0C283C05E1E47").await;
    let said = says(&["--breached-passwords-url", &url]);
    assert!(said.contains("ok      breached passwords: ") && said.contains("127.0.0.1, which answers"), "{said}");
    assert_eq!(*asked.lock().unwrap(), ["00000"]);

    let said = says(&["--breached-passwords-url", "http://127.0.0.1:1/range"]);
    assert!(said.contains("absent  breached passwords: ") && said.contains("does not answer"), "{said}");
}
