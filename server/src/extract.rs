//! Extractors whose refusals have the one error shape and name what was wrong.

use std::{fmt, marker::PhantomData};

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use domain::runs::limits;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use crate::{error::HttpError, router::API_BODY};

/// A JSON body, which is an object. Unknown and wrong fields are named in the answer.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// Taken from an object alone: what serde derives would also take a list, with the fields in their order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        let (head, bytes) = whole(request, API_BODY).await?;
        if has_nul_in_json(&bytes) {
            return Err(wrong("The body is not right", NUL));
        }
        let body = Json::from_request(Request::from_parts(head, bytes.into()), state).await;
        body.map(|Json(Object(body))| Self(body)).map_err(|rejection| refused(&rejection))
    }
}

/// No body, or `{}`: whatever else somebody sends is something that they expect to count, and it would not.
#[derive(Debug)]
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = HttpError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, HttpError> {
        let (_, bytes) = whole(request, API_BODY).await?;
        let is_empty = |bytes: &[u8]| serde_json::from_slice::<Map<String, Value>>(bytes).is_ok_and(|fields| fields.is_empty());
        if bytes.is_empty() || is_empty(&bytes) {
            return Ok(Self);
        }
        Err(HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "This takes no fields: send no body, or {}"))
    }
}

/// The head of a request with its whole body. How long that may be was decided before (`too_large::held`); `most` is that limit, for
/// the words alone.
pub(crate) async fn whole(request: Request, most: usize) -> Result<(Parts, Bytes), HttpError> {
    let (head, body) = request.into_parts();
    let bytes = Bytes::from_request(Request::from_parts(head.clone(), body), &()).await;
    let bytes = bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => HttpError::too_large(most),
        status => HttpError::new(status, "The body could not be read"),
    })?;
    Ok((head, bytes))
}

/// Why a NUL character is refused wherever it stands: PostgreSQL keeps none, and what is kept does not depend on the database.
const NUL: &str = "a NUL character is not text";

/// Whether a text of JSON, or a name, has a NUL character. JSON takes it as an escape alone.
fn has_nul_in_json(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = rest.get(at + 1..).unwrap_or_default();
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// The same of a form.
pub(crate) fn has_nul_in_form(bytes: &[u8]) -> bool {
    bytes.contains(&0) || bytes.windows(3).any(|three| three == b"%00")
}

fn refused(rejection: &JsonRejection) -> HttpError {
    let text = rejection.body_text();
    let cause = text.strip_prefix("Failed to deserialize the JSON body into the target type: ").unwrap_or(&text);
    match rejection {
        JsonRejection::JsonDataError(_) => wrong("The body is not right", &in_words(cause)),
        JsonRejection::JsonSyntaxError(_) => {
            let cause = cause.strip_prefix("Failed to parse the request body as JSON: ").unwrap_or(cause);
            wrong("The body is not JSON", cause)
        }
        JsonRejection::MissingJsonContentType(_) => {
            HttpError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json")
        }
        other => HttpError::new(other.status(), "The body could not be read"),
    }
}

/// What serde says repeats names and values that were sent: the audit trail is told without.
fn wrong(what: &str, cause: &str) -> HttpError {
    HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{what}: {cause}")).recorded_as(what)
}

/// What serde says, as people read it: which field, and what it must be.
fn in_words(cause: &str) -> String {
    let cause = cause.rsplit_once(" at line ").map_or(cause, |(before, _)| before);
    let is_path = |text: &str| text.chars().all(|char| char.is_ascii_alphanumeric() || "_.[]-".contains(char));
    let (field, problem) = match cause.split_once(": ") {
        Some((field, problem)) if is_path(field) => (Some(field), problem),
        _ => (None, cause),
    };
    if let Some(most) = field.and_then(most) {
        return format!("`{}` must be a whole number from 1 to {most}", field.unwrap_or_default());
    }
    let missing = problem.strip_prefix("missing field ").map(|name| format!("{name} is missing"));
    match (field, missing.is_none().then(|| wanted(problem)).flatten()) {
        (Some(field), Some(wanted)) => format!("`{field}` must be {wanted}"),
        (None, Some(wanted)) => format!("it must be {wanted}"),
        (Some(field), None) => format!("`{field}`: {}", missing.as_deref().unwrap_or(problem)),
        (None, None) => missing.unwrap_or_else(|| problem.to_owned()),
    }
}

/// The most that a limit of a run may be: what does not fit its type is out of the same range as what does.
fn most(field: &str) -> Option<u32> {
    match field {
        "limits.iterations" => Some(limits::MAX_ITERATIONS),
        "limits.minutes" => Some(limits::MAX_MINUTES),
        _ => None,
    }
}

/// What a value must be that was refused in Rust's words.
fn wanted(problem: &str) -> Option<&str> {
    const NUMBERS: [&str; 4] = [
        "invalid digit found in string",
        "cannot parse integer from empty string",
        "number too large to fit in target type",
        "number too small to fit in target type",
    ];
    if problem.starts_with("UUID parsing failed") {
        return Some("an id");
    }
    if NUMBERS.contains(&problem) {
        return Some("a whole number from 0 on, and not too large");
    }
    if problem.starts_with("provided string was not `true`") {
        return Some("true or false");
    }
    let is_of_kind = problem.starts_with("invalid type: ") || problem.starts_with("invalid value: ");
    let (_, expected) = problem.rsplit_once(", expected ").filter(|_| is_of_kind)?;
    Some(match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "string" | "a string" | "a borrowed string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        of_rust if of_rust.starts_with("struct ") => "an object",
        of_rust if of_rust.contains("UUID") => "an id",
        other => other,
    })
}

