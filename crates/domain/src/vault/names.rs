//! What a secret may be called: like an environment variable, and none that would bend a program that it is given to.

use protocol::agents::ProviderId;

use crate::access_tokens::shapes::holds_token;

/// The longest name, in characters.
const LONGEST: usize = 100;

/// Variables by which a shell, an interpreter, a build tool or the sandbox itself would do something else.
const REFUSED: [&str; 66] = [
    "ALL_PROXY",
    "BROWSER",
    "CARGO",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_HOME",
    "CC",
    "CDPATH",
    "CFLAGS",
    "CLASSPATH",
    "CLAUDE_CONFIG_DIR",
    "CPATH",
    "CXX",
    "CXXFLAGS",
    "DISABLE_AUTOUPDATER",
    "EDITOR",
    "ENV",
    "GCONV_PATH",
    "GEM_HOME",
    "GEM_PATH",
    "GOFLAGS",
    "GOPATH",
    "GOROOT",
    "HOME",
    "HOSTALIASES",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "IFS",
    "IS_SANDBOX",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LANG",
    "LDFLAGS",
    "LIBRARY_PATH",
    "LOCPATH",
    "LOGNAME",
    "LUA_INIT",
    "MAKEFLAGS",
    "NIX_PATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NO_PROXY",
    "OLDPWD",
    "PAGER",
    "PATH",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PROMPT_COMMAND",
    "PS4",
    "PWD",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "SHELL",
    "SHELLOPTS",
    "SSLKEYLOGFILE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TEMP",
    "TERM",
    "TMP",
    "USER",
    "VISUAL",
];
/// Beginnings of names that are refused.
const REFUSED_BEGINNINGS: [&str; 19] = [
    "BASH",
    "CARGO_BUILD_",
    "CARGO_TARGET_",
    "DOTNET_",
    "DYLD_",
    "GIT_",
    "GLIBC_",
    "LC_",
    "LD_",
    "LOKI_",
    "MALLOC_",
    "NPM_CONFIG_",
    "PERL5",
    "PYTHON",
    "RUSTC_",
    "RUSTUP_",
    "SSH_",
    "TMPDIR",
    "XDG_",
];
const JAVA: &str = "_JAVA_OPTIONS";

/// Keys and addresses of models' services, and which agents take them: the others are not given them.
const KEYS: [(&str, &[ProviderId]); 9] = [
    ("ANTHROPIC_API_KEY", &[ProviderId::Claude, ProviderId::Acp]),
    ("ANTHROPIC_BASE_URL", &[ProviderId::Claude, ProviderId::Acp]),
    ("ANTHROPIC_AUTH_TOKEN", &[ProviderId::Claude]),
    ("CLAUDE_CODE_OAUTH_TOKEN", &[ProviderId::Claude]),
    ("OPENAI_API_KEY", &[ProviderId::Acp]),
    ("OPENAI_BASE_URL", &[ProviderId::Acp]),
    ("GEMINI_API_KEY", &[ProviderId::Acp]),
    ("GOOGLE_API_KEY", &[ProviderId::Acp]),
    ("OPENROUTER_API_KEY", &[ProviderId::Acp]),
];

/// Whether a secret may be called so. The error says what is wrong.
pub fn check_name(name: &str) -> Result<(), String> {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_plain = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if !begins_well || !is_plain || name.len() > LONGEST {
        return Err(format!(
            "a secret is called like an environment variable, like DATABASE_PASSWORD: 1 to {LONGEST} letters from A to Z \
             or a to z, digits and _, and no digit first"
        ));
    }
    // Names are shown, listed and on record.
    if holds_token(name) {
        return Err("a token stands in the secret's name: it belongs into `value`, and everybody may see the name".to_owned());
    }
    let upper = name.to_ascii_uppercase();
    let is_refused = upper == JAVA
        || REFUSED.contains(&upper.as_str())
        || REFUSED_BEGINNINGS.iter().any(|beginning| upper.starts_with(beginning));
    if is_refused {
        return Err(format!("{name} would change how programs run that are given it: choose another name"));
    }
    Ok(())
}

/// Whether an agent of that kind takes a secret of that name.
pub fn reaches(provider: ProviderId, name: &str) -> bool {
    KEYS.iter().find(|(key, _)| *key == name).is_none_or(|(_, takers)| takers.contains(&provider))
}

/// The names of the keys (not the addresses) that an agent of that kind can reach its model with.
pub fn key_names(provider: ProviderId) -> impl Iterator<Item = &'static str> {
    let takes = move |(_, takers): &&(&str, &[ProviderId])| takers.contains(&provider);
    KEYS.iter().filter(takes).map(|(name, _)| *name).filter(|name| !name.ends_with("_URL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_called_like_a_variable_that_bends_nothing() {
        for good in ["A", "DATABASE_PASSWORD", "_x9", "PATHS", "CARGO_REGISTRY_TOKEN", "NPM_TOKEN", "ANTHROPIC_API_KEY"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        assert_eq!(check_name(&"A".repeat(100)), Ok(()));
        let shapes = ["", "9A", "A-B", "A B", "A=B", "Ä", "A\n", "A\0", "$(id)", "<b>", &"A".repeat(101)];
        for shape in shapes {
            assert!(check_name(shape).unwrap_err().contains("DATABASE_PASSWORD"), "{shape:?}");
        }
        let token = format!("loki_{}_{}", "0a".repeat(8), "1f".repeat(32));
        for held in [&token, &token.to_uppercase(), &format!("x_{}", &token[..40])] {
            let refused = check_name(held).unwrap_err();
            assert!(refused.contains("a token stands in") && !refused.contains(held.as_str()), "{refused}");
        }
        let bends = [
            "PATH",
            "path",
            "LD_PRELOAD",
            "ld_library_path",
            "GIT_DIR",
            "LOKI_TOKEN",
            "HOME",
            "BASH_ENV",
            "ENV",
            "NODE_OPTIONS",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "DYLD_INSERT_LIBRARIES",
            "TMPDIR",
            "npm_config_script_shell",
            "SSH_AUTH_SOCK",
            "_JAVA_OPTIONS",
            "BASH_FUNC_x",
            "https_proxy",
        ];
        for name in bends {
            assert!(check_name(name).unwrap_err().contains("choose another"), "{name}");
        }
    }

    #[test]
    fn a_models_key_reaches_the_agents_that_take_it() {
        let takers = |name| ProviderId::ALL.map(|provider| reaches(provider, name));
        assert_eq!(takers("OPENAI_API_KEY"), [false, false, true]);
        assert_eq!(takers("CLAUDE_CODE_OAUTH_TOKEN"), [false, true, false]);
        assert_eq!(takers("DATABASE_PASSWORD"), [true, true, true]);
        assert_eq!(key_names(ProviderId::Demo).count(), 0);
        assert!(key_names(ProviderId::Claude).eq(["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]));
    }
}
