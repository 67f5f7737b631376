//! `etherloom-impair` joins two sockets, its standard input and its standard output, by a bad path in both directions.
//!
//! The sockets keep frames apart (packet sockets bound to two interfaces, or datagram pairs) and are opened by who
//! starts it. It ends when it is ended, or when a socket is.

#![forbid(unsafe_code)]

mod arguments;
mod bridge;

use arguments::{Command, USAGE, parse};
use std::process::ExitCode;

fn main() -> ExitCode {
    let order = match parse(std::env::args().skip(1)) {
        Ok(Command::Join(order)) => order,
        Ok(Command::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(fault) => {
            eprintln!("etherloom-impair: {fault}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match bridge::run(&order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("etherloom-impair: {error}");
            ExitCode::FAILURE
        }
    }
}
