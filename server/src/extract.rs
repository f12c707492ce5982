//! Extractors whose refusals have the one error shape and name what was wrong.

use std::{fmt, marker::PhantomData};

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::error::HttpError;

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
        let body = Json::from_request(request, state).await;
        body.map(|Json(Object(body))| Self(body)).map_err(|rejection| refused(&rejection))
    }
}

fn refused(rejection: &JsonRejection) -> HttpError {
    let text = rejection.body_text();
    let cause = text.strip_prefix("Failed to deserialize the JSON body into the target type: ").unwrap_or(&text);
    match rejection {
        JsonRejection::JsonDataError(_) => {
            HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("The body is not right: {cause}"))
        }
        JsonRejection::JsonSyntaxError(_) => {
            let cause = cause.strip_prefix("Failed to parse the request body as JSON: ").unwrap_or(cause);
            HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("The body is not JSON: {cause}"))
        }
        JsonRejection::MissingJsonContentType(_) => {
            HttpError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json")
        }
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            HttpError::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than this server takes (2 MiB)")
        }
        other => HttpError::new(other.status(), "The body could not be read"),
    }
}

/// The query of an address. Unknown and wrong fields are named in the answer.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let cause = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                Err(HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("The query is not right: {cause}")))
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
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| HttpError::new(StatusCode::NOT_FOUND, "There is nothing at this address"))
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

    #[tokio::test]
    async fn a_bad_body_is_named_by_its_field() {
        let id = "0198c000-0000-7000-8000-000000000000";
        let cases = [
            (format!(r#"{{"project_id":"{id}","provider":"demo","surprise":1}}"#), 422, "surprise"),
            (format!(r#"{{"project_id":"{id}","provider":"demo","limits":{{"minutes":"x"}}}}"#), 422, "limits.minutes"),
            (format!(r#"{{"project_id":"{id}"}}"#), 422, "provider"),
            (format!(r#"["{id}","demo"]"#), 422, "expected an object"),
            ("null".to_owned(), 422, "expected an object"),
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
