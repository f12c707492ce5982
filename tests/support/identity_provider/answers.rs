//! The provider's addresses.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{OriginalUri, Query, Request, State as Shared},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, Lie, Person, State, tokens};

type Provider = Arc<Mutex<State>>;

pub(super) fn router(state: Provider) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/authorize", get(authorize))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .route("/userinfo", get(user_info))
        .route("/login/oauth/access_token", post(github_token))
        .route("/api/v3/{*path}", get(github_api))
        .layer(from_fn_with_state(Arc::clone(&state), count))
        .with_state(state)
}

async fn count(Shared(state): Shared<Provider>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    *state.lock().expect("the state").asked.entry(path).or_default() += 1;
    next.run(request).await
}

async fn discovery(Shared(state): Shared<Provider>) -> Json<Value> {
    Json(state.lock().expect("the state").discovery())
}

async fn keys(Shared(state): Shared<Provider>) -> Json<Value> {
    Json(json!({"keys": [state.lock().expect("the state").key.public()]}))
}

/// Its sign-in page, or an error for who comes from an address that is not registered.
async fn authorize(OriginalUri(uri): OriginalUri) -> Response {
    let asked = fields(uri.query().unwrap_or_default());
    let get = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let registered = get("client_id") == CLIENT_ID && !get("redirect_uri").contains("unregistered");
    if registered { "Sign in".into_response() } else { refuse("invalid_request") }
}

/// Fields of a form or a query.
pub(super) fn fields(text: &str) -> BTreeMap<String, String> {
    let uri = format!("/?{text}").parse().expect("fields of a form");
    let Query(fields) = Query::try_from_uri(&uri).expect("fields of a form");
    fields
}

fn refuse(code: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": code, "error_description": "<script>alert(1)</script>"}))).into_response()
}

/// Checks the code as a provider does: once, with the verifier and the address that it was asked for with.
fn redeem(state: &mut State, form: &BTreeMap<String, String>) -> Option<(super::Granted, String)> {
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let granted = state.codes.remove(get("code"))?;
    let right = get("grant_type") == "authorization_code"
        && get("redirect_uri") == granted.back
        && tokens::challenge(get("code_verifier")) == granted.challenge;
    let access_token = format!("at-{}", tokens::chance());
    state.tokens.push(access_token.clone());
    right.then_some((granted, access_token))
}

async fn token(Shared(state): Shared<Provider>, headers: HeaderMap, body: String) -> Response {
    let mut state = state.lock().expect("the state");
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{}", CLIENT_SECRET.replace(' ', "+"))));
    if headers.get(header::AUTHORIZATION).is_none_or(|sent| sent.as_bytes() != expected.as_bytes()) {
        return refuse("invalid_client");
    }
    let Some((granted, access_token)) = redeem(&mut state, &fields(&body)) else { return refuse("invalid_grant") };
    match state.lie {
        Lie::HugeAnswer => return "x".repeat(4 << 20).into_response(),
        Lie::Redirects => return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/userinfo")]).into_response(),
        Lie::Nonsense => return Json(json!({"access_token": 7, "id_token": ["<script>"]})).into_response(),
        _ => {}
    }
    let mut answer = json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 300});
    if state.lie != Lie::NoIdToken {
        state.id_token = state.id_token(&granted, &access_token);
        answer["id_token"] = json!(state.id_token);
    }
    Json(answer).into_response()
}

fn knows(state: &State, headers: &HeaderMap) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|sent| sent.to_str().ok()).unwrap_or_default();
    state.tokens.iter().any(|token| sent == format!("Bearer {token}"))
}

async fn user_info(Shared(state): Shared<Provider>, headers: HeaderMap) -> Response {
    let state = state.lock().expect("the state");
    if !knows(&state, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut claims = state.claims_about_person();
    claims["sub"] = json!(if state.lie == Lie::OtherPersonInUserInfo { "somebody-else" } else { &state.person.subject });
    Json(claims).into_response()
}

/// GitHub takes the client's secret from the form, and says that a code is wrong with status 200.
async fn github_token(Shared(state): Shared<Provider>, body: String) -> Response {
    let mut state = state.lock().expect("the state");
    let form = fields(&body);
    let known = form.get("client_id").is_some_and(|id| id == CLIENT_ID)
        && form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET);
    match redeem(&mut state, &form).filter(|_| known) {
        Some((_, token)) => Json(json!({"access_token": token, "token_type": "bearer", "scope": "read:user,user:email"})),
        None => Json(json!({"error": "bad_verification_code", "error_description": "The code is incorrect or expired."})),
    }
    .into_response()
}

async fn github_api(Shared(state): Shared<Provider>, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let state = state.lock().expect("the state");
    if !knows(&state, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Person { subject, email, verified, name, groups } = &state.person;
    // Groups are organisations and, with a slash, teams of one.
    let (teams, organisations): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.contains('/'));
    let team = |team: &&String| {
        let (organisation, slug) = team.split_once('/').expect("a team");
        json!({"slug": slug, "organization": {"login": organisation}})
    };
    Json(match uri.path() {
        "/api/v3/user" => json!({"id": subject.parse::<u64>().expect("a number"), "login": "ada", "name": name}),
        "/api/v3/user/emails" => json!([
            {"email": "other@home.example", "primary": false, "verified": true},
            {"email": email, "primary": true, "verified": verified},
        ]),
        "/api/v3/user/orgs" => organisations.iter().map(|login| json!({"login": login})).collect(),
        "/api/v3/user/teams" => teams.iter().map(team).collect(),
        _ => return StatusCode::NOT_FOUND.into_response(),
    })
    .into_response()
}
