//! A TAP adapter: frames out of it one by one, frames into it joined where the kernel takes that.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use etherloom_switch::DropReason;
use etherloom_wire::offload::{Coalescer, VIRTIO_HEADER_BYTES, VirtioHeader, segment};

use crate::os::TapOffload;

/// A TAP adapter, plugged into a hub.
pub struct Device {
    file: File,
    offload: Option<Coalescer>,
}

/// Frames that the device did not take, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Its queue was full.
    pub full: u64,
    /// It refused them.
    pub faulty: u64,
}

impl Refused {
    fn add(&mut self, error: &std::io::Error) {
        if error.kind() == ErrorKind::WouldBlock {
            self.full += 1;
        } else {
            self.faulty += 1;
        }
    }

    /// With the names of counters.
    pub fn reasons(self) -> [(DropReason, u64); 2] {
        [
            (DropReason::QueueFull, self.full),
            (DropReason::DeviceRefused, self.faulty),
        ]
    }
}

impl Device {
    /// A device that was opened with this much help from the kernel.
    pub fn new(descriptor: OwnedFd, offload: TapOffload) -> Self {
        let file = File::from(descriptor);
        let offload = match offload {
            TapOffload::None => None,
            TapOffload::Tcp => Some(Coalescer::new(false)),
            TapOffload::TcpAndUdp => Some(Coalescer::new(true)),
        };
        Self { file, offload }
    }

    /// For the poll.
    pub fn descriptor(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Read what the system sends next: one frame, or a super-frame with its header.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        rustix::io::read(&self.file, buffer).map_err(rustix::io::Errno::kind)
    }

    /// Whether what `read` brings starts with a header.
    pub fn has_header(&self) -> bool {
        self.offload.is_some()
    }

    /// Write a frame, now or with the next ones of its flow; `flush` ends a batch.
    pub fn enqueue(&mut self, frame: &[u8]) -> Refused {
        let mut refused = Refused::default();
        let file = &mut self.file;
        match &mut self.offload {
            None => write(file, frame, &mut refused),
            Some(coalescer) => coalescer.push(frame, &mut |bytes| write(file, bytes, &mut refused)),
        }
        refused
    }

    /// Write what is held back.
    pub fn flush(&mut self) -> Refused {
        let mut refused = Refused::default();
        let file = &mut self.file;
        if let Some(coalescer) = &mut self.offload {
            coalescer.flush(&mut |bytes| write(file, bytes, &mut refused));
        }
        refused
    }
}

fn write(file: &mut File, bytes: &[u8], refused: &mut Refused) {
    if let Err(error) = file.write(bytes) {
        refused.add(&error);
    }
}

/// Hand over the frames of what a device with offload sent. False when its header lies.
pub fn cut(bytes: &[u8], scratch: &mut Vec<u8>, sink: &mut impl FnMut(&[u8])) -> bool {
    match bytes.split_first_chunk::<VIRTIO_HEADER_BYTES>() {
        Some((header, frame)) => segment(&VirtioHeader::read(header), frame, scratch, sink).is_ok(),
        None => false,
    }
}
