//! An identity provider that does what the protocol says, or lies in one of the ways that a client has to notice. It speaks
//! OpenID Connect, and OAuth as GitHub does.

mod answers;
mod tokens;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::Setup;
use tokens::Key;

/// How loki is known there.
pub const CLIENT_ID: &str = "loki";
pub const CLIENT_SECRET: &str = "a secret of loki and the provider";

/// What the provider does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Nothing.
    None,
    OtherNonce,
    NoNonce,
    OtherIssuer,
    OtherAudience,
    SecondAudience,
    OtherParty,
    Expired,
    IssuedTomorrow,
    AlgorithmNone,
    /// HS256 with the public key as the shared secret.
    SignedWithPublicKey,
    /// HS256 with the client's secret.
    SignedWithSecret,
    UnknownKey,
    /// The right name of a key and another signature.
    OtherSignature,
    OtherAccessToken,
    NoIdToken,
    OtherPersonInUserInfo,
    HugeAnswer,
    Redirects,
    Nonsense,
    /// The discovery document names another issuer.
    DiscoveryOfAnother,
    /// The discovery document leads to a server that is not the issuer's.
    TokensElsewhere,
    /// The person is not asked who they are, and the ID token says so.
    AsksNobody,
    /// The ID token does not say when the person showed who they are.
    NoSignInTime,
}

/// Whom the provider vouches for.
#[derive(Clone, Debug)]
pub struct Person {
    pub subject: String,
    pub email: String,
    pub verified: bool,
    pub name: String,
    pub groups: Vec<String>,
}

impl Person {
    pub fn ada() -> Self {
        Self {
            subject: "1815".to_owned(),
            email: "ada@example.org".to_owned(),
            verified: true,
            name: "Ada Lovelace".to_owned(),
            groups: Vec::new(),
        }
    }
}

/// What was handed out for a code.
#[derive(Clone, Debug)]
struct Granted {
    nonce: String,
    challenge: String,
    back: String,
    /// Whether the person was to show once more who they are.
    again: bool,
}

struct State {
    url: String,
    /// Where tokens are said to be when that is a lie.
    elsewhere: String,
    person: Person,
    lie: Lie,
    /// Whether email address and groups stand in the ID token, or in the user info alone.
    slim: bool,
    /// Whether the groups stand in the user info alone.
    groups_apart: bool,
    names_issuer: bool,
    /// Its name of the session that the person has here.
    sid: Option<String>,
    /// How many seconds ago the person showed who they are.
    session_age: i64,
    /// The ID token that was handed out last.
    id_token: String,
    key: Key,
    codes: HashMap<String, Granted>,
    /// Access tokens that were handed out.
    tokens: Vec<String>,
    asked: BTreeMap<String, u32>,
}

