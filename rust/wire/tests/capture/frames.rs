//! Frames to look at.

pub const SOURCE: [u8; 6] = [0x02, 0, 0, 0, 0, 1];
pub const TARGET: [u8; 6] = [0x02, 0, 0, 0, 0, 2];

pub fn ethernet(target: [u8; 6], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&target[..], &SOURCE, &ethertype.to_be_bytes(), payload].concat()
}

pub fn tagged(vlan: u16, frame: &[u8]) -> Vec<u8> {
    [&frame[..12], &[0x81, 0], &vlan.to_be_bytes(), &frame[12..]].concat()
}

pub fn ports(source: u16, target: u16) -> Vec<u8> {
    [source.to_be_bytes(), target.to_be_bytes(), [0; 2], [0; 2]].concat()
}

pub fn ipv4(protocol: u8, fragment: u16, source: [u8; 4], target: [u8; 4], body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet[6..8].copy_from_slice(&fragment.to_be_bytes());
    let packet = [&packet[..], &source, &target, body].concat();
    ethernet(TARGET, 0x0800, &packet)
}

/// From `fd00::1` to `fd00::2`.
pub fn ipv6(next: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0_u8; 40];
    (packet[0], packet[6], packet[8], packet[23]) = (0x60, next, 0xfd, 1);
    (packet[24], packet[39]) = (0xfd, 2);
    packet.extend_from_slice(body);
    ethernet(TARGET, 0x86dd, &packet)
}

pub fn arp(sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let body = [
        &[0, 1, 8, 0, 6, 4, 0, 1][..],
        &SOURCE,
        &sender,
        &[0; 6],
        &target,
    ];
    ethernet([0xff; 6], 0x0806, &body.concat())
}
