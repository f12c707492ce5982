//! OpenAPI documents: one task for each path and method.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{MAX_TITLE, Spec, SpecError, SpecKind, TaskDraft, count, markdown, text};

const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// The most fields of a body that are named.
const MAX_FIELDS: usize = 20;

pub(super) fn is_openapi(value: &Value) -> bool {
    value.get("openapi").is_some() || value.get("swagger").is_some()
}

pub(super) fn read(document: &Value) -> Result<Spec, SpecError> {
    let info = document.get("info");
    let mut tasks = Vec::new();
    let mut segments = BTreeSet::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let Some(item) = item.as_object() else { continue };
        segments.insert(path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned());
        for method in METHODS {
            if let Some(operation) = item.get(method).and_then(Value::as_object) {
                tasks.push(task(count(tasks.len() + 1), (method, path), operation, item.get("parameters"), document));
            }
        }
    }
    if tasks.is_empty() {
        return Err(SpecError::NoRequirements {
            advice: "the OpenAPI document needs at least one path with a method".to_owned(),
        });
    }
    let title = string(info, "title").unwrap_or("API");
    Ok(Spec {
        kind: SpecKind::OpenApi,
        title: text::one_line(title, MAX_TITLE),
        summary: text::one_line(string(info, "description").or_else(|| string(info, "summary")).unwrap_or_default(), 600),
        features: count(tasks.len()),
        sections: count(segments.len()),
        tasks,
        text: String::new(),
        words: 0,
    })
}

/// `shared` are the parameters of the path; the document says what counts where the operation says nothing of it.
fn task(
    number: u32,
    (method, path): (&str, &str),
    operation: &Map<String, Value>,
    shared: Option<&Value>,
    document: &Value,
) -> TaskDraft {
    let route = format!("{} {path}", method.to_uppercase());
    let field = |name: &str| operation.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let summary = field("summary").or_else(|| field("description")).or_else(|| field("operationId")).unwrap_or_default();
    let mut requirement = if summary.is_empty() { route.clone() } else { format!("{route}: {summary}") };
    let description = field("description").filter(|description| *description != summary);
    if let Some(description) = description {
        requirement.push_str("\n\n");
        requirement.push_str(description);
    }
    let mut criteria = Vec::new();
    let security = operation.get("security").or(document.get("security"));
    criteria.extend(security.and_then(schemes).map(|schemes| format!("{route} requires {schemes}")));
    for parameter in shared.into_iter().chain(operation.get("parameters")).filter_map(Value::as_array).flatten() {
        criteria.push(parameter_words(&route, parameter));
    }
    if let Some(body) = operation.get("requestBody") {
        let content = body.get("content").and_then(Value::as_object);
        let types: Vec<&str> = content.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let types = if types.is_empty() { String::new() } else { format!(" as {}", types.join(" or ")) };
        criteria.push(format!("{route} takes a request body{types}{}", shape(document, body)));
    }
    for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let status = if status == "default" { "otherwise with an error".to_owned() } else { status.clone() };
        let detail = match (string(Some(response), "description"), reference(response)) {
            (Some(description), _) if !description.trim().is_empty() => format!(": {}", text::one_line(description, 300)),
            (_, Some(name)) => format!(" ({name})"),
            _ => String::new(),
        };
        criteria.push(format!("{route} answers {status}{detail}{}", shape(document, response)));
    }
    let criteria: Vec<String> = criteria.iter().map(|words| text::one_line(words, 500)).collect();
    for words in &criteria {
        requirement.push_str("\n- ");
        requirement.push_str(words);
    }
    let title = text::one_line(requirement.lines().next().unwrap_or(&route), MAX_TITLE);
    let told = std::iter::once(title.clone()).chain(description.map(str::to_owned));
    let unproven = markdown::in_lines(told.chain(criteria.iter().cloned()).collect());
    let section = operation.get("tags").and_then(|tags| tags.get(0)).and_then(Value::as_str).unwrap_or_default();
    TaskDraft {
        number,
        title,
        requirement,
        section: text::one_line(section, MAX_TITLE),
        criteria,
        examples: Vec::new(),
        unproven,
        depends_on: Vec::new(),
    }
}

/// The security schemes of which a call needs one; nothing where it may do without.
fn schemes(security: &Value) -> Option<String> {
    let choices = security.as_array()?.iter().filter_map(Value::as_object);
    let choices: Vec<String> = choices.map(|all| all.keys().map(String::as_str).collect::<Vec<_>>().join(" and ")).collect();
    let is_needed = !choices.is_empty() && choices.iter().all(|choice| !choice.is_empty());
    is_needed.then(|| choices.join(" or "))
}

fn parameter_words(route: &str, parameter: &Value) -> String {
    if let Some(name) = reference(parameter) {
        return format!("{route} takes the parameter {name}");
    }
    let name = string(Some(parameter), "name").unwrap_or("without a name");
    let place = string(Some(parameter), "in").unwrap_or("query");
    let need = if parameter.get("required").and_then(Value::as_bool) == Some(true) { "required" } else { "optional" };
    format!("{route} takes the {place} parameter {name} ({need})")
}

/// The fields and the example of a body, as far as they are told.
fn shape(document: &Value, body: &Value) -> String {
    let Some(media) = body.get("content").and_then(Value::as_object).and_then(|content| content.values().next()) else {
        return String::new();
    };
    let schema = media.get("schema").map(|schema| resolved(document, schema));
    let items = schema.and_then(|schema| schema.get("items")).map(|items| resolved(document, items));
    let fields = items.or(schema).map(fields).unwrap_or_default();
    let fields = match (fields.is_empty(), items) {
        (true, _) => String::new(),
        (false, None) => format!(", with {fields}"),
        (false, Some(_)) => format!(", a list with {fields}"),
    };
    let named = media.get("examples").and_then(Value::as_object).and_then(|examples| examples.values().next()?.get("value"));
    let example = media.get("example").or(named).map(|example| format!(", for example {example}")).unwrap_or_default();
    fields + &example
}

/// The names of an object's fields, those that must be there as such.
fn fields(schema: &Value) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().take(MAX_FIELDS).any(|other| other == name));
    let words = |name: &String| if is_required(name) { format!("{name} (required)") } else { name.clone() };
    let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    names.take(MAX_FIELDS).map(words).collect::<Vec<_>>().join(", ")
}

/// What a reference within the document leads to; the value itself where it is none.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = string(Some(value), "$ref").and_then(|path| document.pointer(path.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn reference(value: &Value) -> Option<&str> {
    string(Some(value), "$ref")?.rsplit('/').next()
}

fn string<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a str> {
    value?.get(key)?.as_str()
}
