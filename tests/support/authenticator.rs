//! An authenticator app, as people have one on their phone.

use std::{
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use protocol::factors::{ConfirmedFactor, FactorSetUp};
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use crate::{Actor, app::PASSWORD, eventually};

const PERIOD: u64 = 30;
/// Seconds that a code has to count on, so that none ends between being read and being typed.
const LEFT: u64 = 12;

/// An app with the secret of one account.
pub struct Authenticator {
    secret: String,
    totp: Totp,
    /// The time step of the code that was read last.
    last: Mutex<u64>,
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator").finish_non_exhaustive()
    }
}

impl Authenticator {
    /// One that was told the secret.
    pub fn new(secret: &str) -> Self {
        let bytes = Secret::try_from_base32(secret).expect("a secret in base 32");
        let totp = Builder::new().with_secret(bytes).build().expect("a secret that is long enough");
        Self { secret: secret.to_owned(), totp, last: Mutex::default() }
    }

    /// What it was told, in base 32.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// A code that was not read before and counts for a while yet: the one of now, or else the one after it.
    pub async fn fresh(&self) -> String {
        let step = eventually("a code that was not read before", async || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
            let soonest = if now % PERIOD < PERIOD - LEFT { now / PERIOD } else { now / PERIOD + 1 };
            let step = soonest.max(*self.last.lock().unwrap_or_else(PoisonError::into_inner) + 1);
            (step <= now / PERIOD + 1).then_some(step)
        });
        let step = step.await;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = step;
        self.code_of(step)
    }

    /// The code that was read last, once more.
    pub fn again(&self) -> String {
        self.code_of(*self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn code_of(&self, step: u64) -> String {
        self.totp.generate(step * PERIOD).to_string()
    }
}

impl Actor<'_> {
    /// Sets an authenticator app up.
    pub async fn has_authenticator(&self) -> (Authenticator, ConfirmedFactor) {
        let body = json!({"kind": "totp", "name": "Phone", "proof": PASSWORD});
        let begun: FactorSetUp = self.post("/api/v2/factors", &body).await.expect(201).json();
        let app = Authenticator::new(&begun.secret);
        let code = json!({"code": app.fresh().await});
        let confirmed = self.post(&format!("/api/v2/factors/{}/confirm", begun.id), &code).await.expect(200).json();
        (app, confirmed)
    }
}
