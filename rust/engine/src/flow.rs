//! Which frames belong together: a hash of the flow, so that one flow stays on one link.

const ETHERNET_HEADER: usize = 14;
const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];
const TCP: u8 = 6;
const UDP: u8 = 17;

/// Hash addresses and, for whole TCP and UDP packets, ports. Frames too short or odd count by their head.
pub fn flow_hash(frame: &[u8]) -> u64 {
    let mut hash = Fnv::new();
    hash.add(frame.get(..ETHERNET_HEADER).unwrap_or(frame));
    match frame.get(12..14) {
        Some(ethertype) if ethertype == IPV4 => add_ipv4(&mut hash, &frame[ETHERNET_HEADER..]),
        Some(ethertype) if ethertype == IPV6 => add_ipv6(&mut hash, &frame[ETHERNET_HEADER..]),
        _ => {}
    }
    hash.finish()
}

fn add_ipv4(hash: &mut Fnv, packet: &[u8]) {
    let Some(header) = packet.first_chunk::<20>() else {
        return;
    };
    hash.add(&header[12..20]);
    let fragment = u16::from_be_bytes([header[6], header[7]]) & 0x3fff;
    if fragment == 0 && matches!(header[9], TCP | UDP) {
        let length = usize::from(header[0] & 0x0f) * 4;
        hash.add(packet.get(length..length + 4).unwrap_or(&[]));
    }
}

fn add_ipv6(hash: &mut Fnv, packet: &[u8]) {
    let Some(header) = packet.first_chunk::<40>() else {
        return;
    };
    hash.add(&header[8..40]);
    if matches!(header[6], TCP | UDP) {
        hash.add(packet.get(40..44).unwrap_or(&[]));
    }
}

/// FNV-1a over 64 bits, with a final mix so that few buckets spread well.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32) ^ (self.0 >> 17)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn udp_frame(source_port: u16, fragment: u16) -> Vec<u8> {
        let mut frame = vec![0u8; 14 + 20 + 8];
        frame[12..14].copy_from_slice(&IPV4);
        frame[14] = 0x45;
        frame[20..22].copy_from_slice(&fragment.to_be_bytes());
        frame[23] = UDP;
        frame[26..34].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2]);
        frame[34..36].copy_from_slice(&source_port.to_be_bytes());
        frame
    }

    #[test]
    fn ports_tell_flows_apart_but_not_fragments() {
        assert_ne!(flow_hash(&udp_frame(1, 0)), flow_hash(&udp_frame(2, 0)));
        assert_eq!(
            flow_hash(&udp_frame(1, 0x2000)),
            flow_hash(&udp_frame(2, 0x2000))
        );
    }

    #[test]
    fn any_length_is_hashed() {
        let frame = udp_frame(7, 0);
        for length in 0..frame.len() {
            flow_hash(&frame[..length]);
        }
    }
}
