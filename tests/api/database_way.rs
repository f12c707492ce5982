//! The way to a database on another machine: protected, unless its address says otherwise.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use serde_json::Value;
use tests::{command, server};

/// PostgreSQL's question for TLS: its length, and a number that is no version.
const ASKS_FOR_TLS: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The address of a database server without TLS, by a name for this machine that does not look like it.
fn without_tls() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut question = [0; 8];
            if stream.read_exact(&mut question).is_ok() && question == ASKS_FOR_TLS {
                let _ = stream.write_all(b"N");
            }
        }
    });
    format!("postgres://loki@0.0.0.0:{port}/loki")
}

#[test]
fn a_database_on_another_machine_shows_a_certificate_or_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut loki = server::loki();
    loki.args(["serve", "--listen", "127.0.0.1:0", "--database-url", &without_tls(), "--data-dir"])
        .arg(folder.path().join("data"));

    let output = command::run(loki, "");

    let said = command::stderr(&output);
    assert!(!output.status.success() && said.contains("TLS") && said.contains("sslmode=disable"), "{said}");
}

#[test]
fn the_doctor_names_a_database_whose_way_is_not_protected() {
    let folder = tempfile::tempdir().unwrap();
    for (mode, words) in [("disable", "in plain text"), ("require", "is not checked in full")] {
        let url = format!("{}?sslmode={mode}", without_tls());
        let mut loki = server::loki();
        loki.args(["doctor", "--json", "--database-url", &url, "--data-dir"]).arg(folder.path().join("data"));
        let output = command::run(loki, "");
        let told: Value = serde_json::from_str(&command::stdout(&output)).unwrap();
        let checks = told["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "database").unwrap();
        assert!(check["ok"] == false && check["found"].as_str().unwrap().contains(words), "{check}");
        assert!(check["todo"].as_str().unwrap().contains("sslmode=verify-full"), "{check}");
    }
}
