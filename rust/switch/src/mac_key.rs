//! What the MAC table is keyed by: an address within a VLAN.

use std::fmt;

const PRESENT: u64 = 1 << 63;
const VLAN_SHIFT: u32 = 48;
const VLAN_MASK: u16 = 0x0fff;

/// An address within a VLAN (0: untagged), as one number that is never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacKey(u64);

impl MacKey {
    /// `vlan` counts with its lower twelve bits.
    pub const fn new(mac: [u8; 6], vlan: u16) -> Self {
        let address = Self::address(mac);
        let vlan = (vlan & VLAN_MASK) as u64;
        Self(PRESENT | vlan << VLAN_SHIFT | address)
    }

    /// An address as a number.
    pub(crate) const fn address(mac: [u8; 6]) -> u64 {
        let [m0, m1, m2, m3, m4, m5] = mac;
        u64::from_be_bytes([0, 0, m0, m1, m2, m3, m4, m5])
    }

    /// The address.
    pub const fn mac(self) -> [u8; 6] {
        let [_, _, m0, m1, m2, m3, m4, m5] = self.0.to_be_bytes();
        [m0, m1, m2, m3, m4, m5]
    }

    /// The VLAN, 0 for untagged.
    pub const fn vlan(self) -> u16 {
        (self.0 >> VLAN_SHIFT) as u16 & VLAN_MASK
    }

    pub(crate) const fn number(self) -> u64 {
        self.0
    }

    /// The inverse of [`number`](Self::number); None for 0.
    pub(crate) const fn from_number(number: u64) -> Option<Self> {
        if number == 0 {
            None
        } else {
            Some(Self(number))
        }
    }
}

impl From<([u8; 6], u16)> for MacKey {
    fn from((mac, vlan): ([u8; 6], u16)) -> Self {
        Self::new(mac, vlan)
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.mac()[..5] {
            write!(f, "{byte:02x}:")?;
        }
        write!(f, "{:02x}/{}", self.mac()[5], self.vlan())
    }
}

#[cfg(test)]
mod tests {
    use super::MacKey;

    #[test]
    fn parts_come_back() {
        for mac in [[0; 6], [0xff; 6], [1, 2, 3, 4, 5, 6]] {
            for vlan in [0, 1, 0xfff] {
                let key = MacKey::new(mac, vlan);
                assert_eq!((key.mac(), key.vlan()), (mac, vlan));
                assert_ne!(key.number(), 0);
            }
        }
    }

    #[test]
    fn priority_bits_are_no_part_of_it() {
        assert_eq!(MacKey::new([2; 6], 0xe005), MacKey::new([2; 6], 5));
    }

    #[test]
    fn shown_as_people_write_it() {
        let key = MacKey::from(([0xde, 0xad, 0xbe, 0xef, 0, 1], 7));
        assert_eq!(format!("{key:?}"), "de:ad:be:ef:00:01/7");
    }
}
