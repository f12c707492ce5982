//! A question to a server function that only reads: asked directly while the server renders, by its address from the
//! browser.
//!
//! The answer travels as text and is read where it is shown. So all questions are of one kind for the machinery of
//! resources, and the browser's build holds that machinery once instead of once for each type of answer.

use std::{future::Future, marker::PhantomData, pin::Pin};

use serde::{Serialize, de::DeserializeOwned};

use super::UiError;
use crate::routes::to::segment;

/// An answer that is on its way, as JSON.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<String, UiError>> + Send>>;

/// A question whose answer is a `T`.
pub struct Ask<T> {
    address: String,
    #[cfg(feature = "ssr")]
    answer: Answer,
    kind: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned + 'static> Ask<T> {
    /// Asks the server function at `/ui/ENDPOINT` with its fields, which is what `call` calls.
    pub fn new<F>(endpoint: &str, fields: &[(&str, &str)], call: impl FnOnce() -> F) -> Self
    where
        F: Future<Output = Result<T, UiError>> + Send + 'static,
    {
        let mut address = format!("/ui/{endpoint}");
        let mut mark = '?';
        for (name, value) in fields {
            address.push(mark);
            address.push_str(name);
            address.push('=');
            address.push_str(&segment(value));
            mark = '&';
        }
        Self::at(address, call)
    }

    #[cfg(feature = "ssr")]
    fn at<F>(address: String, call: impl FnOnce() -> F) -> Self
    where
        F: Future<Output = Result<T, UiError>> + Send + 'static,
    {
        let asked = call();
        let answer = Box::pin(async move {
            let value = asked.await?;
            serde_json::to_string(&value).map_err(|_| unreadable())
        });
        Self { address, answer, kind: PhantomData }
    }

    #[cfg(not(feature = "ssr"))]
    fn at<F>(address: String, _call: impl FnOnce() -> F) -> Self {
        Self { address, kind: PhantomData }
    }

    /// Asks, and reads the answer.
    pub async fn send(self) -> Result<T, UiError> {
        let text = self.answer().await?;
        read(&text)
    }

    /// The address that the browser asks, which names the question.
    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    #[cfg(feature = "ssr")]
    pub(crate) fn answer(self) -> Answer {
        self.answer
    }

    #[cfg(feature = "hydrate")]
    pub(crate) fn answer(self) -> Answer {
        Box::pin(send_wrapper::SendWrapper::new(crate::browser::requests::get(self.address)))
    }

    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    pub(crate) fn answer(self) -> Answer {
        Box::pin(async { Err(unreadable()) })
    }
}

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, UiError> {
    serde_json::from_str(text).map_err(|_| unreadable())
}

fn unreadable() -> UiError {
    UiError::new(500, "The answer could not be read. Reload the page and try again.")
}
