//! The header in front of each frame of a device with `IFF_VNET_HDR`.

/// Bytes of a [`VirtioHeader`].
pub const VIRTIO_HEADER_BYTES: usize = 10;

/// In `flags`: the checksum field holds the sum of the pseudo-header only; the rest is to be added.
pub const NEEDS_CHECKSUM: u8 = 1;
/// In `flags`: somebody has verified the checksum.
pub const CHECKSUM_VALID: u8 = 2;

/// In `gso_type`: one frame.
pub const GSO_NONE: u8 = 0;
/// In `gso_type`: TCP over IPv4.
pub const GSO_TCPV4: u8 = 1;
/// In `gso_type`: TCP over IPv6.
pub const GSO_TCPV6: u8 = 4;
/// In `gso_type`: UDP datagrams of equal size.
pub const GSO_UDP_L4: u8 = 5;
/// Added to `gso_type`: the super-frame carries CWR.
pub const GSO_ECN: u8 = 0x80;

/// The 10-byte virtio-net header (legacy layout, in the machine's byte order as Linux has it by default).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VirtioHeader {
    /// [`NEEDS_CHECKSUM`], [`CHECKSUM_VALID`].
    pub flags: u8,
    /// How to cut the frame: [`GSO_NONE`], [`GSO_TCPV4`], [`GSO_TCPV6`] or [`GSO_UDP_L4`]; and [`GSO_ECN`].
    pub gso_type: u8,
    /// Bytes of all headers. A hint: the kernel puts more there at times.
    pub header_length: u16,
    /// Bytes of payload in each segment but the last.
    pub segment_size: u16,
    /// From where the checksum is taken, up to the frame's end.
    pub checksum_start: u16,
    /// Where the checksum stands, counted from `checksum_start`.
    pub checksum_offset: u16,
}

impl VirtioHeader {
    /// As the device wrote it.
    pub fn read(bytes: &[u8; VIRTIO_HEADER_BYTES]) -> Self {
        let number = |place: usize| u16::from_ne_bytes([bytes[place], bytes[place + 1]]);
        Self {
            flags: bytes[0],
            gso_type: bytes[1],
            header_length: number(2),
            segment_size: number(4),
            checksum_start: number(6),
            checksum_offset: number(8),
        }
    }

    /// As the device reads it.
    pub fn write(&self) -> [u8; VIRTIO_HEADER_BYTES] {
        let mut bytes = [0; VIRTIO_HEADER_BYTES];
        bytes[0] = self.flags;
        bytes[1] = self.gso_type;
        bytes[2..4].copy_from_slice(&self.header_length.to_ne_bytes());
        bytes[4..6].copy_from_slice(&self.segment_size.to_ne_bytes());
        bytes[6..8].copy_from_slice(&self.checksum_start.to_ne_bytes());
        bytes[8..10].copy_from_slice(&self.checksum_offset.to_ne_bytes());
        bytes
    }

    /// The checksum is still to be completed.
    pub(super) fn needs_checksum(&self) -> bool {
        self.flags & NEEDS_CHECKSUM != 0
    }

    /// A super-frame of UDP.
    pub fn is_udp(&self) -> bool {
        self.gso_type & !GSO_ECN == GSO_UDP_L4
    }

    /// The frame stands for more than itself.
    pub fn is_super(&self) -> bool {
        self.gso_type & !GSO_ECN != GSO_NONE
    }

    /// It says nothing: the frame is complete, and one.
    pub fn is_plain(&self) -> bool {
        self.gso_type & !GSO_ECN == GSO_NONE && !self.needs_checksum()
    }
}

/// A frame with what its device, or a peer that takes super-frames, said about it. Nothing of that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Of a plain frame: all zeros.
    pub header: VirtioHeader,
    /// From the destination address on.
    pub bytes: &'a [u8],
}

impl<'a> Packet<'a> {
    /// A complete frame.
    pub fn plain(bytes: &'a [u8]) -> Self {
        Self {
            header: VirtioHeader::default(),
            bytes,
        }
    }

    /// What a device with headers has written; None if it is shorter than a header.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (header, bytes) = bytes.split_first_chunk::<VIRTIO_HEADER_BYTES>()?;
        Some(Self {
            header: VirtioHeader::read(header),
            bytes,
        })
    }
}
