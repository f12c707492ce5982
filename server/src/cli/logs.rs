//! `loki logs`, and with `-f` on and on until the run is over.

use std::time::Duration;

use clap::Args;
use futures::StreamExt as _;
use protocol::{
    Envelope, Event, EventSeq, RunId,
    events::{SocketMessage, TOO_MANY_SOCKETS},
    runs::{LogChunk, LogKind, LogPage},
};
use tokio_tungstenite::tungstenite::Message;

use super::{
    Exit, Failure,
    client::{Client, ServerArgs, exit_of, line_of, run_id},
    print,
};

/// The server says something at least this often.
const SILENCE: Duration = Duration::from_secs(60);
/// How often pages are read where no socket is let through; a third of what the limits of reading allow.
const PAGES: Duration = Duration::from_secs(6);
/// How long to wait for another of one's sockets to be closed.
const FULL: Duration = Duration::from_secs(30);

#[derive(Args, Debug)]
pub(super) struct LogsArgs {
    /// The run's id, as `loki status` shows it
    #[arg(value_name = "RUN", value_parser = run_id)]
    run: RunId,
    /// Go on until the run is over
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: LogsArgs) -> Result<Exit, Failure> {
    let client = Client::new(&args.server)?;
    let mut position = print_from(&client, args.run, 0).await?;
    while args.follow && !client.run(args.run).await?.status.is_over() {
        match follow(&client, args.run, position).await? {
            Followed::Over => break,
            // The socket was cut, or we fell behind: what was missed is read as pages, then on.
            Followed::Cut(last) => position = print_from(&client, args.run, last).await?,
            Followed::Full(why) => {
                print::note(&format!("{why}, going on in {} s", FULL.as_secs()));
                tokio::time::sleep(FULL).await;
                position = print_from(&client, args.run, position).await?;
            }
        }
    }
    // What was said between the last page and the end of the run.
    print_from(&client, args.run, position).await?;
    let run = client.run(args.run).await?;
    print::note(&line_of(&run));
    Ok(if args.follow { exit_of(&run) } else { Exit::Done })
}

/// Prints the log behind `position` and returns the new one.
async fn print_from(client: &Client, id: RunId, position: EventSeq) -> Result<EventSeq, Failure> {
    let (mut last, mut after) = (position, (position > 0).then(|| position.to_string()));
    loop {
        let cursor = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let page: LogPage = client.get(&format!("/api/v2/runs/{id}/log?limit=200{cursor}")).await?;
        for entry in &page.entries {
            show(&entry.chunk);
            last = entry.seq;
        }
        after = page.next;
        if after.is_none() {
            return Ok(last);
        }
    }
}

enum Followed {
    Over,
    Cut(EventSeq),
    /// Not as long as so many other sockets are open; in words.
    Full(String),
}

async fn follow(client: &Client, id: RunId, position: EventSeq) -> Result<Followed, Failure> {
    let Some(mut socket) = client.socket(&format!("/ws?after={position}")).await? else {
        tokio::time::sleep(PAGES).await;
        return Ok(Followed::Cut(position));
    };
    let mut last = position;
    while let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE, socket.next()).await {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(Some(frame)) if u16::from(frame.code) == TOO_MANY_SOCKETS => {
                return Ok(Followed::Full(print::plain(&frame.reason)));
            }
            _ => continue,
        };
        if let Ok(envelope) = serde_json::from_str::<Envelope>(&text) {
            if envelope.scope.run_id == Some(id) {
                match envelope.event() {
                    Some(Event::AgentOutput { chunk }) => {
                        show(&chunk);
                        last = envelope.seq;
                    }
                    Some(Event::RunFinished { .. }) => return Ok(Followed::Over),
                    _ => {}
                }
            }
        } else if matches!(SocketMessage::parse(&text), Some(SocketMessage::Resync { .. })) {
            break;
        }
    }
    Ok(Followed::Cut(last))
}

fn show(chunk: &LogChunk) {
    let text = print::plain(&chunk.text);
    let mark = match chunk.kind {
        LogKind::Text | LogKind::Output => "",
        LogKind::Thought => "… ",
        LogKind::Tool => "> ",
        LogKind::Engine => "loki: ",
        LogKind::Error => "! ",
    };
    for line in text.trim_end_matches('\n').split('\n') {
        print::line(&format!("{mark}{line}"));
    }
}
