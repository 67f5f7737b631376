//! `etherloom-rr ask` sends one byte, waits for one byte, and so on: how many rounds a second a path gives.
//! `etherloom-rr answer` sends back whatever comes.

#![forbid(unsafe_code)]

mod arguments;
mod ask;

use arguments::{Command, Protocol, USAGE, parse};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(fault) => {
            eprintln!("etherloom-rr: {fault}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = match command {
        Command::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Command::Ask(order) => ask::run(&order),
        Command::Answer { listen, protocol } => answer(listen, protocol),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("etherloom-rr: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Until somebody ends the process. It says `ready` on stderr once it listens.
fn answer(listen: SocketAddr, protocol: Protocol) -> io::Result<()> {
    match protocol {
        Protocol::Tcp => {
            let listener = TcpListener::bind(listen)?;
            eprintln!("ready");
            loop {
                // Who asks may go at any time.
                let _ = echo(listener.accept()?.0);
            }
        }
        Protocol::Udp => {
            let socket = UdpSocket::bind(listen)?;
            eprintln!("ready");
            let mut datagram = [0; 64];
            loop {
                match socket.recv_from(&mut datagram) {
                    Ok((size, from)) => {
                        // A lost answer is asked for again.
                        let _ = socket.send_to(&datagram[..size], from);
                    }
                    // What the network said about an earlier answer.
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut byte = [0];
    while stream.read(&mut byte)? > 0 {
        stream.write_all(&byte)?;
    }
    Ok(())
}
