//! OpenID Connect: discovery, authorization code with PKCE, and ID tokens that are believed only when everything about them
//! is right (OpenID Connect Core 1.0, section 3.1.3.7; RFC 9207; RFC 9700).

mod claims;
mod logout_token;
mod metadata;
mod probe;

pub(super) use logout_token::believe;
pub(super) use metadata::Cache;
pub(super) use probe::probe;

use std::time::Duration;

use domain::sign_in::{Identity, Kind, Vouched};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client, ClientId,
    CsrfToken, EmptyExtraTokenFields, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenFields,
    IdTokenVerifier, JsonWebKeySet, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse,
    StandardTokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
    url::Url,
};
use protocol::Timestamp;
use services::accounts::{Departure, Returned};
use subtle::ConstantTimeEq as _;

use self::{
    claims::Claims,
    metadata::{Asker, Metadata},
};
use super::{Answer, Asks, Failure, KnownProvider, http::HttpFailure, refused, word};

type Token = IdToken<Claims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type TokenClaims = openidconnect::IdTokenClaims<Claims, CoreGenderClaim>;
type Fields =
    IdTokenFields<Claims, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type TokenAnswer = StandardTokenResponse<Fields, CoreTokenType>;
type OidcClient = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Signatures with a private key. A token without one, or with a secret that others know, proves nothing.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// Clocks differ; a token from further ahead was not made for now.
const AHEAD_SECONDS: i64 = 5 * 60;
/// A longer ID token is not kept: it comes back in an address, and servers take no longer ones.
const LONGEST_HINT: usize = 4 << 10;

pub(super) async fn authorization_url(
    known: &KnownProvider,
    departure: &Departure,
    asks: Asks,
    back: &str,
    now: Timestamp,
) -> Result<Url, Failure> {
    let metadata = known.oidc.metadata(known, now).await?;
    let client = client(known, &metadata, back)?;
    let verifier = PkceCodeVerifier::new(departure.verifier.clone());
    let (state, nonce) = (CsrfToken::new(departure.state.clone()), Nonce::new(departure.nonce.clone()));
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client.authorize_url(flow, move || state, move || nonce);
    for scope in known.config.scopes.iter().filter(|scope| *scope != "openid") {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    if asks == Asks::WhoTheyAre && known.config.rules.kind == Kind::Oidc {
        // Not by the session that the person has there; and the ID token has to say when they showed it (auth_time).
        request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
    }
    let (url, _, _) = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier)).url();
    known.http.check(&url).map_err(|error| Failure::Unreachable(error.to_string()))?;
    Ok(url)
}

pub(super) async fn identity(
    known: &KnownProvider,
    answer: Answer,
    returned: &Returned,
    back: &str,
    now: Timestamp,
) -> Result<Identity, Failure> {
    let metadata = known.oidc.metadata(known, now).await?;
    check_issuer(known, &metadata, answer.issuer.as_deref())?;
    let client = client(known, &metadata, back)?;
    let request = client
        .exchange_code(AuthorizationCode::new(answer.code))
        .map_err(|error| Failure::Unreachable(error.to_string()))?
        .set_pkce_verifier(PkceCodeVerifier::new(returned.verifier.clone()));
    let tokens: TokenAnswer = request.request_async(&known.http).await.map_err(|error| token_failure(&error))?;
    let token = tokens.extra_fields().id_token().ok_or_else(|| refused("the provider sent no ID token"))?;

    let claims = match check(known, metadata.jwks(), token, tokens.access_token(), (returned.nonce.as_str(), now)) {
        Err(Wrong::UnknownKey) => {
            // The provider may have new keys since they were read.
            let keys = known.oidc.keys_again(known, Asker::SignIn, now).await?;
            check(known, &keys, token, tokens.access_token(), (returned.nonce.as_str(), now)).map_err(Wrong::failure)?
        }
        checked => checked.map_err(Wrong::failure)?,
    };
    let mut identity = claims::identity(&claims, &known.config.groups_claim);
    identity.id_token = Some(token.to_string()).filter(|token| token.len() <= LONGEST_HINT).map(domain::sign_in::IdToken);
    let incomplete = identity.email.is_empty() || !identity.email_verified;
    let wants_groups = known.config.rules.goes_by_groups() && !claims::has(&claims, &known.config.groups_claim);
    if (incomplete || wants_groups) && metadata.userinfo_endpoint().is_some() {
        let more = user_info(known, &client, tokens.access_token().clone(), &claims).await?;
        claims::complete(&mut identity, &more, &known.config.groups_claim);
    }
    Ok(identity)
}

/// OpenID Connect RP-Initiated Logout 1.0. There is no `state`: the login is over when the browser leaves, so that nothing
/// comes of its way back.
pub(super) async fn logout_url(known: &KnownProvider, vouched: &Vouched, back: &str, now: Timestamp) -> Option<Url> {
    let metadata = known.oidc.metadata(known, now).await.ok()?;
    let end: EndSessionUrl = metadata.additional_metadata().end_session_endpoint.clone()?;
    known.http.check(end.url()).ok()?;
    let request = LogoutRequest::from(end)
        .set_client_id(ClientId::new(known.config.client_id.clone()))
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(back.to_owned()).ok()?);
    // Another issuer's token, from before the set-up was changed, is nobody's business there.
    let hint = vouched.id_token.as_ref().filter(|_| vouched.issuer == known.config.rules.issuer);
    let hint: Option<Token> = hint.and_then(|token| token.0.parse().ok());
    let request = match &hint {
        Some(hint) => request.set_id_token_hint(hint),
        None => request,
    };
    Some(request.http_get_url())
}

