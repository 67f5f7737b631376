//! The receiving side. It says `ready` on stderr once datagrams can come.

use crate::arguments::Receive;
use etherloom_testkit::clock::now_ns;
use etherloom_testkit::output;
use etherloom_testkit::tally::{Report, Tally};
use rustix::net::sockopt;
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::time::Duration;

const BUFFER_BYTES: usize = 16 << 20;

/// How often the clock is looked at while nothing comes.
const TICK: Duration = Duration::from_millis(20);

pub fn run(order: &Receive) -> io::Result<()> {
    let socket = UdpSocket::bind(order.listen)?;
    enlarge(&socket)?;
    socket.set_read_timeout(Some(TICK))?;
    eprintln!("ready");
    let tally = collect(&socket, order)?;
    report(&tally.report(), order.json);
    Ok(())
}

/// As root beyond the system's limit, or our own losses would count as the network's.
fn enlarge(socket: &UdpSocket) -> io::Result<()> {
    sockopt::set_socket_recv_buffer_size_force(socket, BUFFER_BYTES)
        .or_else(|_| sockopt::set_socket_recv_buffer_size(socket, BUFFER_BYTES))?;
    Ok(())
}

fn collect(socket: &UdpSocket, order: &Receive) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let mut datagram = vec![0; 65_536];
    let end_ns = now_ns() + order.duration.as_nanos() as u64;
    let mut last_ns = now_ns();
    while now_ns() < end_ns {
        match socket.recv(&mut datagram) {
            Ok(size) => {
                last_ns = now_ns();
                tally.note(&datagram[..size], last_ns);
            }
            Err(error) if is_pause(&error) => {
                let silence = Duration::from_nanos(now_ns() - last_ns);
                if tally.has_begun() && order.idle.is_some_and(|idle| silence >= idle) {
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(tally)
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

fn report(report: &Report, json: bool) {
    let seconds = report.span_ns as f64 / 1e9;
    let rate = if report.received > 1 {
        (report.received - 1) as f64 / seconds
    } else {
        0.0
    };
    let figures = [
        ("received", report.received as f64),
        ("bytes", report.bytes as f64),
        ("lost", report.lost as f64),
        ("duplicates", report.duplicates as f64),
        ("reordered", report.reordered as f64),
        ("foreign", report.foreign as f64),
        ("largest_gap", report.largest_gap as f64),
        ("longest_silence_ms", report.longest_silence_ns as f64 / 1e6),
        ("seconds", seconds),
        ("rate", rate),
        ("latency_p50_us", report.latency_p50_ns as f64 / 1e3),
        ("latency_p99_us", report.latency_p99_ns as f64 / 1e3),
        ("latency_max_us", report.latency_max_ns as f64 / 1e3),
    ];
    output::print(&figures, json);
}
