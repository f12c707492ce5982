//! Keeps the beginning and the end of what a process prints.

use std::{
    collections::VecDeque,
    io::{self, PipeWriter},
    pin::pin,
    time::Duration,
};

use domain::ports::sandbox::Exit;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::unix::pipe,
    time::timeout,
};

/// At most `keep` bytes of a stream of any length: its first half and its last half.
pub(crate) struct Kept {
    head: Vec<u8>,
    head_limit: usize,
    tail: VecDeque<u8>,
    tail_limit: usize,
    total: u64,
}

impl Kept {
    pub(crate) fn new(keep: usize) -> Self {
        let head_limit = keep / 2;
        Self { head: Vec::new(), head_limit, tail: VecDeque::new(), tail_limit: keep - head_limit, total: 0 }
    }

    /// Reads to the end of `stream`; what does not fit is read and dropped, so that the writer never blocks.
    pub(crate) async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        let mut chunk = vec![0; 64 << 10];
        loop {
            let count = stream.read(&mut chunk).await?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
            self.push(bytes);
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(bytes.len() as u64);
        let room = self.head_limit.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);

        let (_, last) = rest.split_at(rest.len().saturating_sub(self.tail_limit));
        let surplus = (self.tail.len() + last.len()).saturating_sub(self.tail_limit);
        self.tail.drain(..surplus);
        self.tail.extend(last);
    }

    /// The text, and whether something is missing from it.
    pub(crate) fn into_text(mut self) -> (String, bool) {
        let tail = Vec::from(self.tail);
        let cut = self.total.saturating_sub((self.head.len() + tail.len()) as u64);
        if cut == 0 {
            self.head.extend_from_slice(&tail);
            return (String::from_utf8_lossy(&self.head).into_owned(), false);
        }
        let head = without_partial_end(&self.head);
        let tail = without_partial_start(&tail);
        let cut = self.total.saturating_sub((head.len() + tail.len()) as u64);
        let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
        (format!("{head}\n[… {cut} bytes left out …]\n{tail}"), true)
    }
}

/// Cuts a character that was split by our own cut; other invalid bytes stay and are replaced.
fn without_partial_end(bytes: &[u8]) -> &[u8] {
    for partial in 1..=3.min(bytes.len()) {
        let (before, end) = bytes.split_at(bytes.len() - partial);
        if matches!(std::str::from_utf8(end), Err(error) if error.error_len().is_none() && error.valid_up_to() == 0) {
            return before;
        }
    }
    bytes
}

fn without_partial_start(bytes: &[u8]) -> &[u8] {
    let partial = bytes.iter().take(3).take_while(|byte| **byte & 0b1100_0000 == 0b1000_0000).count();
    bytes.split_at(partial).1
}

/// A pipe whose reading end belongs to the runtime.
pub(crate) fn stream() -> io::Result<(pipe::Receiver, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    Ok((pipe::Receiver::from_owned_fd(reader.into())?, writer))
}

/// Reads `stream` until `ended` says that nothing is left, and then what is still in the pipe.
pub(crate) async fn read_while_it_runs(
    kept: &mut Kept,
    stream: &mut (impl AsyncRead + Unpin),
    ended: impl Future<Output = Exit>,
) -> Exit {
    /// After everything was killed the end of the stream is a matter of moments; a process that got away may hold it open.
    const REST: Duration = Duration::from_secs(2);

    let mut ended = pin!(ended);
    let mut reading = pin!(kept.read(stream));
    let finished = tokio::select! {
        biased;
        exit = &mut ended => Some(exit),
        read = &mut reading => {
            if let Err(error) = read {
                tracing::warn!(%error, "a job's output could not be read to its end");
            }
            None
        }
    };
    match finished {
        // The program closed its output and works on.
        None => ended.await,
        Some(exit) => {
            if timeout(REST, reading).await.is_err() {
                tracing::warn!("something still holds a finished job's output open");
            }
            exit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(keep: usize, chunks: &[&[u8]]) -> (String, bool) {
        let mut kept = Kept::new(keep);
        for chunk in chunks {
            kept.push(chunk);
        }
        kept.into_text()
    }

    #[test]
    fn the_middle_is_left_out() {
        let table: [(usize, &[&[u8]], &str, bool); 8] = [
            (10, &[b"short"], "short", false),
            (10, &[b"01234", b"56789"], "0123456789", false),
            (4, &[b"abcdef"], "ab\n[… 2 bytes left out …]\nef", true),
            (4, &[b"a", b"b", b"c", b"d", b"e", b"f"], "ab\n[… 2 bytes left out …]\nef", true),
            (0, &[b"abc"], "\n[… 3 bytes left out …]\n", true),
            (99, &[b"\xc3", b"\xa9\xff!"], "é\u{fffd}!", false),
            (6, &["aé€ uvw€€".as_bytes()], "aé\n[… 10 bytes left out …]\n€", true),
            (8, &["aé€ uvw€€".as_bytes()], "aé\n[… 10 bytes left out …]\n€", true),
        ];
        for (keep, chunks, text, truncated) in table {
            assert_eq!(kept(keep, chunks), (text.to_owned(), truncated), "keep {keep} of {chunks:?}");
        }
    }
}
