//! A connection before it is part of a session: TLS handshake, then bytes that Python pulls.
//!
//! From the socket it takes at most the rest of the current TLS record, so that what follows the last PACK
//! stays where a raw link can read it.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

use mio::net::TcpStream;

use crate::admission::Admission;
use crate::shared::ConnectionShared;
use crate::tls::{Tls, bytes_to_record_end};

const RECORD_HEADER_BYTES: usize = 5;
const CLOSE_WAIT_MS: u64 = 2_000;
/// What may wait for a peer that has not logged in.
const STRANGER_UNSENT_BYTES: usize = 1_048_576;
/// What may wait for an administrator: the largest answer, sealed.
const UNSENT_BYTES: usize = 69_206_016;
/// While more than this waits, nothing is read: who asks must take the answers.
const UNSENT_BEFORE_READING_BYTES: usize = 262_144;

/// How a connection came to be over.
#[derive(Debug, PartialEq, Eq)]
pub enum Over {
    /// The peer closed cleanly.
    Finished,
    /// Anything else, as a sentence.
    Lost(String),
}

/// What became of an attempt to make progress.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// Waiting for the socket.
    Waiting,
    /// TLS has just come up.
    Established,
    /// Plain bytes are there.
    Plain,
}

/// A connection on its worker.
pub struct Connection {
    /// Facts and inbox.
    pub shared: Arc<ConnectionShared>,
    /// The socket, registered with the worker.
    pub socket: TcpStream,
    /// Its TLS.
    pub tls: Tls,
    /// Place below the listener's caps, until it has logged in.
    pub admission: Option<Admission>,
    /// Engine milliseconds at which it is closed.
    pub deadline_ms: Option<u64>,
    /// How many bytes Python has asked for.
    pub wanted: usize,
    /// We opened it, and TCP is not up yet.
    pub connecting: bool,
    /// Closing: until when the peer may take.
    pub closing: Option<u64>,
    received: Vec<u8>,
    plain: Vec<u8>,
    unsent: Vec<u8>,
    sent: usize,
    readable: bool,
    write_closed: bool,
}

impl Connection {
    /// A connection whose TLS has not begun.
    pub fn new(
        shared: Arc<ConnectionShared>,
        socket: TcpStream,
        tls: Tls,
        deadline_ms: u64,
    ) -> Self {
        Self {
            shared,
            socket,
            tls,
            admission: None,
            deadline_ms: Some(deadline_ms),
            wanted: 0,
            connecting: false,
            closing: None,
            received: Vec::new(),
            plain: Vec::new(),
            unsent: Vec::new(),
            sent: 0,
            readable: false,
            write_closed: false,
        }
    }

    /// The worker has heard that the socket may have bytes.
    pub fn mark_readable(&mut self) {
        self.readable = true;
    }

    /// Whether bytes are to be read now: during the handshake, or for a pull.
    pub fn is_reading(&self) -> bool {
        !self.connecting
            && self.closing.is_none()
            && (!self.tls.is_established()
                || (self.wanted > 0
                    && self.unsent.len() - self.sent <= UNSENT_BEFORE_READING_BYTES))
    }

    /// Put what TLS wants to say first onto the wire: the client's hello.
    pub fn begin(&mut self) -> Result<(), Over> {
        self.connecting = false;
        self.open_record()?;
        self.flush()
    }

    /// Read and open records until there is something for Python or the socket is empty.
    pub fn advance(&mut self) -> Result<Progress, Over> {
        loop {
            if !self.plain.is_empty() {
                return Ok(Progress::Plain);
            }
            if !self.fill_record()? {
                return Ok(Progress::Waiting);
            }
            let was_established = self.tls.is_established();
            let finished = self.open_record()?;
            self.flush()?;
            if finished {
                return Err(Over::Finished);
            }
            if !was_established && self.tls.is_established() {
                return Ok(Progress::Established);
            }
        }
    }

