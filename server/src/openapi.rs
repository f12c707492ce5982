//! The OpenAPI document, made from the handlers and types that serve, and a page to read it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

use axum::{
    body::Bytes,
    extract::{MatchedPath, Request},
    http::{Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::errors::capitalised;
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, Ref, RefOr, ResponseBuilder,
        path::{Operation, Parameter, ParameterIn, PathItem},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{
    api,
    error::HttpError,
    pages::{escape, icon_of, page},
};

#[derive(OpenApi)]
#[openapi(
    info(title = "loki", description = "Turns a spec into verified, committed code by driving agents in sandboxed git worktrees."),
    paths(
        api::health::get, api::metrics::get, api::status::get, api::enterprise::status, api::events::list, api::agents::list,
        api::projects::list, api::projects::create, api::projects::get, api::projects::update, api::projects::delete,
        api::sharing::list, api::sharing::share, api::sharing::unshare, api::sharing::transfer,
        api::control::start, api::control::pause, api::control::resume, api::control::stop,
        api::runs::list, api::runs::get, api::runs::timeline, api::runs::receipt, api::runs::diff, api::runs::log,
        api::runs::transcript, api::runs::cancel, api::runs::replay,
        api::templates::list, api::templates::get,
        api::secrets::list_of_project, api::secrets::put_of_project, api::secrets::remove_of_project,
        api::secrets::list_of_team, api::secrets::put_of_team, api::secrets::remove_of_team,
        api::secrets::list_of_installation, api::secrets::put_of_installation, api::secrets::remove_of_installation,
        api::teams::list, api::teams::create, api::teams::get, api::teams::rename, api::teams::delete, api::teams::members,
        api::teams::add_member, api::teams::set_role, api::teams::remove_member,
        api::invitations::list, api::invitations::create, api::invitations::withdraw,
        api::users::list, api::users::update, api::users::delete, api::users::end_logins,
        api::logins::list, api::logins::end_others, api::logins::end, api::logins::change_password,
        api::factors::list, api::factors::begin, api::factors::recovery_codes, api::factors::reset,
        api::factors::begin_passkey, api::factors::confirm_passkey, api::factors::second_step, api::factors::confirm,
        api::factors::remove,
        api::providers::list, api::providers::check,
        api::tokens::list, api::tokens::create, api::tokens::end, api::tokens::list_keys, api::tokens::create_key,
        api::tokens::get_key, api::tokens::update_key, api::tokens::end_key, api::tokens::rotate_key,
        api::access_tokens::create, api::access_tokens::keys, api::mail::send_test,
        api::audit::list_bare, api::audit::summary, api::audit::list, api::audit::verify, api::audit::export, api::audit::tail,
        crate::auth::providers::back_channel::sign_out, crate::ws::events::open,
    ),
    components(schemas(api::runs::StatusFilter, api::audit::Format)),
    modifiers(&Bearer, &Named, &Refused),
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

/// Names each operation by its method and path: the names of handlers, which the derive takes, are there several times.
struct Named;

impl Modify for Named {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let words = path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            let place = words.collect::<Vec<_>>().join("_").to_lowercase();
            for (method, operation) in of_methods(item) {
                operation.operation_id = Some(format!("{method}_{place}"));
            }
        }
    }
}

/// What a path answers to.
fn of_methods(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let operations = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// What the guards in front of every handler can answer; written here once, so that no route forgets it.
struct Refused;

impl Modify for Refused {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            for (_, operation) in of_methods(item) {
                let mut refusals = vec![
                    (400, "The request's head is not right: no `Host`, or a field twice that may be there once"),
                    (401, "A token stands in the query, where none belongs"),
                    (408, "It took too long and was given up"),
                    (422, "Something about the request is wrong; `detail` names it"),
                ];
                if path != "/health" {
                    // Probes are answered under every name, and as often as they ask.
                    refusals.push((421, "The server is not known under the name that it was asked by"));
                    refusals.push((429, "Asked too often; `Retry-After` says how long to wait"));
                    refusals.push((503, "Not now; `detail` says what is missing, or `Retry-After` how long to wait"));
                }
                if operation.request_body.is_some() {
                    refusals.push((413, "The body is larger than this server takes"));
                    refusals.push((415, "The body was not sent as `application/json`"));
                }
                for (status, words) in refusals {
                    operation.responses.responses.entry(status.to_string()).or_insert_with(|| RefOr::T(refusal(words)));
                }
            }
        }
    }
}

/// An answer with the one shape of errors.
fn refusal(words: &str) -> utoipa::openapi::Response {
    let shape = Content::new(Some(Ref::from_schema_name("ApiError")));
    ResponseBuilder::new().description(words).content("application/json", shape).build()
}

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Document::openapi);
static JSON: LazyLock<Bytes> = LazyLock::new(|| serde_json::to_vec(&*DOCUMENT).unwrap_or_default().into());
static DOCS: LazyLock<Arc<str>> = LazyLock::new(|| {
    let value = serde_json::from_slice(&JSON).unwrap_or_default();
    operations(&value).into()
});

/// `GET /openapi.json`.
pub(crate) async fn json() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], JSON.clone()).into_response()
}

/// `GET /docs`.
pub(crate) async fn docs() -> Response {
    page("API", &[], Arc::clone(&DOCS))
}

/// Refuses a query where the document names no parameter of one. Where it does, the handler reads the query and refuses what
/// is not of it.
pub(crate) fn refuse_stray_query(request: &Request) -> Result<(), HttpError> {
    if is_stray(request) {
        return Err(HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "This address takes no parameters behind a ?"));
    }
    Ok(())
}

