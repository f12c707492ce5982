//! Keys that an agent is given and that nobody else shall read.

/// Shorter values are switches and numbers, and masking them would destroy the text around them.
const SHORTEST: usize = 8;
const MASK: &str = "•••";
/// Variables whose values are no secrets, by the end of their name.
const PUBLIC: [&str; 4] = ["_URL", "_MODEL", "_REGION", "_ENDPOINT"];

/// The values to be masked in all that an agent prints.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// All values of `env`, besides short ones and addresses without a password.
    pub(crate) fn of(env: &[(String, String)]) -> Self {
        let is_public = |name: &str, value: &str| PUBLIC.iter().any(|end| name.ends_with(end)) && !value.contains('@');
        let mut values: Vec<String> = env
            .iter()
            .filter(|(name, value)| value.len() >= SHORTEST && !is_public(name, value))
            .map(|(_, value)| value.clone())
            .collect();
        // A value that contains another is masked first.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    pub(crate) fn mask(&self, text: String) -> String {
        self.0
            .iter()
            .fold(text, |text, secret| if text.contains(secret.as_str()) { text.replace(secret.as_str(), MASK) } else { text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked_and_addresses_are_not() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let secrets = Secrets::of(&[
            pair("ANTHROPIC_API_KEY", "sk-ant-12345"),
            pair("OTHER_KEY", "sk-ant-12345-long"),
            pair("ANTHROPIC_BASE_URL", "http://127.0.0.1:1"),
            pair("PROXY_URL", "http://me:word@host"),
            pair("CLAUDE_CODE_FLAG", "1"),
        ]);
        let text = "1 sk-ant-12345 sk-ant-12345-long http://127.0.0.1:1 http://me:word@host".to_owned();
        assert_eq!(secrets.mask(text), "1 ••• ••• http://127.0.0.1:1 •••");
    }
}
