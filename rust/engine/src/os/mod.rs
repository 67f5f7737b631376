//! What differs between operating systems, one file a system. The only place where `unsafe` is allowed.

use std::io;
use std::os::fd::OwnedFd;

#[cfg(target_os = "linux")]
mod linux;

/// Create a TAP adapter that lives as long as the descriptor. Returns the descriptor, not blocking, and the
/// name that the system gave.
pub fn open_tap(name: &str) -> io::Result<(OwnedFd, String)> {
    linux::open_tap(name)
}

/// Let the kernel give up on a peer that acknowledges nothing for this long.
pub fn set_user_timeout(socket: &mio::net::TcpStream, milliseconds: u32) -> io::Result<()> {
    rustix::net::sockopt::set_tcp_user_timeout(socket, milliseconds)?;
    Ok(())
}

/// Block every signal in the calling thread: signals belong to the interpreter's threads.
pub fn block_signals() {
    linux::block_signals();
}
