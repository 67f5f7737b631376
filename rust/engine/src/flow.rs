//! Which frames belong together: a hash of the flow, so that one flow stays on one link.

const ETHERNET_HEADER: usize = 14;
const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;

/// Hash addresses and, for whole TCP and UDP packets, ports. Frames too short or odd count by their head.
pub fn flow_hash(frame: &[u8]) -> u64 {
    let mut hash = Mix::default();
    hash.add(frame.get(..ETHERNET_HEADER).unwrap_or(frame));
    match frame.get(12..14) {
        Some(ethertype) if ethertype == IPV4 => add_ipv4(&mut hash, &frame[ETHERNET_HEADER..]),
        Some(ethertype) if ethertype == IPV6 => add_ipv6(&mut hash, &frame[ETHERNET_HEADER..]),
        _ => {}
    }
    hash.finish()
}

fn add_ipv4(hash: &mut Mix, packet: &[u8]) {
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

fn add_ipv6(hash: &mut Mix, packet: &[u8]) {
    let Some(header) = packet.first_chunk::<40>() else {
        return;
    };
    hash.add(&header[8..40]);
    if matches!(header[6], TCP | UDP) {
        hash.add(packet.get(40..44).unwrap_or(&[]));
    }
}

/// Urgent by the original's rule for sessions with `QoS`: IPv4 with a type of service other than 0 and 8, and short
/// ICMP packets (reference: session protocol, section 7.4).
pub fn is_urgent(frame: &[u8]) -> bool {
    let Some(head) = frame.first_chunk::<16>() else {
        return false;
    };
    if head[12..14] != IPV4 {
        return false;
    }
    let is_short_icmp = (34..=128).contains(&frame.len()) && frame[23] == ICMP;
    !matches!(head[15], 0 | 8) || is_short_icmp
}

/// A multiplicative hash over words of 8 bytes: many flows a second, few buckets, nothing secret.
#[derive(Default)]
struct Mix(u64);

impl Mix {
    fn add(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let mut full = [0; 8];
            full.copy_from_slice(word);
            self.word(u64::from_ne_bytes(full));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut full = [0; 8];
            full[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_ne_bytes(full));
        }
    }

    fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
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
    fn few_buckets_are_filled_evenly() {
        let mut buckets = [0; 64];
        for port in 0..6_400 {
            buckets[flow_hash(&udp_frame(port, 0)) as usize % 64] += 1;
        }
        assert!(
            buckets.iter().all(|count| (50..200).contains(count)),
            "{buckets:?}"
        );
    }

    #[test]
    fn urgent_is_what_the_original_says() {
        let mut frame = udp_frame(1, 0);
        assert!(!is_urgent(&frame));
        for (service, expected) in [(0, false), (8, false), (0x10, true), (0xb8, true)] {
            frame[15] = service;
            assert_eq!(is_urgent(&frame), expected);
        }
        frame[15] = 0;
        frame[23] = ICMP;
        assert!(is_urgent(&frame));
        frame.resize(129, 0);
        assert!(!is_urgent(&frame));
        assert!(!is_urgent(&frame[..15]));
    }

    #[test]
    fn any_length_is_hashed() {
        let frame = udp_frame(7, 0);
        for length in 0..frame.len() {
            flow_hash(&frame[..length]);
        }
    }
}
