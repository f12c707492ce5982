//! Keys here are put together from halves, so that this file does not hold any.

use protocol::runs::GateVerdict::{Failed, Passed};

use super::*;

fn judge(changed: &[ChangedFile]) -> Finding {
    super::judge(changed, &Masks::default())
}

#[test]
fn a_value_of_the_vault_is_found_and_not_shown() {
    let vault = Masks::of([("DATABASE_PASSWORD", "correct horse")]);
    for line in ["x = 'correct horse'", "y = Y29ycmVjdCBob3JzZQ==", "?p=correct%20horse"] {
        let finding = super::judge(&[file("a.py", None, &format!("# one\n{line}\n"))], &vault);
        assert_eq!(finding.verdict, Failed, "{line}");
        assert!(finding.summary.contains("a secret of the vault at a.py:2"), "{}", finding.summary);
        assert!(finding.evidence.contains("DATABASE_PASSWORD") && !format!("{finding:?}").contains("horse"), "{finding:?}");
    }
    let named = super::judge(&[file("correct horse", None, "a\n")], &vault);
    assert!(named.verdict == Failed && !format!("{named:?}").contains("horse"), "{named:?}");
    assert_eq!(super::judge(&[file("a.py", Some("correct horse\n"), "correct horse\nb\n")], &vault).verdict, Passed);
}

fn file(path: &str, before: Option<&str>, after: &str) -> ChangedFile {
    ChangedFile { path: path.into(), before: before.map(Into::into), after: Some(after.into()), opaque: false, link: None }
}

/// A body that looks random, of any length.
fn random(length: usize) -> String {
    "a8Xk2Lq9Zt4Wm7Bv1Nc6Ry3Hd5Gj0PfEsUo".chars().cycle().take(length).collect()
}

fn hex(length: usize) -> String {
    "8f3a9c2e71b4d056".chars().cycle().take(length).collect()
}

// SC-05
#[test]
fn keys_of_known_shapes_are_found_and_masked() {
    let keys = [
        format!("AKI{}", "AIOSFODNN7EXAMPLE"),
        format!("gh{}{}", "p_", random(36)),
        format!("github_{}{}", "pat_", random(30)),
        format!("gl{}{}", "pat-", random(20)),
        format!("xox{}{}", "b-", "123456789012-abcdefABCDEF"),
        format!("sk_{}{}", "live_", random(24)),
        format!("AI{}{}", "za", random(35)),
        format!("sk-{}{}", "ant-api03-", random(40)),
        format!("sk-{}{}", "proj-", random(40)),
        format!("sk-{}", hex(32)),
        format!("ey{}.ey{}.{}", "JhbGciOiJIUzI1NiJ9", "JzdWIiOiIxMjM0NSJ9", random(43)),
        format!("np{}{}", "m_", random(36)),
        format!("py{}{}", "pi-", random(60)),
        format!("S{}{}", "K", hex(32)),
        format!("S{}{}.{}", "G.", random(22), random(43)),
        format!("Account{}{}==", "Key=", random(86)),
        format!("hf{}{}", "_", random(34)),
        format!("https://hooks.slack{}T012AB/B034CD/{}", ".com/services/", random(24)),
    ];
    for key in keys {
        let finding = judge(&[file("tests/test_a.py", None, &format!("import os\nvalue = [{key}]\n"))]);

        assert_eq!(finding.verdict, Failed, "{key}");
        assert!(finding.evidence.contains("tests/test_a.py:2"), "{}", finding.evidence);
        let body: String = key.chars().skip(key.chars().count() - 12).collect();
        assert!(!format!("{finding:?}").contains(&body), "{finding:?}");
        assert!(!mask(&format!("x {key} y")).contains(&body));
        assert!(finding.hints[0].contains("environment variable"));
    }
}

#[test]
fn random_literals_under_telling_names_are_found() {
    let value = random(24);
    let lines = [
        ("a.py", format!("API_KEY = \"{value}\"")),
        ("a.js", format!("const config = {{ apiKey: '{value}' }};")),
        ("a.json", format!("  \"client_secret\": \"{value}\",")),
        ("a.go", format!("authToken := \"{value}\"")),
        ("a.rb", format!(":secret => '{value}'")),
        ("config.yml", format!("db_password: {value}")),
        ("run.sh", format!("export SECRET_KEY={value}")),
        (".env.example", format!("SESSION_TOKEN={value}")),
        ("a.py", "password = \"kJ8#mP2!vL9@xQ4\"".to_owned()),
        ("a.py", format!("url = \"postgres://app:{value}@db.internal/app\"")),
    ];
    for (path, line) in lines {
        assert_eq!(judge(&[file(path, None, &line)]).verdict, Failed, "{line}");
    }
}

