//! Elements of one type, whatever their tag.
//!
//! `view!` makes a new type of every piece of HTML, and the browser's build then holds the code that builds, hydrates and
//! changes each of them. Pages here are made of [`El`] instead, which is built once; that is most of what keeps the first
//! load small.

use std::sync::Arc;

use leptos::{
    attr::any_attribute::{AnyAttribute, IntoAnyAttribute},
    ev, html,
    prelude::*,
    tachys::html::InertElement,
};

use super::attributes::Attributes;
use crate::browser::IS_BROWSER;

/// An element that is being put together. Each step hands it on, so it is one pointer.
#[must_use]
pub struct El(Box<Parts>);

struct Parts {
    tag: &'static str,
    attributes: Attributes,
    /// Handlers and values that change.
    living: Vec<AnyAttribute>,
    children: Vec<AnyView>,
}

/// An element without attributes or children yet. Inputs and text areas are finished differently: see [`input`] and
/// [`El::view_textarea`].
pub fn el(tag: &'static str) -> El {
    El(Box::new(Parts { tag, attributes: Attributes::default(), living: Vec::new(), children: Vec::new() }))
}

/// An element with a class.
pub fn div(class: &'static str) -> El {
    el("div").class(class)
}

/// Text, escaped.
pub fn text(text: impl Into<String>) -> AnyView {
    text.into().into_any()
}

/// Nothing.
pub fn nothing() -> AnyView {
    ().into_any()
}

/// Pieces one after the other.
pub fn pieces(pieces: Vec<AnyView>) -> AnyView {
    pieces.into_any()
}

/// What changes as the signals that `content` reads do.
pub fn live(content: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    live_boxed(Arc::new(content))
}

fn live_boxed(content: Arc<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
    (move || content()).into_any()
}

/// An element with many in it that waits for nothing: the server writes it down at once, instead of walking it three times as
/// it does with what may hold a [`crate::loading`] somewhere. In the browser it is what it was.
pub fn still(element: AnyView) -> AnyView {
    if IS_BROWSER { element } else { InertElement::new(element.to_html()).into_any() }
}

impl El {
    pub fn class(self, class: impl Into<String>) -> Self {
        self.attr("class", class)
    }

    pub fn attr(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.attributes.0.push((name, value.into()));
        self
    }

