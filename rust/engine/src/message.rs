//! What arrives in a worker's mailbox.

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use etherloom_switch::PortId;
use etherloom_wire::offload::{Packet, VIRTIO_HEADER_BYTES};
use mio::net::TcpStream;

use crate::acceleration::Acceleration;
use crate::admission::Admission;
use crate::device::Device;
use crate::hub::Hub;
use crate::link::LinkSettings;
use crate::passing::Passing;
use crate::session::SessionRules;
use crate::shared::{ConnectionShared, SessionShared};
use crate::tls::Tls;

/// Frames for ports of one worker, encoded one behind the other.
#[derive(Default)]
pub struct Batch {
    /// The hub that they belong to: a port number may have been given to another hub's session since.
    pub hub: u64,
    /// `u32 ports, u32 length, ports × u32 port, header, bytes`, native byte order.
    pub frames: Vec<u8>,
    /// How many, as segments, times their ports.
    pub count: usize,
}

impl Batch {
    /// Append one frame.
    pub fn push(&mut self, ports: &[PortId], passing: &Passing<'_>) {
        let Packet { header, bytes } = passing.packet;
        for number in [ports.len(), bytes.len()] {
            self.frames
                .extend_from_slice(&(number as u32).to_ne_bytes());
        }
        for port in ports {
            self.frames.extend_from_slice(&port.to_ne_bytes());
        }
        self.frames.extend_from_slice(&header.write());
        self.frames.extend_from_slice(bytes);
        self.count += passing.segments.count() * ports.len();
    }

    /// Walk over the frames. `ports` is memory only.
    pub fn each(&self, ports: &mut Vec<PortId>, mut visit: impl FnMut(&[PortId], Packet<'_>)) {
        let mut rest = self.frames.as_slice();
        while let Some((count, tail)) = split_number(rest) {
            let Some((length, mut tail)) = split_number(tail) else {
                return;
            };
            ports.clear();
            for _ in 0..count {
                let Some((port, behind)) = split_number(tail) else {
                    return;
                };
                ports.push(port);
                tail = behind;
            }
            let Some((packet, tail)) = tail.split_at_checked(VIRTIO_HEADER_BYTES + length as usize)
            else {
                return;
            };
            if let Some(packet) = Packet::read(packet) {
                visit(ports, packet);
            }
            rest = tail;
        }
    }
}

fn split_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_ne_bytes(*number), rest))
}

/// A connection with its unread bytes, on its way into a session.
pub struct Transfer {
    /// Number of the connection.
    pub connection: u64,
    /// The socket, not registered anywhere.
    pub socket: TcpStream,
    /// TLS, unless it has ended here.
    pub tls: Option<Tls>,
    /// What the link is.
    pub shared: Arc<crate::shared::LinkShared>,
    /// Received and not opened: cipher text, or raw blocks.
    pub received: Vec<u8>,
    /// Opened and not decoded.
    pub plain: Vec<u8>,
    /// To be sent first: the sealed farewell.
    pub unsent: Vec<u8>,
}

impl Transfer {
    /// The session ended meanwhile: the peer hears so, as far as the socket takes it at once.
    pub fn say_goodbye(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.close_notify(&mut self.unsent);
        }
        let _ = self.socket.write(&self.unsent);
    }
}

/// A message to a worker.
pub enum Message {
    /// A connection was accepted.
    Accepted {
        socket: std::net::TcpStream,
        peer: SocketAddr,
        connection: Arc<ConnectionShared>,
        admission: Admission,
        deadline_ms: u64,
    },
    /// Open a connection.
    Connect {
        address: SocketAddr,
        server_name: String,
        connection: Arc<ConnectionShared>,
        deadline_ms: u64,
    },
    /// Answer with up to `maximum` bytes.
    Pull { connection: u64, maximum: usize },
    /// Send bytes.
    Send { connection: u64, data: Vec<u8> },
    /// Close it so many milliseconds from now; 0 takes that back.
    Deadline { connection: u64, milliseconds: u64 },
    /// Close politely.
    Close { connection: u64 },
    /// Pump the plain stream to and from this socket.
    Splice {
        connection: u64,
        socket: UnixStream,
        replay: Vec<u8>,
    },
    /// Make the connection a link.
    Promote {
        connection: u64,
        session: Arc<SessionShared>,
        farewell: Vec<u8>,
        leftover: Vec<u8>,
        link: LinkSettings,
    },
    /// The second half of Promote, on the session's worker.
    Attach {
        session: u64,
        transfer: Box<Transfer>,
    },
    /// Plug a native session in.
    OpenSession {
        session: Arc<SessionShared>,
        hub: Arc<Hub>,
        rules: SessionRules,
    },
    /// Plug a device in.
    OpenDevice {
        session: Arc<SessionShared>,
        hub: Arc<Hub>,
        device: Box<Device>,
    },
    /// Plug a port of Python in.
    OpenMemory {
        session: Arc<SessionShared>,
        hub: Arc<Hub>,
    },
    /// Frames from Python.
    Inject { session: u64, frames: Vec<Vec<u8>> },
    /// Give a session its socket for datagrams.
    Accelerate {
        session: u64,
        acceleration: Box<Acceleration>,
    },
    /// Frames from nowhere, again and again.
    #[cfg(feature = "testkit")]
    Circulate(Arc<crate::testkit::Circulation>),
    /// Close one link politely.
    CloseLink { session: u64, connection: u64 },
    /// End a session.
    CloseSession { session: u64 },
    /// End the sessions on these ports.
    ClosePorts { hub: u64, ports: Vec<PortId> },
    /// Close everything politely within so many milliseconds and end the thread.
    Stop { deadline_ms: u64 },
}
