//! `loki demo-agent`: the built-in agent, started by the server as a process like any other agent.

use std::time::Duration;

use clap::Args;
use demo_agent::{Misbehaviour, Options, serve};

use super::{Exit, Failure};
use crate::config::variable;

#[derive(Args, Debug)]
pub(super) struct DemoAgentArgs {
    /// What to do wrong on purpose, for tests
    #[arg(long, value_name = "KIND")]
    misbehave: Option<Misbehaviour>,
    /// Let a line `DEMO-MISBEHAVE: KIND` in the task count, for tests
    #[arg(long)]
    misbehave_from_prompt: bool,
    /// Milliseconds to wait before each update
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pace: u64,
    /// US dollars that each prompt is said to cost, for tests
    #[arg(long, value_name = "USD")]
    spends: Option<f64>,
}

pub(super) async fn run(args: DemoAgentArgs) -> Result<Exit, Failure> {
    let options = Options {
        misbehaviour: args.misbehave,
        allow_misbehaviour_from_prompt: args.misbehave_from_prompt,
        pace: Duration::from_millis(args.pace),
        spends: args.spends,
        home: variable("HOME").map(Into::into),
    };
    serve(tokio::io::stdin(), tokio::io::stdout(), options).await?;
    Ok(Exit::Done)
}
