//! What was asked for.

use etherloom_testkit::probe;
use std::net::SocketAddr;
use std::str::FromStr;
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
    let mut options = Options::read(arguments)?;
    let command = match command.as_str() {
        "send" => Command::Send(options.send()?),
        "receive" => Command::Receive(options.receive()?),
        "help" | "--help" | "-h" => Command::Help,
        other => return Err(format!("{other} is neither send nor receive")),
    };
    match options.0.first() {
        None => Ok(command),
        Some((name, _)) => Err(format!("{name} is not known here")),
    }
}

const SWITCHES: [&str; 2] = ["--json", "--spin"];

/// Names with their values; taken out as they are used.
struct Options(Vec<(String, String)>);

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Vec::new();
        while let Some(name) = arguments.next() {
            let value = if SWITCHES.contains(&name.as_str()) {
                String::new()
            } else {
                arguments
                    .next()
                    .ok_or_else(|| format!("{name} needs a value"))?
            };
            options.push((name, value));
        }
        Ok(Self(options))
    }

    fn send(&mut self) -> Result<Send, String> {
        let size = self.optional("--size")?.unwrap_or(64);
        if !(probe::SIZE..=LARGEST).contains(&size) {
            return Err(format!("--size must be {} to {LARGEST}", probe::SIZE));
        }
        let rate = self.required("--rate")?;
        if rate == 0 {
            return Err("--rate must be at least 1".into());
        }
        Ok(Send {
            to: self.required("--to")?,
            size,
            rate,
            duration: self.duration()?,
            spin: self.switch("--spin"),
            json: self.switch("--json"),
        })
    }

    fn receive(&mut self) -> Result<Receive, String> {
        Ok(Receive {
            listen: self.required("--listen")?,
            duration: self.duration()?,
            idle: self.optional("--idle")?.map(Duration::from_millis),
            json: self.switch("--json"),
        })
    }

    fn duration(&mut self) -> Result<Duration, String> {
        let seconds: f64 = self.required("--seconds")?;
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) if !duration.is_zero() => Ok(duration),
            _ => Err("--seconds must be more than 0".into()),
        }
    }

    fn required<T: FromStr>(&mut self, name: &str) -> Result<T, String> {
        self.optional(name)?
            .ok_or_else(|| format!("{name} is missing"))
    }

    fn optional<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, String> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        value
            .parse()
            .map(Some)
            .map_err(|_| format!("{name} can't be {value}"))
    }

    fn switch(&mut self, name: &str) -> bool {
        self.take(name).is_some()
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(found, _)| found == name)?;
        Some(self.0.remove(place).1)
    }
}
