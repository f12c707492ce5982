//! What stands where rows will be; of their height, so that nothing moves when they come.

use leptos::prelude::*;

use super::{div, el};

/// Three rows of a table.
pub fn skeleton_rows() -> AnyView {
    let panel = div("panel skeleton").attr("role", "status").attr("aria-busy", "true").attr("aria-label", "Loading");
    panel.children((0..3).map(|_| el("div").view())).view()
}
