//! Secrets in what was added: known shapes of keys, literals that look random under a telling name, and private files.
//!
//! Only added lines count; what a repository already holds is not this work's fault. Tests are not exempt, since real keys leak
//! there too. A value with the exact shape of a provider's key is a finding even where the provider prints it in its manual (the
//! AWS example key): a reader cannot tell the two apart, and a placeholder is as easily written.

mod literals;
mod shapes;

use super::{Finding, text};
use crate::{
    ports::vcs::ChangedFile,
    vault::{MASK, Masks},
};

/// The most places that are listed.
const MAX_PLACES: usize = 50;

const ADVICE: &str =
    "Take secrets out of the code: read them from an environment variable, and name it in the README or in .env.example";

/// Something in a line that must not be committed.
struct Hit<'a> {
    what: &'static str,
    value: &'a str,
}

/// Whether anything that was added is a secret: one of the vault, which `vault` knows, or what looks like one.
pub fn judge(changed: &[ChangedFile], vault: &Masks) -> Finding {
    let mut places = Vec::new();
    for file in changed.iter().filter(|file| file.after.is_some() && file.link.is_none()) {
        if let Some(what) = private_file(file) {
            places.push((text::one_line(&file.path, 150), what, String::new()));
        }
        places.extend(of_the_vault(file, vault));
        places.extend(in_added_lines(file));
        if places.len() > MAX_PLACES {
            places.truncate(MAX_PLACES);
            break;
        }
    }
    if places.is_empty() {
        return Finding::passed("No secret in what was added");
    }

    let evidence: Vec<String> = places.iter().map(|(place, what, value)| format!("critical: {place}: {what} {value}")).collect();
    let hints = places.iter().map(|(place, what, _)| format!("Remove {what} at {place}."));
    let secrets = if places.len() == 1 { "secret" } else { "secrets" };
    let first = places.first().map(|(place, what, _)| format!("{what} at {place}")).unwrap_or_default();
    Finding::failed(&format!("{} {secrets} in what was added: {first}", places.len()))
        .with_evidence(&evidence.join("\n"))
        .with_hints([ADVICE.to_owned()].into_iter().chain(hints))
}

/// The text with everything that looks like a secret cut to its first four characters.
pub fn mask(text: &str) -> String {
    let text = shapes::mask_key_blocks(text);
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        let values: Vec<String> = hits(&line, "").into_iter().map(|hit| hit.value.to_owned()).collect();
        for value in values {
            line = line.replace(&value, &masked_value(&value));
        }
        masked.push_str(&line);
    }
    masked
}

/// Where something begins in the open line `line`, which goes on later, that may become a secret: a key whose shape has begun, or
/// a value under a telling name. The line's length where nothing of the kind does.
pub fn open_tail(line: &str) -> usize {
    let literal = literals::open(line).unwrap_or(line.len());
    literal.min(shapes::open(line).unwrap_or(line.len()))
}

/// Added lines, and a name, with a value of the vault in any of its forms. The finding names the secret, not the value.
fn of_the_vault(file: &ChangedFile, vault: &Masks) -> Vec<(String, &'static str, String)> {
    const WHAT: &str = "a secret of the vault";
    let path = || vault.mask(text::one_line(&file.path, 150));
    let shown = |name: &str| format!("{name} ({MASK})");
    let in_name = vault.find(&file.path).map(|name| (path(), WHAT, shown(name)));
    let mut lines = text::added_lines(file).into_iter();
    let in_lines = std::iter::from_fn(|| lines.find_map(|(number, line)| Some((number, vault.find(line)?))));
    let in_lines = in_lines.map(|(number, name)| (format!("{}:{number}", path()), WHAT, shown(name)));
    in_name.into_iter().chain(in_lines).take(MAX_PLACES + 1).collect()
}

fn in_added_lines(file: &ChangedFile) -> Vec<(String, &'static str, String)> {
    let after: Vec<&str> = file.after.as_deref().unwrap_or_default().lines().collect();
    let mut places = Vec::new();
    for (number, line) in text::added_lines(file) {
        let place = || format!("{}:{number}", text::one_line(&file.path, 150));
        if shapes::starts_private_key(line, after.get(number).copied().unwrap_or_default()) {
            places.push((place(), "a private key", "-----BEGIN…".to_owned()));
        }
        for hit in hits(line, &file.path) {
            places.push((place(), hit.what, masked_value(hit.value)));
        }
        if places.len() > MAX_PLACES {
            break;
        }
    }
    places
}

/// What is in one line; of a value that several rules know, the first.
fn hits<'a>(line: &'a str, path: &str) -> Vec<Hit<'a>> {
    let mut hits: Vec<Hit<'a>> = shapes::find(line);
    for hit in literals::find(line, path) {
        if !hits.iter().any(|known| known.value.contains(hit.value) || hit.value.contains(known.value)) {
            hits.push(hit);
        }
    }
    hits
}

fn masked_value(value: &str) -> String {
    let start: String = value.chars().take(4).collect();
    format!("{start}…")
}

/// Files that are private by their name, when they are new.
fn private_file(file: &ChangedFile) -> Option<&'static str> {
    if file.before.is_some() {
        return None;
    }
    let path = file.path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let holds_key = file.opaque || file.after.as_deref().is_some_and(|text| text.contains("PRIVATE KEY"));
    match (name, extension) {
        ("id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519", _) => Some("a private SSH key file"),
        (".netrc" | ".pgpass" | ".htpasswd" | ".git-credentials", _) => Some("a file of passwords"),
        (_, "p12" | "pfx" | "jks" | "keystore" | "kdbx") => Some("a key store"),
        (_, "pem" | "key" | "ppk") if holds_key => Some("a private key file"),
        _ if is_env_file(name) => Some("an environment file (it belongs in .gitignore)"),
        _ => None,
    }
}

fn is_env_file(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(".env") else { return false };
    let parts: Vec<&str> = rest.split('.').filter(|part| !part.is_empty()).collect();
    let is_sample = parts.iter().any(|part| matches!(*part, "example" | "sample" | "template" | "dist" | "defaults" | "schema"));
    (rest.is_empty() || rest.starts_with('.')) && !is_sample
}

#[cfg(test)]
mod tests;
