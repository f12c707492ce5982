//! Tables: rows that open something, walked with `j`, `k` and Enter. On a phone each row becomes a block.

use leptos::prelude::*;

use super::{el, pieces, prose, still};

/// A column's heading and its class in style sheets (width, alignment, `wide` for what a phone leaves out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    pub class: &'static str,
}

/// One row. The cell with the link to what the row opens holds an `<a class="open">`.
pub struct Row {
    pub cells: Vec<AnyView>,
}

/// A table; `label` says what its rows are.
pub fn table(label: &'static str, columns: &'static [Column], rows: Vec<Row>) -> AnyView {
    let head = columns.iter().map(|column| el("th").attr("scope", "col").class(column.class).text(column.title).view());
    let head = el("thead").child(el("tr").children(head).view()).view();
    let body = el("tbody").children(rows.into_iter().map(|row| one_row(columns, row))).view();
    still(el("table").class("rows").attr("aria-label", label).child(head).child(body).view())
}

fn one_row(columns: &'static [Column], row: Row) -> AnyView {
    let cells = columns.iter().zip(row.cells).map(|(column, cell)| el("td").class(column.class).child(cell).view());
    el("tr").children(cells).view()
}

/// The cell that opens the row: a link with a line of small print under it.
pub fn opener(href: String, title: &str, small_print: AnyView) -> AnyView {
    let link = el("a").class("open").attr("href", href).child(prose(title)).view();
    pieces(vec![link, el("span").class("sub muted").child(small_print).view()])
}

/// A cell of words that is cut after two lines.
pub fn clipped(words: &str) -> AnyView {
    el("span").class("soft clip").child(prose(words)).view()
}
