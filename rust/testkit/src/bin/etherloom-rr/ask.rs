//! The asking side: one byte under way at a time.

use crate::arguments::{Ask, Protocol};
use etherloom_testkit::clock::now_ns;
use etherloom_testkit::latency::Latency;
use etherloom_testkit::output;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// An answer that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(1);

enum Path {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

pub fn run(order: &Ask) -> io::Result<()> {
    let mut path = Path::open(order)?;
    let mut times = Latency::default();
    let (mut rounds, mut lost) = (0_u64, 0_u64);
    let start_ns = now_ns();
    let end_ns = start_ns + order.duration.as_nanos() as u64;
    let mut asked_ns = start_ns;
    while asked_ns < end_ns {
        let answered = path.round(rounds as u8)?;
        let now = now_ns();
        if answered {
            rounds += 1;
            times.record(now - asked_ns);
        } else {
            lost += 1;
        }
        asked_ns = now;
    }
    let seconds = (asked_ns - start_ns) as f64 / 1e9;
    let figures = [
        ("rounds", rounds as f64),
        ("lost", lost as f64),
        ("seconds", seconds),
        ("rate", rounds as f64 / seconds),
        ("latency_p50_us", times.quantile_ns(500) as f64 / 1e3),
        ("latency_p99_us", times.quantile_ns(990) as f64 / 1e3),
        ("latency_max_us", times.largest_ns() as f64 / 1e3),
    ];
    output::print(&figures, order.json);
    Ok(())
}

impl Path {
    fn open(order: &Ask) -> io::Result<Self> {
        match order.protocol {
            Protocol::Tcp => {
                let stream = TcpStream::connect(order.to)?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            Protocol::Udp => {
                let any = match order.to {
                    SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
                    SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
                };
                let socket = UdpSocket::bind(any)?;
                socket.connect(order.to)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                Ok(Self::Udp(socket))
            }
        }
    }

    /// Ask and wait; false if no answer came. An answer to an earlier question does not count.
    fn round(&mut self, question: u8) -> io::Result<bool> {
        let mut answer = [0];
        match self {
            Self::Tcp(stream) => {
                stream.write_all(&[question])?;
                stream.read_exact(&mut answer)?;
                Ok(true)
            }
            Self::Udp(socket) => {
                socket.send(&[question])?;
                loop {
                    match socket.recv(&mut answer) {
                        Ok(_) if answer[0] == question => return Ok(true),
                        Ok(_) => {}
                        Err(error) if is_silence(&error) => return Ok(false),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
