//! A device with a passkey, and the browser before it: ES256, CBOR by hand, honest unless a test says otherwise.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::factors::{ConfirmedFactor, PasskeySetUp};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use crate::{Actor, Answer, Browser, app::PASSWORD};

/// Somebody is there (`WebAuthn`, 6.1).
pub const PRESENT: u8 = 1;
/// And it is the person whose device it is.
pub const VERIFIED: u8 = 4;
/// A new key is told.
const ATTESTED: u8 = 64;

/// Where the second step asks for a passkey.
pub const ASK: &str = "/api/v2/second-step/passkey";

/// A device with one passkey.
#[derive(Debug)]
pub struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// How often it signed.
    pub count: AtomicU32,
}

/// What device and browser say; a test may change any of it before it is signed.
#[derive(Clone, Debug)]
pub struct Said {
    /// `webauthn.create` or `webauthn.get`.
    pub what: &'static str,
    /// In base64url.
    pub challenge: String,
    pub origin: String,
    pub rp_id: String,
    pub flags: u8,
    pub count: u32,
}

impl Default for Device {
    fn default() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).expect("a key");
        let mut id = vec![0; 16];
        random.fill(&mut id).expect("chance");
        Self { key, id, count: AtomicU32::new(1) }
    }
}

impl Device {
    /// What is honestly said to these options at the address where passkeys count.
    pub fn says(&self, options: &Value, browser: &Actor<'_>) -> Said {
        let asked = &options["publicKey"];
        let rp_id = asked["rpId"].as_str().or_else(|| asked["rp"]["id"].as_str()).expect("a relying party");
        Said {
            what: if asked["rpId"].is_string() { "webauthn.get" } else { "webauthn.create" },
            challenge: asked["challenge"].as_str().expect("a challenge").to_owned(),
            origin: browser.app.url().replace("127.0.0.1", "localhost"),
            rp_id: rp_id.to_owned(),
            flags: PRESENT | VERIFIED,
            count: self.count.fetch_add(1, Ordering::SeqCst),
        }
    }

    /// What the browser sends of a new passkey.
    pub fn makes(&self, said: &Said) -> Value {
        let mut data = authenticator_data(&Said { flags: said.flags | ATTESTED, ..said.clone() });
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData");
        object.extend([0x59]);
        object.extend(u16::try_from(data.len()).expect("short data").to_be_bytes());
        object.extend(data);
        let response = json!({"clientDataJSON": base64(&client_data(said)), "attestationObject": base64(&object)});
        self.credential(&response)
    }

    /// What the browser sends of a passkey that is used.
    pub fn gives(&self, said: &Said) -> Value {
        let (data, client) = (authenticator_data(said), client_data(said));
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        let response = json!({
            "clientDataJSON": base64(&client),
            "authenticatorData": base64(&data),
            "signature": base64(signature.as_ref()),
            "userHandle": null,
        });
        self.credential(&response)
    }

    fn credential(&self, response: &Value) -> Value {
        let id = base64(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})
    }

    /// {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(x);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(y);
        key
    }

    /// The same device's id on another device, which has another key.
    pub fn counterfeit(&self) -> Self {
        Self { id: self.id.clone(), ..Self::default() }
    }
}

fn authenticator_data(said: &Said) -> Vec<u8> {
    let mut data = digest(&SHA256, said.rp_id.as_bytes()).as_ref().to_vec();
    data.push(said.flags);
    data.extend(said.count.to_be_bytes());
    data
}

fn client_data(said: &Said) -> Vec<u8> {
    let data = json!({"type": said.what, "challenge": said.challenge, "origin": said.origin, "crossOrigin": false});
    serde_json::to_vec(&data).expect("JSON")
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Actor<'_> {
    /// Begins to add a passkey.
    pub async fn begins_passkey(&self) -> PasskeySetUp {
        let body = json!({"name": "Key", "proof": PASSWORD});
        self.post("/api/v2/factors/passkeys", &body).await.expect(201).json()
    }

    /// Sends what a browser answered.
    pub async fn confirms_passkey(&self, begun: &PasskeySetUp, credential: &Value) -> Answer {
        self.post(&format!("/api/v2/factors/passkeys/{}/confirm", begun.id), &json!({"credential": credential})).await
    }

    /// Adds a passkey.
    pub async fn has_passkey(&self) -> (Device, ConfirmedFactor) {
        let device = Device::default();
        let begun = self.begins_passkey().await;
        let credential = device.makes(&device.says(&begun.options, self));
        let confirmed = self.confirms_passkey(&begun, &credential).await.expect(200).json();
        (device, confirmed)
    }
}

impl Browser<'_> {
    /// What the second step asks a passkey for.
    pub async fn is_asked_for_passkey(&self) -> Value {
        self.asks(ASK, &json!({})).await.expect(200).value()["options"].clone()
    }

    /// Takes the second step with what a device gave.
    pub async fn answers_with_passkey(&self, credential: &Value) -> Answer {
        self.posts("/login/factor", &[("passkey", &credential.to_string())]).await
    }
}
