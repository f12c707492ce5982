//! The attributes of an [`El`](super::El): one type for any number of them, so that the browser's build holds the code for
//! them once.

use leptos::{
    attr::{Attribute, AttributeValue, NamedAttributeKey, NextAttribute},
    tachys::renderer::{Rndr, types::Element},
};

/// Names and values, in the order they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes(pub(super) Vec<(&'static str, String)>);

impl Attribute for Attributes {
    const MIN_LENGTH: usize = 0;

    type AsyncOutput = Self;
    type State = (Element, Self);
    type Cloneable = Self;
    type CloneableOwned = Self;

    fn html_len(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len() + 4).sum()
    }

    fn to_html(self, buf: &mut String, _class: &mut String, _style: &mut String, _inner_html: &mut String) {
        for (name, value) in self.0 {
            value.to_html(name, buf);
        }
    }

    /// The server wrote them already.
    fn hydrate<const FROM_SERVER: bool>(self, element: &Element) -> Self::State {
        (element.clone(), self)
    }

    fn build(self, element: &Element) -> Self::State {
        for (name, value) in &self.0 {
            Rndr::set_attribute(element, name, value);
        }
        (element.clone(), self)
    }

    fn rebuild(self, (element, shown): &mut Self::State) {
        for (name, _) in shown.0.iter().filter(|(name, _)| !self.has(name)) {
            Rndr::remove_attribute(element, name);
        }
        for (name, value) in self.0.iter().filter(|attribute| !shown.0.contains(attribute)) {
            Rndr::set_attribute(element, name, value);
        }
        *shown = self;
    }

    fn into_cloneable(self) -> Self {
        self
    }

    fn into_cloneable_owned(self) -> Self {
        self
    }

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn keys(&self) -> Vec<NamedAttributeKey> {
        self.0.iter().map(|(name, _)| NamedAttributeKey::Attribute((*name).into())).collect()
    }
}

impl NextAttribute for Attributes {
    type Output<Next: Attribute> = (Self, Next);

    fn add_any_attr<Next: Attribute>(self, next: Next) -> Self::Output<Next> {
        (self, next)
    }
}

impl Attributes {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| *own == name)
    }
}
