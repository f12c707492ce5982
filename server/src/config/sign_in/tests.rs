//! What can be written down, and what is said of what is wrong.

use std::collections::BTreeMap;

use domain::sign_in::{Kind, Provisioning, RoleRule};
use protocol::access::Role;

use super::*;

fn with(file: &str, variables: &[(&str, &str)]) -> Result<Vec<ProviderConfig>, SignInError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sign-in.toml");
    fs::write(&path, file).unwrap();
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    read(None, &path, |name| variables.get(name).map(|value| (*value).to_owned()))
}

fn said(file: &str, variables: &[(&str, &str)]) -> String {
    with(file, variables).map(|_| ()).unwrap_err().to_string()
}

const CORP: &str = r#"
[[provider]]
id = "corp"
kind = "oidc"
issuer = "https://login.example.org/tenant/"
client_id = "loki"
client_secret_env = "CORP"
provisioning = "open"
allowed_domains = ["Example.org"]
roles = [{ group = "admins", role = "admin" }]
also_hosts = ["keys.example.org:8443"]
"#;

#[test]
fn a_file_says_everything_but_the_secret() {
    let corp = with(CORP, &[("CORP", "hush")]).unwrap().remove(0);

    assert_eq!((corp.rules.id.as_str(), corp.rules.name.as_str(), corp.rules.kind), ("corp", "corp", Kind::Oidc));
    assert_eq!(corp.rules.issuer, "https://login.example.org/tenant/");
    assert_eq!(corp.rules.allowed_domains, ["example.org"]);
    assert_eq!(corp.rules.provisioning, Provisioning::Open);
    assert_eq!(corp.rules.roles, [RoleRule { group: "admins".to_owned(), role: Role::Admin }]);
    assert_eq!(corp.rules.default_role, Some(Role::Viewer));
    assert_eq!(corp.scopes, ["openid", "profile", "email"]);
    assert_eq!(corp.origins, ["https://login.example.org", "https://keys.example.org:8443"]);
    assert_eq!(corp.client_secret.secret(), "hush");
    assert!(!format!("{corp:?}").contains("hush"));
}

#[test]
fn variables_alone_are_enough_and_win_over_the_file() {
    let variables = [
        ("LOKI_SIGN_IN", "corp, github"),
        ("CORP", "from the file's variable"),
        ("LOKI_SIGN_IN_CORP_CLIENT_SECRET", "hush"),
        ("LOKI_SIGN_IN_CORP_ROLES", "cn=ops,dc=example=operator, admins=admin"),
        ("LOKI_SIGN_IN_GITHUB_KIND", "github"),
        ("LOKI_SIGN_IN_GITHUB_CLIENT_ID", "Iv1.abc"),
        ("LOKI_SIGN_IN_GITHUB_CLIENT_SECRET", "hush"),
        ("LOKI_SIGN_IN_GITHUB_ALLOWED_ORGANISATIONS", "acme"),
    ];
    let found = with(CORP, &variables);
    // A comma ends a rule, so this one has lost its role.
    assert!(found.is_err());
    let variables =
        variables.map(|(name, value)| (name, if name.ends_with("ROLES") { "cn=ops=operator, admins=admin" } else { value }));
    let providers = with(CORP, &variables).unwrap();
    assert_eq!(providers[0].client_secret.secret(), "hush");
    let rules: Vec<_> = providers[0].rules.roles.iter().map(|rule| (rule.group.as_str(), rule.role)).collect();
    assert_eq!(rules, [("cn=ops", Role::Operator), ("admins", Role::Admin)]);
    let github = &providers[1];
    assert_eq!((github.rules.name.as_str(), github.rules.issuer.as_str()), ("GitHub", "https://github.com"));
    assert_eq!(github.rules.provisioning, Provisioning::Invitation);
    assert_eq!(github.scopes, ["read:user", "user:email", "read:org"]);
    assert_eq!(github.origins, ["https://github.com", "https://api.github.com"]);
}

#[test]
fn what_is_wrong_is_named_with_its_field() {
    let cases: [(&str, &str, &str); 14] = [
        ("issuer = \"https://login.example.org/tenant/\"", "", "\"corp\", issuer: it is missing"),
        (
            "https://login.example.org/tenant/",
            "http://login.example.org",
            "issuer: \"http://login.example.org\" has to begin with https",
        ),
        ("https://login.example.org/tenant/", "login.example.org", "issuer: \"login.example.org\" is no address"),
        ("https://login.example.org/tenant/", "https://a.example/?b=c", "issuer: \"https://a.example/?b=c\" has more than"),
        ("client_id = \"loki\"", "", "client_id: it is missing"),
        ("client_secret_env = \"CORP\"", "", "client_secret: it is missing"),
        ("client_secret_env = \"CORP\"", "client_secret_file = \"/nowhere/x\"", "client_secret_file: /nowhere/x cannot be read"),
        ("\"oidc\"", "\"saml\"", "kind: \"saml\" is none; there are oidc, google and github"),
        ("\"oidc\"", "\"google\"", "issuer: Google's is https://accounts.google.com"),
        ("\"open\"", "\"everybody\"", "provisioning: \"everybody\" is none"),
        ("role = \"admin\"", "role = \"king\"", "roles: \"king\", for the group \"admins\", is no role"),
        ("\"Example.org\"", "\"@example.org\"", "allowed_domains: \"@example.org\" is no domain"),
        ("id = \"corp\"", "id = \"Corp!\"", "id: 1 to 40"),
        ("client_id", "client_idd", "unknown field `client_idd`"),
    ];
    for (from, to, expected) in cases {
        let text = said(&CORP.replace(from, to), &[("CORP", "hush")]);
        assert!(text.contains(expected), "{to}: {text}");
    }
    assert!(said(CORP, &[]).contains("client_secret_env: the variable CORP is not set"));
    assert!(said(&CORP.repeat(2), &[("CORP", "hush")]).contains("id: another provider has the same one"));
}

#[test]
fn without_a_file_and_variables_there_are_none() {
    assert!(read(None, Path::new("/nowhere/sign-in.toml"), |_| None).unwrap().is_empty());
    assert!(matches!(read(Some(Path::new("/nowhere/x")), Path::new("/y"), |_| None), Err(SignInError::Read { .. })));
}
