//! Tables: rows that open something, walked with `j`, `k` and Enter. On a phone each row becomes a block, and the headings that
//! sort become a line of links.

use leptos::prelude::*;

use super::{el, input, pieces, prose, still};

/// A column's heading and its classes in style sheets: width, alignment, `wide` for what a phone leaves out, `named` for what a
/// phone has the heading beside, since it does not say itself what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    pub class: &'static str,
}

impl Column {
    fn is(&self, name: &str) -> bool {
        self.class.split(' ').any(|class| class == name)
    }
}

/// One row. The cell with the link to what the row opens holds an `<a class="open">`.
pub struct Row {
    cells: Vec<AnyView>,
    pick: Option<AnyView>,
}

impl Row {
    pub fn new(cells: Vec<AnyView>) -> Self {
        Self { cells, pick: None }
    }

    /// The same with a box that selects it, of [`pick`]; it stands at the start of its first cell.
    #[must_use]
    pub fn selected_by(self, pick: AnyView) -> Self {
        Self { pick: Some(pick), ..self }
    }
}

/// A table; `label` says what its rows are.
pub fn table(label: &'static str, columns: &'static [Column], rows: Vec<Row>) -> AnyView {
    table_sorted(label, columns, rows, (&[], ""), &|_| String::new())
}

/// As [`table`], with headings that sort it: `names` are what the columns are called in addresses, empty for what sorts nothing.
/// `sort` is one of them, with `-` before it for the other way around, and `link` leads to the same rows sorted otherwise: up,
/// then down, then as they were.
pub fn table_sorted(
    label: &'static str,
    columns: &'static [Column],
    rows: Vec<Row>,
    (names, sort): (&[&str], &str),
    link: &dyn Fn(&str) -> String,
) -> AnyView {
    let head = columns.iter().enumerate().map(|(at, column)| {
        let head = el("th").attr("scope", "col").class(column.class);
        let name = names.get(at).copied().unwrap_or_default();
        if name.is_empty() {
            return head.text(column.title).view();
        }
        let turned = format!("-{name}");
        let (order, next) = if sort == name {
            (Some("ascending"), turned.as_str())
        } else if sort == turned {
            (Some("descending"), "")
        } else {
            (None, name)
        };
        head.maybe("aria-sort", order).child(el("a").attr("href", link(next)).text(column.title).view()).view()
    });
    let head = el("thead").child(el("tr").children(head).view()).view();
    let class = class(columns, &rows);
    let body = el("tbody").children(rows.into_iter().map(|row| one_row(columns, row))).view();
    still(el("table").class(class).attr("aria-label", label).child(head).child(body).view())
}

/// What decides where cells stand is said before the first of them: a browser that paints rows while they arrive moves none then.
fn class(columns: &[Column], rows: &[Row]) -> String {
    let is_said_of =
        |pair: &[Column]| matches!(pair, [before, after] if (before.is("main") || before.is("place")) && after.is("when"));
    let mut class = "rows".to_owned();
    if rows.iter().any(|row| row.pick.is_some()) {
        class.push_str(" picks");
    }
    if columns.iter().any(|column| column.is("act")) || columns.windows(2).any(is_said_of) {
        class.push_str(" flow");
    }
    class
}

fn one_row(columns: &'static [Column], row: Row) -> AnyView {
    let mut pick = row.pick;
    let cells = columns.iter().zip(row.cells);
    let cells = cells.map(|(column, cell)| {
        let name = column.is("named").then_some(column.title);
        el("td").class(column.class).maybe("data-column", name).children(pick.take()).child(cell).view()
    });
    el("tr").children(cells).view()
}

/// The cell that opens the row: a link with a line of small print under it.
pub fn opener(href: String, title: &str, small_print: AnyView) -> AnyView {
    let link = el("a").class("open").attr("href", href).child(prose(title)).view();
    pieces(vec![link, el("span").class("sub muted").child(small_print).view()])
}

/// Selects a row for what can be done with several at once; for [`Row::selected_by`]. `verb` says what that is ("Revoke"), and for
/// this row, called `name`, the server function at `action` is sent `fields`. `public/rows.js` does it.
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
    use super::{Column, Row, pick, prose, table, table_sorted};
    use crate::rendering_tests::html;

    #[test]
    fn a_heading_sorts_up_then_down_then_not_at_all() {
        const COLUMNS: &[Column] = &[Column { title: "Name", class: "main" }, Column { title: "Action", class: "act" }];
        let check = |sort: &'static str, head: &str| {
            let html = html("/", move || {
                table_sorted("Things", COLUMNS, Vec::new(), (&["name", ""], sort), &|next| format!("/things?sort={next}"))
            });
            assert!(html.contains(head), "{head} is not in {html}");
            assert_eq!(html.matches("<a ").count(), 1, "{html}");
        };

        check("", "href=\"/things?sort=name\"");
        check("name", "href=\"/things?sort=-name\"");
        check("name", "aria-sort=\"ascending\"");
        check("-name", "href=\"/things?sort=\"");
        check("-name", "aria-sort=\"descending\"");
        check("nothing like it", "href=\"/things?sort=name\"");
    }

    #[test]
    fn how_rows_are_laid_out_is_said_before_the_first_of_them() {
        const PLAIN: &[Column] = &[Column { title: "Name", class: "main" }];
        const ACTS: &[Column] = &[Column { title: "Name", class: "main" }, Column { title: "Action", class: "act" }];
        const SAID: &[Column] = &[Column { title: "Name", class: "main" }, Column { title: "Since", class: "when wide" }];
        const APART: &[Column] = &[Column { title: "Since", class: "when" }, Column { title: "Name", class: "main" }];
        let check = |columns, row: fn() -> Row, class: &str| {
            let html = html("/", move || table("Things", columns, vec![row()]));
            assert!(html.contains(&format!("<table class=\"{class}\"")), "{class} is not in {html}");
        };
        let plain = || Row::new(vec![prose("one")]);
        let selected = || Row::new(vec![prose("one")]).selected_by(pick("Stop", "/ui/stop_run", String::new(), "one"));

        check(PLAIN, plain, "rows");
        check(PLAIN, selected, "rows picks");
        check(ACTS, plain, "rows flow");
        check(SAID, selected, "rows picks flow");
        check(APART, plain, "rows");
    }

    #[test]
    fn what_does_not_say_what_it_is_has_its_heading_beside_it() {
        const COLUMNS: &[Column] = &[Column { title: "Name", class: "main" }, Column { title: "Until", class: "until named" }];
        let html = html("/", || table("Things", COLUMNS, vec![Row::new(vec![prose("one"), prose("for ever")])]));

        assert!(html.contains("<td class=\"until named\" data-column=\"Until\">"), "{html}");
        assert_eq!(html.matches("data-column").count(), 1, "{html}");
    }

    #[test]
    fn a_box_says_what_is_sent_for_its_row() {
        let html = html("/", || pick("Revoke", "/ui/revoke_token", "?id=1".to_owned(), "<ci>"));

        for part in ["value=\"?id=1\"", "data-to=\"/ui/revoke_token\"", "data-verb=\"Revoke\"", "needs-script"] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<ci>"), "{html}");
    }
}
