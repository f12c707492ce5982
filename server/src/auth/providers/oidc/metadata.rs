//! What a provider says about itself: read when it is needed, kept for an hour. Keys are read anew when one is not known, a few
//! times a minute at most, so that nobody makes this server ask for them by sending tokens with invented names of keys.

use std::sync::{Arc, PoisonError, RwLock};

use openidconnect::{
    AdditionalProviderMetadata, DiscoveryError, EndSessionUrl, IssuerUrl, JsonWebKeySet, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use protocol::{
    Timestamp,
    server::{Discovery, SignOut},
    timestamp::HOUR_MS,
};
use serde::{Deserialize, Serialize};

use super::super::{Failure, KnownProvider, http::HttpFailure, refused};

const KEPT_MS: i64 = HOUR_MS;
const MINUTE_MS: i64 = 60 * 1_000;
/// How often keys are read anew within a minute.
const KEYS_A_MINUTE: u32 = 3;

/// What openidconnect's own metadata leave out.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct More {
    pub(super) end_session_endpoint: Option<EndSessionUrl>,
    /// Whether answers name their issuer (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
    /// Whether it tells when somebody signed out there (OpenID Connect Back-Channel Logout 1.0).
    #[serde(default)]
    backchannel_logout_supported: bool,
}

impl More {
    /// How the provider signs people out.
    pub(super) fn sign_out(&self) -> SignOut {
        SignOut { ends_there: self.end_session_endpoint.is_some(), tells: self.backchannel_logout_supported }
    }
}

impl AdditionalProviderMetadata for More {}

pub(super) type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What was read last.
#[derive(Debug, Default)]
pub(in super::super) struct Cache(RwLock<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    metadata: Arc<Metadata>,
    read_at: Timestamp,
    /// When the minute began in which keys were read anew, and how often since; for each [`Asker`].
    again: [(Timestamp, u32); 2],
}

/// For what keys are read anew. Each has its own share, so that nobody who sends logout tokens, which needs no login, keeps
/// people from signing in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asker {
    SignIn,
    SignOut,
}

impl Cache {
    /// What the provider says about itself, not older than an hour.
    pub(super) async fn metadata(&self, known: &KnownProvider, now: Timestamp) -> Result<Arc<Metadata>, Failure> {
        if let Some(kept) = self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref()
            && (0..KEPT_MS).contains(&now.millis_since(kept.read_at))
        {
            return Ok(Arc::clone(&kept.metadata));
        }
        let read = read(known).await;
        let problem = read.as_ref().err().map(ToString::to_string);
        let sign_out = read.as_ref().ok().map(|metadata| metadata.additional_metadata().sign_out());
        known.discoveries.note(&known.config.rules.id, Discovery { at: now, problem, says: String::new(), sign_out });
        let metadata = Arc::new(read?);
        let kept = Kept { metadata: Arc::clone(&metadata), read_at: now, again: [(now, 0); 2] };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(metadata)
    }

    /// The keys as they are now, for a token that is signed with none of those that are known.
    pub(super) async fn keys_again(
        &self,
        known: &KnownProvider,
        asker: Asker,
        now: Timestamp,
    ) -> Result<JsonWebKeySet<CoreJsonWebKey>, Failure> {
        let metadata = self
            .may_ask(asker, now)
            .ok_or_else(|| refused("the token is signed with an unknown key, and keys were asked for too often"))?;
        let keys = JsonWebKeySet::fetch_async(metadata.jwks_uri(), &known.http).await.map_err(|error| failure(&error))?;
        let mut cache = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = cache.as_mut() {
            kept.metadata = Arc::new((*kept.metadata).clone().set_jwks(keys.clone()));
        }
        Ok(keys)
    }

    /// Counts one more reading of the keys; nothing when there were too many.
    fn may_ask(&self, asker: Asker, now: Timestamp) -> Option<Arc<Metadata>> {
        let mut cache = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = cache.as_mut()?;
        let [sign_in, sign_out] = &mut kept.again;
        let (since, count) = match asker {
            Asker::SignIn => sign_in,
            Asker::SignOut => sign_out,
        };
        if !(0..MINUTE_MS).contains(&now.millis_since(*since)) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        (*count <= KEYS_A_MINUTE).then(|| Arc::clone(&kept.metadata))
    }
}

/// Reads discovery document and keys.
pub(super) async fn read(known: &KnownProvider) -> Result<Metadata, Failure> {
    let issuer = IssuerUrl::new(known.config.rules.issuer.clone()).map_err(|error| Failure::Unreachable(error.to_string()))?;
    Metadata::discover_async(issuer, &known.http).await.map_err(|error| failure(&error))
}

fn failure(error: &DiscoveryError<HttpFailure>) -> Failure {
    let text = match error {
        DiscoveryError::Request(error) => error.to_string(),
        // The issuer in the document is not the one in the set-up: the message names both.
        DiscoveryError::Validation(text) => format!("its discovery document is not its own: {text}"),
        DiscoveryError::Response(status, _, _) => {
            format!("it answers with {status} where its discovery document or keys should be")
        }
        _ => "its discovery document or keys cannot be read".to_owned(),
    };
    Failure::Unreachable(text)
}
