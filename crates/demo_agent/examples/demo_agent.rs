//! The demo agent as a process of its own: `demo_agent [--misbehave KIND] [--home FOLDER]`, for tests that need one.

use demo_agent::{Misbehaviour, Options, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--misbehave" => options.misbehaviour = Some(value.parse::<Misbehaviour>()?),
            "--home" => options.home = Some(value.into()),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    serve(tokio::io::stdin(), tokio::io::stdout(), options).await?;
    Ok(())
}
