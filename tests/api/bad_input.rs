//! Bad input gets a clear message, and nothing runs, leaks or is lost.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use protocol::runs::Started;
use serde_json::{Value, json};
use tests::{Setup, TestApp, command, specs};

// EP-001, EP-002, EC-002, BD-007
#[tokio::test]
async fn specs_that_cannot_be_read_are_refused_with_what_is_wrong() {
    are_refused_with_what_is_wrong(TestApp::start().await).await;
}

#[tokio::test]
async fn specs_that_cannot_be_read_are_refused_with_what_is_wrong_on_postgres() {
    are_refused_with_what_is_wrong(Setup::default().on_postgres().start().await).await;
}

async fn are_refused_with_what_is_wrong(app: TestApp) {
    let user = app.operator().await;
    let long = format!("# Long\n\n- {}\n", "x".repeat(1 << 20));
    let cases: [(&str, u16, &str); 6] = [
        ("", 422, "empty"),
        (" \n\t\u{feff}\n", 422, "empty"),
        ("a\u{0}b", 422, "not text"),
        ("{\"title\": \"Broken\",", 422, "line 1"),
        ("openapi: 3.0.0\npaths: [", 422, "line"),
        (&long, 413, "1 MiB"),
    ];
    let project = user.has_project().create().await;
    for (spec, status, named) in cases {
        let made = user.post("/api/projects", &json!({"name": "Bad", "prd_text": spec})).await.expect(status);
        assert!(made.detail().contains(named), "{}", made.detail());
        let started = project.asks_to_start(json!({"prd_text": spec})).await.expect(status);
        assert!(started.detail().contains(named), "{}", started.detail());
    }
    let nothing = project.asks_to_start(json!({})).await.expect(422);
    assert!(nothing.detail().contains("no spec"), "{}", nothing.detail());
    assert_eq!(user.runs().await, []);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    // Only the head is sent: who writes on would learn of the refusal late.
    let mut stream = std::net::TcpStream::connect(app.host()).unwrap();
    let head = format!(
        "POST /api/projects HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        app.host(),
        user.secret(),
        3 << 20
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("larger than this server takes"), "{answer}");
}

#[tokio::test]
async fn a_nul_character_is_refused_wherever_it_stands() {
    refuses_nul_characters(TestApp::start().await).await;
}

#[tokio::test]
async fn a_nul_character_is_refused_wherever_it_stands_on_postgres() {
    refuses_nul_characters(Setup::default().on_postgres().start().await).await;
}

