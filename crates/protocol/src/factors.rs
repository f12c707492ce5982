//! Second factors of a person.

use serde::{Deserialize, Serialize};

use crate::{FactorId, Timestamp};

/// What kind of thing a factor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FactorKind {
    /// An authenticator app with codes that change with the time
    Totp,
    /// A key of a device, security key or password manager (`WebAuthn`)
    Passkey,
}

impl FactorKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Totp => "Authenticator app",
            Self::Passkey => "Passkey",
        }
    }

    /// The kind of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Totp, Self::Passkey].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A factor that counts. Its secret is never told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Factor {
    pub id: FactorId,
    pub kind: FactorKind,
    pub name: String,
    pub created_at: Timestamp,
    pub last_used: Option<Timestamp>,
}

/// The factors of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorList {
    pub factors: Vec<Factor>,
    /// Recovery codes that were not used yet
    pub recovery_codes_left: u64,
}

/// An authenticator app to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeginFactor {
    /// `totp`; passkeys have a way of their own
    pub kind: FactorKind,
    /// At most 60 characters
    #[serde(default)]
    pub name: Option<String>,
    /// The password, or a code of a factor that counts already; needed by whoever has one of them
    #[serde(default)]
    pub proof: Option<String>,
}

/// An authenticator app that is being set up. It counts once it was confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorSetUp {
    pub id: FactorId,
    pub name: String,
    /// In base 32, for typing
    pub secret: String,
    /// `otpauth://…`
    pub url: String,
    /// The address as a QR code, an SVG element
    pub qr_svg: String,
    /// Until then it can be confirmed
    pub expires_at: Timestamp,
}

/// A passkey to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeginPasskey {
    /// At most 60 characters
    #[serde(default)]
    pub name: Option<String>,
    /// The password, or a code of a factor that counts already; needed by whoever has one of them
    #[serde(default)]
    pub proof: Option<String>,
}

/// A question for the browser, whose answer makes a passkey count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeySetUp {
    pub id: FactorId,
    pub name: String,
    /// For `navigator.credentials.create`, with bytes in base64url: `{"publicKey": …}`
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: serde_json::Value,
    /// Until then it can be answered, once
    pub expires_at: Timestamp,
}

/// A question for the browser whose sign-in waits for its second step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyQuestion {
    /// For `navigator.credentials.get`, with bytes in base64url: `{"publicKey": …}`
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: serde_json::Value,
}

/// What the browser answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmPasskey {
    /// What `navigator.credentials.create` gave (`RegistrationResponseJSON`)
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: serde_json::Value,
}

/// A code that shows that the app was set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmFactor {
    /// Six digits
    pub code: String,
}

/// A factor that counts from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmedFactor {
    pub factor: Factor,
    /// With the first factor; in this answer alone
    pub recovery_codes: Vec<String>,
}

/// Who it is, once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProveFactor {
    /// The password, a code of a factor, or a recovery code
    pub proof: String,
}

/// Codes that count once each, in this answer alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

/// Whose factors are taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResetFactors {
    pub email: String,
}
