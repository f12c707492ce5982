//! Connections: how many may be open, how long a request's head may take to arrive, and how they end.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, extract::ConnectInfo, http::Request};
use domain::errors::explain;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use crate::shutdown;

/// Connections at the same time, sockets among them; further ones wait in the system's queue.
const MOST_OPEN: usize = 4096;
/// How long a request's head may take to arrive, and how long a connection may be idle between two requests.
const HEAD_TIME_OUT: Duration = if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(10) };
/// After the system had no file descriptor left: some may be free again by then.
const EXHAUSTED: Duration = Duration::from_secs(1);

/// Answers on `listener` until `stopping`. Requests under way then get half of the time that ending may take.
pub(super) async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) {
    let (open, connections, cut) = (Arc::new(Semaphore::new(MOST_OPEN)), TaskTracker::new(), CancellationToken::new());
    while let Some((stream, address)) = stopping.run_until_cancelled(accept(&listener, &open)).await {
        connections.spawn(answer(stream, address, router.clone(), stopping.clone(), cut.clone()));
    }
    // Nobody is to wait in the queue of a server that ends.
    drop(listener);
    connections.close();
    if tokio::time::timeout(shutdown::GRACE / 2, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "some requests were cut off");
        cut.cancel();
    }
}

async fn accept(listener: &TcpListener, open: &Arc<Semaphore>) -> (Counted, SocketAddr) {
    loop {
        let Ok(place) = Arc::clone(open).acquire_owned().await else {
            // Never closed, so this is never reached; waiting is the safe answer.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, address)) => {
                let _ = stream.set_nodelay(true);
                return (Counted { stream, _place: place }, address);
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn answer(stream: Counted, address: SocketAddr, router: Router, stopping: CancellationToken, cut: CancellationToken) {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_OUT).keep_alive(true);
    let service = TowerToHyperService::new(router.map_request(from(address)));
    let mut connection = pin!(http.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = connection.as_mut() => served,
                () = cut.cancelled() => Ok(()),
            }
        }
    };
    if let Err(error) = served {
        tracing::trace!(error = %explain(&*error), "a connection broke");
    }
}

/// Tells handlers where a request comes from.
fn from<B>(address: SocketAddr) -> impl FnMut(Request<B>) -> Request<B> + Clone {
    move |mut request| {
        request.extensions_mut().insert(ConnectInfo(address));
        request
    }
}

/// A connection with its place among the open ones, which it keeps when it becomes a socket.
struct Counted {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_request_under_way_is_answered_before_the_end() {
        let (began, may_end) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let router = {
            let (began, may_end) = (began.clone(), may_end.clone());
            let handler = async move |ConnectInfo(address): ConnectInfo<SocketAddr>| {
                began.notify_one();
                may_end.notified().await;
                address.ip().to_string()
            };
            Router::new().route("/", get(handler))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let client = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
            began.notified().await;
            stopping.cancel();
            may_end.notify_one();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };

        let ((), answer) = tokio::join!(serve(listener, router, stopping.clone()), client);

        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_to_its_end_closes_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let client = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n").await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            stopping.cancel();
        };
        tokio::join!(serve(listener, Router::new(), stopping.clone()), client);
    }
}
