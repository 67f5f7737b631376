//! A TAP adapter: frames out of it as the kernel hands them over, frames into it joined where the kernel takes that.

use std::fs::File;
use std::io::{ErrorKind, IoSlice};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use etherloom_switch::DropReason;
use etherloom_wire::offload::{Coalescer, Packet, VirtioHeader};

use crate::os::TapOffload;
use crate::passing::Passing;

/// A TAP adapter, plugged into a hub.
pub struct Device {
    file: File,
    offload: TapOffload,
    coalescer: Coalescer,
}

/// How many writes it took, and frames that the device did not take, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// System calls.
    pub writes: u64,
    /// Its queue was full.
    pub full: u64,
    /// It refused them.
    pub faulty: u64,
}

impl Written {
    fn add(&mut self, kind: ErrorKind) {
        if kind == ErrorKind::WouldBlock {
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
        Self {
            file: File::from(descriptor),
            offload,
            coalescer: Coalescer::new(offload == TapOffload::TcpAndUdp),
        }
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
        self.offload != TapOffload::None
    }

    /// Write a frame, now or with the next ones of its flow; `flush` ends a batch. `scratch` is memory only.
    pub fn enqueue(&mut self, passing: &Passing<'_>, scratch: &mut Vec<u8>) -> Written {
        if let Some(frame) = passing.segments.as_complete() {
            return self.push(&Packet::plain(frame));
        }
        if self.takes(&passing.packet) {
            return if passing.packet.header.is_super() {
                self.write_super(passing)
            } else {
                self.push(&passing.packet)
            };
        }
        let mut written = Written::default();
        for index in 0..passing.segments.count() {
            scratch.clear();
            passing.segments.append(index, scratch);
            let one = self.push(&Packet::plain(scratch));
            written.writes += one.writes;
            written.full += one.full;
            written.faulty += one.faulty;
        }
        written
    }

    /// Write what is held back.
    pub fn flush(&mut self) -> Written {
        let mut written = Written::default();
        let file = &self.file;
        self.coalescer
            .flush(&mut |bytes| write(file, &[IoSlice::new(bytes)], &mut written));
        written
    }

    fn takes(&self, packet: &Packet<'_>) -> bool {
        match self.offload {
            TapOffload::None => false,
            TapOffload::Tcp => !packet.header.is_udp(),
            TapOffload::TcpAndUdp => true,
        }
    }

    fn push(&mut self, packet: &Packet<'_>) -> Written {
        let mut written = Written::default();
        let file = &self.file;
        if self.offload == TapOffload::None {
            write(file, &[IoSlice::new(packet.bytes)], &mut written);
        } else {
            self.coalescer.push_packet(packet, &mut |bytes| {
                write(file, &[IoSlice::new(bytes)], &mut written);
            });
        }
        written
    }

    /// As it came, behind the earlier frames of its flow. What a peer says is written anew: the kernel believes it.
    fn write_super(&mut self, passing: &Passing<'_>) -> Written {
        let mut written = Written::default();
        let file = &self.file;
        let Packet { header, bytes } = passing.packet;
        self.coalescer.release(bytes, &mut |held| {
            write(file, &[IoSlice::new(held)], &mut written);
        });
        let header = VirtioHeader {
            header_length: passing.segments.shape().0 as u16,
            ..header
        }
        .write();
        let pieces = [IoSlice::new(&header), IoSlice::new(bytes)];
        write(file, &pieces, &mut written);
        written
    }
}

fn write(file: &File, pieces: &[IoSlice<'_>], written: &mut Written) {
    written.writes += 1;
    if let Err(error) = rustix::io::writev(file, pieces) {
        written.add(error.kind());
    }
}