/// The query of an address. Unknown and wrong fields are named in the answer.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(wrong("The query is not right", NUL));
        }
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let cause = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                Err(wrong("The query is not right", &in_words(cause)))
            }
        }
    }
}

/// The id in an address. What is no id names nothing, so it is not found.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Id<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let path = if parts.uri.path().contains("%00") { None } else { Path::from_request_parts(parts, state).await.ok() };
        path.map(|Path(id)| Self(id)).ok_or_else(|| HttpError::new(StatusCode::NOT_FOUND, "There is nothing at this address"))
    }
}

#[cfg(test)]
mod tests {
    use protocol::runs::StartRun;

    use super::*;

    async fn refusal(kind: &str, body: &str) -> (u16, String) {
        let request = Request::builder().method("POST").header("content-type", kind).body(body.to_owned().into()).unwrap();
        let error = Body::<StartRun>::from_request(request, &()).await.unwrap_err();
        (error.status().as_u16(), error.detail().to_owned())
    }

    #[test]
    fn what_serde_says_is_put_into_words() {
        let cases = [
            ("after: invalid digit found in string", "`after` must be a whole number from 0 on, and not too large"),
            (
                "limits.minutes: invalid type: string \"x\", expected u32 at line 1 column 9",
                "`limits.minutes` must be a whole number from 1 to 1440",
            ),
            (
                "limits.iterations: invalid value: integer `1000000000000`, expected u32 at line 1 column 9",
                "`limits.iterations` must be a whole number from 1 to 1000",
            ),
            ("port: invalid type: string \"x\", expected u32", "`port` must be a whole number from 0 on"),
            ("project_id: UUID parsing failed: invalid character: found `n` at 0", "`project_id` must be an id"),
            ("missing field `provider` at line 1 column 2", "`provider` is missing"),
            ("invalid type: sequence, expected an object at line 1 column 1", "it must be an object"),
            ("include_revoked: provided string was not `true` or `false`", "`include_revoked` must be true or false"),
            ("unknown field `x`, expected `after` or `limit`", "unknown field `x`, expected `after` or `limit`"),
        ];
        for (said, words) in cases {
            assert_eq!(in_words(said), words);
        }
    }

    #[test]
    fn a_nul_is_seen_and_what_looks_like_one_is_not() {
        let json =
            [(r#""a\u0000""#, true), (r#""\\\u0000""#, true), (r#""\\u0000""#, false), (r#""\u0001""#, false), ("\\", false)];
        for (text, expected) in json {
            assert_eq!(has_nul_in_json(text.as_bytes()), expected, "{text}");
        }
        for (text, expected) in [("a=%00", true), ("a=\0", true), ("a=%2500", false), ("a=100%25", false), ("", false)] {
            assert_eq!(has_nul_in_form(text.as_bytes()), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_bad_body_is_named_by_its_field() {
        let id = "0198c000-0000-7000-8000-000000000000";
        let cases = [
            (format!(r#"{{"project_id":"{id}","provider":"demo","surprise":1}}"#), 422, "surprise"),
            (format!(r#"{{"project_id":"{id}","provider":"demo","limits":{{"minutes":"x"}}}}"#), 422, "limits.minutes"),
            (format!(r#"{{"project_id":"{id}"}}"#), 422, "provider"),
            (format!(r#"["{id}","demo"]"#), 422, "must be an object"),
            ("null".to_owned(), 422, "must be an object"),
            ("{".to_owned(), 422, "not JSON"),
            (String::new(), 422, "not JSON"),
        ];
        for (body, status, named) in cases {
            let (got, detail) = refusal("application/json", &body).await;
            assert_eq!(got, status, "{body}");
            assert!(detail.contains(named), "{body} gave: {detail}");
        }
        assert_eq!(refusal("text/plain", "{}").await.0, 415);
    }
}
