//! What is written to a process, without ever waiting for it to be read.

use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A process's standard input and what is still to be written to it.
pub(crate) struct Input {
    stream: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    pending: Vec<u8>,
    written: usize,
    closing: bool,
}

impl Input {
    pub(crate) fn new(stream: Box<dyn AsyncWrite + Send + Unpin>) -> Self {
        Self { stream: Some(stream), pending: Vec::new(), written: 0, closing: false }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Closes the stream once everything is written.
    pub(crate) fn close(&mut self) {
        self.closing = true;
    }

    pub(crate) fn has_work(&self) -> bool {
        self.stream.is_some() && (self.closing || self.written < self.pending.len())
    }

    /// Writes a piece. Can be dropped at any await without losing or repeating bytes.
    pub(crate) async fn work(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        let rest = self.pending.get(self.written..).unwrap_or_default();
        if rest.is_empty() {
            // Closing is all that is left; a pipe has no other way to say so than being dropped.
            self.stream = None;
            return;
        }
        match stream.write(rest).await {
            // A process that no longer reads will end, and that is what counts.
            Err(_) | Ok(0) => self.stream = None,
            Ok(count) => {
                self.written += count;
                if self.written == self.pending.len() {
                    self.pending.clear();
                    self.written = 0;
                    if stream.flush().await.is_err() {
                        self.stream = None;
                    }
                }
            }
        }
    }
}