#[test]
fn placeholders_lookups_and_ordinary_code_pass() {
    let lines = [
        ("a.py", "password = os.environ[\"DB_PASSWORD_MAIN1\"]"),
        ("a.js", "const apiKey = process.env.SERVICE_API_KEY_V2;"),
        ("a.yml", "password: ${DB_PASSWORD_FOR_APP1}"),
        ("a.yml", "token: \"{{ vault.token_for_app_1 }}\""),
        ("a.py", "API_KEY = \"your-api-key-goes-here-123\""),
        ("a.py", "password = \"changeme1234567\""),
        ("a.py", "login(password=\"Password123!\")"),
        ("a.py", "user = register(\"ada\", password=\"correct-horse-battery\")"),
        ("a.ts", "const token: string = \"abc123\";"),
        ("a.py", "token_url = \"https://login.internal/oauth2/v1/authorize\""),
        ("a.py", "password_hash = \"$2b$12$KIXQJ8z1Zr4mB7vN9cWq2u\""),
        ("a.py", "SECRET_NAME = \"prod-app-config-eu-west-1a\""),
        ("a.css", ".sk-folding-cube-wrapper-element { color: red }"),
        ("a.py", "if line.startswith('-----BEGIN PRIVATE KEY-----'):"),
        ("a.yml", "url: postgres://postgres:postgres@localhost/app"),
        ("README.md", "export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("package-lock.json", "\"integrity\": \"sha512-Zk8mQ2xL9vN4rT7wB1cY6uJ3hD5gF0pEsAoI\""),
        ("a.rs", "let key = secret_key_from(&settings, \"signing\")?;"),
    ];
    for (path, line) in lines {
        let finding = judge(&[file(path, None, line)]);
        assert_eq!(finding.verdict, Passed, "{line}: {}", finding.evidence);
    }
}

#[test]
fn only_added_lines_count() {
    let old = format!("KEY = 'gh{}{}'", "p_", random(36));
    let before = format!("{old}\nx = 1\n");

    assert_eq!(judge(&[file("a.py", Some(&before), &format!("x = 2\n{old}\n"))]).verdict, Passed);
    assert_eq!(judge(&[file("a.py", Some("x = 1\n"), &before)]).verdict, Failed);
    assert_eq!(judge(&[ChangedFile { after: None, ..file("a.py", Some(&before), "") }]).verdict, Passed);
}

#[test]
fn private_keys_are_found_whole_and_in_strings() {
    let head = format!("-----{} RSA PRIVATE KEY-----", "BEGIN");
    let blocks = [
        format!("{head}\nMIIEpAIBAAKCAQEA7bq\n"),
        format!("key = \"{head}\\nMIIEpAIBAAKCAQEA7bq\""),
        format!("'{head}' +\n 'MIIEpAIBAAKCAQEA7bq'"),
    ];
    for block in blocks {
        assert_eq!(judge(&[file("a.txt", None, &block)]).verdict, Failed, "{block}");
        assert!(!mask(&block).contains("MIIEpA"));
    }
}

#[test]
fn private_files_are_known_by_their_names() {
    let key = format!("-----{} PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\n", "BEGIN");
    let cases = [
        (".env", "A=1", Failed),
        ("app/.env.production", "A=1", Failed),
        (".env.example", "A=", Passed),
        (".envrc.md", "text", Passed),
        ("keys/id_rsa", "x", Failed),
        ("keys/id_rsa.pub", "ssh-rsa AAAA", Passed),
        ("tls/server.pem", key.as_str(), Failed),
        ("tls/ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n", Passed),
        ("tls/store.P12", "x", Failed),
        ("src/environment.ts", "export {}", Passed),
    ];
    for (path, after, verdict) in cases {
        assert_eq!(judge(&[file(path, None, after)]).verdict, verdict, "{path}");
    }
    assert_eq!(judge(&[file(".env", Some("A=1"), "A=2")]).verdict, Passed);
}

#[test]
fn hostile_input_is_survived() {
    let long = format!("password = \"{}\n{}", "é\u{0}\u{1b}[".repeat(50_000), "sk-".repeat(50_000));

    judge(&[file("a", None, &long)]);
    assert!(mask(&long).starts_with("password"));
}
