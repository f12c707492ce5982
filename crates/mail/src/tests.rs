//! What a message looks like, whatever people are called.

use domain::mail::{Letter, invitation};
use protocol::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;

fn smtp() -> Smtp {
    let server = Server::parse("smtp://127.0.0.1:2525").unwrap();
    Smtp::new(&server, &Sender::parse("Løki <loki@example.org>").unwrap()).unwrap()
}

fn mail(letter: Letter) -> Mail {
    Mail {
        id: Uuid::from_u128(7),
        to: "grace@example.org".to_owned(),
        subject: letter.subject,
        text: Zeroizing::new(letter.text),
        at: Timestamp::from_millis(1_700_000_000_000),
    }
}

fn written(mail: &Mail) -> String {
    let to = mail.to.parse().unwrap();
    String::from_utf8(smtp().message(mail, to).unwrap().formatted()).unwrap()
}

/// The names of the headers, in their order.
fn headers(message: &str) -> Vec<&str> {
    let head = message.split_once("\r\n\r\n").unwrap().0;
    head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split_once(':').unwrap().0).collect()
}

const HEADERS: [&str; 9] = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
];

#[test]
fn a_message_has_an_id_a_date_and_plain_text() {
    let letter = invitation(
        "https://loki.example.org",
        ("Ada", None),
        "https://loki.example.org/invite?link=abc",
        Timestamp::from_millis(0),
    );
    let text = written(&mail(letter));
    for part in [
        "Message-ID: <00000000-0000-0000-0000-000000000007@example.org>\r\n",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
        "To: grace@example.org\r\n",
        "Subject: An invitation to loki\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "\r\nhttps://loki.example.org/invite?link=abc\r\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(text.contains("<loki@example.org>\r\n") && text.is_ascii(), "{text}");
}

#[test]
fn whatever_somebody_is_called_there_are_no_other_headers() {
    let long = "x".repeat(10_000);
    let names = [
        "Eve\r\nBcc: mallory@example.org",
        "Eve\nBcc: mallory@example.org\n\nText",
        "Eve\r\n.\r\nMAIL FROM:<mallory@example.org>",
        "\u{202e}eve \u{200b}p\u{430}ypal",
        "Ünï \u{1f980}",
        "\0\u{7f}\u{85}\u{2028}",
        &long,
    ];
    let mut expected = HEADERS.to_vec();
    expected.sort_unstable();
    for name in names {
        let letter =
            invitation("https://a.example", (name, Some(name)), "https://a.example/invite?link=abc", Timestamp::from_millis(0));
        // And where a name came into a subject by mistake.
        let subject = Letter { subject: name.to_owned(), ..letter.clone() };
        for letter in [letter, subject] {
            let text = written(&mail(letter));
            let mut found = headers(&text);
            found.sort_unstable();
            assert_eq!(found, expected, "{text}");
            assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{text}");
        }
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_asked_again_later() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::parse(&format!("smtp://{}", listener.local_addr().unwrap())).unwrap();
    let smtp = Smtp::new(&server, &Sender::parse("loki@example.org").unwrap()).unwrap().with_patience(Duration::from_millis(50));
    let mail = mail(Letter { subject: "A".to_owned(), text: "B".to_owned() });

    let (sent, probed) = (smtp.send(&mail).await, smtp.probe().await);

    assert!(matches!(sent, Err(MailError::Later(words)) if words.contains("did not answer")));
    assert!(probed.is_err());
    // Nobody is there at all.
    drop(listener);
    assert!(matches!(smtp.send(&mail).await, Err(MailError::Later(_))));
    // An address that cannot be one is refused before anybody is asked.
    for to in ["grace", "grace@example.org\r\nRCPT TO:<eve@example.org>", "a b@example.org"] {
        let mail = Mail { to: to.to_owned(), ..mail.clone() };
        assert!(matches!(smtp.send(&mail).await, Err(MailError::Refused(_))), "{to}");
    }
}