async fn refuses_nul_characters(app: TestApp) {
    let admin = app.admin().await;
    for list in ["audit?q", "audit?actor", "audit?action", "audit?resource_id", "audit?resource_type", "audit/export?q"] {
        let refused = admin.get(&format!("/api/v2/{list}=a%00")).await.expect(422);
        assert!(refused.detail().contains("NUL"), "{list}: {}", refused.detail());
    }
    for list in ["invitations", "teams", "users"] {
        let refused = admin.get(&format!("/api/v2/{list}?q=%00")).await.expect(422);
        assert!(refused.detail().contains("NUL"), "{list}: {}", refused.detail());
    }
    admin.get("/api/v2/api-keys/a%00").await.expect(404);
    admin.delete("/api/v2/api-keys/a%00").await.expect(404);
    admin.post("/api/v2/api-keys/a%00/rotate", &json!({})).await.expect(404);
    admin.delete("/api/v2/secrets/A%00").await.expect(404);

    let project = admin.has_project().create().await;
    let with_nul = json!({"name": "A", "description": "a\u{0}b"});
    admin.post("/api/projects", &with_nul).await.expect(422);
    admin.put(&format!("/api/projects/{}", project.id()), &json!({"description": "a\u{0}b"})).await.expect(422);
    // It is the character that is refused, not words about it.
    let words = r"a\u0000 is a NUL";
    let told = admin.put(&format!("/api/projects/{}", project.id()), &json!({"description": words})).await.expect(200);
    assert_eq!(told.value()["description"], words);

    app.nobody().send_form("/login", &[("email", "a\0@x.org"), ("password", "whatever it is")]).await.expect(422);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_never_ends_is_the_senders_fault() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let (host, url, secret) = (app.host(), app.url(), user.secret());
    let ask = |head: &str, body: &[u8]| {
        let mut stream = std::net::TcpStream::connect(&host).unwrap();
        let head = format!("POST {head}\r\nhost: {host}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    // One byte more than is taken, and nothing behind it: what nobody reads would reset the connection.
    let chunk = |most: usize| [format!("{:x}\r\n", most + 1).into_bytes(), vec![b'a'; most + 1]].concat();
    let form = format!("origin: {url}\r\ncontent-type: application/x-www-form-urlencoded");
    let function = format!("/ui/end_login HTTP/1.1\r\naccept: application/json\r\n{form}");
    let login = format!("/login HTTP/1.1\r\naccept: text/html\r\n{form}");
    let cancel = "/api/v2/runs/0198c000-0000-7000-8000-000000000000/cancel";
    let without_body = format!("{cancel} HTTP/1.1\r\nauthorization: Bearer {secret}");

    let broken = ask(&function, b"zz\r\n");
    assert!(broken.starts_with("HTTP/1.1 400") && broken.contains("could not be read"), "{broken}");
    assert!(broken.contains("request_id") && !broken.contains(r#""request_id":"""#), "{broken}");
    for (head, most) in [(&function, 4 << 20), (&login, 4 << 20), (&without_body, 2 << 20)] {
        let answer = ask(head, &chunk(most));
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("larger than this server takes"), "{answer}");
    }
}

#[tokio::test]
async fn a_header_that_decides_is_there_once() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let (host, url, secret) = (app.host(), app.url(), user.secret());
    let head = format!("GET /api/status HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {secret}\r\nconnection: close\r\n");
    let ask = |more: &str| {
        let mut stream = std::net::TcpStream::connect(&host).unwrap();
        stream.write_all(format!("{head}{more}\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("").starts_with("HTTP/1.1 200"), "{}", ask(""));
    let twice = [
        ("host", "host: evil.example\r\n".to_owned()),
        ("origin", format!("origin: {url}\r\norigin: http://evil.example\r\n")),
        ("authorization", format!("authorization: Bearer {secret}\r\n")),
    ];
    for (name, more) in twice {
        let answer = ask(&more);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(&format!("{name} is there twice")), "{answer}");
    }
}

// The HTTP library answers below all that is ours, and takes no words for it.
#[tokio::test]
async fn what_is_not_http_is_refused_without_a_word() {
    let app = TestApp::start().await;
    let ask = |first: &str, header: &str| {
        let mut stream = std::net::TcpStream::connect(app.host()).unwrap();
        stream.write_all(format!("{first}\r\nhost: {}\r\n{header}\r\n\r\n", app.host()).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let post = "POST /api/projects HTTP/1.1";
    for (first, header) in
        [(post, "content-length: ten"), (post, "content-length: 1\r\ncontent-length: 2"), ("GET / HTTP/1.1", "not a header")]
    {
        let answer = ask(first, header);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.ends_with("\r\n\r\n"), "{header}: {answer}");
        assert!(!answer.contains("x-request-id"), "{header}: {answer}");
    }
    app.get("/health").await.expect(200);
}

#[tokio::test]
async fn unknown_and_wrong_fields_are_named() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let cases: [(Value, &str); 7] = [
        (json!({"name": "A", "surprise": 1}), "surprise"),
        (json!({"name": 7}), "name"),
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({"name": "a\nb"}), "name"),
        (json!({"name": "A", "delivery": "fax"}), "delivery"),
    ];
    for (body, named) in cases {
        let answer = user.post("/api/projects", &body).await.expect(422);
        assert!(answer.detail().to_lowercase().contains(named), "{body}: {}", answer.detail());
    }
    for (more, named) in
        [(json!({"surprise": 1}), "surprise"), (json!({"provider": "gpt"}), "gpt"), (json!({"model": "-x --y"}), "model")]
    {
        let answer = project.asks_to_start(more.clone()).await.expect(422);
        assert!(answer.detail().to_lowercase().contains(named), "{more}: {}", answer.detail());
    }
    let two = project.asks_to_start(json!({"prd_text": specs::ONE, "template": "cli-tool"})).await.expect(422);
    assert!(two.detail().contains("one of"), "{}", two.detail());
}

// EP-007, EC-012, BD-008
#[tokio::test]
async fn unknown_templates_and_missing_variables_are_named() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().create().await;
    for name in ["cli-tol", "../cli-tool", &"x".repeat(500), ""] {
        user.post("/api/projects", &json!({"name": "A", "template": name})).await.expect(422);
        project.asks_to_start(json!({"template": name})).await.expect(422);
    }
    let typo = user.post("/api/projects", &json!({"name": "A", "template": "cli-tol"})).await.expect(422);
    assert!(typo.detail().contains("cli-tol") && typo.detail().contains("cli-tool"), "{}", typo.detail());
    for word in ["has space; rm -rf", "Greet", "-x", "$(id)"] {
        let body = json!({"name": "A", "template": "cli-tool", "variables": {"command": word}});
        let refused = user.post("/api/projects", &body).await.expect(422);
        assert!(refused.detail().contains("command") && refused.detail().contains("lower-case"), "{}", refused.detail());
    }
    let variable = json!({"name": "A", "template": "cli-tool", "variables": {"colour": "red"}});
    let unknown = user.post("/api/projects", &variable).await.expect(422);
    assert!(unknown.detail().contains("colour"), "{}", unknown.detail());
}

/// A repository with a template of its own, two of whose variables have no default. Those that come with loki have defaults for
/// all that they ask.
fn house(root: &Path) -> PathBuf {
    let folder = root.join("house");
    fs::create_dir_all(folder.join(".loki/templates")).unwrap();
    let variables: String =
        ["project_name", "who", "when"].map(|name| format!("- {{name: {name}, description: Of the house}}\n")).concat();
    let front = format!("---\nname: house\ntitle: House\ndescription: Ours\nvariables:\n{variables}---\n");
    let text = format!("{front}# {{{{ project_name }}}}\n\n- `greet` prints `{{{{ who }}}} {{{{ when }}}}`\n");
    fs::write(folder.join(".loki/templates/house.md"), text).unwrap();
    for arguments in [&["init", "--initial-branch", "main"][..], &["add", "--all"], &["commit", "--message", "A template"]] {
        command::git(&folder, arguments);
    }
    folder
}

// EP-007
#[tokio::test]
async fn a_variable_that_is_left_out_is_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = house(root.path());
    let app = Setup::default().argument("--allow-root").argument(root.path().to_string_lossy()).start().await;
    let user = app.operator().await;
    let project = user.has_project().in_folder(&folder).create().await;

    let answer = project.asks_to_start(json!({"template": "house"})).await.expect(422);

    assert!(answer.detail().contains("The template needs a value for who, when"), "{}", answer.detail());
    let one = json!({"template": "house", "variables": {"who": "Ada"}});
    let answer = project.asks_to_start(one).await.expect(422);
    assert!(answer.detail().contains("The template needs a value for when"), "{}", answer.detail());
    let without = project.asks_to_start(json!({"prd_text": specs::ONE, "variables": {"who": "Ada"}})).await.expect(422);
    assert!(without.detail().contains("Variables go with a template"), "{}", without.detail());
}

#[tokio::test]
async fn a_run_starts_with_a_template_and_values_for_its_variables() {
    let root = tempfile::tempdir().unwrap();
    let folder = house(root.path());
    let app = Setup::default().argument("--allow-root").argument(root.path().to_string_lossy()).start().await;
    let user = app.operator().await;
    let project = user.has_project().in_folder(&folder).create().await;
    let given = |when: &str| {
        let variables = json!({"project_name": "Doorman", "who": "Ada", "when": when});
        json!({"template": "house", "variables": variables, "request_id": "nightly"})
    };
    let run = project.starts_with(given("today")).await;
    assert_eq!(run.now().await.title, "Doorman");
    let again: Started = project.asks_to_start(given("today")).await.expect(202).json();
    assert_eq!(again.run_id, run.id);
    project.asks_to_start(given("tomorrow")).await.expect(409);

    let typed = ["start", "--template", "house", "--variable", "who=Ada", "--variable", "when=now", "--project", "Greeter"];
    let started = user.loki(&[&typed[..], &["--provider", "demo"]].concat());
    assert!(started.status.success(), "{}", command::stderr(&started));
}

// EP-006
#[tokio::test]
async fn an_agent_that_is_not_installed_is_named_with_what_to_do() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let answer = project.asks_to_start(json!({"provider": "acp"})).await.expect(503);

    assert!(answer.detail().contains("ACP agent") && answer.detail().contains("LOKI_AGENT_ACP"), "{}", answer.detail());
    let typed = user.loki(&["start", "Make it", "--project", "Greeter", "--provider", "acp"]);
    assert_eq!(typed.status.code(), Some(1));
    assert!(command::stderr(&typed).contains("LOKI_AGENT_ACP"), "{}", command::stderr(&typed));
}

