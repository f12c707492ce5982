//! What `loki doctor` and an admin ask a provider: whether it is there, whether it knows this client, and whether it would send people back
//! here. Nobody signs in by it.

use domain::ports::issuers::Answered;
use openidconnect::{
    AsyncHttpClient as _, AuthenticationFlow, AuthorizationCode, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RequestTokenError,
    core::{CoreErrorResponseType, CoreResponseType},
    http,
};

use super::{
    super::{Failure, KnownProvider, refused},
    client,
    metadata::{self, Metadata},
};

/// Stands where a sign-in has a code: it was never given out.
const NO_CODE: &str = "loki-doctor";
/// Stands for the address to come back to where it is not known.
const NOWHERE: &str = "http://127.0.0.1/login/callback/doctor";

/// What it says, or what is wrong. `back` is the address that people would come back to, if it is known.
pub(in super::super) async fn probe(known: &KnownProvider, back: Option<&str>) -> Result<Answered, Failure> {
    let metadata = metadata::read(known).await?;
    let keys = metadata.jwks().keys().len();
    let mut says = format!("it answers, with {keys} {}", if keys == 1 { "key" } else { "keys" });
    if knows_client(known, &metadata, back.unwrap_or(NOWHERE)).await? {
        says.push_str(", and knows this client and its secret");
    }
    if let Some(back) = back {
        leads_back(known, &metadata, back).await?;
    }
    Ok(Answered { says, sign_out: Some(metadata.additional_metadata().sign_out()) })
}

/// Whether the provider checked the secret before the code (RFC 6749, section 5.2) and it was right; false where there is no
/// telling.
async fn knows_client(known: &KnownProvider, metadata: &Metadata, back: &str) -> Result<bool, Failure> {
    let client = client(known, metadata, back)?;
    let Ok(request) = client.exchange_code(AuthorizationCode::new(NO_CODE.to_owned())) else { return Ok(false) };
    let verifier = PkceCodeVerifier::new("loki-doctor-looks-whether-the-secret-is-right".to_owned());
    match request.set_pkce_verifier(verifier).request_async(&known.http).await {
        Err(RequestTokenError::ServerResponse(answer)) => match answer.error() {
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                let id = &known.config.client_id;
                Err(refused(format!("it does not know the client \"{id}\" with this secret: client_id or the secret is wrong")))
            }
            CoreErrorResponseType::InvalidGrant => Ok(true),
            _ => Ok(false),
        },
        Ok(_) | Err(_) => Ok(false),
    }
}

/// A provider that does not know the address answers the browser with an error instead of its sign-in page.
async fn leads_back(known: &KnownProvider, metadata: &Metadata, back: &str) -> Result<(), Failure> {
    let client = client(known, metadata, back)?;
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let (challenge, _) = PkceCodeChallenge::new_random_sha256();
    let (url, _, _) = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge).url();
    known.http.check(&url).map_err(|error| Failure::Unreachable(error.to_string()))?;
    let Ok(request) = http::Request::get(url.as_str()).body(Vec::new()) else { return Ok(()) };
    let Ok(answer) = known.http.call(request).await else { return Ok(()) };
    if matches!(answer.status().as_u16(), 400 | 401 | 403 | 422) {
        let status = answer.status().as_u16();
        return Err(refused(format!(
            "it answers with {status} to a sign-in that comes back to {back}: that address is not registered there"
        )));
    }
    Ok(())
}
