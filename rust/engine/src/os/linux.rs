//! Linux: TAP adapters through /dev/net/tun, signal masks.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags, open};
use rustix::ioctl::{Getter, IntegerSetter, Updater, ioctl, opcode};

use super::{LocalTime, RoundTrip, Tap, TapOffload};

const INTERFACE_NAME_BYTES: usize = 16;
const IFF_TAP: u16 = 0x0002;
const IFF_NO_PI: u16 = 0x1000;
const IFF_VNET_HDR: u16 = 0x4000;
// TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6; TUN_F_USO4, TUN_F_USO6.
const TCP_OFFLOAD: usize = 0x01 | 0x02 | 0x04;
const UDP_OFFLOAD: usize = 0x20 | 0x40;
// SIOCOUTQ
const UNACKNOWLEDGED: u32 = 0x5411;
const TUNSETIFF: u32 = opcode::write::<i32>(b'T', 202);
const TUNSETOFFLOAD: u32 = opcode::write::<u32>(b'T', 208);

/// The kernel's `struct ifreq` as TUNSETIFF uses it: name, flags, padding of the union.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; INTERFACE_NAME_BYTES],
    flags: u16,
    padding: [u8; 22],
}

pub(super) fn open_tap(name: &str) -> io::Result<Tap> {
    if name.len() >= INTERFACE_NAME_BYTES || name.bytes().any(|byte| byte == 0 || byte == b'/') {
        let reason = format!("{name:?} can't name an adapter: at most 15 characters without '/'");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    create_tap(name, IFF_VNET_HDR).or_else(|_| create_tap(name, 0))
}

fn create_tap(name: &str, extra: u16) -> io::Result<Tap> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let descriptor = open("/dev/net/tun", flags, Mode::empty())?;
    let mut request = InterfaceRequest {
        name: [0; INTERFACE_NAME_BYTES],
        flags: IFF_TAP | IFF_NO_PI | extra,
        padding: [0; 22],
    };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    // SAFETY: TUNSETIFF reads and writes one `struct ifreq`, which InterfaceRequest mirrors in size and
    // layout; the descriptor is /dev/net/tun.
    unsafe {
        ioctl(
            &descriptor,
            Updater::<TUNSETIFF, InterfaceRequest>::new(&mut request),
        )
    }?;
    let length = request
        .name
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(INTERFACE_NAME_BYTES);
    let name = String::from_utf8_lossy(&request.name[..length]).into_owned();
    let offload = if extra == 0 {
        TapOffload::None
    } else {
        agree_offload(&descriptor)?
    };
    Ok(Tap {
        descriptor,
        name,
        offload,
    })
}

/// UDP segmentation came with Linux 6.2; older kernels refuse the whole set for it.
fn agree_offload(descriptor: &OwnedFd) -> io::Result<TapOffload> {
    let wishes = [
        (TCP_OFFLOAD | UDP_OFFLOAD, TapOffload::TcpAndUdp),
        (TCP_OFFLOAD, TapOffload::Tcp),
    ];
    for (flags, offload) in wishes {
        // SAFETY: TUNSETOFFLOAD takes its flags by value and touches no memory of ours.
        if unsafe { ioctl(descriptor, IntegerSetter::<TUNSETOFFLOAD>::new_usize(flags)) }.is_ok() {
            return Ok(offload);
        }
    }
    Err(io::ErrorKind::Unsupported.into())
}

/// Where the kernel's `struct tcp_info` has `tcpi_rtt` and `tcpi_min_rtt`, both in microseconds.
const INFO_ROUND_TRIP: usize = 68;
const INFO_LEAST_ROUND_TRIP: usize = 148;
const INFO_BYTES: usize = 152;

pub(super) fn round_trip(socket: &impl AsRawFd) -> io::Result<RoundTrip> {
    let mut info = [0_u8; INFO_BYTES];
    let mut length = INFO_BYTES as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes into `info`, which lives through the call; the descriptor is
    // open as long as the socket is borrowed.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    if (length as usize) < INFO_BYTES {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let number = |place: usize| {
        let bytes = [
            info[place],
            info[place + 1],
            info[place + 2],
            info[place + 3],
        ];
        u32::from_ne_bytes(bytes)
    };
    Ok(RoundTrip {
        smoothed_us: number(INFO_ROUND_TRIP),
        least_us: number(INFO_LEAST_ROUND_TRIP),
    })
}

pub(super) fn unacknowledged_bytes(socket: impl std::os::fd::AsFd) -> io::Result<usize> {
    // SAFETY: SIOCOUTQ writes one C int, which the getter holds.
    let bytes = unsafe { ioctl(socket, Getter::<UNACKNOWLEDGED, libc::c_int>::new()) }?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

pub(super) fn duplicate(descriptor: RawFd) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: it is no -1, and borrowed for one call only, which refuses a number that nothing is open under.
    unsafe { BorrowedFd::borrow_raw(descriptor) }.try_clone_to_owned()
}

/// Linux counts niceness by thread. Taking less needs no privilege, and who can't loses only a preference.
pub(super) fn lower_priority(by: i32) {
    let _ = rustix::process::nice(by);
}

pub(super) fn block_signals() {
    // SAFETY: the set is initialised by sigfillset before it is read; pthread_sigmask changes this thread only.
    unsafe {
        let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut());
    }
}

pub(super) fn local_time(unix_seconds: i64) -> LocalTime {
    let mut broken = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: localtime_r reads one number and writes one `struct tm`, which zeroes are a value of as well. It does not
    // touch the environment where the zone has been read before, which the first call does.
    let broken = unsafe {
        libc::localtime_r(&raw const unix_seconds, broken.as_mut_ptr());
        broken.assume_init()
    };
    LocalTime {
        year: broken.tm_year + 1_900,
        month: broken.tm_mon + 1,
        day: broken.tm_mday,
        hour: broken.tm_hour,
        minute: broken.tm_min,
        second: broken.tm_sec,
    }
}
