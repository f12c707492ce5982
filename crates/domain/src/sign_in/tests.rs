//! Whom the rules let in, and as what.

use super::*;

fn provider() -> Provider {
    Provider {
        id: "corp".to_owned(),
        name: "Corp".to_owned(),
        kind: Kind::Oidc,
        issuer: "https://login.example.org".to_owned(),
        allowed_domains: Vec::new(),
        allowed_organisations: Vec::new(),
        provisioning: Provisioning::Open,
        roles: Vec::new(),
        teams: Vec::new(),
        default_role: Some(Role::Viewer),
    }
}

fn ada() -> Identity {
    Identity {
        subject: "248289761001".to_owned(),
        email: "Ada@Example.org".to_owned(),
        email_verified: true,
        name: "Ada Lovelace".to_owned(),
        ..Identity::default()
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn who_is_let_in_gets_the_least_role_unless_a_rule_says_more() {
    let admitted = provider().admits(&ada()).unwrap();
    let expected = Admitted {
        subject: "248289761001".to_owned(),
        email: "ada@example.org".to_owned(),
        name: "Ada Lovelace".to_owned(),
        role: Role::Viewer,
        by_groups: false,
        teams: Vec::new(),
    };
    assert_eq!(admitted, expected);
}

#[test]
fn the_first_rule_that_fits_decides_the_role() {
    let rule = |group: &str, role| RoleRule { group: group.to_owned(), role };
    let provider = Provider { roles: vec![rule("admins", Role::Admin), rule("devs", Role::Operator)], ..provider() };
    let cases: [(&[&str], Role); 5] = [
        (&[], Role::Viewer),
        (&["devs"], Role::Operator),
        (&["devs", "admins"], Role::Admin),
        (&["Admins"], Role::Viewer),
        (&["admins "], Role::Viewer),
    ];
    for (groups, expected) in cases {
        let admitted = provider.admits(&Identity { groups: words(groups), ..ada() }).unwrap();
        assert_eq!((admitted.role, admitted.by_groups), (expected, true), "{groups:?}");
    }
    let strict = Provider { default_role: None, ..provider };
    assert_eq!(strict.admits(&ada()), Err(Refused::NoRole));
}

#[test]
fn every_rule_that_fits_puts_into_a_team() {
    let rule = |group: &str, team: &str, role| TeamRule { group: group.to_owned(), team: team.to_owned(), role };
    let rules =
        vec![rule("devs", "Backend", Role::Operator), rule("leads", "Backend", Role::Admin), rule("devs", "Ops", Role::Viewer)];
    let provider = Provider { teams: rules, ..provider() };
    let teams = |groups: &[&str]| provider.admits(&Identity { groups: words(groups), ..ada() }).unwrap().teams;
    let backend = |role| ("Backend".to_owned(), role);
    let ops = ("Ops".to_owned(), Role::Viewer);
    assert_eq!(teams(&[]), []);
    assert_eq!(teams(&["leads"]), [backend(Role::Admin)]);
    assert_eq!(teams(&["devs", "leads"]), [backend(Role::Operator), backend(Role::Admin), ops]);
}

#[test]
fn what_is_not_proved_is_refused() {
    let strict = Provider { allowed_domains: words(&["example.org"]), allowed_organisations: words(&["Corp"]), ..provider() };
    let member = Identity { organisations: words(&["other", "corp"]), ..ada() };
    assert!(strict.admits(&member).is_ok());
    let cases = [
        (Identity { subject: String::new(), ..member.clone() }, Refused::Subject),
        (Identity { subject: "x".repeat(256), ..member.clone() }, Refused::Subject),
        (Identity { subject: "a\0b".to_owned(), ..member.clone() }, Refused::Subject),
        (Identity { email: String::new(), ..member.clone() }, Refused::NoEmail),
        (Identity { email: "ada".to_owned(), ..member.clone() }, Refused::NoEmail),
        (Identity { email: "ada@evil@example.org".to_owned(), ..member.clone() }, Refused::NoEmail),
        (Identity { email: format!("{}@example.org", "a".repeat(300)), ..member.clone() }, Refused::NoEmail),
        (Identity { email: "ada@e\u{212a}ample.org".to_owned(), ..member.clone() }, Refused::NoEmail),
        (Identity { email_verified: false, ..member.clone() }, Refused::Unverified),
        (Identity { email: "ada@example.org.evil.example".to_owned(), ..member.clone() }, Refused::Domain),
        (Identity { email: "ada@sub.example.org".to_owned(), ..member.clone() }, Refused::Domain),
        (Identity { organisations: words(&["corporate"]), ..member.clone() }, Refused::Organisation),
        (Identity { organisations: Vec::new(), ..member }, Refused::Organisation),
    ];
    for (identity, expected) in cases {
        assert_eq!(strict.admits(&identity), Err(expected), "{identity:?}");
    }
}

#[test]
fn an_address_of_a_domain_counts_with_google_only_when_google_says_whose_it_is() {
    let google = Provider { kind: Kind::Google, allowed_domains: words(&["example.org", "gmail.com"]), ..provider() };
    let hosted = |email: &str, domain: Option<&str>| Identity {
        email: email.to_owned(),
        hosted_domain: domain.map(str::to_owned),
        ..ada()
    };
    assert!(google.admits(&hosted("ada@example.org", Some("example.org"))).is_ok());
    assert!(google.admits(&hosted("ada@gmail.com", None)).is_ok());
    for identity in [hosted("ada@example.org", None), hosted("ada@example.org", Some("evil.example"))] {
        assert_eq!(google.admits(&identity), Err(Refused::Domain));
    }
}

#[test]
fn an_address_is_not_taken_for_another() {
    let cases = [
        (" Ada@Example.org ", Some("ada@example.org")),
        ("почта@пример.рф", Some("почта@пример.рф")),
        ("<b>@x.org", None),
        ("a&lt;b@x.org", None),
        ("\u{441}\u{43e}\u{440}@example.org", None),
        ("adm\u{131}n@example.org", None),
        ("admi\u{578}@example.org", None),
        ("a\u{332}dmin@example.org", None),
    ];
    for (text, expected) in cases {
        assert_eq!(email(text).as_deref(), expected, "{text:?}");
    }
}

#[test]
fn names_cannot_deceive() {
    let cases = [
        ("Ada", "Ada"),
        ("  ", "ada"),
        ("A\u{202e}dmin\u{0}", "Admin"),
        ("<b>Ada</b>", "ada"),
        ("\u{430}dmin", "ada"),
        ("adm\u{131}n", "ada"),
        ("Ada & \"Grace\" O'Brien", "Ada & \"Grace\" O'Brien"),
        ("\u{200b}\u{feff}", "ada"),
    ];
    for (said, expected) in cases {
        assert_eq!(name(said, "ada@example.org"), expected, "{said:?}");
    }
    assert_eq!(name(&"x".repeat(10_000), "ada@example.org").len(), LONGEST_NAME);
}

#[test]
fn a_session_of_long_ago_at_an_issuer_shows_nothing_now() {
    let (epoch, past, now, ahead) = (0, 10_000, 20_000, 30_000);
    let cases = [
        (Kind::Oidc, None, epoch),
        (Kind::Oidc, Some(past), past),
        (Kind::Oidc, Some(ahead), now),
        (Kind::Google, None, now),
        (Kind::Github, None, now),
    ];
    for (kind, said, expected) in cases {
        let identity = Identity { shown_at: said.map(Timestamp::from_millis), ..ada() };
        let shown = Provider { kind, ..provider() }.shown_at(&identity, Timestamp::from_millis(now));
        assert_eq!(shown, Timestamp::from_millis(expected), "{kind:?} {said:?}");
    }
}
