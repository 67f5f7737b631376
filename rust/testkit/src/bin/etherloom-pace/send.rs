//! The sending side.

use crate::arguments::Send;
use etherloom_testkit::clock::now_ns;
use etherloom_testkit::output;
use etherloom_testkit::pacer::Pacer;
use etherloom_testkit::probe::Probe;
use rustix::io::Errno;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};
use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// Datagrams in one system call, at the most.
const BATCH: usize = 32;

/// Shorter waits are not worth a sleep: what becomes due meanwhile leaves together.
const NAP_NS: u64 = 60_000;

struct Sender {
    socket: UdpSocket,
    run: u32,
    datagrams: Vec<Vec<u8>>,
    sent: u64,
    refused: u64,
}

pub fn run(order: &Send) -> io::Result<()> {
    let pacer = Pacer::new(
        order.rate,
        (order.rate as f64 * order.duration.as_secs_f64()) as u64,
    );
    let start_ns = now_ns();
    let mut sender = Sender::connect(order.to, order.size, start_ns as u32)?;
    // A path that is slower than the rate ends the run by time, with fewer sent than wanted.
    let deadline_ns = start_ns + (order.duration + Duration::from_millis(500)).as_nanos() as u64;
    while sender.sent < pacer.total() && now_ns() < deadline_ns {
        let due = pacer.due(now_ns() - start_ns);
        if due > sender.sent {
            sender.send(due - sender.sent)?;
        } else {
            wait_until(start_ns + pacer.departure_ns(sender.sent), order.spin);
        }
    }
    sender.report((now_ns() - start_ns) as f64 / 1e9, order.json);
    Ok(())
}

fn wait_until(departure_ns: u64, spin: bool) {
    let wait_ns = departure_ns.saturating_sub(now_ns());
    if spin {
        std::hint::spin_loop();
    } else {
        std::thread::sleep(Duration::from_nanos(wait_ns.max(NAP_NS)));
    }
}

impl Sender {
    fn connect(to: SocketAddr, size: usize, run: u32) -> io::Result<Self> {
        let any = match to {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(to)?;
        Ok(Self {
            socket,
            run,
            datagrams: vec![vec![0; size]; BATCH],
            sent: 0,
            refused: 0,
        })
    }

    /// Send some of the `due` datagrams.
    fn send(&mut self, due: u64) -> io::Result<()> {
        let count = due.min(BATCH as u64) as usize;
        let sent_ns = now_ns();
        for (place, datagram) in self.datagrams[..count].iter_mut().enumerate() {
            let sequence = self.sent + place as u64;
            Probe {
                run: self.run,
                sequence,
                sent_ns,
            }
            .write(datagram);
        }
        match self.send_batch(count) {
            Ok(sent) => self.sent += sent as u64,
            // What the network said about an earlier datagram; this call sent nothing.
            Err(Errno::CONNREFUSED | Errno::HOSTUNREACH) => self.refused += 1,
            Err(Errno::INTR | Errno::NOBUFS) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn send_batch(&self, count: usize) -> Result<usize, Errno> {
        let slices: Vec<_> = self.datagrams[..count]
            .iter()
            .map(|d| [IoSlice::new(d)])
            .collect();
        let mut controls: Vec<_> = (0..count).map(|_| SendAncillaryBuffer::default()).collect();
        let mut messages: Vec<_> = slices
            .iter()
            .zip(&mut controls)
            .map(|(s, c)| MMsgHdr::new(s, c))
            .collect();
        sendmmsg(&self.socket, &mut messages, SendFlags::empty())
    }

    fn report(&self, seconds: f64, json: bool) {
        let figures = [
            ("sent", self.sent as f64),
            ("refused", self.refused as f64),
            ("seconds", seconds),
            ("rate", self.sent as f64 / seconds),
        ];
        output::print(&figures, json);
    }
}
