//! What was asked for.

use etherloom_testkit::impairment::Impairment;
use etherloom_testkit::options::Options;

pub const USAGE: &str = "\
usage: etherloom-impair [--loss SHARE] [--duplicate SHARE] [--reorder SHARE] [--delay MILLISECONDS]
                        [--jitter MILLISECONDS] [--rate BITS_A_SECOND [--queue MILLISECONDS]] [--seed NUMBER]

It joins its standard input and its standard output, both sockets. Shares are from 0 to 1. Everything happens to
both directions.

  --jitter  up to so much more than the delay; frames keep their order
  --reorder so many are not delayed, and so overtake the others
  --queue   what would wait longer for the rate is lost (100)";

pub enum Command {
    Help,
    Join(Order),
}

pub struct Order {
    pub impairment: Impairment,
    pub seed: u64,
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
    let mut options = Options::read(arguments, &[])?;
    let order = Order {
        impairment: Impairment {
            loss: share(&mut options, "--loss")?,
            duplicate: share(&mut options, "--duplicate")?,
            reorder: share(&mut options, "--reorder")?,
            delay_ns: nanoseconds(&mut options, "--delay", 0.0)?,
            jitter_ns: nanoseconds(&mut options, "--jitter", 0.0)?,
            rate: options.optional("--rate")?,
            queue_ns: nanoseconds(&mut options, "--queue", 100.0)?,
        },
        seed: options.optional("--seed")?.unwrap_or(1),
    };
    options.finish()?;
    Ok(Command::Join(order))
}

fn share(options: &mut Options, name: &str) -> Result<f64, String> {
    let share = options.optional(name)?.unwrap_or(0.0);
    if !(0.0..=1.0).contains(&share) {
        return Err(format!("{name} must be from 0 to 1"));
    }
    Ok(share)
}

fn nanoseconds(options: &mut Options, name: &str, absent: f64) -> Result<u64, String> {
    let milliseconds = options.optional(name)?.unwrap_or(absent);
    if !(0.0..=60_000.0).contains(&milliseconds) {
        return Err(format!("{name} must be from 0 to 60000"));
    }
    Ok((milliseconds * 1e6) as u64)
}
