//! A client that speaks the protocol line by line, and a worktree to work in.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use demo_agent::{Options, serve};
use domain::specs::examples::{self, Example, Program, Seen};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

/// What one prompt brought.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) text: String,
    pub(crate) updates: Vec<Value>,
    pub(crate) stop: String,
    /// Lines that were no text in UTF-8.
    pub(crate) broken: Vec<Vec<u8>>,
}

pub(crate) struct Client {
    to_agent: DuplexStream,
    from_agent: BufReader<DuplexStream>,
    next_id: u64,
}

impl Client {
    /// Starts an agent and introduces itself.
    pub(crate) async fn start(options: Options) -> Self {
        let (to_agent, stdin) = tokio::io::duplex(64 * 1024);
        let (stdout, from_agent) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(stdin, stdout, options));
        let mut client = Self { to_agent, from_agent: BufReader::new(from_agent), next_id: 0 };
        let answer = client.ask("initialize", json!({"protocolVersion": 1, "clientCapabilities": {}})).await;
        assert_eq!(answer["result"]["protocolVersion"], 1);
        assert_eq!(answer["result"]["agentInfo"]["name"], "loki-demo-agent");
        client
    }

    /// A prompt in a session of its own.
    pub(crate) async fn prompt(&mut self, root: &Path, prompt: &str) -> Turn {
        let session = self.session(root).await;
        let id = self.send_prompt(&session, prompt).await;
        self.turn(id).await
    }

    pub(crate) async fn session(&mut self, root: &Path) -> String {
        let answer = self.ask("session/new", json!({"cwd": root, "mcpServers": []})).await;
        answer["result"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}")).to_owned()
    }

    pub(crate) async fn send_prompt(&mut self, session: &str, prompt: &str) -> u64 {
        self.send("session/prompt", json!({"sessionId": session, "prompt": [{"type": "text", "text": prompt}]})).await
    }

    /// Reads until the prompt with this id is answered.
    pub(crate) async fn turn(&mut self, id: u64) -> Turn {
        let mut turn = Turn::default();
        loop {
            let message = match self.read().await {
                Ok(message) => message,
                Err(broken) => {
                    turn.broken.push(broken);
                    continue;
                }
            };
            if message["id"] == id {
                turn.stop = message["result"]["stopReason"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned();
                return turn;
            }
            let update = message["params"]["update"].clone();
            if update["sessionUpdate"] == "agent_message_chunk" {
                turn.text.push_str(update["content"]["text"].as_str().unwrap());
            }
            turn.updates.push(update);
        }
    }

    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        let answer = self.read().await.unwrap();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    pub(crate) async fn send(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        id
    }

    pub(crate) async fn write(&mut self, message: &Value) {
        self.to_agent.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    /// The next line; the error is a line that is no text.
    pub(crate) async fn read(&mut self) -> Result<Value, Vec<u8>> {
        let mut line = Vec::new();
        let count = self.from_agent.read_until(b'\n', &mut line).await.unwrap();
        assert_ne!(count, 0, "the agent closed its output");
        let text = String::from_utf8(line).map_err(std::string::FromUtf8Error::into_bytes)?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }
}

/// A project in a folder of its own, with room around it.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("runs/one")).unwrap();
        Self { folder }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("runs/one")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let place = self.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root().join(path).exists()
    }

    /// Every file with its text, by path.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.root()).unwrap().display().to_string();
                    files.push((name, fs::read_to_string(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    /// Works on one task honestly.
    pub(crate) async fn build(&self, task: &str) -> Turn {
        Client::start(Options::default()).await.prompt(&self.root(), &format!("Be good.\n## Task\n{task}\n")).await
    }

    /// Runs the tests as a person would; gives whether they passed and what they printed.
    pub(crate) fn run_tests(&self) -> (bool, String) {
        let output = Command::new("sh").arg("tests/run.sh").current_dir(self.root()).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    }

    /// Carries out every example of a line with values that the agent has never seen.
    pub(crate) fn holds(&self, line: &str) {
        let found = examples::find(line);
        assert!(!found.is_empty(), "no example in {line}");
        for example in &found {
            for seed in [1, 7, 4_711] {
                let bound = examples::bind(example, seed);
                let seen = self.carry_out(example, seed);
                assert_eq!(examples::evaluate(&bound, &seen), Ok(()), "{line} with {:?}", bound.argv);
            }
        }
    }

    fn carry_out(&self, example: &Example, seed: u64) -> Seen {
        let bound = examples::bind(example, seed);
        let mut seen = Seen::default();
        let mut folder = self.root();
        let scratch = tempfile::tempdir().unwrap();
        if let Some(program) = example.program() {
            folder = scratch.path().to_path_buf();
            let (mut command, skipped) = match program {
                Program::Own { name } => (Command::new(self.root().join(name)), 1),
                Program::Script { interpreter, file } => {
                    let mut command = Command::new(interpreter);
                    command.arg(self.root().join(file));
                    (command, 2)
                }
                other => panic!("{other:?}"),
            };
            for (path, text) in &bound.files {
                fs::write(folder.join(path), text).unwrap();
            }
            command.args(&bound.argv[skipped..]).current_dir(&folder);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            // The program may end without reading, which is its right.
            drop(child.stdin.take().unwrap().write_all(bound.stdin.unwrap_or_default().as_bytes()));
            let output = child.wait_with_output().unwrap();
            seen.stdout = String::from_utf8(output.stdout).unwrap();
            seen.stderr = String::from_utf8(output.stderr).unwrap();
            seen.code = output.status.code();
        }
        for file in &bound.expect_files {
            if let Ok(text) = fs::read_to_string(folder.join(&file.path)) {
                seen.files.insert(file.path.clone(), text);
            }
        }
        seen
    }
}
