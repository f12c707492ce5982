//! What the router has: the API by its document, which the server compares with its routes; the rest by the lines that make
//! the routes, and the pages of the admin section by the lines that tell them apart.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tests::TestApp;

/// A method in lower case, and a path as the router writes it.
pub(super) type Route = (String, String);

/// Every route of the server.
pub(super) async fn routes(app: &TestApp) -> BTreeSet<Route> {
    let mut routes = documented(app).await;
    routes.extend(of_the_server());
    routes.extend(pages());
    routes.extend(of_the_admin_section());
    routes.extend(functions());
    routes
}

async fn documented(app: &TestApp) -> BTreeSet<Route> {
    let document = app.get("/openapi.json").await.expect(200).value();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone())))
        .collect()
}

/// `.route("PATH", get(…).post(…))`, wherever it stands; the API's own table is in its document.
fn of_the_server() -> Vec<Route> {
    let sources = sources("server/src");
    let mut routes = Vec::new();
    for (file, text) in &sources {
        for unseen in [".nest(", ".nest_service(", ".route_service("] {
            assert!(!text.contains(unseen), "{file}: {unseen}…) makes routes that are not looked for here");
        }
        for call in text.split(".route(").skip(1).filter(|_| !file.ends_with("api.rs")) {
            let (first, rest) = call.split_once(',').unwrap();
            let path = match first.trim().strip_prefix('"') {
                Some(path) => path.trim_end_matches('"').to_owned(),
                None => constant(&sources, first.trim()),
            };
            let handlers = rest.split("\n        .").next().unwrap();
            let named = |method: &str| handlers.trim_start().starts_with(method) || handlers.contains(&format!(").{method}"));
            let mut methods: Vec<&str> =
                ["get", "post", "put", "delete", "patch"].into_iter().filter(|name| named(&format!("{name}("))).collect();
            if named("any(") {
                methods.push("get");
            }
            assert!(!methods.is_empty(), "{file}: what does {path} take?");
            routes.extend(methods.into_iter().map(|method| (method.to_owned(), path.clone())));
        }
    }
    routes
}

/// `linked::PAGE` is a constant in `linked.rs`.
fn constant(sources: &[(String, String)], name: &str) -> String {
    let (module, name) = name.rsplit_once("::").unwrap_or(("", name));
    let file = format!("/{}.rs", module.rsplit("::").next().unwrap_or_default());
    let line = format!("const {name}: &str = \"");
    let found = sources.iter().filter(|(path, _)| module.is_empty() || path.ends_with(&file));
    let found = found.filter_map(|(_, text)| text.split_once(&line)).find_map(|(_, rest)| rest.split('"').next());
    found.unwrap_or_else(|| panic!("what path is {name}?")).to_owned()
}

/// `path!("/projects/:id")` of the site map.
fn pages() -> Vec<Route> {
    let map = fs::read_to_string(root().join("app/src/routes.rs")).unwrap();
    let paths = map.split("path!(\"").skip(1).filter_map(|rest| rest.split('"').next());
    paths.map(|path| ("get".to_owned(), path.to_owned())).collect()
}

/// `["tokens", id] => token::page(…)`: one route for the router, told apart by the section itself.
fn of_the_admin_section() -> Vec<Route> {
    let section = fs::read_to_string(root().join("app/src/pages/admin.rs")).unwrap();
    let (_, arms) = section.split_once("match segments.as_slice() {\n").unwrap();
    let (arms, _) = arms.split_once("        _ => not_found::page(),\n").unwrap();
    let path = |arm: &str| {
        let segments = arm.trim().strip_prefix('[').and_then(|rest| rest.split_once("] => "));
        let (segments, _) = segments.unwrap_or_else(|| panic!("what path is {arm}?"));
        let segments = segments.split(", ").filter(|segment| !segment.is_empty());
        let part = |segment: &str| match segment.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(plain) => format!("/{plain}"),
            None => format!("/:{segment}"),
        };
        ("get".to_owned(), format!("/admin{}", segments.map(part).collect::<String>()))
    };
    arms.lines().map(path).collect()
}

/// `#[server(…, endpoint = "viewer", input = GetUrl)]`.
fn functions() -> Vec<Route> {
    let mut routes = Vec::new();
    for (file, text) in sources("app/src") {
        // At the beginning of a line: parameters have attributes of that name too.
        for call in text.split("\n#[server(").skip(1) {
            let settings = call.split(")]").next().unwrap();
            let endpoint = settings.split_once("endpoint = \"").and_then(|(_, rest)| rest.split('"').next());
            let endpoint = endpoint.unwrap_or_else(|| panic!("{file}: a server function has no endpoint: {settings}"));
            let method = if settings.contains("input = GetUrl") { "get" } else { "post" };
            routes.push((method.to_owned(), format!("/ui/{endpoint}")));
        }
    }
    routes
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((path.to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()));
        }
    }
}