// EC-005
#[tokio::test]
async fn folders_outside_of_the_allowed_roots_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("project")).unwrap();
    fs::create_dir_all(folder.path().join("secret")).unwrap();
    symlink(folder.path().join("secret"), root.join("link")).unwrap();
    let app = Setup::default().argument("--allow-root").argument(root.to_string_lossy()).start().await;
    let user = app.operator().await;
    let inside = |name: &str| root.join(name).to_string_lossy().into_owned();

    for path in
        ["/etc".to_owned(), inside("../secret"), inside("link"), inside("missing"), "root/project".to_owned(), String::new()]
    {
        let answer = user.post("/api/projects", &json!({"name": "A", "path": path})).await.expect(422);
        assert!(answer.detail().contains("cannot be used"), "{path}: {}", answer.detail());
    }
    let closed = TestApp::start().await;
    let answer =
        closed.operator().await.post("/api/projects", &json!({"name": "A", "path": inside("project")})).await.expect(422);
    assert!(answer.detail().contains("--allow-root"), "{}", answer.detail());
}

// SC-08
#[tokio::test]
async fn addresses_that_are_commands_or_options_run_nothing() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let mark = app.data_dir().join("../pwned");
    let mark_text = mark.to_string_lossy().into_owned();
    let urls = [
        format!("ext::sh -c touch% {mark_text}"),
        format!("--upload-pack=touch {mark_text}"),
        format!("-oProxyCommand=touch {mark_text}"),
        format!("ssh://-oProxyCommand=touch%20{mark_text}/x"),
        "fd::17".to_owned(),
        "/etc".to_owned(),
        "file:///etc".to_owned(),
        String::new(),
    ];
    for url in urls {
        let answer = user.post("/api/projects", &json!({"name": "A", "git_url": url})).await.expect(422);
        assert!(answer.detail().contains("cannot be cloned"), "{url}: {}", answer.detail());
    }
    assert!(!mark.exists());
}

