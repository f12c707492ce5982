//! Keys that an agent is given and that nobody else shall read.

use domain::{
    ports::agent::AgentCall,
    vault::{self, Masks},
};
use protocol::agents::{KeyOrigin, ProviderId};

/// Variables whose values are no secrets, by the end of their name.
const PUBLIC: [&str; 4] = ["_URL", "_MODEL", "_REGION", "_ENDPOINT"];

/// The values to be masked in all that an agent prints.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Masks);

impl Secrets {
    /// Of a call: what is masked everywhere, and all values of `env` besides short ones and addresses without a password.
    pub(crate) fn of(masks: &Masks, env: &[(String, String)]) -> Self {
        let is_public = |name: &str, value: &str| PUBLIC.iter().any(|end| name.ends_with(end)) && !value.contains('@');
        let secret = env.iter().filter(|(name, value)| !is_public(name, value));
        Self(masks.with(secret.map(|(name, value)| (name.as_str(), value.as_str()))))
    }

    pub(crate) fn mask(&self, text: String) -> String {
        self.0.mask(text)
    }
}

/// The variables of a call: those that the server gives, with the call's secrets in their place, as far as this agent takes them.
pub(crate) fn merged(provider: ProviderId, own: &[(String, String)], call: &AgentCall) -> Vec<(String, String)> {
    let given = call.secrets.iter().filter(|(name, _)| vault::reaches(provider, name));
    let given: Vec<(String, String)> = given.cloned().collect();
    let kept = own.iter().filter(|(name, _)| !given.iter().any(|(other, _)| other == name));
    kept.cloned().chain(given.iter().cloned()).collect()
}

/// Where the key of a model comes from, when it is the server's environment.
pub(crate) fn origin(provider: ProviderId, env: &[(String, String)]) -> Option<KeyOrigin> {
    let is_set = |key: &str| env.iter().any(|(name, _)| name == key);
    vault::key_names(provider).any(is_set).then_some(KeyOrigin::Environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked_and_addresses_are_not() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let secrets = Secrets::of(
            &Masks::of([("VAULT", "correct horse")]),
            &[
                pair("ANTHROPIC_API_KEY", "sk-ant-12345"),
                pair("OTHER_KEY", "sk-ant-12345-long"),
                pair("ANTHROPIC_BASE_URL", "http://127.0.0.1:1"),
                pair("PROXY_URL", "http://me:word@host"),
                pair("CLAUDE_CODE_FLAG", "1"),
            ],
        );
        let text = "1 sk-ant-12345 sk-ant-12345-long http://127.0.0.1:1 http://me:word@host correct horse".to_owned();
        assert_eq!(secrets.mask(text), "1 ••• ••• http://127.0.0.1:1 ••• •••");
    }
}
