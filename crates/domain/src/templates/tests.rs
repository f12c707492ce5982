//! The templates of our own, and what templates of others may not do.

use super::*;
use crate::specs;

fn rendered(name: &str) -> String {
    render(find(name).unwrap(), &BTreeMap::new()).unwrap()
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn template(front: &str, text: &str) -> TemplateBody {
    parse(&format!("---\nname: t\ntitle: T\ndescription: D\n{front}---\n{text}\n")).unwrap()
}

#[test]
fn every_template_that_comes_with_loki_is_read() {
    for source in SOURCES {
        parse(source).unwrap();
    }
    let names: Vec<&str> = all().iter().map(|body| body.template.name.as_str()).collect();
    let expected = [
        "static-landing-page",
        "dashboard",
        "saas-starter",
        "game",
        "rest-api",
        "rest-api-auth",
        "microservice",
        "cli-tool",
        "npm-library",
        "web-scraper",
        "data-pipeline",
        "slack-bot",
        "discord-bot",
    ];
    assert_eq!(names, expected);
    // A project's own come before them.
    assert_eq!(["house-style", "static-landing-page", "discord-bot"].map(place), [0, 1, 13]);
}

#[test]
fn every_template_becomes_at_least_four_tasks() {
    for body in all() {
        let name = &body.template.name;
        assert!(body.template.variables.iter().any(|variable| variable.name == "project_name"), "{name}");
        let spec = specs::parse(rendered(name).as_bytes(), Some("PRD.md")).unwrap();
        assert!((4..=12).contains(&spec.tasks.len()), "{name}: {}", spec.tasks.len());
        assert!(spec.tasks.iter().any(|task| task.examples.iter().any(specs::examples::Example::is_checkable)), "{name}");
        assert!(spec.tasks.iter().filter(|task| !task.criteria.is_empty()).count() * 3 > spec.tasks.len(), "{name}");
        assert!(!spec.text.contains("{{"), "{name}");
    }
}

#[test]
fn two_templates_state_nothing_but_what_can_be_checked() {
    for name in ["cli-tool", "static-landing-page"] {
        let spec = specs::parse(rendered(name).as_bytes(), None).unwrap();
        for task in &spec.tasks {
            assert!(!task.examples.is_empty(), "{name}: {}", task.requirement);
            assert_eq!(task.unproven, Vec::<String>::new(), "{name}: {}", task.requirement);
            for example in &task.examples {
                assert_eq!(example.hindrance(), None, "{name}: {}", task.requirement);
            }
        }
    }
}

#[test]
fn values_take_the_places_of_variables_and_are_never_code() {
    let body = template(
        "variables:\n- {name: who, description: Who}\n- {name: what, description: What, default: tea}\n",
        "# {{ who }} & {{ what }}",
    );
    assert_eq!(render(&body, &values(&[("who", "<Ada>")])).unwrap(), "# <Ada> & tea\n");
    assert_eq!(render(&body, &values(&[("who", "{{ what }}{% for %}")])).unwrap(), "# {{ what }}{% for %} & tea\n");
}

#[test]
fn mistakes_are_named() {
    let body =
        template("variables:\n- {name: who, description: Who}\n- {name: when, description: When}\n", "{{ who }} {{ when }}");
    let error = |given: &[(&str, &str)]| render(&body, &values(given)).unwrap_err().to_string();
    assert_eq!(error(&[]), "the template needs a value for who, when");
    assert_eq!(error(&[("who", " ")]), "the template needs a value for who, when");
    assert_eq!(error(&[("whom", "x")]), "the template has no variable whom; it has: who, when");
    assert_eq!(error(&[("who", "a\nb"), ("when", "c")]), "the value of who must be one line of at most 2000 characters");
    let undeclared = render(&template("", "one\n{{ nobody }}"), &BTreeMap::new()).unwrap_err().to_string();
    assert!(undeclared.contains("line 2") && undeclared.contains("nobody"), "{undeclared}");
    assert!(
        find("no-such").unwrap_err().to_string().starts_with("there is no template `no-such`; there are: cli-tool, dashboard")
    );
    for name in ["", "Bad", "../x", "a b", &"a".repeat(65)] {
        assert!(matches!(find(name), Err(TemplateError::Name { .. })), "{name}");
    }
    assert!(find_in("t", std::slice::from_ref(&body)).is_ok());
    for source in [
        "",
        "# x",
        "---\nname: t\n---\nx",
        "---\nname: Bad\ntitle: t\ndescription: d\n---\nx",
        "---\nname: t\ntitle: t\ndescription: d\n---\n",
    ] {
        assert!(parse(source).is_err(), "{source}");
    }
}

#[test]
fn templates_of_others_cannot_use_up_the_machine() {
    let doubling = "{% set a = 'xxxxxxxx' %}\n".to_owned() + &"{% set a = a ~ a %}\n".repeat(60) + "{{ a }}";
    let kept = "{# {{ #}{% set a %}{{ a }}{{ a }}{% endset %}";
    let nested = "{% for a in [1,2,3,4,5,6,7,8,9] %}".repeat(12) + "x" + &"{% endfor %}".repeat(12);
    let long = "{% for a in [1,2,3,4,5,6,7,8,9] %}".repeat(3) + &"x".repeat(100_000) + &"{% endfor %}".repeat(3);
    for text in
        [doubling.as_str(), kept, &nested, &long, "{{ 'x' * 1000000000 }}", "{% include 'a' %}", "{{ unclosed", "{% if %}"]
    {
        let body = template("", text);
        assert!(
            matches!(render(&body, &BTreeMap::new()), Err(TemplateError::Rendering { .. })),
            "{}",
            &text[..text.len().min(60)]
        );
    }
}
