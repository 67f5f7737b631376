//! What differs between operating systems, one file a system. The only place where `unsafe` is allowed.

use std::io;
use std::os::fd::OwnedFd;

#[cfg(target_os = "linux")]
mod datagrams;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(test, target_os = "linux"))]
mod tests;

/// How much nicer than the threads that move frames others are: a third of their weight.
const BEHIND_FRAMES: i32 = 5;

#[cfg(target_os = "linux")]
pub use datagrams::{Arrivals, Run, bind_datagrams, receive, send_run};

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

/// Random bytes that nobody can guess.
pub fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    rustix::rand::getrandom(bytes, rustix::rand::GetRandomFlags::empty()).map(drop)?;
    Ok(())
}

/// Let the kernel give up on a peer that acknowledges nothing for this long.
pub fn set_user_timeout(socket: &mio::net::TcpStream, milliseconds: u32) -> io::Result<()> {
    rustix::net::sockopt::set_tcp_user_timeout(socket, milliseconds)?;
    Ok(())
}

/// Let the socket count as writable only while less than this waits in the system unsent.
pub fn set_unsent_low_water(socket: &mio::net::TcpStream, bytes: u32) -> io::Result<()> {
    socket2::SockRef::from(socket).set_tcp_notsent_lowat(bytes)
}

/// Send what the socket takes. `alone`: the system does not join it with what it sends later, so that it looks at how
/// much is unsent before every piece, and not only every 64 KiB.
pub fn send(socket: &mio::net::TcpStream, bytes: &[u8], alone: bool) -> io::Result<usize> {
    use rustix::net::SendFlags;
    let end = if alone {
        SendFlags::EOR
    } else {
        SendFlags::empty()
    };
    Ok(rustix::net::send(socket, bytes, SendFlags::NOSIGNAL | end)?)
}

/// Use this congestion control, if the system has it and allows it.
pub fn set_congestion_control(socket: impl std::os::fd::AsFd, name: &str) -> io::Result<()> {
    rustix::net::sockopt::set_tcp_congestion(socket, name)?;
    Ok(())
}

/// How long segments take to the peer and back.
#[derive(Clone, Copy, Debug)]
pub struct RoundTrip {
    /// Lately.
    pub smoothed_us: u32,
    /// At best.
    pub least_us: u32,
}

/// What the system has measured of a connection's path.
pub fn round_trip(socket: &mio::net::TcpStream) -> io::Result<RoundTrip> {
    linux::round_trip(socket)
}

/// Bytes that were written and that the peer's system has not acknowledged.
pub fn unacknowledged_bytes(socket: &mio::net::TcpStream) -> io::Result<usize> {
    linux::unacknowledged_bytes(socket)
}

/// True when the system has finished with a connection: it was reset, or both ends have come and the peer's
/// system has acknowledged all that was sent.
pub fn is_over(socket: &mio::net::TcpStream) -> bool {
    // A TCP socket has a peer in every state but the closed one.
    socket.peer_addr().is_err()
}

/// A descriptor of one's own for what somebody else's number stands for.
pub fn duplicate(descriptor: std::os::fd::RawFd) -> io::Result<OwnedFd> {
    linux::duplicate(descriptor)
}

/// Let the calling thread have a core only as far as the threads that move frames leave it one.
pub fn yield_to_frames() {
    linux::lower_priority(BEHIND_FRAMES);
}

/// Block every signal in the calling thread: signals belong to the interpreter's threads.
pub fn block_signals() {
    linux::block_signals();
}

/// A time of day, where this machine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// Year.
    pub year: i32,
    /// Month, from 1.
    pub month: i32,
    /// Day, from 1.
    pub day: i32,
    /// Hour.
    pub hour: i32,
    /// Minute.
    pub minute: i32,
    /// Second.
    pub second: i32,
}

/// What people's clocks show.
pub fn local_time(unix_seconds: i64) -> LocalTime {
    linux::local_time(unix_seconds)
}
