//! Code, commands and keys.

use leptos::prelude::*;

use super::{Tone, el, icon, pieces, text, toasts};
use crate::browser::clipboard;

/// A name, a path or a short command within a sentence.
pub fn code(text: impl Into<String>) -> AnyView {
    el("code").text(text).view()
}

/// Words of a sentence, in which what stands between two backticks is code.
pub fn prose(words: &str) -> AnyView {
    let mut parts = Vec::new();
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inside, next)) = after.split_once('`') else { break };
        if !before.is_empty() {
            parts.push(text(before));
        }
        parts.push(el("code").class("inline").text(inside).view());
        rest = next;
    }
    if !rest.is_empty() {
        parts.push(text(rest));
    }
    pieces(parts)
}

/// A path, of which only the end shows; the whole of it where one points, and in the clipboard.
pub fn path(whole: &str) -> AnyView {
    let end: Vec<&str> = whole.rsplit('/').take(2).collect();
    let shown = match end.as_slice() {
        [name, folder] if whole.len() > folder.len() + name.len() + 2 => format!("…/{folder}/{name}"),
        _ => whole.to_owned(),
    };
    let code = el("code").attr("title", whole).text(shown).view();
    el("span").class("path-line").child(code).child(copy_button("Copy the path", whole.to_owned())).view()
}

/// Puts a text into the clipboard and says so.
pub fn copy_button(label: &'static str, copied: String) -> AnyView {
    let toasts = toasts();
    let told = move |done: bool| {
        if done {
            toasts.show(Tone::Good, "Copied.");
        } else {
            toasts.show(Tone::Bad, "The browser did not allow it. Select the text and copy it.");
        }
    };
    let button = el("button").attr("type", "button").class("btn icon-only copy needs-script");
    let button = button.attr("aria-label", label).attr("title", label);
    button.on_click(move || clipboard::copy(&copied, Box::new(told))).child(icon("copy")).view()
}

/// Lines of text as they are; `label` says what they are, for those who cannot see it.
pub fn code_block(label: &'static str, text: impl Into<String>) -> AnyView {
    let block = el("pre").class("code").attr("tabindex", "0").attr("role", "region").attr("aria-label", label);
    block.child(code(text)).view()
}

/// A key to press. `⌘` is what the style sheet puts in its place: `Ctrl` but on Apple's systems.
pub fn kbd(key: &'static str) -> AnyView {
    match key.strip_prefix('⌘') {
        Some(key) => el("kbd").flag("data-mod", true).text(key).view(),
        None => el("kbd").text(key).view(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::rendering_tests::html;

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_is_lost() {
        for (words, expected) in [
            ("`a` prints `b`", r#"<code class="inline">a</code> prints <code class="inline">b</code>"#),
            ("one ` alone", "one ` alone"),
            ("`<b>`.", r#"<code class="inline">&lt;b&gt;</code>."#),
            ("plain", "plain"),
        ] {
            let html = html("/", || prose(words)).replace("<!>", "");

            assert!(html.contains(expected), "{expected} is not in {html}");
        }
    }

    #[test]
    fn the_end_of_a_path_shows_and_all_of_it_is_kept() {
        for (whole, shown) in [("/srv/a/b/run-1", ">…/b/run-1<"), ("/srv", ">/srv<"), ("/srv/a", ">/srv/a<")] {
            let html = html("/", || path(whole));

            assert!(html.contains(shown) && html.contains(whole), "{shown} is not in {html}");
        }
    }
}
