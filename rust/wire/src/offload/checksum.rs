//! The internet checksum (RFC 1071).

/// Bytes that a step of the main loop adds.
const STEP: usize = 32;

/// A one's complement sum of 16-bit words, in the making.
///
/// Words are added in the machine's byte order, for which the sum doesn't care (RFC 1071, section 2(B)); what comes
/// out is in the order of the wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct InternetSum(u64);

impl InternetSum {
    /// With these bytes too. Only the last piece may have an odd length.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        let mut lanes = [0_u64; STEP / 4];
        let mut steps = bytes.chunks_exact(STEP);
        for step in &mut steps {
            for (lane, word) in lanes.iter_mut().zip(step.chunks_exact(4)) {
                let word = u32::from_ne_bytes([word[0], word[1], word[2], word[3]]);
                *lane = lane.wrapping_add(u64::from(word));
            }
        }
        let mut pairs = steps.remainder().chunks_exact(2);
        for pair in &mut pairs {
            lanes[0] += u64::from(u16::from_ne_bytes([pair[0], pair[1]]));
        }
        if let [last] = pairs.remainder() {
            lanes[0] += u64::from(u16::from_ne_bytes([*last, 0]));
        }
        self.word(lanes.iter().copied().map(folded).sum())
    }

    /// With this number too.
    #[must_use]
    pub fn number(self, number: u16) -> Self {
        self.word(u64::from(number.to_be()))
    }

    /// Without this number, which is in.
    #[must_use]
    pub fn without(self, number: u16) -> Self {
        self.number(!number)
    }

    /// The sum itself, as it stands in a partial checksum.
    pub fn partial(self) -> [u8; 2] {
        self.folded().to_ne_bytes()
    }

    /// The checksum.
    pub fn complete(self) -> [u8; 2] {
        (!self.folded()).to_ne_bytes()
    }

    /// Taken over bytes that hold their checksum: it is right.
    pub fn is_right(self) -> bool {
        self.folded() == u16::MAX
    }

    /// `word` is far below the point where the sum could run over.
    fn word(self, word: u64) -> Self {
        Self(folded(self.0) + word)
    }

    fn folded(self) -> u16 {
        let halves = folded(folded(self.0));
        let sum = (halves >> 16) + (halves & 0xffff);
        ((sum >> 16) + (sum & 0xffff)) as u16
    }
}

/// The same sum in 33 bits.
fn folded(sum: u64) -> u64 {
    (sum >> 32) + (sum & 0xffff_ffff)
}
