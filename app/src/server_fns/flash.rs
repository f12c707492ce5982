//! What a form shows again after it was refused, for browsers without script: the error and what had been typed, kept
//! in a cookie for the one redirect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::UiError;

/// A refused form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    pub error: Option<UiError>,
    /// Field names and what had been typed; long texts are missing, the browser's Back has them.
    pub values: BTreeMap<String, String>,
}

impl Flash {
    /// What had been typed into a field.
    pub fn value(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }
}

#[cfg(feature = "ssr")]
pub(super) use server_side::{refused, take};

#[cfg(feature = "ssr")]
mod server_side {
    use std::collections::BTreeMap;

    use axum::http::{HeaderValue, header::SET_COOKIE, request::Parts};
    use domain::hex;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use super::Flash;
    use crate::server_fns::{UiError, server_side::wants_redirect};

    const COOKIE: &str = "loki_flash";
    /// Browsers keep 4,096 bytes of a cookie; two hexadecimal digits are one byte.
    const ROOM: usize = 1_700;

    /// Answers a refused form: with script the error goes to the page as it is; without, back to the form at `page`.
    pub(in crate::server_fns) fn refused(error: UiError, page: &str, typed: Vec<(&str, &str)>) -> UiError {
        if wants_redirect() {
            send(&Flash { error: Some(error.clone()), values: fitting(typed) });
            leptos_axum::redirect(page);
        }
        error
    }

    fn send(flash: &Flash) {
        if let Ok(json) = serde_json::to_vec(flash) {
            set_cookie(&format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=60", hex::encode(&json)));
        }
    }

    /// What was refused just now, once.
    pub(in crate::server_fns) fn take() -> Flash {
        let Some(parts) = use_context::<Parts>() else { return Flash::default() };
        let cookies = parts.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
        let found = cookies.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix("loki_flash="));
        let Some(flash) = found.and_then(hex::decode).and_then(|json| serde_json::from_slice(&json).ok()) else {
            return Flash::default();
        };
        set_cookie(&format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
        flash
    }

    fn set_cookie(cookie: &str) {
        if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(cookie)) {
            response.append_header(SET_COOKIE, value);
        }
    }

    fn fitting(typed: Vec<(&str, &str)>) -> BTreeMap<String, String> {
        let mut room = ROOM - 400;
        let mut values = BTreeMap::new();
        for (name, value) in typed {
            let size = name.len() + value.len() + 8;
            if !value.is_empty() && size < room {
                room -= size;
                values.insert(name.to_owned(), value.to_owned());
            }
        }
        values
    }

    #[cfg(test)]
    mod tests {
        use super::fitting;

        #[test]
        fn long_texts_are_left_out_and_short_ones_stay() {
            let long = "x".repeat(5_000);

            let values = fitting(vec![("name", "Greeter"), ("prd_text", &long), ("git_url", "")]);

            assert_eq!(values.into_iter().collect::<Vec<_>>(), [("name".to_owned(), "Greeter".to_owned())]);
        }
    }
}
