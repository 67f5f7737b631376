//! Checksum and segmentation offload in software, for both ends of a device with `IFF_VNET_HDR`.
//!
//! What the device hands over is cut into frames that any peer takes ([`segment`]); what peers sent is joined into
//! super-frames before the device takes it ([`Coalescer`]), by the rules of the Linux kernel's GRO. No frame whose
//! checksums are wrong ever gets right ones here.
//!
//! Knows no device and no peer: who takes super-frames is decided elsewhere.

mod arrival;
mod checksum;
mod clamp;
mod coalesce;
mod flow;
mod layers;
mod segment;
mod virtio;

pub use checksum::InternetSum;
pub use clamp::{clamp_mss, exceeds_mss};
pub use coalesce::Coalescer;
pub use segment::{MAXIMUM_FRAME_BYTES, MAXIMUM_SEGMENTS, OffloadError, Segments, segment};
pub use virtio::{
    CHECKSUM_VALID, GSO_ECN, GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CHECKSUM, Packet,
    VIRTIO_HEADER_BYTES, VirtioHeader,
};
