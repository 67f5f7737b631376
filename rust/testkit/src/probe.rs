//! What a datagram carries: which run it is of, which one it is, and when it left.

const MAGIC: [u8; 4] = *b"ELP1";

/// The smallest datagram that holds a probe.
pub const SIZE: usize = 24;

/// The front of each datagram; the rest is padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The same for all datagrams of one sender.
    pub run: u32,
    /// From 0 on.
    pub sequence: u64,
    /// On the machine's monotonic clock, which all its network namespaces share.
    pub sent_ns: u64,
}

impl Probe {
    /// Write it to the front of `datagram`.
    ///
    /// # Panics
    /// If that is shorter than [`SIZE`].
    pub fn write(&self, datagram: &mut [u8]) {
        datagram[..4].copy_from_slice(&MAGIC);
        datagram[4..8].copy_from_slice(&self.run.to_be_bytes());
        datagram[8..16].copy_from_slice(&self.sequence.to_be_bytes());
        datagram[16..SIZE].copy_from_slice(&self.sent_ns.to_be_bytes());
    }

    /// None for a datagram of somebody else.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let rest = datagram.strip_prefix(&MAGIC)?;
        let (run, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let sent_ns = rest.first_chunk()?;
        Some(Self {
            run: u32::from_be_bytes(*run),
            sequence: u64::from_be_bytes(*sequence),
            sent_ns: u64::from_be_bytes(*sent_ns),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Probe, SIZE};

    #[test]
    fn read_back() {
        let probe = Probe {
            run: 7,
            sequence: 1 << 40,
            sent_ns: u64::MAX,
        };
        let mut datagram = [0xee; 64];
        probe.write(&mut datagram);
        assert_eq!(Probe::read(&datagram), Some(probe));
        assert_eq!(Probe::read(&datagram[..SIZE]), Some(probe));
        assert_eq!(Probe::read(&datagram[..SIZE - 1]), None);
        datagram[0] = 0;
        assert_eq!(Probe::read(&datagram), None);
    }
}
