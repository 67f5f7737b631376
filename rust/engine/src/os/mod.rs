//! What differs between operating systems, one file a system. The only place where `unsafe` is allowed.

use std::io;
use std::os::fd::OwnedFd;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(test, target_os = "linux"))]
mod tests;

/// How much nicer than the threads that move frames others are: a third of their weight.
const BEHIND_FRAMES: i32 = 5;

/// What the kernel takes and gives in one piece on a TAP adapter. With any of it, each frame has a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapOffload {
    /// Single frames without a header.
    None,
    /// TCP super-frames.
    Tcp,
    /// TCP and UDP super-frames.
    TcpAndUdp,
}

/// A TAP adapter that lives as long as the descriptor, which does not block.
pub struct Tap {
    /// The open device.
    pub descriptor: OwnedFd,
    /// The name that the system gave.
    pub name: String,
    /// What was agreed with the kernel.
    pub offload: TapOffload,
}

/// Create a TAP adapter, with as much offload as the kernel has.
pub fn open_tap(name: &str) -> io::Result<Tap> {
    linux::open_tap(name)
}

/// Let the kernel give up on a peer that acknowledges nothing for this long.
pub fn set_user_timeout(socket: &mio::net::TcpStream, milliseconds: u32) -> io::Result<()> {
    rustix::net::sockopt::set_tcp_user_timeout(socket, milliseconds)?;
    Ok(())
}

/// Let the calling thread have a core only as far as the threads that move frames leave it one.
pub fn yield_to_frames() {
    linux::lower_priority(BEHIND_FRAMES);
}

/// Block every signal in the calling thread: signals belong to the interpreter's threads.
pub fn block_signals() {
    linux::block_signals();
}
