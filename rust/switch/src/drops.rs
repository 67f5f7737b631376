//! Why a frame was not delivered. One list for a port's whole way, so that counters have one set of names.

/// A named reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DropReason {
    /// A block without bytes.
    Empty,
    /// A block that is longer than a frame may be.
    TooLong,
    /// A body that is not a complete zlib stream, in a compressed session.
    BadCompression,
    /// A body that inflates to more than a frame may have.
    InflatesTooLong,
    /// Shorter than an Ethernet header.
    TooShort,
    /// Ends inside its VLAN tag.
    CutTag,
    /// Ends inside a header that it announces.
    CutPacket,
    /// Its headers contradict themselves.
    BadPacket,
    /// The source is no station's address, or equals the destination.
    InvalidSource,
    /// The hub knows as many stations as it may.
    MacTableFull,
    /// The destination is where the frame came from.
    SamePort,
    /// More was waiting for the target than its queue holds.
    QueueFull,
    /// What waits in all sessions together had no more room for this one.
    OverBudget,
    /// The target was gone, or had no connection that may carry frames.
    NoLink,
    /// The frame could not be compressed for the target.
    CompressionFailed,
    /// The device did not take it.
    DeviceRefused,
    /// The worker that serves the target had too much to do.
    WorkerQueueFull,
    /// The device or the peer said something impossible about a super-frame.
    BadOffload,
}

impl DropReason {
    /// Every reason, in the order of counters.
    pub const ALL: [Self; 18] = [
        Self::Empty,
        Self::TooLong,
        Self::BadCompression,
        Self::InflatesTooLong,
        Self::TooShort,
        Self::CutTag,
        Self::CutPacket,
        Self::BadPacket,
        Self::InvalidSource,
        Self::MacTableFull,
        Self::SamePort,
        Self::QueueFull,
        Self::OverBudget,
        Self::NoLink,
        Self::CompressionFailed,
        Self::DeviceRefused,
        Self::WorkerQueueFull,
        Self::BadOffload,
    ];

    /// Place in [`ALL`](Self::ALL).
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in snapshots, logs and metrics; a contract with whoever reads them.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::BadCompression => "bad_compression",
            Self::InflatesTooLong => "inflates_too_long",
            Self::TooShort => "too_short",
            Self::CutTag => "cut_tag",
            Self::CutPacket => "cut_packet",
            Self::BadPacket => "bad_packet",
            Self::InvalidSource => "invalid_source",
            Self::MacTableFull => "mac_table_full",
            Self::SamePort => "same_port",
            Self::QueueFull => "queue_full",
            Self::OverBudget => "over_budget",
            Self::NoLink => "no_link",
            Self::CompressionFailed => "compression_failed",
            Self::DeviceRefused => "device_refused",
            Self::WorkerQueueFull => "worker_queue_full",
            Self::BadOffload => "bad_offload",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DropReason;
    use std::collections::HashSet;

    #[test]
    fn every_reason_has_its_place_and_its_name() {
        for (index, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), index);
        }
        let names: HashSet<_> = DropReason::ALL.into_iter().map(DropReason::name).collect();
        assert_eq!(names.len(), DropReason::ALL.len());
    }
}
