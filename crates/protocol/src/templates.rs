//! Reusable specs.

use serde::{Deserialize, Serialize};

/// A template as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// Its name in addresses and commands, like `cli-tool`.
    pub name: String,
    pub title: String,
    /// One sentence.
    pub description: String,
    pub variables: Vec<TemplateVariable>,
}

/// A value that a template asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateVariable {
    pub name: String,
    pub description: String,
    /// Used when no value is given; a variable without one must be given.
    pub default: Option<String>,
    /// Whether its value is one lower-case word, as a program is called.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub word: bool,
}

/// A template with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateBody {
    pub template: Template,
    /// Markdown with `{{ variable }}` places.
    pub source: String,
}

/// `GET /api/templates`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateList {
    pub templates: Vec<Template>,
    pub next: Option<String>,
}
