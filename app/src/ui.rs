//! Atoms: what every page is made of. They know nothing of projects and runs; `/gallery` shows them in all states.
//!
//! They are plain functions that answer one type, and they are made of [`el`] rather than of `view!`, which would bring the
//! browser a copy of its machinery for every piece of HTML. Pages are made in the same way.

mod attributes;
mod banner;
mod button;
mod chip;
mod choice;
mod code;
mod dialog;
mod element;
mod empty;
mod field;
mod form;
mod hidden;
mod icon;
mod marks;
mod menu;
mod meter;
mod money;
mod page;
mod panel;
mod skeleton;
mod table;
mod tabs;
mod time;
mod toast;

pub use banner::{banner, banner_with};
pub use button::{Kind, button, choice_button, icon_button, link_button, submit_button, submit_class};
pub use chip::{Tone, capital, chip};
pub use choice::{Choice, choices};
pub use code::{code, code_block, copy_button, kbd, path, prose};
pub use dialog::{close_dialog, dialog, open_dialog};
pub use element::{El, Input, div, el, input, live, nothing, pieces, still, text};
pub use empty::empty;
pub use field::{Field, field, select, text_area, text_input};
pub use form::{FormState, form, form_error};
pub use hidden::hidden;
pub use icon::icon;
pub use marks::marks;
pub use menu::menu;
pub use meter::meter;
pub use money::{cost_of, dollars, money};
pub use page::{Crumb, framed, live_page, page, page_head, tab_title};
pub use panel::{facts, padded_panel, panel, panel_with};
pub use skeleton::skeleton_rows;
pub use table::{Column, Row, clipped, opener, pick, table, table_sorted};
pub use tabs::{Tab, tabs};
pub use time::{Now, ago, duration, exact};
pub use toast::{Toasts, toast_region, toasts};

/// What atoms share on a page: the clock of relative times and the toasts.
pub fn provide() {
    leptos::prelude::provide_context(Now::read());
    toast::provide();
}
