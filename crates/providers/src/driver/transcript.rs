//! The file in which an agent's output is kept, line by line, up to a size.

use std::path::Path;

use tokio::{fs::OpenOptions, io::AsyncWriteExt};

/// The largest transcript, in bytes.
const LARGEST: u64 = 64 << 20;

/// An open transcript. A disk that fails is logged and does not end the call.
pub(crate) struct Transcript {
    file: Option<tokio::fs::File>,
    room: u64,
}

impl Transcript {
    /// Opens `path` for appending; nobody else can read it.
    pub(crate) async fn open(path: &Path) -> Self {
        Self::open_with(path, LARGEST).await
    }

    async fn open_with(path: &Path, largest: u64) -> Self {
        let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path).await;
        let file =
            opened.inspect_err(|error| tracing::warn!(%error, path = %path.display(), "transcript cannot be written")).ok();
        let used = match &file {
            Some(file) => file.metadata().await.map_or(largest, |meta| meta.len()),
            None => 0,
        };
        Self { file, room: largest.saturating_sub(used) }
    }

    /// Appends one line.
    pub(crate) async fn line(&mut self, text: &str) {
        let length = text.len() as u64 + 1;
        if length > self.room {
            if self.file.is_some() {
                self.write(b"(the transcript is cut here: it has reached its largest size)\n").await;
                self.flush().await;
            }
            self.file = None;
            return;
        }
        self.room -= length;
        self.write(text.as_bytes()).await;
        self.write(b"\n").await;
    }

    /// Hands everything to the system.
    pub(crate) async fn flush(&mut self) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.flush().await
        {
            tracing::warn!(%error, "transcript cannot be written");
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(bytes).await
        {
            tracing::warn!(%error, "transcript cannot be written");
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_transcript_is_private_and_bounded() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("transcript.jsonl");
        for _ in 0..2 {
            let mut transcript = Transcript::open_with(&path, 24).await;
            for line in ["0123456789", "0123456789", "over", "more"] {
                transcript.line(line).await;
                transcript.flush().await;
            }
        }

        let text = std::fs::read_to_string(&path).unwrap();
        let cut = "(the transcript is cut here: it has reached its largest size)";
        assert_eq!(text.lines().collect::<Vec<_>>(), ["0123456789", "0123456789", cut, cut]);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_transcript_that_cannot_be_opened_is_left_out() {
        let mut transcript = Transcript::open(Path::new("/nowhere/at/all")).await;
        transcript.line("lost").await;
        transcript.flush().await;
        assert!(transcript.file.is_none() && !Path::new("/nowhere").exists());
    }
}
