//! The audit trail as it goes on: read behind a position, and sent to a collector.

use std::{
    io::Read,
    net::{TcpListener, TcpStream, UdpSocket},
    os::unix::net::UnixDatagram,
    sync::mpsc,
    time::Duration,
};

use protocol::audit::{AuditEntry, AuditPage, AuditTail};
use serde_json::{Value, json};
use tests::{
    Actor, DEADLINE, Setup, TestApp, eventually,
    smtp::{authority, encrypted},
};

async fn makes(user: &Actor<'_>, name: &str) {
    user.post("/api/projects", &json!({"name": name})).await.expect(201);
}

async fn tail(reader: &Actor<'_>, query: &str) -> AuditTail {
    reader.get(&format!("/api/v2/audit/tail?{query}")).await.expect(200).json()
}

fn seqs(tail: &AuditTail) -> Vec<i64> {
    tail.entries.iter().map(|entry| entry.seq).collect()
}

#[tokio::test]
async fn the_trail_is_followed_without_gap_or_double() {
    is_followed(TestApp::start().await).await;
}

#[tokio::test]
async fn the_trail_is_followed_on_postgres() {
    is_followed(Setup::default().on_postgres().start().await).await;
}

async fn is_followed(app: TestApp) {
    let admin = app.admin().await;
    let here = tail(&admin, "").await;
    assert_eq!((here.entries.len(), here.next), (0, 1));
    for name in ["One", "Two", "Three"] {
        makes(&admin, name).await;
    }

    let first = tail(&admin, &format!("after={}&limit=2", here.next)).await;
    assert_eq!((seqs(&first), first.next), (vec![2, 3], 3));
    let second = tail(&admin, &format!("after={}&limit=2", first.next)).await;
    assert_eq!((seqs(&second), second.next), (vec![4], 4));
    let nothing = tail(&admin, "after=4&wait=0").await;
    assert_eq!((seqs(&nothing), nothing.next), (vec![], 4));

    // Who waits is answered as soon as there is something.
    let (waited, ()) = tokio::join!(tail(&admin, "after=4&wait=25"), makes(&admin, "Four"));
    assert_eq!(seqs(&waited), [5]);
    let page: AuditPage = admin.get("/api/v2/audit").await.expect(200).json();
    let mut all: Vec<AuditEntry> = [first.entries, second.entries, waited.entries].concat();
    all.reverse();
    assert_eq!(page.entries[..4], all);
    for wrong in ["after=-1", "after=x", "wait=26", "limit=0", "limit=1001", "colour=red"] {
        admin.get(&format!("/api/v2/audit/tail?{wrong}")).await.expect(422);
    }
}

#[tokio::test]
async fn who_may_no_longer_read_the_trail_gets_no_more_of_it() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    let admin = app.admin().await;
    let revoked = async {
        admin.delete("/api/enterprise/tokens/auditor").await.expect(200);
    };
    let (answer, ()) = tokio::join!(auditor.get("/api/v2/audit/tail?after=1000&wait=25"), revoked);
    answer.expect(401);
}

/// A collector that keeps what it gets.
struct Collector {
    target: String,
    lines: mpsc::Receiver<String>,
    _folder: Option<tempfile::TempDir>,
}

impl Collector {
    fn udp() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let target = format!("udp://{}", socket.local_addr().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(length) = socket.recv(&mut bytes) {
                if sender.send(String::from_utf8(bytes[..length].to_vec()).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { target, lines, _folder: None }
    }

    fn unix() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let socket = UnixDatagram::bind(&path).unwrap();
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(length) = socket.recv(&mut bytes) {
                if sender.send(String::from_utf8(bytes[..length].to_vec()).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { target: format!("unix:{}", path.display()), lines, _folder: Some(folder) }
    }

    fn tcp() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("tcp://{}", listener.local_addr().unwrap());
        Self { target, lines: frames(listener, Some), _folder: None }
    }

    fn tls() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("tls://{}", listener.local_addr().unwrap());
        Self { target, lines: frames(listener, |stream| encrypted(stream).ok()), _folder: None }
    }

    /// The messages of these positions, as JSON, in the order in which they came.
    fn hears(&self, seqs: std::ops::RangeInclusive<i64>) -> Vec<Value> {
        seqs.map(|seq| {
            let line = self.lines.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("entry {seq} does not come"));
            let (header, text) = line.split_once(" - {").unwrap();
            assert!(header.starts_with("<110>1 20") && header.contains(" loki - "), "{header}");
            let value: Value = serde_json::from_str(&format!("{{{text}")).unwrap();
            assert_eq!(value["seq"], seq);
            value
        })
        .collect()
    }
}