/// A running provider.
pub struct IdentityProvider {
    url: String,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl IdentityProvider {
    /// Starts an honest one for Ada.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State {
            url: url.clone(),
            elsewhere: String::new(),
            person: Person::ada(),
            lie: Lie::None,
            slim: false,
            groups_apart: false,
            names_issuer: true,
            sid: None,
            session_age: 0,
            id_token: String::new(),
            key: Key::new("first"),
            codes: HashMap::new(),
            tokens: Vec::new(),
            asked: BTreeMap::new(),
        }));
        let router = answers::router(Arc::clone(&state));
        #[expect(clippy::disallowed_methods, reason = "the provider aborts it when it is dropped")]
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, state, server }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the provider's state")
    }

    pub fn lies(&self, lie: Lie) {
        self.state().lie = lie;
    }

    /// Says in its discovery document that tokens are at that address.
    pub fn has_tokens_at(&self, address: &str) {
        let mut state = self.state();
        state.lie = Lie::TokensElsewhere;
        address.clone_into(&mut state.elsewhere);
    }

    pub fn vouches_for(&self, person: Person) {
        self.state().person = person;
    }

    /// Ada in those groups.
    pub fn has_groups(&self, groups: &[&str]) {
        self.state().person.groups = groups.iter().map(|group| (*group).to_owned()).collect();
    }

    /// Keeps what it knows of a person out of the ID token.
    pub fn is_slim(&self) {
        self.state().slim = true;
    }

    /// Keeps the groups alone out of the ID token, as many providers do.
    pub fn keeps_groups_apart(&self) {
        self.state().groups_apart = true;
    }

    /// Names the session that the person has here.
    pub fn has_session(&self, sid: &str) {
        self.state().sid = Some(sid.to_owned());
    }

    /// Lets the person in by a session that is so old.
    pub fn has_session_since(&self, seconds_ago: i64) {
        self.state().session_age = seconds_ago;
    }

    /// The ID token that was handed out last.
    pub fn id_token(&self) -> String {
        self.state().id_token.clone()
    }

    /// The token that says that the person signed out here, in the session that has a name if one has: true but for the lie
    /// and for what `change` does to its claims.
    pub fn logout_token(&self, lie: Lie, change: impl FnOnce(&mut Value)) -> String {
        self.state().logout_token(lie, change)
    }

    /// Signs with another key from now on.
    pub fn rotates_its_key(&self, name: &str) {
        self.state().key = Key::new(name);
    }

    /// How often a path was asked for.
    pub fn was_asked(&self, path: &str) -> u32 {
        self.state().asked.get(path).copied().unwrap_or_default()
    }

    /// What a person's consent at `address` leads back to. Checks that the request is as it should be.
    pub fn consents(&self, address: &str) -> String {
        self.comes_back(address, &[("iss", &self.url)])
    }

    /// As [`Self::consents`], with other words about who answers.
    pub fn comes_back(&self, address: &str, more: &[(&str, &str)]) -> String {
        let (base, query) = address.split_once('?').expect("a query");
        let fields = answers::fields(query);
        let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
        assert!(base.starts_with(&self.url), "{address}");
        assert_eq!((get("response_type").as_str(), get("client_id").as_str()), ("code", CLIENT_ID), "{address}");
        assert_eq!(get("code_challenge_method"), "S256", "{address}");
        assert!(get("state").len() >= 32 && get("code_challenge").len() == 43, "{address}");
        let mut state = self.state();
        let code = format!("code-{}", tokens::chance());
        let again = get("prompt") == "login" && get("max_age") == "0";
        let granted = Granted { nonce: get("nonce"), challenge: get("code_challenge"), back: get("redirect_uri"), again };
        state.codes.insert(code.clone(), granted);
        let mut back = format!("{}?code={code}&state={}", get("redirect_uri"), get("state"));
        for (name, value) in more {
            back.push_str(&format!("&{name}={}", crate::actor::escaped(value)));
        }
        back
    }

    /// A server that lets people in by this provider, named `id`, of that kind.
    pub fn serves(&self, setup: Setup, id: &str, kind: &str) -> Setup {
        let name = |field: &str| format!("LOKI_SIGN_IN_{}_{field}", id.to_uppercase());
        setup
            .also("LOKI_SIGN_IN", id)
            .variable(&name("KIND"), kind)
            .variable(&name("ISSUER"), &self.url)
            .variable(&name("CLIENT_ID"), CLIENT_ID)
            .variable(&name("CLIENT_SECRET"), CLIENT_SECRET)
            .variable(&name("PROVISIONING"), "open")
    }
}

impl State {
    fn discovery(&self) -> Value {
        let url = &self.url;
        let issuer = if self.lie == Lie::DiscoveryOfAnother { "https://accounts.example.org" } else { url };
        let tokens = if self.lie == Lie::TokensElsewhere { self.elsewhere.clone() } else { format!("{url}/token") };
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": tokens,
            "userinfo_endpoint": format!("{url}/userinfo"),
            "jwks_uri": format!("{url}/keys"),
            "end_session_endpoint": format!("{url}/logout"),
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            // A client that takes the provider's word for what is allowed would take these.
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": self.names_issuer,
        })
    }

    fn claims_about_person(&self) -> Value {
        let Person { email, verified, name, groups, .. } = &self.person;
        json!({"email": email, "email_verified": verified, "name": name, "groups": groups})
    }
}