/// Whether the address has a query where there should be none. Probes put what they like behind theirs.
fn is_stray(request: &Request) -> bool {
    let has_query = request.uri().query().is_some_and(|query| !query.is_empty());
    let route =
        request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).filter(|route| has_query && *route != "/health");
    route.and_then(|route| operation(request.method(), route)).is_some_and(|operation| !takes_query(operation))
}

fn operation(method: &Method, route: &str) -> Option<&'static Operation> {
    let item = DOCUMENT.paths.paths.get(route)?;
    match *method {
        Method::GET | Method::HEAD => item.get.as_ref(),
        Method::POST => item.post.as_ref(),
        Method::PUT => item.put.as_ref(),
        Method::DELETE => item.delete.as_ref(),
        _ => None,
    }
}

fn takes_query(operation: &Operation) -> bool {
    let is_query =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query);
    operation.parameters.iter().flatten().any(is_query)
}

/// The document's operations as a page, grouped by what they are about.
fn operations(document: &Value) -> String {
    let mut groups: BTreeMap<(bool, String), String> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let page = groups.entry(group(path)).or_default();
        for (method, operation) in item.as_object().into_iter().flatten() {
            operation_section(page, path, method, operation);
        }
    }
    let mut page = String::from(
        "<div class=\"page-head\"><div class=\"words\"><h1>API</h1><p class=\"soft\">Send <code>Authorization: Bearer loki_…</code> \
         with a token from <code>loki token create</code>. Programs read <a href=\"/openapi.json\">openapi.json</a>.</p></div></div>",
    );
    for ((_, title), operations) in groups {
        let _ = write!(page, "<section class=\"panel\"><header><h2>{}</h2></header>{operations}</section>", escape(&title));
    }
    page
}

/// What a path is about, and whether that comes last: what is about the server itself does.
fn group(path: &str) -> (bool, String) {
    let of_server = || (true, "Server".to_owned());
    let Some(rest) = path.strip_prefix("/api/") else { return of_server() };
    match rest.strip_prefix("v2/").unwrap_or(rest).split('/').next() {
        None | Some("" | "status") => of_server(),
        Some("api-keys") => (false, "API keys".to_owned()),
        Some(word) => (false, capitalised(&word.replace('-', " "))),
    }
}

fn operation_section(page: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |value: &Value| escape(value.as_str().unwrap_or_default());
    let words = |value: &Value| prose(value.as_str().unwrap_or_default());
    let line = |page: &mut String, name: String, words: String| {
        let _ = write!(page, "<div><dt>{name}</dt><dd>{words}</dd></div>");
    };
    let (method, path) = (method.to_uppercase(), escape(path));
    let _ = write!(
        page,
        "<details class=\"operation\"><summary>{}<span class=\"method mono\">{method}</span><code>{path}</code>\
         <span class=\"soft\">{}</span></summary><div>",
        icon_of("chevron"),
        words(&operation["summary"])
    );
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
    if !parameters.is_empty() || body.is_some() {
        page.push_str("<h3>Takes</h3><dl class=\"variables\">");
        for parameter in parameters {
            let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
            line(page, format!("<code>{name}</code> <span class=\"muted\">{place}</span>"), words(&parameter["description"]));
        }
        if let Some(body) = body {
            line(page, "<span class=\"muted\">body</span>".to_owned(), code(&schema_name(&body["schema"])));
        }
        page.push_str("</dl>");
    }
    page.push_str("<h3>Answers</h3><dl class=\"variables\">");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let body = response["content"].as_object().and_then(|content| content.values().next());
        let shape = body.map(|body| schema_name(&body["schema"])).unwrap_or_default();
        line(page, code(status), format!("{} {}", words(&response["description"]), code(&shape)));
    }
    page.push_str("</dl></div></details>");
}

/// Words of the document, in which what stands between two backticks is code.
fn prose(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts
        .map(
            |(index, part)| if index % 2 == 1 { format!("<code class=\"inline\">{}</code>", escape(part)) } else { escape(part) },
        )
        .collect()
}

/// A word of the document as code; nothing where there is none.
fn code(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!("<code>{}</code>", escape(word)) }
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
    fn every_operation_has_a_name_of_its_own() {
        let value: Value = serde_json::from_slice(&JSON).unwrap();
        let items = value["paths"].as_object().unwrap().values();
        let operations = items.flat_map(|item| item.as_object().unwrap().values());
        let names: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        assert!(names.contains(&"get_api_projects_id") && names.contains(&"get_well_known_jwks_json"), "{names:?}");
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
    fn what_stands_between_backticks_is_code() {
        assert_eq!(prose("the `id` of <it>"), "the <code class=\"inline\">id</code> of &lt;it&gt;");
        assert!(!DOCS.contains('`'));
    }

    #[test]
    fn queries_are_documented_as_queries() {
        let value: Value = serde_json::from_slice(&JSON).unwrap();
        let parameters = value.pointer("/paths/~1api~1v2~1runs/get/parameters").unwrap().as_array().unwrap();
        assert!(parameters.iter().all(|parameter| parameter["in"] == "query"), "{parameters:?}");
        let names: Vec<&str> = parameters.iter().filter_map(|parameter| parameter["name"].as_str()).collect();
        assert_eq!(names, ["project_id", "status", "sort", "after", "limit"]);
    }
}
