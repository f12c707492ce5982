//! GitHub: OAuth without ID tokens. Who it is, which addresses are verified and which organisations and teams there are is
//! asked of the REST API with the access token, which is not kept.

use domain::sign_in::Identity;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, CsrfToken, EmptyExtraTokenFields, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType},
    url::Url,
};
use serde::Deserialize;
use services::accounts::{Departure, Returned};

use super::{Answer, Failure, KnownProvider, refused, word};

type Tokens = StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType>;
type GithubClient = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The number stays when a person changes their name.
#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Email {
    #[serde(rename = "email")]
    address: String,
    primary: bool,
    verified: bool,
}

#[derive(Deserialize)]
struct Organisation {
    login: String,
}

#[derive(Deserialize)]
struct Team {
    slug: String,
    organization: Organisation,
}

pub(super) fn authorization_url(known: &KnownProvider, departure: &Departure, back: &str) -> Result<Url, Failure> {
    let client = client(known, back)?;
    let verifier = PkceCodeVerifier::new(departure.verifier.clone());
    let mut request = client.authorize_url(|| CsrfToken::new(departure.state.clone()));
    for scope in &known.config.scopes {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    Ok(request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier)).url().0)
}

pub(super) async fn identity(
    known: &KnownProvider,
    answer: Answer,
    returned: &Returned,
    back: &str,
) -> Result<Identity, Failure> {
    let rules = &known.config.rules;
    // GitHub names none, or an address of its own, such as https://github.com/login/oauth (RFC 9207).
    let is_own = |said: &str| said.strip_prefix(&*rules.issuer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if answer.issuer.as_deref().is_some_and(|said| !is_own(said)) {
        return Err(refused("the answer names another issuer (mix-up)"));
    }
    let client = client(known, back)?;
    let request = client
        .exchange_code(AuthorizationCode::new(answer.code))
        .set_pkce_verifier(PkceCodeVerifier::new(returned.verifier.clone()));
    let tokens: Tokens = request.request_async(&known.http).await.map_err(|error| match error {
        RequestTokenError::Request(error) => Failure::Unreachable(error.to_string()),
        RequestTokenError::ServerResponse(answer) => {
            refused(format!("GitHub does not take the code: {}", word(answer.error().as_ref())))
        }
        // GitHub says so with status 200 too.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => refused("GitHub does not take the code"),
    })?;
    let token = tokens.access_token().secret();

    let user: User = ask(known, "/user", token).await?;
    let emails: Vec<Email> = ask(known, "/user/emails?per_page=100", token).await?;
    let email = choose(&emails, &rules.allowed_domains);
    let organisations: Vec<Organisation> = if rules.allowed_organisations.is_empty() && !rules.goes_by_groups() {
        Vec::new()
    } else {
        ask(known, "/user/orgs?per_page=100", token).await?
    };
    let teams: Vec<Team> = if rules.goes_by_groups() { ask(known, "/user/teams?per_page=100", token).await? } else { Vec::new() };
    let organisations: Vec<String> = organisations.into_iter().map(|organisation| organisation.login).collect();
    let teams = teams.into_iter().map(|team| format!("{}/{}", team.organization.login, team.slug));
    Ok(Identity {
        subject: user.id.to_string(),
        email: email.map(|email| email.address.clone()).unwrap_or_default(),
        email_verified: email.is_some_and(|email| email.verified),
        name: user.name.filter(|name| !name.trim().is_empty()).unwrap_or(user.login),
        groups: organisations.iter().cloned().chain(teams).collect(),
        organisations,
        hosted_domain: None,
        sid: None,
        id_token: None,
        shown_at: None,
    })
}

/// The primary address; where only some domains are let in, a verified one of those if there is one.
fn choose<'a>(emails: &'a [Email], domains: &[String]) -> Option<&'a Email> {
    let of_domain = |email: &&Email| {
        let domain = email.address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
        email.verified && domain.is_some_and(|domain| domains.contains(&domain))
    };
    emails.iter().find(of_domain).or_else(|| emails.iter().find(|email| email.primary))
}

async fn ask<T: serde::de::DeserializeOwned>(known: &KnownProvider, path: &str, token: &str) -> Result<T, Failure> {
    let issuer = &known.config.rules.issuer;
    // GitHub Enterprise Server has its API below its own address.
    let base = if issuer == "https://github.com" { "https://api.github.com".to_owned() } else { format!("{issuer}/api/v3") };
    known.http.json(&format!("{base}{path}"), token).await
}

fn client(known: &KnownProvider, back: &str) -> Result<GithubClient, Failure> {
    let config = &known.config;
    let issuer = &config.rules.issuer;
    let wrong = |error: oauth2::url::ParseError| Failure::Unreachable(error.to_string());
    Ok(Client::new(ClientId::new(config.client_id.clone()))
        .set_client_secret(config.client_secret.clone())
        .set_auth_uri(AuthUrl::new(format!("{issuer}/login/oauth/authorize")).map_err(wrong)?)
        .set_token_uri(TokenUrl::new(format!("{issuer}/login/oauth/access_token")).map_err(wrong)?)
        .set_redirect_uri(RedirectUrl::new(back.to_owned()).map_err(wrong)?)
        .set_auth_type(AuthType::RequestBody))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verified_address_of_an_allowed_domain_is_taken_before_the_primary_one() {
        let email = |address: &str, primary, verified| Email { address: address.to_owned(), primary, verified };
        let emails = [
            email("ada@home.example", true, true),
            email("old@example.org", false, false),
            email("ada@Example.org", false, true),
        ];
        let chosen = |domains: &[&str]| {
            let domains: Vec<String> = domains.iter().map(|domain| (*domain).to_owned()).collect();
            choose(&emails, &domains).map(|email| email.address.as_str())
        };
        assert_eq!(chosen(&[]), Some("ada@home.example"));
        assert_eq!(chosen(&["example.org"]), Some("ada@Example.org"));
        assert_eq!(chosen(&["other.example"]), Some("ada@home.example"));
    }
}
