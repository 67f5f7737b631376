//! What was asked for.

use etherloom_testkit::options::Options;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub const USAGE: &str = "\
usage: etherloom-crowd --to ADDRESS:PORT --hub HUB --user USER --sessions COUNT
                       [--concurrency COUNT] [--rate LOGINS_A_SECOND] [--from ADDRESS[,ADDRESS]...]
                       [--flood SECONDS [--size FRAME_BYTES] [--window FRAMES]]
                       [--hold SECONDS] [--cpu-of PID[,PID]...] [--json]

  --concurrency  log-ins under way at once (32); listeners cap them by source address
  --rate         begin no more log-ins a second than this
  --from         source addresses, used in turns
  --flood        every session sends to its neighbour and receives from it, for so long
  --window       frames of a session that may be under way (62: two full TLS records)
  --hold         stay this long, with keep-alives; ends earlier when terminated
  --cpu-of       report what processor time these processes used in each phase

The user logs in anonymously. A line is printed after each phase.";

/// A frame must hold IPv4 and UDP headers, and a stock peer drops what is longer.
const SIZES: std::ops::RangeInclusive<usize> = 60..=1514;

pub enum Command {
    Help,
    Gather(Box<Order>),
}

pub struct Order {
    pub to: SocketAddr,
    pub from: Vec<IpAddr>,
    pub hub: String,
    pub user: String,
    pub sessions: usize,
    pub concurrency: usize,
    pub rate: Option<u64>,
    pub flood: Option<Duration>,
    pub size: usize,
    pub window: usize,
    pub hold: Option<Duration>,
    pub cpu_of: Vec<u32>,
    pub json: bool,
}

/// What the command line means, or what is wrong with it.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    if arguments
        .peek()
        .is_some_and(|first| matches!(first.as_str(), "help" | "--help" | "-h"))
    {
        return Ok(Command::Help);
    }
    let mut options = Options::read(arguments, &["--json"])?;
    let order = Order {
        to: options.required("--to")?,
        from: options.list("--from")?,
        hub: options.required("--hub")?,
        user: options.required("--user")?,
        sessions: options.required("--sessions")?,
        concurrency: options.optional("--concurrency")?.unwrap_or(32),
        rate: options.optional("--rate")?,
        flood: options.seconds("--flood")?,
        size: options.optional("--size")?.unwrap_or(512),
        window: options.optional("--window")?.unwrap_or(62),
        hold: options.seconds("--hold")?,
        cpu_of: options.list("--cpu-of")?,
        json: options.switch("--json"),
    };
    options.finish()?;
    check(&order)?;
    Ok(Command::Gather(Box::new(order)))
}

fn check(order: &Order) -> Result<(), String> {
    if order.sessions == 0 || order.concurrency == 0 || order.window == 0 || order.rate == Some(0) {
        return Err("counts must be at least 1".into());
    }
    if !SIZES.contains(&order.size) {
        return Err(format!(
            "--size must be {} to {}",
            SIZES.start(),
            SIZES.end()
        ));
    }
    if order.flood.is_some() && order.sessions % 2 == 1 {
        return Err("--flood needs an even number of sessions".into());
    }
    Ok(())
}
