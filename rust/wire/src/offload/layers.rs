//! Where the headers of a frame are.

/// Bytes of an Ethernet header.
const ETHERNET: usize = 14;
/// Bytes of a VLAN tag, and how many of them are looked behind.
const TAG: usize = 4;
const MOST_TAGS: usize = 2;
/// Bytes of the longest link header that is looked behind.
pub(super) const LONGEST_LINK: usize = ETHERNET + MOST_TAGS * TAG;

/// Bytes of an IPv4 header without options.
pub(super) const IPV4: usize = 20;
/// Offset and "more follow" in the seventh and eighth byte of it.
const FRAGMENT: u16 = 0x3fff;
/// Bytes of the fixed IPv6 header.
pub(super) const IPV6: usize = 40;
/// Bytes of a TCP header without options.
pub(super) const TCP: usize = 20;
/// Bytes of a UDP header.
pub(super) const UDP: usize = 8;

/// In the thirteenth byte of TCP: not yet assigned, or the ninth flag.
pub(super) const RESERVED: u8 = 0x0f;
/// In the flags of TCP.
pub(super) const FIN: u8 = 0x01;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;
pub(super) const CWR: u8 = 0x80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    pub(super) fn of(number: u8) -> Option<Self> {
        match number {
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }

    /// Where its header holds the checksum.
    pub(super) fn checksum_offset(self) -> usize {
        match self {
            Self::Tcp => 16,
            Self::Udp => 6,
        }
    }
}

/// Offsets from the frame's begin. Whoever makes one has checked that the headers are inside the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layers {
    pub(super) network: usize,
    pub(super) transport: usize,
    pub(super) payload: usize,
    pub(super) version: Version,
    pub(super) protocol: Protocol,
}

impl Layers {
    /// Where the checksum of TCP or UDP stands.
    pub(super) fn checksum(&self) -> usize {
        self.transport + self.protocol.checksum_offset()
    }

    /// Both addresses, side by side.
    pub(super) fn addresses<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        addresses(frame, self.network, self.version)
    }
}

/// Both addresses of the IP header at `network`, side by side.
pub(super) fn addresses(frame: &[u8], network: usize, version: Version) -> &[u8] {
    match version {
        Version::V4 => &frame[network + 12..network + IPV4],
        Version::V6 => &frame[network + 8..network + IPV6],
    }
}

/// Where IP begins, if the frame is long enough for one of its headers (without options).
pub(super) fn network(frame: &[u8]) -> Option<(usize, Version)> {
    let mut network = ETHERNET;
    for _ in 0..MOST_TAGS {
        match ether_type(frame, network)? {
            0x8100 | 0x88a8 => network += TAG,
            _ => break,
        }
    }
    let (version, header) = match ether_type(frame, network)? {
        0x0800 => (Version::V4, IPV4),
        0x86dd => (Version::V6, IPV6),
        _ => return None,
    };
    let says = match version {
        Version::V4 => 4,
        Version::V6 => 6,
    };
    (frame.len() >= network + header && frame[network] >> 4 == says).then_some((network, version))
}

fn ether_type(frame: &[u8], behind: usize) -> Option<u16> {
    frame
        .get(behind - 2..behind)
        .map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// The IPv4 packet at `network` is a piece of another.
pub(super) fn is_fragment(frame: &[u8], network: usize) -> bool {
    read_u16(frame, network + 6) & FRAGMENT != 0
}

/// Where the payload begins, if a sound header of TCP or UDP is at `transport`.
pub(super) fn payload(frame: &[u8], transport: usize, protocol: Protocol) -> Option<usize> {
    let header = match protocol {
        Protocol::Tcp => usize::from(frame.get(transport + 12)? >> 4) * 4,
        Protocol::Udp => UDP,
    };
    let shortest = match protocol {
        Protocol::Tcp => TCP,
        Protocol::Udp => UDP,
    };
    (header >= shortest && frame.len() >= transport + header).then_some(transport + header)
}

/// The big-endian number at `place`, which is inside.
pub(super) fn read_u16(frame: &[u8], place: usize) -> u16 {
    u16::from_be_bytes([frame[place], frame[place + 1]])
}

/// The big-endian number at `place`, which is inside.
pub(super) fn read_u32(frame: &[u8], place: usize) -> u32 {
    u32::from(read_u16(frame, place)) << 16 | u32::from(read_u16(frame, place + 2))
}

/// Puts bytes in the place of others.
pub(super) fn put<const N: usize>(frame: &mut [u8], place: usize, bytes: [u8; N]) {
    frame[place..place + N].copy_from_slice(&bytes);
}
