//! The OpenAPI document, made from the handlers and types that serve, and a page to read it.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    body::Bytes,
    http::header,
    response::{Html, IntoResponse, Response},
};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use crate::{
    api,
    pages::{document, escape},
};

#[derive(OpenApi)]
#[openapi(
    info(title = "loki", description = "Turns a spec into verified, committed code by driving agents in sandboxed git worktrees."),
    paths(
        api::health::get, api::metrics::get, api::status::get, api::events::list, api::agents::list,
        api::projects::list, api::projects::create, api::projects::get, api::projects::update, api::projects::delete,
        api::control::start, api::control::pause, api::control::resume, api::control::stop,
        api::runs::list, api::runs::get, api::runs::timeline, api::runs::receipt, api::runs::diff, api::runs::log,
        api::runs::transcript, api::runs::cancel, api::runs::replay,
        api::templates::list, api::templates::get,
        api::tokens::list, api::tokens::create, api::tokens::end, api::tokens::list_keys, api::tokens::create_key,
        api::tokens::get_key, api::tokens::update_key, api::tokens::end_key, api::tokens::rotate_key,
        api::audit::list, api::audit::list_bare, api::audit::summary, api::audit::verify, api::audit::export,
        crate::ws::events::open,
    ),
    components(schemas(api::runs::StatusFilter, api::audit::Format)),
    modifiers(&Bearer),
    security(("bearer" = [])),
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

static JSON: LazyLock<Bytes> = LazyLock::new(|| serde_json::to_vec(&Document::openapi()).unwrap_or_default().into());
static DOCS: LazyLock<Bytes> = LazyLock::new(|| {
    let value = serde_json::from_slice(&JSON).unwrap_or_default();
    document("API", &operations(&value)).into()
});

/// `GET /openapi.json`.
pub async fn json() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], JSON.clone()).into_response()
}

/// `GET /docs`.
pub async fn docs() -> Response {
    Html(axum::body::Body::from(DOCS.clone())).into_response()
}

/// The document's operations as a page.
fn operations(document: &Value) -> String {
    let mut page = String::from(
        "<main class=\"page docs\"><h1>API</h1><p>Send <code>Authorization: Bearer loki_…</code> with a token from \
         <code>loki token create</code>. The document itself: <a href=\"/openapi.json\">openapi.json</a>.</p>",
    );
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            operation_section(&mut page, path, method, operation);
        }
    }
    page.push_str("<p><a href=\"/\">Go to home</a></p></main>");
    page
}

fn operation_section(page: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |value: &Value| escape(value.as_str().unwrap_or_default());
    let _ = write!(page, "<section class=\"panel\"><h2><code>{} {}</code></h2>", method.to_uppercase(), escape(path));
    let _ = write!(page, "<p>{}</p>", text(&operation["summary"]));
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
    if !parameters.is_empty() || body.is_some() {
        page.push_str("<h3>Takes</h3><ul>");
        for parameter in parameters {
            let (name, place, words) = (text(&parameter["name"]), text(&parameter["in"]), text(&parameter["description"]));
            let _ = write!(page, "<li><code>{name}</code> <span class=\"muted\">{place}</span> {words}</li>");
        }
        if let Some(body) = body {
            let _ = write!(page, "<li>body: <code>{}</code></li>", escape(&schema_name(&body["schema"])));
        }
        page.push_str("</ul>");
    }
    page.push_str("<h3>Answers</h3><ul>");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let shape =
            response["content"].as_object().and_then(|content| content.values().next()).map(|body| schema_name(&body["schema"]));
        let shape =
            shape.filter(|name| !name.is_empty()).map(|name| format!(" <code>{}</code>", escape(&name))).unwrap_or_default();
        let _ = write!(page, "<li><code>{status}</code>{shape} {}</li>", text(&response["description"]));
    }
    page.push_str("</ul></section>");
}

fn schema_name(schema: &Value) -> String {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    reference.or(schema["type"].as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_names_every_route_of_the_api_and_no_other() {
        let value: Value = serde_json::from_slice(&JSON).unwrap();
        let documented: BTreeSet<(String, String)> = value["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone())))
            .collect();
        let routed: BTreeSet<(String, String)> =
            api::routes().table.into_iter().map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
        assert_eq!(documented, routed);
    }

    #[test]
    fn every_reference_in_the_document_leads_somewhere() {
        let text = String::from_utf8(JSON.to_vec()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(value.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn queries_are_documented_as_queries() {
        let value: Value = serde_json::from_slice(&JSON).unwrap();
        let parameters = value.pointer("/paths/~1api~1v2~1runs/get/parameters").unwrap().as_array().unwrap();
        assert!(parameters.iter().all(|parameter| parameter["in"] == "query"), "{parameters:?}");
        assert_eq!(parameters.len(), 4);
    }
}
