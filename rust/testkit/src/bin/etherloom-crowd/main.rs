//! `etherloom-crowd` logs many sessions in to one server and reports how fast that went; then, where asked, it lets
//! them send to each other in pairs and reports how much of that arrived, and keeps them alive.
//!
//! One thread, and a client's side only: no devices, one connection a session, no reconnection. It is the load, and
//! not what is measured; the processor time it reports is the server's (`--cpu-of`).

#![forbid(unsafe_code)]

mod arguments;
mod crowd;
mod flood;
mod frame;
mod gather;
mod link;
mod login;
mod member;
mod processor;

use arguments::{Command, Order, USAGE, parse};
use crowd::Crowd;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let order = match parse(std::env::args().skip(1)) {
        Ok(Command::Gather(order)) => order,
        Ok(Command::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(fault) => {
            eprintln!("etherloom-crowd: {fault}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("etherloom-crowd: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(order: &Order) -> io::Result<()> {
    raise_file_limit(order.sessions)?;
    let mut crowd = Crowd::new(order)?;
    gather::run(&mut crowd, order)?;
    if let Some(duration) = order.flood {
        flood::run(&mut crowd, order, duration)?;
    }
    if let Some(duration) = order.hold {
        crowd.hold(duration)?;
    }
    Ok(())
}

/// A socket a session, and a few more.
fn raise_file_limit(sessions: usize) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = sessions as u64 + 64;
    let found = getrlimit(Resource::Nofile);
    if found.current.is_none_or(|limit| limit >= wanted) {
        return Ok(());
    }
    let maximum = found.maximum.map(|limit| limit.max(wanted));
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(wanted),
            maximum,
        },
    )?;
    Ok(())
}
