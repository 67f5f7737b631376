use super::{Dhcp, Facts, Network, Transport, tcp};
use crate::DropReason;
use std::net::Ipv4Addr;

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn frame(ethertype: u16, packet: &[u8]) -> Vec<u8> {
    [&MACS[..], &ethertype.to_be_bytes(), packet].concat()
}

fn ipv4(protocol: u8, fragment: u16, segment: &[u8]) -> Vec<u8> {
    let length = (20 + segment.len()) as u16;
    let mut packet = vec![0x45, 0];
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&[0, 0]);
    packet.extend_from_slice(&fragment.to_be_bytes());
    packet.extend_from_slice(&[64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend_from_slice(segment);
    packet
}

fn udp(source: u16, target: u16, payload: &[u8]) -> Vec<u8> {
    let mut segment = [source.to_be_bytes(), target.to_be_bytes()].concat();
    segment.extend_from_slice(&((8 + payload.len()) as u16).to_be_bytes());
    segment.extend_from_slice(&[0, 0]);
    segment.extend_from_slice(payload);
    segment
}

fn syn() -> Vec<u8> {
    let mut segment = vec![0; 20];
    segment[..4].copy_from_slice(&[0x9c, 0x40, 0, 80]);
    segment[12] = 0x50;
    segment[13] = tcp::SYN;
    segment
}

#[test]
fn tcp_is_read_behind_a_tag_too() {
    let packet = ipv4(6, 0, &syn());
    let plain = Facts::of(&frame(0x0800, &packet)).expect("sound");
    let tagged = [&[0, 5, 8, 0], packet.as_slice()].concat();
    let tagged = Facts::of(&frame(0x8100, &tagged)).expect("sound");
    assert_eq!(plain.network, tagged.network);
    assert_eq!(
        plain.transport,
        Transport::Tcp {
            source: 40_000,
            target: 80,
            flags: tcp::SYN,
            begin: 34
        }
    );
    assert_eq!((plain.payload, tagged.payload), (54, 58));
    assert!(tagged.is_tagged() && !plain.is_tagged());
}

#[test]
fn no_tag_hides_anything() {
    let packet = ipv4(6, 0, &syn());
    let plain = Facts::of(&frame(0x0800, &packet)).expect("sound");
    for tags in [
        &[0x81, 0, 0, 5, 0x81, 0, 0, 0][..],
        &[0x88, 0xa8, 0, 5],
        &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 0],
    ] {
        let mut bytes = frame(0x0800, &packet);
        bytes.splice(12..12, tags.iter().copied());
        let facts = Facts::behind(&bytes, 0x88a8).expect("sound");
        assert_eq!(facts.header.ethertype, 0x0800);
        assert_eq!(facts.network, plain.network);
        assert_eq!(facts.payload, plain.payload + tags.len());
        for length in 14..12 + tags.len() + 2 {
            let cut = Facts::behind(&bytes[..length], 0x88a8);
            assert_eq!(cut, Err(DropReason::CutTag));
        }
    }
}

/// Live: 60 bytes in, 46 out.
#[test]
fn padding_is_no_part_of_it() {
    let mut padded = frame(0x0800, &ipv4(17, 0, &udp(1, 2, b"abcd")));
    padded.resize(60, 0);
    assert_eq!(Facts::of(&padded).expect("sound").length, 46);
}

#[test]
fn a_later_fragment_has_no_ports() {
    let facts = Facts::of(&frame(0x0800, &ipv4(17, 100, &[1, 2, 3]))).expect("sound");
    assert_eq!(facts.transport, Transport::None);
    assert!(matches!(facts.network, Network::Ipv4(ip) if ip.is_later_fragment));
}

#[test]
fn every_cut_is_refused_by_name() {
    let whole = frame(0x0800, &ipv4(6, 0, &syn()));
    for length in 14..whole.len() {
        assert_eq!(Facts::of(&whole[..length]), Err(DropReason::CutPacket));
    }
    let arp = frame(0x0806, &[0; 28]);
    assert_eq!(Facts::of(&arp[..41]), Err(DropReason::CutPacket));
    assert_eq!(
        Facts::of(&arp).map(|facts| facts.network),
        Ok(Network::Other)
    );
}

#[test]
fn a_header_that_contradicts_itself_is_refused() {
    let mut odd = frame(0x0800, &ipv4(17, 0, &udp(1, 2, &[])));
    odd[14] = 0x44;
    assert_eq!(Facts::of(&odd), Err(DropReason::BadPacket));
}

#[test]
fn dhcp_is_read_by_its_ports_and_options() {
    let mut message = vec![0; 240];
    message[..3].copy_from_slice(&[2, 1, 6]);
    message[16..20].copy_from_slice(&[10, 0, 0, 9]);
    message[28..34].copy_from_slice(&MACS[..6]);
    message[236..].copy_from_slice(&[99, 130, 83, 99]);
    message.extend_from_slice(&[0, 54, 1, 7, 53, 1, 5, 255]);
    let bytes = frame(0x0800, &ipv4(17, 0, &udp(67, 68, &message)));
    let facts = Facts::of(&bytes).expect("sound");
    let Dhcp {
        operation,
        client,
        message,
        ..
    } = facts.dhcp(&bytes).expect("long enough");
    assert_eq!((operation, message), (2, 5));
    assert_eq!(client, MACS[..6]);
    assert_eq!(
        facts.dhcp(&bytes).map(|dhcp| dhcp.yours()),
        Some(Ipv4Addr::new(10, 0, 0, 9))
    );
}

#[test]
fn extension_headers_are_looked_behind() {
    let mut packet = vec![0x60, 0, 0, 0, 0, 16, 0, 255];
    packet.extend_from_slice(&[0xfe; 32]);
    packet.extend_from_slice(&[58, 0, 5, 2, 0, 0, 1, 0]);
    packet.extend_from_slice(&[134, 0, 0, 0, 0, 0, 0, 0]);
    let facts = Facts::of(&frame(0x86dd, &packet)).expect("sound");
    assert_eq!(facts.icmpv6(), Some(134));
    for length in 40..packet.len() {
        if length != 49 && length < 49 {
            assert!(Facts::of(&frame(0x86dd, &packet[..length])).is_err());
        }
    }
}

#[test]
fn a_bridge_names_itself() {
    let mut body = vec![0x42, 0x42, 3, 0, 0, 0, 0, 0];
    body.extend_from_slice(&[0x80, 0, 1, 1, 1, 1, 1, 1]);
    body.extend_from_slice(&[0, 0, 0, 0]);
    body.extend_from_slice(&[0x80, 0, 7, 7, 7, 7, 7, 7]);
    body.resize(38, 0);
    let facts = Facts::of(&frame(38, &body)).expect("sound");
    assert_eq!(facts.network, Network::Bpdu { bridge: [7; 6] });
}
