//! What was asked for.

use etherloom_testkit::options::Options;
use etherloom_testkit::probe;
use std::net::SocketAddr;
use std::time::Duration;

pub const USAGE: &str = "\
usage: etherloom-pace send --to ADDRESS:PORT --rate PACKETS_A_SECOND --seconds SECONDS
                           [--size PAYLOAD_BYTES] [--spin] [--json]
       etherloom-pace receive --listen ADDRESS:PORT --seconds SECONDS [--idle MILLISECONDS] [--json]

  --spin   never sleep between packets: the most even pace, at the price of a processor
  --idle   end early when nothing came for this long after the first packet";

const LARGEST: usize = 65_507;

pub enum Command {
    Help,
    Send(Send),
    Receive(Receive),
}

pub struct Send {
    pub to: SocketAddr,
    pub size: usize,
    pub rate: u64,
    pub duration: Duration,
    pub spin: bool,
    pub json: bool,
}

pub struct Receive {
    pub listen: SocketAddr,
    pub duration: Duration,
    pub idle: Option<Duration>,
    pub json: bool,
}

/// What the command line means, or what is wrong with it.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    let command = arguments.next().ok_or("say send or receive")?;
    let mut options = Options::read(arguments, &["--json", "--spin"])?;
    let command = match command.as_str() {
        "send" => Command::Send(send(&mut options)?),
        "receive" => Command::Receive(receive(&mut options)?),
        "help" | "--help" | "-h" => Command::Help,
        other => return Err(format!("{other} is neither send nor receive")),
    };
    options.finish()?;
    Ok(command)
}

fn send(options: &mut Options) -> Result<Send, String> {
    let size = options.optional("--size")?.unwrap_or(64);
    if !(probe::SIZE..=LARGEST).contains(&size) {
        return Err(format!("--size must be {} to {LARGEST}", probe::SIZE));
    }
    let rate = options.required("--rate")?;
    if rate == 0 {
        return Err("--rate must be at least 1".into());
    }
    Ok(Send {
        to: options.required("--to")?,
        size,
        rate,
        duration: duration(options)?,
        spin: options.switch("--spin"),
        json: options.switch("--json"),
    })
}

fn receive(options: &mut Options) -> Result<Receive, String> {
    Ok(Receive {
        listen: options.required("--listen")?,
        duration: duration(options)?,
        idle: options.optional("--idle")?.map(Duration::from_millis),
        json: options.switch("--json"),
    })
}

fn duration(options: &mut Options) -> Result<Duration, String> {
    options
        .seconds("--seconds")?
        .ok_or_else(|| "--seconds is missing".into())
}
