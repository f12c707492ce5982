//! Keys that are known by their shape, as their issuers document them.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::{super::text::pattern, Hit};

/// What it is, its pattern with the value as the whole match or group 1, and whether words in it show that it is a placeholder.
type Shape = (&'static str, &'static str, Placeholders);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Placeholders {
    Pass,
    /// The whole shape is so short and plain that only a run of one letter is taken for a placeholder.
    AreFindings,
}
use Placeholders::{AreFindings, Pass};

const SHAPES: [Shape; 30] = [
    ("an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b", AreFindings),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b", Pass),
    ("a GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b", Pass),
    ("a GitLab token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_-]{20,}", Pass),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", Pass),
    ("a Slack token", r"\bxapp-\d-[A-Z0-9]+-\d+-[A-Za-z0-9]{10,}", Pass),
    ("a Slack webhook", r"https://hooks\.slack\.com/services/(T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]{16,})", Pass),
    ("a Stripe key", r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}", Pass),
    ("a Stripe webhook secret", r"\bwhsec_[A-Za-z0-9+/]{24,}", Pass),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}", Pass),
    ("a Google OAuth secret", r"\bGOCSPX-[0-9A-Za-z_-]{28}", Pass),
    ("an Anthropic key", r"\bsk-ant-[A-Za-z0-9_-]{20,}", Pass),
    ("an OpenAI key", r"\bsk-(?:proj|svcacct|admin|or-v1)-[A-Za-z0-9_-]{20,}", Pass),
    ("an API key", r"\bsk-[A-Za-z0-9]{20,}\b", Pass),
    ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", Pass),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b", Pass),
    ("an npm registry token", r"_authToken\s*=\s*([A-Za-z0-9_=+/-]{16,})", Pass),
    ("a PyPI token", r"\bpypi-[A-Za-z0-9_-]{50,}", Pass),
    ("a crates.io token", r"\bcio[A-Za-z0-9]{32}\b", Pass),
    ("a Twilio key", r"\bSK[0-9a-f]{32}\b", Pass),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}", Pass),
    ("a Mailgun key", r"\bkey-[0-9a-f]{32}\b", Pass),
    ("an Azure storage key", r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,}={0,2})", Pass),
    ("a DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{64}\b", Pass),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{34,}\b", Pass),
    ("a Databricks token", r"\bdapi[a-f0-9]{32}\b", Pass),
    ("a Discord token", r"\b[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}\b", Pass),
    ("a Telegram bot token", r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b", Pass),
    ("an age key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}", Pass),
    ("a Linear or Shopify or Doppler token", r"\b(?:lin_api_|shpat_|shpss_|dp\.pt\.)[A-Za-z0-9]{30,}", Pass),
];

/// How keys begin.
const BEGINNINGS: [&str; 36] = [
    "AKIA",
    "ASIA",
    "ABIA",
    "ACCA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "xox",
    "xapp-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "whsec_",
    "AIza",
    "GOCSPX-",
    "sk-",
    "eyJ",
    "npm_",
    "pypi-",
    "SG.",
    "key-",
    "dop_v1_",
    "hf_",
    "dapi",
    "AGE-SECRET-KEY-",
    "lin_api_",
    "shpat_",
    "shpss_",
    "dp.pt.",
    "loki_",
];
/// From this length on, a word of letters and digits may be the beginning of any key.
const LONG_WORD: usize = 12;

/// Words that nobody's random key holds.
const PLACEHOLDERS: [&str; 9] =
    ["example", "placeholder", "redacted", "changeme", "dummy", "insert", "xxxxxx", "replace", "your"];

static REGEXES: LazyLock<Vec<Regex>> = LazyLock::new(|| SHAPES.iter().map(|(_, source, _)| pattern(source)).collect());

#[expect(clippy::expect_used, reason = "the same constant patterns as above, and a test builds them")]
static ANY: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(SHAPES.iter().map(|(_, source, _)| source)).expect("constant patterns are valid"));

static KEY_START: LazyLock<Regex> =
    LazyLock::new(|| pattern(concat!("-----", r"BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(.*)")));
static KEY_BODY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^(?:\\r|\\n|[\s"'`+])*(?:Proc-Type|Version:|[A-Za-z0-9+/=]{16,})"#));
static KEY_BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!("(?s)(-----", r"BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----).*?(?:-----END [A-Z0-9 ]*-----|\z)"))
});

/// Keys in one line.
pub(super) fn find(line: &str) -> Vec<Hit<'_>> {
    let mut hits: Vec<Hit<'_>> = Vec::new();
    for index in ANY.matches(line) {
        let (Some(regex), Some((what, _, placeholders))) = (REGEXES.get(index), SHAPES.get(index)) else { continue };
        for captures in regex.captures_iter(line) {
            let Some(value) = captures.get(1).or_else(|| captures.get(0)) else { continue };
            let value = value.as_str();
            let is_known = hits.iter().any(|hit| hit.value.contains(value) || value.contains(hit.value));
            if !is_known && !is_placeholder(value, *placeholders) {
                hits.push(Hit { what, value });
            }
        }
    }
    hits
}

/// Where the last word of a line begins, if it may be the beginning of a key.
pub(super) fn open(line: &str) -> Option<usize> {
    let of_key = |char: char| char.is_ascii_alphanumeric() || "_-.+/=:".contains(char);
    let start = line.char_indices().rev().take_while(|(_, char)| of_key(*char)).last().map(|(at, _)| at)?;
    let word = line.get(start..)?;
    let has = |kind: fn(&char) -> bool| word.chars().any(|char| kind(&char));
    let is_long = word.len() >= LONG_WORD && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    let begins = |part: &str| BEGINNINGS.iter().any(|known| part.starts_with(known) || part.len() > 1 && known.starts_with(part));
    // A key may stand behind a name, as in `key=AKIA`.
    let parts = word.char_indices().filter(|(_, char)| "=:/".contains(*char)).filter_map(|(at, _)| word.get(at + 1..));
    (is_long || std::iter::once(word).chain(parts).any(begins)).then_some(start)
}

/// Whether a private key begins here: its first line alone is what programs that read keys hold as a constant.
pub(super) fn starts_private_key(line: &str, next: &str) -> bool {
    let Some(rest) = KEY_START.captures(line).and_then(|captures| captures.get(1)) else { return false };
    KEY_BODY.is_match(rest.as_str()) || KEY_BODY.is_match(next)
}

/// The text with the inside of private keys cut out.
pub(super) fn mask_key_blocks(text: &str) -> String {
    KEY_BLOCK.replace_all(text, "$1…").into_owned()
}

fn is_placeholder(value: &str, placeholders: Placeholders) -> bool {
    let tail: String = value.chars().rev().take(12).collect();
    let mut letters: Vec<char> = tail.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let lower = value.to_lowercase();
    letters.len() <= 2 || (placeholders == Pass && PLACEHOLDERS.iter().any(|word| lower.contains(word)))
}