/// Who answers has to be who was asked; another provider's code is not carried to this one (RFC 9207).
fn check_issuer(known: &KnownProvider, metadata: &Metadata, said: Option<&str>) -> Result<(), Failure> {
    match said {
        Some(said) if said == known.config.rules.issuer => Ok(()),
        Some(_) => Err(refused("the answer names another issuer (mix-up)")),
        None if metadata.additional_metadata().authorization_response_iss_parameter_supported => {
            Err(refused("the answer does not name its issuer, and this provider does"))
        }
        None => Ok(()),
    }
}

fn client(known: &KnownProvider, metadata: &Metadata, back: &str) -> Result<OidcClient, Failure> {
    let config = &known.config;
    let back = RedirectUrl::new(back.to_owned()).map_err(|error| Failure::Unreachable(error.to_string()))?;
    let methods = metadata.token_endpoint_auth_methods_supported();
    // Basic is the default where a provider does not say (OpenID Connect Discovery 1.0, section 3).
    let basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
    let client = OidcClient::from_provider_metadata(
        metadata.clone(),
        ClientId::new(config.client_id.clone()),
        Some(config.client_secret.clone()),
    );
    Ok(client.set_redirect_uri(back).set_auth_type(if basic { AuthType::BasicAuth } else { AuthType::RequestBody }))
}

fn token_failure(error: &RequestTokenError<HttpFailure, StandardErrorResponse<CoreErrorResponseType>>) -> Failure {
    match error {
        // The answer itself may hold secrets; its code says enough.
        RequestTokenError::ServerResponse(answer) => {
            refused(format!("the provider does not take the code: {}", word(answer.error().as_ref())))
        }
        RequestTokenError::Request(error) => Failure::Unreachable(error.to_string()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => refused("the provider's answer to the code cannot be read"),
    }
}

/// What is wrong with an ID token.
enum Wrong {
    UnknownKey,
    Otherwise(String),
}

impl Wrong {
    fn failure(self) -> Failure {
        match self {
            Self::UnknownKey => refused("the ID token is signed with a key that the provider does not have"),
            Self::Otherwise(why) => refused(format!("the ID token: {why}")),
        }
    }
}

impl From<ClaimsVerificationError> for Wrong {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(error) => error.into(),
            other => Self::Otherwise(other.to_string()),
        }
    }
}

impl From<SignatureVerificationError> for Wrong {
    fn from(error: SignatureVerificationError) -> Self {
        match error {
            SignatureVerificationError::NoMatchingKey => Self::UnknownKey,
            other => Self::Otherwise(other.to_string()),
        }
    }
}

/// Signature, algorithm, issuer, audience, expiry and nonce by the library; authorized party, time of issue and the hash of
/// the access token here.
fn check(
    known: &KnownProvider,
    keys: &JsonWebKeySet<CoreJsonWebKey>,
    token: &Token,
    access_token: &AccessToken,
    (nonce, now): (&str, Timestamp),
) -> Result<TokenClaims, Wrong> {
    let config = &known.config;
    let client_id = ClientId::new(config.client_id.clone());
    let issuer =
        openidconnect::IssuerUrl::new(config.rules.issuer.clone()).map_err(|error| Wrong::Otherwise(error.to_string()))?;
    let latest = now.millis() / 1_000 + AHEAD_SECONDS;
    // Without the client's secret the verifier knows no shared one, so a token that is signed with a public key is none.
    let verifier = IdTokenVerifier::new_public_client(client_id.clone(), issuer, keys.clone())
        .set_allowed_algs(ALGORITHMS)
        .set_issue_time_verifier_fn(move |issued| {
            if issued.timestamp() <= latest { Ok(()) } else { Err("it was issued in the future".to_owned()) }
        });
    let same_nonce = |said: Option<&Nonce>| match said {
        Some(said) if bool::from(said.secret().as_bytes().ct_eq(nonce.as_bytes())) => Ok(()),
        _ => Err("the nonce is another one".to_owned()),
    };
    let claims = token.claims(&verifier, same_nonce)?;
    if claims.authorized_party().is_some_and(|party| *party != client_id) {
        return Err(Wrong::Otherwise("it was issued to another party (azp)".to_owned()));
    }
    if let Some(said) = claims.access_token_hash() {
        let hash = AccessTokenHash::from_token(access_token, token.signing_alg()?, token.signing_key(&verifier)?);
        if hash.map_err(|error| Wrong::Otherwise(error.to_string()))? != *said {
            return Err(Wrong::Otherwise("it belongs to another access token (at_hash)".to_owned()));
        }
    }
    Ok(claims.clone())
}

async fn user_info(
    known: &KnownProvider,
    client: &OidcClient,
    access_token: AccessToken,
    claims: &TokenClaims,
) -> Result<UserInfoClaims<Claims, CoreGenderClaim>, Failure> {
    let request = client
        .user_info(access_token, Some(claims.subject().clone()))
        .map_err(|error| Failure::Unreachable(error.to_string()))?;
    request.request_async(&known.http).await.map_err(|error| match error {
        openidconnect::UserInfoError::Request(error) => Failure::Unreachable(error.to_string()),
        openidconnect::UserInfoError::ClaimsVerification(error) => refused(format!("the user info: {error}")),
        _ => refused("the provider's user info cannot be read"),
    })
}
