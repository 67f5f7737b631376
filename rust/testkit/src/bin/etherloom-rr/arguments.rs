//! What was asked for.

use etherloom_testkit::options::Options;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

pub const USAGE: &str = "\
usage: etherloom-rr ask --to ADDRESS:PORT --protocol tcp|udp --seconds SECONDS [--json]
       etherloom-rr answer --listen ADDRESS:PORT --protocol tcp|udp";

pub enum Command {
    Help,
    Ask(Ask),
    Answer {
        listen: SocketAddr,
        protocol: Protocol,
    },
}

pub struct Ask {
    pub to: SocketAddr,
    pub protocol: Protocol,
    pub duration: Duration,
    pub json: bool,
}

#[derive(Clone, Copy)]
pub enum Protocol {
    Tcp,
    Udp,
}

impl FromStr for Protocol {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            _ => Err(()),
        }
    }
}

/// What the command line means, or what is wrong with it.
pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let command = arguments.next().ok_or("say ask or answer")?;
    let mut options = Options::read(arguments, &["--json"])?;
    let command = match command.as_str() {
        "ask" => Command::Ask(Ask {
            to: options.required("--to")?,
            protocol: options.required("--protocol")?,
            duration: options
                .seconds("--seconds")?
                .ok_or("--seconds is missing")?,
            json: options.switch("--json"),
        }),
        "answer" => {
            options.switch("--json");
            Command::Answer {
                listen: options.required("--listen")?,
                protocol: options.required("--protocol")?,
            }
        }
        "help" | "--help" | "-h" => Command::Help,
        other => return Err(format!("{other} is neither ask nor answer")),
    };
    options.finish()?;
    Ok(command)
}
