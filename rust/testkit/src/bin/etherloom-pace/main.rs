//! `etherloom-pace send` sends UDP datagrams at an even rate, `etherloom-pace receive` says what arrived.
//!
//! For use inside network namespaces of one machine: the one-way times come from its one monotonic clock.

#![forbid(unsafe_code)]

mod arguments;
mod receive;
mod send;

use arguments::{Command, USAGE, parse};
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(fault) => {
            eprintln!("etherloom-pace: {fault}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = match command {
        Command::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Command::Send(order) => send::run(&order),
        Command::Receive(order) => receive::run(&order),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("etherloom-pace: {error}");
            ExitCode::FAILURE
        }
    }
}
