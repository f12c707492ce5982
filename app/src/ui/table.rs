//! Tables: rows that open something, walked with `j`, `k` and Enter. On a phone each row becomes a block.

use leptos::prelude::*;

use super::{El, el, input, pieces, prose, still};

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
    table_under(label, columns, columns.iter().map(|column| column_head(column).text(column.title).view()).collect(), rows)
}

/// The heading of a column, without its title yet.
pub fn column_head(column: &Column) -> El {
    el("th").attr("scope", "col").class(column.class)
}

/// As [`table`], under headings of its own.
pub fn table_under(label: &'static str, columns: &'static [Column], head: Vec<AnyView>, rows: Vec<Row>) -> AnyView {
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

/// Selects a row for what can be done with several at once; it stands at the start of the row's first cell. `verb` says what that
/// is ("Revoke"), and for this row, called `name`, the server function at `action` is sent `fields`. `public/rows.js` does it.
pub fn pick(verb: &'static str, action: &'static str, fields: String, name: &str) -> AnyView {
    let pick = input("checkbox").attr("class", "pick needs-script").attr("aria-label", format!("Select {name}"));
    // What a browser remembers over a reload was selected in another list.
    let pick = pick.attr("autocomplete", "off").attr("value", fields).attr("data-name", name);
    pick.attr("data-verb", verb).attr("data-to", action).view()
}

/// A cell of words that is cut after two lines.
pub fn clipped(words: &str) -> AnyView {
    el("span").class("soft clip").child(prose(words)).view()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::pick;
    use crate::rendering_tests::html;

    #[test]
    fn a_box_says_what_is_sent_for_its_row() {
        let html = html("/", || pick("Revoke", "/ui/revoke_token", "?id=1".to_owned(), "<ci>"));

        for part in ["value=\"?id=1\"", "data-to=\"/ui/revoke_token\"", "data-verb=\"Revoke\"", "needs-script"] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<ci>"), "{html}");
    }
}
