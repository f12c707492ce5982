//! Pages: static HTML with each text in the element it belongs to.

use std::fmt::Write;

use domain::specs::examples::PagePart;

use super::{
    plan::{PagePlan, Plan},
    program::MARK,
};

/// The style sheet beside a page.
pub(crate) const STYLE: &str = "\
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { margin: 0; }
main { max-width: 40rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { line-height: 1.2; }
a:focus-visible, button:focus-visible { outline: 2px solid; outline-offset: 2px; }
button { font: inherit; padding: 0.5rem 1rem; }
";

/// Where a page's style sheet lies.
pub(crate) fn style_path(page: &str) -> String {
    match page.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/style.css"),
        None => "style.css".to_owned(),
    }
}

/// The page's source, when all of it is written from the examples.
pub(crate) fn write(page: &PagePlan, plan: &Plan) -> String {
    let title = title(page);
    let mut source = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  \
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n  <!-- {MARK} -->\n  \
         <title>{}</title>\n  <link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n  <main id=\"content\">\n",
        escape(&title)
    );
    let has_heading = page.texts.iter().any(|(part, _)| *part == PagePart::Heading);
    if !has_heading && !page.texts.iter().any(|(part, _)| *part == PagePart::Text) {
        let _ = writeln!(source, "    <h1>{}</h1>", escape(&title));
    }
    let mut first = true;
    for (part, text) in &page.texts {
        let is_heading = *part == PagePart::Heading || (*part == PagePart::Text && first && !has_heading);
        let element = match part {
            PagePart::Title => continue,
            _ if is_heading && first => format!("<h1>{}</h1>", escape(text)),
            _ if is_heading => format!("<h2>{}</h2>", escape(text)),
            _ => element(*part, text, plan),
        };
        first = first && !is_heading;
        let _ = writeln!(source, "    {element}");
    }
    source.push_str("  </main>\n</body>\n</html>\n");
    source
}

/// A page that people wrote, with the texts that it lacks put in; `None` when there is no place for one.
pub(crate) fn extend(existing: &str, page: &PagePlan, plan: &Plan) -> Option<String> {
    let mut source = existing.to_owned();
    for (part, text) in page.texts.iter().filter(|(part, text)| !shows(existing, *part, text)) {
        let (mark, element) = match part {
            PagePart::Title => ("</title>", format!(" {}", escape(text))),
            PagePart::Heading => (body_end(&source), format!("  <h2>{}</h2>\n  ", escape(text))),
            _ => (body_end(&source), format!("  {}\n  ", element(*part, text, plan))),
        };
        let place = source.rfind(mark)?;
        source.insert_str(place, &element);
    }
    Some(source)
}

fn body_end(source: &str) -> &'static str {
    if source.contains("</main>") { "</main>" } else { "</body>" }
}

/// Whether a page that people wrote has the text already where it belongs.
fn shows(source: &str, part: PagePart, text: &str) -> bool {
    let text = escape(text);
    let tags: &[&str] = match part {
        PagePart::Text => return source.contains(&text),
        PagePart::Heading => &["h1", "h2", "h3", "h4", "h5", "h6"],
        PagePart::Title => &["title"],
        PagePart::Link => &["a"],
        PagePart::LinkTarget => {
            let target = format!("href=\"{text}\"");
            let mut links = source.split("<a ").skip(1);
            return links.any(|link| link.split('>').next().is_some_and(|opening| opening.contains(&target)));
        }
        PagePart::Button => &["button"],
    };
    tags.iter().any(|tag| {
        source
            .split(&format!("<{tag}"))
            .skip(1)
            .any(|rest| rest.split(&format!("</{tag}>")).next().is_some_and(|inner| inner.contains(&text)))
    })
}

fn element(part: PagePart, text: &str, plan: &Plan) -> String {
    let escaped = escape(text);
    match part {
        PagePart::Link => {
            let target =
                plan.pages.values().find(|page| page.texts.iter().any(|(_, known)| known == text) && title(page) == *text);
            let target = target.map_or("#content", |page| page.path.as_str());
            format!("<p><a href=\"{}\">{escaped}</a></p>", escape(target))
        }
        PagePart::LinkTarget => {
            let name = plan.pages.get(text).map_or_else(|| text.to_owned(), title);
            format!("<p><a href=\"{escaped}\">{}</a></p>", escape(&name))
        }
        PagePart::Button => format!("<p><button type=\"button\">{escaped}</button></p>"),
        PagePart::Heading => format!("<h2>{escaped}</h2>"),
        PagePart::Text | PagePart::Title => format!("<p>{escaped}</p>"),
    }
}

/// The stated titles, or else the first heading or text.
fn title(page: &PagePlan) -> String {
    let of = |wanted: PagePart| page.texts.iter().filter(move |(part, _)| *part == wanted).map(|(_, text)| text.as_str());
    let stated: Vec<&str> = of(PagePart::Title).collect();
    if !stated.is_empty() {
        return stated.join(" – ");
    }
    of(PagePart::Heading).chain(of(PagePart::Text)).next().unwrap_or(&page.path).to_owned()
}

/// A text as HTML writes it, in elements and in attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(texts: &[(PagePart, &str)]) -> PagePlan {
        PagePlan { path: "index.html".into(), texts: texts.iter().map(|(part, text)| (*part, (*text).to_owned())).collect() }
    }

    #[test]
    fn texts_are_escaped_and_placed_by_what_they_are() {
        let plan = page(&[
            (PagePart::Text, "a < b & \"c\""),
            (PagePart::Button, "Send"),
            (PagePart::Link, "Home"),
            (PagePart::Heading, "Top"),
        ]);
        let source = write(&plan, &Plan::default());
        for expected in [
            "<title>Top</title>",
            "<h1>Top</h1>",
            "<p>a &lt; b &amp; &quot;c&quot;</p>",
            "<button type=\"button\">Send</button>",
            "<a href=\"#content\">Home</a>",
        ] {
            assert!(source.contains(expected), "{expected} in {source}");
        }
    }

    #[test]
    fn a_link_to_a_page_leads_there() {
        let plan = page(&[(PagePart::LinkTarget, "about.html")]);
        let about = PagePlan { path: "about.html".into(), texts: vec![(PagePart::Heading, "About us".into())] };
        let pages = Plan { pages: [("about.html".to_owned(), about)].into(), ..Plan::default() };
        assert!(write(&plan, &pages).contains("<p><a href=\"about.html\">About us</a></p>"));
        let once = extend("<html><body></body></html>", &plan, &Plan::default()).unwrap();
        assert_eq!(once, "<html><body>  <p><a href=\"about.html\">about.html</a></p>\n  </body></html>");
        assert_eq!(extend(&once, &plan, &Plan::default()).unwrap(), once);
    }

    #[test]
    fn a_page_of_others_is_extended_once() {
        let plan = page(&[(PagePart::Text, "Old"), (PagePart::Link, "New")]);
        let once = extend("<html><body><p>Old</p></body></html>", &plan, &Plan::default()).unwrap();
        assert_eq!(once, "<html><body><p>Old</p>  <p><a href=\"#content\">New</a></p>\n  </body></html>");
        assert_eq!(extend(&once, &plan, &Plan::default()).unwrap(), once);
        assert_eq!(extend("no page", &plan, &Plan::default()), None);
    }
}
