//! One TLS connection on a socket that never blocks: plaintext in and out, nothing said of what it means.

use etherloom_engine::tls::{ClientSettings, Tls};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};

pub struct Link {
    tcp: TcpStream,
    tls: Tls,
    /// Received, and not a whole record yet.
    input: Vec<u8>,
    /// Opened, and not taken yet.
    pub plain: Vec<u8>,
    output: Vec<u8>,
    written: usize,
}

impl Link {
    /// Begin to connect.
    pub fn dial(
        to: SocketAddr,
        from: Option<IpAddr>,
        settings: &ClientSettings,
    ) -> io::Result<Self> {
        let tls = Tls::client(settings, "").map_err(io::Error::other)?;
        Ok(Self {
            tcp: connect(to, from)?,
            tls,
            input: Vec::new(),
            plain: Vec::new(),
            output: Vec::new(),
            written: 0,
        })
    }

    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut self.tcp, token, interest)
    }

    pub fn is_established(&self) -> bool {
        self.tls.is_established()
    }

    /// Nothing waits for the socket.
    pub fn is_drained(&self) -> bool {
        self.output.is_empty()
    }

    /// Shake hands, read all there is, write all that can go. False once the peer has ended; what it said before
    /// is there all the same.
    pub fn exchange(&mut self, scratch: &mut [u8]) -> io::Result<bool> {
        loop {
            if !self.open()? {
                return Ok(false);
            }
            self.flush()?;
            match self.tcp.read(scratch) {
                Ok(0) => return Ok(false),
                Ok(size) => self.input.extend_from_slice(&scratch[..size]),
                Err(error) if is_pause(&error) => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    /// Seal `plain` and write what can go.
    pub fn send(&mut self, plain: &[u8]) -> io::Result<()> {
        self.tls
            .seal(plain, &mut self.output)
            .map_err(io::Error::other)?;
        self.flush()
    }

    /// Take the first bytes of what was opened away.
    pub fn take(&mut self, count: usize) {
        self.plain.drain(..count);
    }

    /// Open whole records; false if one says that the peer has ended.
    fn open(&mut self) -> io::Result<bool> {
        let opened = self
            .tls
            .open(
                &mut self.input,
                &mut self.plain,
                usize::MAX,
                &mut self.output,
            )
            .map_err(io::Error::other)?;
        self.input.drain(..opened.consumed);
        Ok(!opened.closed)
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.written < self.output.len() {
            match self.tcp.write(&self.output[self.written..]) {
                Ok(size) => self.written += size,
                Err(error) if is_pause(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.written = 0;
        Ok(())
    }
}

fn connect(to: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(from) = from else {
        let tcp = TcpStream::connect(to)?;
        tcp.set_nodelay(true)?;
        return Ok(tcp);
    };
    let domain = socket2::Domain::for_address(to);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&to.into()) {
        Ok(()) => {}
        Err(error)
            if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
        Err(error) => return Err(error),
    }
    Ok(TcpStream::from_std(socket.into()))
}

/// Not connected yet is no fault either: the event that says so is still to come.
fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::Interrupted | ErrorKind::NotConnected
    )
}