#[tokio::test]
async fn a_spec_is_read_only_from_within_the_repository() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    for path in ["/etc/passwd", "../../loki.db", "docs/../../x", "--help", "HEAD:docs/prd.md", "missing.md", ".git/config", ""] {
        let answer = project.asks_to_start(json!({"prd_path": path})).await;
        assert!(matches!(answer.status, 404 | 422), "{path}: {} {}", answer.status, answer.text());
        assert!(!answer.detail().contains("root:"), "{}", answer.detail());
    }
    project.starts_with(json!({"prd_path": "docs/prd.md"})).await.is_verified().await;
}

#[tokio::test]
async fn a_field_that_stands_there_twice_is_refused() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    user.get("/api/v2/runs?limit=1&limit=2").await.expect(422);
    let twice = user.request(reqwest::Method::POST, "/api/projects").header("content-type", "application/json");
    let answer = user.send(twice.body(r#"{"name": "A", "name": "B"}"#)).await.expect(422);
    assert!(answer.detail().contains("name"), "{}", answer.detail());
    // The fields in their order, without their names.
    let list = user.post("/api/projects", &json!(["A", null, null, null, null, null, null, {}])).await.expect(422);
    assert!(list.detail().contains("object"), "{}", list.detail());
}

#[tokio::test]
async fn a_form_that_misses_its_fields_is_the_askers_mistake() {
    let app = TestApp::start().await;
    let user = app.first_admin().await;
    let form = user.request(reqwest::Method::POST, "/ui/create_project");
    let form = form.header("content-type", "application/x-www-form-urlencoded").body("other=1");

    let answer = user.send(form).await.expect(400);

    assert!(answer.text().contains("could not be read"), "{}", answer.text());
    // The log knows it under the same id.
    let id = answer.header("x-request-id");
    assert!(!id.is_empty() && answer.text().contains(&id), "{}", answer.text());
}
