//! Many datagrams with one call: segmentation and coalescing of UDP by the Linux kernel.

use std::io;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr::null_mut;

use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};

/// Coalesced or not, what one message brings is no longer than this.
const MESSAGE_BYTES: usize = 65_536;
/// Messages that are taken by one call.
const MESSAGES: usize = 8;
/// What the kernel may hold for a socket each way, if it lets us.
const SOCKET_BYTES: usize = 2 * 1024 * 1024;
/// Room for one control message with an int, aligned as such.
type Control = [u64; 4];

/// Datagrams one behind the other in a buffer: all of `segment` bytes, the last one perhaps shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Bytes of a datagram.
    pub segment: usize,
}

/// What a call has brought.
pub struct Arrivals {
    bytes: Vec<u8>,
    runs: Vec<(SocketAddr, Run)>,
}

impl Default for Arrivals {
    /// Takes its memory now and keeps it.
    fn default() -> Self {
        Self {
            bytes: vec![0; MESSAGES * MESSAGE_BYTES],
            runs: Vec::with_capacity(MESSAGES),
        }
    }
}

impl Arrivals {
    /// Each datagram with its sender.
    pub fn each(&mut self, mut visit: impl FnMut(SocketAddr, &mut [u8])) {
        for (from, run) in &self.runs {
            for datagram in self.bytes[run.start..run.end].chunks_mut(run.segment) {
                visit(*from, datagram);
            }
        }
    }
}

/// A socket on this address that does not block; datagrams that are too long for the path are fragmented.
pub fn bind_datagrams(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    } else {
        let fragment = libc::IP_PMTUDISC_DONT;
        set_option(&socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, fragment)?;
    }
    socket.set_nonblocking(true)?;
    // The system may allow less.
    let _ = socket.set_recv_buffer_size(SOCKET_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BYTES);
    // Kernels that can't coalesce give every datagram by itself.
    let _ = set_option(&socket, libc::SOL_UDP, libc::UDP_GRO, 1);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn set_option(socket: &Socket, level: i32, name: i32, value: i32) -> io::Result<()> {
    // SAFETY: the option takes one C int, which `value` is for the time of the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            size_of::<i32>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Send the datagrams of one run. Either all have gone or none.
pub fn send_run(
    socket: &UdpSocket,
    to: SocketAddr,
    bytes: &[u8],
    segment: usize,
) -> io::Result<()> {
    if bytes.len() <= segment {
        return SockRef::from(socket).send_to(bytes, &to.into()).map(drop);
    }
    let to = SockAddr::from(to);
    let mut control: Control = [0; 4];
    let mut part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: all parts of the message header outlive the call, which only reads them; the control buffer is zeroed,
    // aligned and longer than the one control message of two bytes that is written into it.
    let sent = unsafe {
        let mut message: libc::msghdr = zeroed();
        message.msg_name = to.as_ptr().cast_mut().cast();
        message.msg_namelen = to.len();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = libc::CMSG_SPACE(size_of::<u16>() as u32) as usize;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_UDP;
        (*header).cmsg_type = libc::UDP_SEGMENT;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<u16>() as u32) as usize;
        libc::CMSG_DATA(header)
            .cast::<u16>()
            .write_unaligned(segment as u16);
        libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL)
    };
    if sent < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Take what has come, up to a bound. True: there may be more.
pub fn receive(socket: &UdpSocket, arrivals: &mut Arrivals) -> io::Result<bool> {
    arrivals.runs.clear();
    let mut controls: [Control; MESSAGES] = [[0; 4]; MESSAGES];
    // SAFETY: plain C structures, for which zeros are a value.
    let (mut names, mut parts, mut messages) = unsafe {
        zeroed::<(
            [libc::sockaddr_storage; MESSAGES],
            [libc::iovec; MESSAGES],
            [libc::mmsghdr; MESSAGES],
        )>()
    };
    for (index, chunk) in arrivals.bytes.chunks_mut(MESSAGE_BYTES).enumerate() {
        parts[index] = libc::iovec {
            iov_base: chunk.as_mut_ptr().cast(),
            iov_len: chunk.len(),
        };
        let header = &mut messages[index].msg_hdr;
        header.msg_name = (&raw mut names[index]).cast();
        header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        header.msg_iov = &raw mut parts[index];
        header.msg_iovlen = 1;
        header.msg_control = controls[index].as_mut_ptr().cast();
        header.msg_controllen = size_of::<Control>();
    }
    // SAFETY: every header points to memory of its own that outlives the call, with its true length.
    let count = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            messages.as_mut_ptr(),
            MESSAGES as u32,
            libc::MSG_DONTWAIT,
            null_mut(),
        )
    };
    if count < 0 {
        return Err(io::Error::last_os_error());
    }
    for (index, message) in messages.iter().enumerate().take(count as usize) {
        let length = message.msg_len as usize;
        if let Some(from) = address_of(&names[index], message.msg_hdr.msg_namelen)
            && length > 0
        {
            let start = index * MESSAGE_BYTES;
            let run = Run {
                start,
                end: start + length,
                segment: segment_of(&message.msg_hdr).unwrap_or(length).max(1),
            };
            arrivals.runs.push((from, run));
        }
    }
    Ok(count as usize == MESSAGES)
}

fn address_of(name: &libc::sockaddr_storage, length: libc::socklen_t) -> Option<SocketAddr> {
    // SAFETY: the kernel has filled the storage up to this length, of a family that socket2 looks at.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, out_length| {
            storage
                .cast::<MaybeUninit<libc::sockaddr_storage>>()
                .write(MaybeUninit::new(*name));
            *out_length = length;
            Ok(())
        })
    }
    .ok()?;
    address.as_socket()
}

/// What the kernel says of a message that it has put together of several datagrams.
fn segment_of(header: &libc::msghdr) -> Option<usize> {
    // SAFETY: the kernel has written whole control messages into the buffer and their length into the header.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while !control.is_null() {
            if (*control).cmsg_level == libc::SOL_UDP && (*control).cmsg_type == libc::UDP_GRO {
                let segment = libc::CMSG_DATA(control).cast::<i32>().read_unaligned();
                return usize::try_from(segment).ok();
            }
            control = libc::CMSG_NXTHDR(header, control);
        }
    }
    None
}