    /// True when one whole record is in `received`.
    fn fill_record(&mut self) -> Result<bool, Over> {
        loop {
            let missing = if self.received.len() < RECORD_HEADER_BYTES {
                RECORD_HEADER_BYTES - self.received.len()
            } else {
                bytes_to_record_end(&self.received)
                    .map_err(|error| Over::Lost(error.to_string()))?
            };
            if missing == 0 {
                return Ok(true);
            }
            let held = self.received.len();
            self.received.resize(held + missing, 0);
            let result = self.socket.read(&mut self.received[held..]);
            self.received
                .truncate(held + result.as_ref().copied().unwrap_or(0));
            match result {
                Ok(0) => return Err(self.end_of_stream()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    return Ok(false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Over::Lost(error.to_string())),
            }
        }
    }

    fn end_of_stream(&self) -> Over {
        if !self.tls.is_established() {
            Over::Lost("the peer closed the connection during the TLS handshake".into())
        } else if self.received.is_empty() {
            // Stock peers often end without close_notify; HTTP lengths tell a cut from an end.
            Over::Finished
        } else {
            Over::Lost("the peer closed the connection in the middle of a TLS record".into())
        }
    }

    /// Open what is whole; true when the peer has said goodbye.
    fn open_record(&mut self) -> Result<bool, Over> {
        match self.tls.open(
            &mut self.received,
            &mut self.plain,
            usize::MAX,
            &mut self.unsent,
        ) {
            Ok(opened) => {
                self.received.drain(..opened.consumed);
                Ok(opened.closed)
            }
            Err(error) => {
                // The alert, if it still gets through.
                let _ = self.flush();
                Err(Over::Lost(error.to_string()))
            }
        }
    }

    /// Up to as many bytes as were asked for.
    pub fn take_wanted(&mut self) -> Vec<u8> {
        let count = self.wanted.min(self.plain.len());
        self.wanted = 0;
        self.plain.drain(..count).collect()
    }

    /// Seal bytes and send them as far as the socket takes them.
    pub fn send(&mut self, data: &[u8]) -> Result<(), Over> {
        let limit = if self.admission.is_some() {
            STRANGER_UNSENT_BYTES
        } else {
            UNSENT_BYTES
        };
        if self.unsent.len() - self.sent + data.len() > limit {
            return Err(Over::Lost(
                "the peer takes nothing of what is sent to it".into(),
            ));
        }
        if self.sent > UNSENT_BEFORE_READING_BYTES {
            self.unsent.drain(..self.sent);
            self.sent = 0;
        }
        self.tls
            .seal(data, &mut self.unsent)
            .map_err(|error| Over::Lost(error.to_string()))?;
        self.flush()
    }

    /// Send what waits, as far as the socket takes it.
    pub fn flush(&mut self) -> Result<(), Over> {
        while self.sent < self.unsent.len() {
            match self.socket.write(&self.unsent[self.sent..]) {
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Over::Lost(error.to_string())),
            }
        }
        self.unsent.clear();
        self.sent = 0;
        if self.closing.is_some() && !self.write_closed {
            self.write_closed = true;
            self.socket
                .shutdown(Shutdown::Write)
                .map_err(|error| Over::Lost(error.to_string()))?;
        }
        Ok(())
    }

    /// Say goodbye, shut down writing, wait a moment for the peer to follow.
    pub fn start_closing(&mut self, now_ms: u64) -> Result<(), Over> {
        if self.closing.is_some() {
            return Ok(());
        }
        if self.connecting {
            return Err(Over::Finished);
        }
        if self.tls.is_established() {
            self.tls.close_notify(&mut self.unsent);
        }
        self.closing = Some(now_ms + CLOSE_WAIT_MS);
        self.flush()
    }

    /// While closing: read and forget. True when the peer's end was seen.
    pub fn discard(&mut self, scratch: &mut [u8]) -> bool {
        loop {
            match self.socket.read(scratch) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
    }

    /// When it must be looked at without an event.
    pub fn next_due_ms(&self) -> u64 {
        self.closing.or(self.deadline_ms).unwrap_or(u64::MAX)
    }

    /// Take it apart: socket, TLS, unopened bytes, opened bytes, unsent bytes.
    pub fn dismantle(mut self) -> Dismantled {
        let unsent = self.unsent.split_off(self.sent);
        Dismantled {
            socket: self.socket,
            tls: self.tls,
            received: self.received,
            plain: self.plain,
            unsent,
        }
    }
}

/// The parts of a connection on its way to something else.
pub struct Dismantled {
    /// The socket.
    pub socket: TcpStream,
    /// Its TLS.
    pub tls: Tls,
    /// Received, not opened.
    pub received: Vec<u8>,
    /// Opened, not pulled.
    pub plain: Vec<u8>,
    /// Sealed, not sent.
    pub unsent: Vec<u8>,
}
