//! Sends the audit trail on to a collector, behind everything else: requests write their entries and never wait for this.

mod tls;

use std::{io, time::Duration};

use domain::{
    audit::{Row, syslog},
    errors::explain,
};
use services::{Cx, audit::forward};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpStream, UdpSocket, UnixDatagram},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use self::tls::Tls;
use crate::config::syslog::SyslogTarget;

/// How often there is a look for new entries.
const LOOK: Duration = Duration::from_secs(1);
/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A collector that takes nothing for this long counts as gone.
const SLOWEST: Duration = Duration::from_secs(10);
/// Longer datagrams may not arrive; what does not fit is cut off. The entry's beginning holds its position.
const LONGEST_DATAGRAM: usize = 32_000;

/// Sends entries until `stopping` fires. What was not sent then is sent after the next start.
pub(super) async fn forward(cx: Cx, target: SyslogTarget, host: String, stopping: CancellationToken) {
    let mut sender = Sender { target, host, wire: None };
    let mut pause = LOOK;
    loop {
        let Some(sent) = stopping.run_until_cancelled(sender.step(&cx)).await else { return };
        match sent {
            Ok(true) => {
                pause = LOOK;
                continue;
            }
            Ok(false) => pause = LOOK,
            Err(problem) => {
                if pause == LOOK {
                    tracing::warn!(collector = %sender.target, problem, "the audit trail cannot be sent on; it is tried again");
                }
                sender.wire = None;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if stopping.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

/// What was opened.
enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Tls(Tls),
    Unix(UnixDatagram),
}

struct Sender {
    target: SyslogTarget,
    /// This server's name.
    host: String,
    wire: Option<Wire>,
}

impl Sender {
    /// Sends the next entries; false when there are none.
    async fn step(&mut self, cx: &Cx) -> Result<bool, String> {
        let rows = forward::next(cx).await.map_err(|error| explain(&error))?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(false) };
        let sending = timeout(SLOWEST, self.send(&rows)).await;
        let sent = sending.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)));
        sent.map_err(|error| explain(&error))?;
        forward::sent(cx, last).await.map_err(|error| explain(&error))?;
        Ok(true)
    }

    async fn send(&mut self, rows: &[Row]) -> io::Result<()> {
        let messages: Vec<String> = rows.iter().map(|row| syslog::message(row, &self.host)).collect();
        match self.wire().await? {
            Wire::Udp(socket) => {
                for message in &messages {
                    socket.send(cut(message).as_bytes()).await?;
                }
            }
            Wire::Unix(socket) => {
                for message in &messages {
                    socket.send(cut(message).as_bytes()).await?;
                }
            }
            Wire::Tcp(stream) => {
                stream.write_all(frames(&messages).as_bytes()).await?;
                stream.flush().await?;
            }
            Wire::Tls(tls) => tls.send(frames(&messages)).await?,
        }
        Ok(())
    }

    /// The open wire, or a new one where there is none or the collector closed it.
    async fn wire(&mut self) -> io::Result<&mut Wire> {
        let is_gone = match &self.wire {
            None => true,
            Some(Wire::Tcp(stream)) => is_closed(stream),
            Some(Wire::Tls(tls)) => tls.is_closed().await,
            Some(Wire::Udp(_) | Wire::Unix(_)) => false,
        };
        let wire = match self.wire.take() {
            Some(wire) if !is_gone => wire,
            _ => open(&self.target).await?,
        };
        Ok(self.wire.insert(wire))
    }
}

async fn open(target: &SyslogTarget) -> io::Result<Wire> {
    Ok(match target {
        SyslogTarget::Udp(address) => {
            let address = tokio::net::lookup_host(address).await?.next();
            let address = address.ok_or_else(|| io::Error::other("the collector's name has no address"))?;
            let socket = UdpSocket::bind(if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" }).await?;
            socket.connect(address).await?;
            Wire::Udp(socket)
        }
        SyslogTarget::Tcp(address) => Wire::Tcp(TcpStream::connect(address).await?),
        SyslogTarget::Tls { address, authorities } => Wire::Tls(Tls::connect(address, authorities).await?),
        SyslogTarget::Unix(path) => {
            let socket = UnixDatagram::unbound()?;
            socket.connect(path)?;
            Wire::Unix(socket)
        }
    })
}

/// Each message behind its length.
fn frames(messages: &[String]) -> String {
    messages.iter().map(|message| format!("{} {message}", message.len())).collect()
}

/// Whether the other side is gone: what is written then would be lost, and nobody would know.
fn is_closed(stream: &TcpStream) -> bool {
    let mut answer = [0; 256];
    match stream.try_read(&mut answer) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
    }
}

fn cut(message: &str) -> &str {
    message.get(..message.floor_char_boundary(LONGEST_DATAGRAM)).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_DATAGRAM, cut};

    #[test]
    fn a_datagram_is_cut_between_characters() {
        assert_eq!(cut("short"), "short");
        let long = format!("{}é", "x".repeat(LONGEST_DATAGRAM - 1));
        assert_eq!(cut(&long).len(), LONGEST_DATAGRAM - 1);
    }
}
