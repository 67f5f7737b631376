//! A connection handed to a server of another protocol: plain bytes go through one end of a socket pair.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::{TcpStream, UnixStream};

use crate::connection::Dismantled;
use crate::tls::Tls;

const STEP_BYTES: usize = 64 * 1024;

/// Both sockets and what is between them; each way at most one step is buffered.
pub struct Splice {
    /// The peer.
    pub peer: TcpStream,
    /// The other end is the caller's.
    pub local: UnixStream,
    tls: Tls,
    received: Vec<u8>,
    to_local: Vec<u8>,
    to_peer: Vec<u8>,
    peer_ended: bool,
    local_ended: bool,
    local_shut: bool,
    peer_shut: bool,
}

impl Splice {
    /// `replay` is read from the pair first.
    pub fn new(parts: Dismantled, local: UnixStream, replay: Vec<u8>) -> Self {
        let mut to_local = replay;
        to_local.extend_from_slice(&parts.plain);
        Self {
            peer: parts.socket,
            local,
            tls: parts.tls,
            received: parts.received,
            to_local,
            to_peer: parts.unsent,
            peer_ended: false,
            local_ended: false,
            local_shut: false,
            peer_shut: false,
        }
    }

    /// Move what can be moved. False when both ways are done, or broken.
    pub fn pump(&mut self, scratch: &mut [u8]) -> bool {
        loop {
            match (self.pump_inward(scratch), self.pump_outward(scratch)) {
                (Ok(false), Ok(false)) => break,
                (Ok(_), Ok(_)) => {}
                _ => return false,
            }
        }
        !(self.local_shut && self.peer_shut)
    }

    fn pump_inward(&mut self, scratch: &mut [u8]) -> io::Result<bool> {
        let mut moved = write_some(&mut self.local, &mut self.to_local)?;
        if self.to_local.is_empty() && !self.peer_ended {
            moved |= self.read_peer(scratch)?;
        }
        if self.peer_ended && self.to_local.is_empty() && !self.local_shut {
            self.local_shut = true;
            self.local.shutdown(Shutdown::Write)?;
        }
        Ok(moved)
    }

    fn read_peer(&mut self, scratch: &mut [u8]) -> io::Result<bool> {
        let Some(taken) = read_some(&mut self.peer, &mut scratch[..STEP_BYTES])? else {
            return Ok(false);
        };
        if taken == 0 {
            self.peer_ended = true;
            return Ok(true);
        }
        self.received.extend_from_slice(&scratch[..taken]);
        let opened = self
            .tls
            .open(
                &mut self.received,
                &mut self.to_local,
                usize::MAX,
                &mut self.to_peer,
            )
            .map_err(|error| io::Error::other(error.to_string()))?;
        self.received.drain(..opened.consumed);
        self.peer_ended |= opened.closed;
        Ok(true)
    }

    fn pump_outward(&mut self, scratch: &mut [u8]) -> io::Result<bool> {
        let mut moved = write_some(&mut self.peer, &mut self.to_peer)?;
        if self.to_peer.is_empty() && !self.local_ended {
            if let Some(taken) = read_some(&mut self.local, &mut scratch[..STEP_BYTES])? {
                moved = true;
                self.local_ended = taken == 0;
                if self.local_ended {
                    self.tls.close_notify(&mut self.to_peer);
                } else {
                    let sealed = self.tls.seal(&scratch[..taken], &mut self.to_peer);
                    sealed.map_err(|error| io::Error::other(error.to_string()))?;
                }
            }
        }
        if self.local_ended && self.to_peer.is_empty() && !self.peer_shut {
            self.peer_shut = true;
            self.peer.shutdown(Shutdown::Write)?;
        }
        Ok(moved)
    }
}

/// Some(0) is the end, None an empty socket.
fn read_some(socket: &mut impl Read, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match socket.read(buffer) {
            Ok(taken) => return Ok(Some(taken)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn write_some(socket: &mut impl Write, data: &mut Vec<u8>) -> io::Result<bool> {
    let mut written = 0;
    while written < data.len() {
        match socket.write(&data[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    data.drain(..written);
    Ok(written > 0)
}