    /// An attribute that may be absent.
    pub fn maybe(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// An attribute that is there or not, like `disabled`.
    pub fn flag(self, name: &'static str, is_set: bool) -> Self {
        if is_set { self.attr(name, "") } else { self }
    }

    /// An attribute that changes as the signals that `value` reads do.
    pub fn live_attr(mut self, name: &'static str, value: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        self.0.living.push(live_attribute(name, Arc::new(value)));
        self
    }

    pub fn on_click(mut self, handler: impl FnMut() + 'static) -> Self {
        let mut handler = handler;
        let handler: Box<dyn FnMut(ev::MouseEvent)> = Box::new(move |_| handler());
        self.0.living.push(ev::on(ev::click, handler).into_any_attr());
        self
    }

    pub fn on_submit(mut self, handler: impl FnMut(ev::SubmitEvent) + 'static) -> Self {
        let handler: Box<dyn FnMut(ev::SubmitEvent)> = Box::new(handler);
        self.0.living.push(ev::on(ev::submit, handler).into_any_attr());
        self
    }

    /// When a `<details>` was opened or closed.
    pub fn on_toggle(mut self, handler: impl FnMut(ev::Event) + 'static) -> Self {
        let handler: Box<dyn FnMut(ev::Event)> = Box::new(handler);
        self.0.living.push(ev::on(ev::toggle, handler).into_any_attr());
        self
    }

    pub fn on_scroll(mut self, handler: impl FnMut() + 'static) -> Self {
        let mut handler = handler;
        let handler: Box<dyn FnMut(ev::Event)> = Box::new(move |_| handler());
        self.0.living.push(ev::on(ev::scroll, handler).into_any_attr());
        self
    }

    /// The wheel is turned to what lies above; known before anything has moved.
    pub fn on_wheel_up(mut self, mut handler: impl FnMut() + 'static) -> Self {
        let handler: Box<dyn FnMut(ev::WheelEvent)> = Box::new(move |event| {
            if event.delta_y() < 0.0 {
                handler();
            }
        });
        self.0.living.push(ev::on(ev::wheel, handler).into_any_attr());
        self
    }

    pub fn text(self, words: impl Into<String>) -> Self {
        self.child(text(words))
    }

    pub fn child(mut self, child: AnyView) -> Self {
        self.0.children.push(child);
        self
    }

    pub fn children(mut self, children: impl IntoIterator<Item = AnyView>) -> Self {
        self.0.children.extend(children);
        self
    }

    /// The element as a view.
    pub fn view(self) -> AnyView {
        let Parts { tag, attributes, living, children } = *self.0;
        let element = html::custom(tag).add_any_attr(attributes);
        if living.is_empty() {
            element.child(children).into_any()
        } else {
            element.add_any_attr(living).child(children).into_any()
        }
    }

    /// The element as a `<textarea>` that holds `value`: text alone, without the markers that other children bring along. An
    /// empty text would be sent as a space and hide the placeholder, so it is left out.
    pub fn view_textarea(self, value: String) -> AnyView {
        // Leptos does not escape what is in its own `textarea`, and the text is anybody's.
        let element = html::custom("textarea").add_any_attr(self.0.attributes).add_any_attr(self.0.living);
        if value.is_empty() { element.into_any() } else { element.child(value).into_any() }
    }

    /// The element as an `<input>`, which has no children.
    fn view_input(self) -> AnyView {
        html::input().add_any_attr(self.0.attributes).add_any_attr(self.0.living).into_any()
    }
}

impl From<El> for AnyView {
    fn from(element: El) -> Self {
        element.view()
    }
}

/// An `<input>`; finished with [`Input::view`].
#[must_use]
pub struct Input(El);

/// An `<input>` of a type, like `text`.
pub fn input(kind: &'static str) -> Input {
    Input(el("input").attr("type", kind))
}

impl Input {
    pub fn attr(self, name: &'static str, value: impl Into<String>) -> Self {
        Self(self.0.attr(name, value))
    }

    pub fn maybe(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        Self(self.0.maybe(name, value))
    }

    pub fn flag(self, name: &'static str, is_set: bool) -> Self {
        Self(self.0.flag(name, is_set))
    }

    pub fn live_attr(self, name: &'static str, value: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self(self.0.live_attr(name, value))
    }

    pub fn on_change(mut self, handler: impl FnMut(ev::Event) + 'static) -> Self {
        let handler: Box<dyn FnMut(ev::Event)> = Box::new(handler);
        self.0.0.living.push(ev::on(ev::change, handler).into_any_attr());
        self
    }

    pub fn on_input(mut self, handler: impl FnMut(ev::Event) + 'static) -> Self {
        let handler: Box<dyn FnMut(ev::Event)> = Box::new(handler);
        self.0.0.living.push(ev::on(ev::input, handler).into_any_attr());
        self
    }

    pub fn on_keydown(mut self, handler: impl FnMut(ev::KeyboardEvent) + 'static) -> Self {
        let handler: Box<dyn FnMut(ev::KeyboardEvent)> = Box::new(handler);
        self.0.0.living.push(ev::on(ev::keydown, handler).into_any_attr());
        self
    }

    /// The element as a view.
    pub fn view(self) -> AnyView {
        self.0.view_input()
    }
}

fn live_attribute(name: &'static str, value: Arc<dyn Fn() -> Option<String> + Send + Sync>) -> AnyAttribute {
    leptos::attr::custom::custom_attribute(name, move || value()).into_any_attr()
}
