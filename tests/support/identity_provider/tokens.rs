//! ID tokens by hand, so that they can be wrong in every way.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::{
    digest::{SHA256, digest},
    hmac,
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, Granted, Lie, State};

/// A key with its name.
pub(super) struct Key {
    name: String,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(super) fn new(name: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key");
        Self { name: name.to_owned(), pair }
    }

    /// The public half as a JSON Web Key.
    pub(super) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..65]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.name, "x": x, "y": y})
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature").as_ref().to_vec()
    }
}

/// 128 bits in hexadecimal digits.
pub(super) fn chance() -> String {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).expect("chance");
    domain::hex::encode(&bytes)
}

/// The challenge of a code verifier (S256).
pub(super) fn challenge(verifier: &str) -> String {
    BASE64.encode(digest(&SHA256, verifier.as_bytes()).as_ref())
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(since.as_secs()).expect("seconds")
}

/// What a lie does to the claims that all tokens have.
fn twist(lie: Lie, claims: &mut Value) {
    match lie {
        Lie::OtherIssuer => claims["iss"] = json!("https://accounts.example.org"),
        Lie::OtherAudience => claims["aud"] = json!("somebody-else"),
        Lie::SecondAudience => claims["aud"] = json!([CLIENT_ID, "somebody-else"]),
        Lie::Expired => claims["exp"] = json!(now() - 3_600),
        Lie::IssuedTomorrow => claims["iat"] = json!(now() + 86_400),
        _ => {}
    }
}

impl State {
    /// The ID token for what was granted, true but for the lie.
    pub(super) fn id_token(&self, granted: &Granted, access_token: &str) -> String {
        let hash = digest(&SHA256, access_token.as_bytes());
        let mut claims = json!({
            "iss": self.url,
            "sub": self.person.subject,
            "aud": CLIENT_ID,
            "exp": now() + 300,
            "iat": now(),
            "nonce": granted.nonce,
            "auth_time": now() - if granted.again && self.lie != Lie::AsksNobody { 0 } else { self.session_age },
            "at_hash": BASE64.encode(&hash.as_ref()[..16]),
        });
        if !self.slim {
            let about = self.claims_about_person();
            for (name, value) in
                about.as_object().expect("claims").iter().filter(|(name, _)| !self.groups_apart || *name != "groups")
            {
                claims[name] = value.clone();
            }
        }
        if let Some(sid) = &self.sid {
            claims["sid"] = json!(sid);
        }
        match self.lie {
            Lie::OtherNonce => claims["nonce"] = json!("another"),
            Lie::NoSignInTime => drop(claims.as_object_mut().expect("claims").remove("auth_time")),
            Lie::NoNonce => drop(claims.as_object_mut().expect("claims").remove("nonce")),
            Lie::OtherParty => claims["azp"] = json!("somebody-else"),
            Lie::OtherAccessToken => claims["at_hash"] = json!(BASE64.encode([7; 16])),
            lie => twist(lie, &mut claims),
        }
        self.signed(self.lie, "JWT", &claims)
    }

    /// The token that says that the person signed out here, true but for the lie.
    pub(super) fn logout_token(&self, lie: Lie, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({
            "iss": self.url,
            "sub": self.person.subject,
            "aud": CLIENT_ID,
            "exp": now() + 120,
            "iat": now(),
            "jti": chance(),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        if let Some(sid) = &self.sid {
            claims["sid"] = json!(sid);
        }
        twist(lie, &mut claims);
        change(&mut claims);
        self.signed(lie, "logout+jwt", &claims)
    }

    fn signed(&self, lie: Lie, kind: &str, claims: &Value) -> String {
        let (algorithm, name) = match lie {
            Lie::AlgorithmNone => ("none", self.key.name.as_str()),
            Lie::SignedWithPublicKey | Lie::SignedWithSecret => ("HS256", self.key.name.as_str()),
            Lie::UnknownKey => ("ES256", "nobody-knows"),
            _ => ("ES256", self.key.name.as_str()),
        };
        let header = json!({"alg": algorithm, "kid": name, "typ": kind});
        let text = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let with = |secret: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes()).as_ref().to_vec();
        let signature = match lie {
            Lie::AlgorithmNone => Vec::new(),
            Lie::SignedWithPublicKey => with(self.key.public().to_string().as_bytes()),
            Lie::SignedWithSecret => with(CLIENT_SECRET.as_bytes()),
            Lie::UnknownKey | Lie::OtherSignature => Key::new("another").sign(&text),
            _ => self.key.sign(&text),
        };
        format!("{text}.{}", BASE64.encode(signature))
    }
}
