//! The outbox: keeps the agent from running ahead of a client that reads slowly, since the protocol's own queue is unbounded.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{io::AsyncWrite, sync::Notify};

/// How many updates may wait for the client.
const LIMIT: u64 = 32;

/// Counts the lines that go out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    lines: Arc<Mutex<Lines>>,
    written: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Lines {
    queued: u64,
    /// Taken by the writer, which may still hold them back.
    taken: u64,
    /// Flushed: they are with the client, whatever becomes of this process.
    written: u64,
    /// Bytes that go out before the next line, as they are.
    raw: Vec<u8>,
    is_within_a_line: bool,
}

impl Outbox {
    /// Counts a line as queued and waits until there is room for another one.
    pub(crate) async fn queued(&self) {
        self.change(|lines| lines.queued += 1);
        self.wait_for(LIMIT).await;
    }

    /// Waits until everything queued has been written.
    pub(crate) async fn drained(&self) {
        self.wait_for(0).await;
    }

    /// Writes these bytes before the next line.
    pub(crate) fn write_raw(&self, bytes: &[u8]) {
        self.change(|lines| lines.raw.extend_from_slice(bytes));
    }

    /// Counts a line that is not an update.
    pub(crate) fn answered(&self) {
        self.change(|lines| lines.queued += 1);
    }

    async fn wait_for(&self, waiting: u64) {
        loop {
            let notified = self.written.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if self.change(|lines| lines.queued.saturating_sub(lines.written)) <= waiting {
                return;
            }
            notified.await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Lines) -> T) -> T {
        change(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A writer whose lines are counted in an outbox.
#[derive(Debug)]
pub(crate) struct Counted<W> {
    pub(crate) writer: W,
    pub(crate) outbox: Outbox,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Counted<W> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let raw = this.outbox.change(|lines| if lines.is_within_a_line { Vec::new() } else { lines.raw.clone() });
        if !raw.is_empty() {
            let count = ready!(Pin::new(&mut this.writer).poll_write(context, &raw))?;
            this.outbox.change(|lines| lines.raw.drain(..count.min(lines.raw.len())).for_each(drop));
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = ready!(Pin::new(&mut this.writer).poll_write(context, bytes))?;
        let written = bytes.get(..count).unwrap_or(bytes);
        let ends = written.iter().filter(|byte| **byte == b'\n').count() as u64;
        this.outbox.change(|lines| {
            lines.taken += ends;
            lines.is_within_a_line = written.last().is_some_and(|byte| *byte != b'\n');
        });
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.writer).poll_flush(context))?;
        self.outbox.change(|lines| lines.written = lines.taken);
        self.outbox.written.notify_waiters();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(context)
    }
}
