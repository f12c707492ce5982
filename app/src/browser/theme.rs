//! Dark, light or as the system has it; kept in the browser. (Written with the pages.)

/// What a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Dark,
    Light,
    System,
}

impl Theme {
    /// Its name in the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::System => "system",
        }
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn set(_theme: Theme) {}

/// Shows the theme now and on every later page.
#[cfg(feature = "hydrate")]
pub fn set(theme: Theme) {
    const KEY: &str = "loki-theme";
    let Some(window) = web_sys::window() else { return };
    let Some(root) = window.document().and_then(|document| document.document_element()) else { return };
    let storage = window.local_storage().ok().flatten();
    let name = (theme != Theme::System).then(|| theme.as_str());
    // A browser may forbid storage; the theme then lasts as long as the page.
    let _kept = match name {
        Some(name) => (root.set_attribute("data-theme", name), storage.map(|storage| storage.set_item(KEY, name))),
        None => (root.remove_attribute("data-theme"), storage.map(|storage| storage.remove_item(KEY))),
    };
}