/// What comes over TCP, or what `open` makes of it, each message behind its length.
fn frames<S: Read + 'static>(
    listener: TcpListener,
    open: impl Fn(TcpStream) -> Option<S> + Send + 'static,
) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Some(mut stream) = open(stream.unwrap()) else { continue };
            while let Some(length) = length(&mut stream) {
                let mut message = vec![0; length];
                if stream.read_exact(&mut message).is_err() || sender.send(String::from_utf8(message).unwrap()).is_err() {
                    break;
                }
            }
        }
    });
    lines
}

fn length(stream: &mut impl Read) -> Option<usize> {
    let mut digits = String::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        if byte[0] == b' ' {
            return digits.parse().ok();
        }
        digits.push(char::from(byte[0]));
    }
}

async fn with(collector: &Collector) -> TestApp {
    let authority = authority().to_string_lossy().into_owned();
    let setup = Setup::default().argument("--audit-syslog").argument(&collector.target);
    setup.argument("--audit-syslog-ca").argument(authority).start().await
}

#[tokio::test]
async fn every_entry_is_sent_on_and_none_is_lost_over_a_restart() {
    for collector in [Collector::tcp(), Collector::tls(), Collector::udp(), Collector::unix()] {
        let app = with(&collector).await;
        let admin = app.admin().await;
        makes(&admin, "One").await;
        let heard = collector.hears(1..=2);
        assert_eq!((&heard[1]["action"], &heard[1]["with"]["name"]), (&json!("create"), &json!("admin")), "{}", collector.target);
        let page: AuditPage = admin.get("/api/v2/audit").await.expect(200).json();
        assert_eq!(heard[1]["hash"], page.entries[0].integrity_hash);

        // What is written while the server is not there is sent when it is there again.
        assert!(app.stop());
        app.offline(&["token", "create", "--name", "late", "--role", "viewer"], "");
        app.start_again();
        assert_eq!(collector.hears(3..=3)[0]["resource_type"], "token");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nobody_up() {
    // A port that is free again, so that nobody listens there.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let app = Setup::default().argument("--audit-syslog").argument(format!("tcp://{address}")).start().await;
    let admin = app.admin().await;
    for number in 1..=20 {
        makes(&admin, &format!("Project {number}")).await;
    }
    eventually("it is told", async || app.log().contains("the audit trail cannot be sent on").then_some(())).await;

    let listener = loop {
        match TcpListener::bind(address) {
            Ok(listener) => break listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let collector = Collector { target: String::new(), lines: frames(listener, Some), _folder: None };
    assert_eq!(collector.hears(1..=21).len(), 21);
}

#[tokio::test]
async fn a_target_that_is_none_is_named_at_the_start() {
    let mut loki = tests::server::loki();
    loki.args(["serve", "--audit-syslog", "logs.example.org"]);
    let output = tests::command::run(loki, "");
    assert_eq!(output.status.code(), Some(2));
    assert!(tests::command::stderr(&output).contains("tls://logs.example.org:6514"), "{}", tests::command::stderr(&output));
}

#[tokio::test]
async fn the_trail_leaves_the_machine_encrypted_to_whom_it_is_meant_for_or_not_at_all() {
    // Whoever answers there cannot show a certificate that counts.
    let stranger = Collector::tls();
    let setup = Setup::default().argument("--audit-syslog").argument(&stranger.target);
    let app = setup.argument("--audit-syslog-ca").argument("/etc/ssl/certs/ca-certificates.crt").start().await;
    app.admin().await;
    eventually("it is told", async || app.log().contains("the audit trail cannot be sent on").then_some(())).await;
    assert!(stranger.lines.try_recv().is_err());
    for target in ["tcp://logs.example.org:601", "udp://192.0.2.1:514"] {
        let said = does_not_start(&["--audit-syslog", target]);
        assert!(said.contains(target) && said.contains("--audit-syslog-plain"), "{said}");
    }
}

#[tokio::test]
async fn without_authorities_there_is_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (folder.path().join("missing.pem"), folder.path().join("empty.pem"));
    std::fs::write(&empty, "").unwrap();
    for file in [missing.to_str().unwrap(), empty.to_str().unwrap()] {
        let said = does_not_start(&["--audit-syslog", "tls://logs.example.org:6514", "--audit-syslog-ca", file]);
        assert!(said.contains(file) && said.contains("certificates in PEM"), "{said}");
    }
}

/// What a server says that does not start with those options.
fn does_not_start(options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut loki = tests::server::loki();
    loki.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path().join("data")).args(options);
    let output = tests::command::run(loki, "");
    let said = tests::command::stderr(&output);
    assert!(!output.status.success(), "{said}");
    said
}
