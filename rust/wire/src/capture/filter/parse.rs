//! From the text of a filter to its tree. `or` binds weakest, then `and`, then `not`.

use std::net::IpAddr;
use std::num::ParseIntError;

use super::super::fields::{ARP, IPV4, IPV6, TCP, UDP};
use super::token::{Word, split};
use super::{End, FilterError, Node};

const LONGEST: usize = 2_000;
const MOST_TESTS: usize = 64;
const DEEPEST: usize = 16;
const HIGHEST_VLAN: u16 = 4_095;
const ICMP: u8 = 1;
const ICMP6: u8 = 58;
const TESTS: &str = "mac, ethertype, vlan, ip, net, proto, port, arp, ip4, ip6, tcp, udp, icmp, broadcast or multicast";

/// Compile a text.
pub fn parse(text: &str) -> Result<Node, FilterError> {
    let length = text.chars().count();
    let end = Word {
        text: "",
        position: length + 1,
    };
    if length > LONGEST {
        let place = Word {
            position: LONGEST + 1,
            ..end
        };
        return Err(place.refuse(format!("it has more than {LONGEST} characters")));
    }
    let mut parser = Parser {
        words: split(text),
        next: 0,
        tests: 0,
        end,
    };
    let node = parser.any(0)?;
    match parser.peek() {
        "" => Ok(node),
        _ => Err(parser
            .take()
            .refuse("here `and`, `or` or the end was expected")),
    }
}

struct Parser<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    tests: usize,
    end: Word<'a>,
}

impl<'a> Parser<'a> {
    /// The next word, or an empty one at the end.
    fn peek(&self) -> &'a str {
        self.words.get(self.next).map_or("", |word| word.text)
    }

    fn take(&mut self) -> Word<'a> {
        let word = self.words.get(self.next).copied().unwrap_or(self.end);
        self.next += 1;
        word
    }

    fn any(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all(depth)?];
        while self.peek() == "or" {
            self.take();
            nodes.push(self.all(depth)?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    fn all(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.negated(depth)?];
        while self.peek() == "and" {
            self.take();
            nodes.push(self.negated(depth)?);
        }
        Ok(one_or(nodes, Node::And))
    }

    fn negated(&mut self, depth: usize) -> Result<Node, FilterError> {
        let word = self.take();
        if depth >= DEEPEST {
            return Err(word.refuse(format!("more than {DEEPEST} levels")));
        }
        match word.text {
            "not" => Ok(Node::Not(Box::new(self.negated(depth + 1)?))),
            "(" => {
                let inner = self.any(depth + 1)?;
                let closing = self.take();
                if closing.text == ")" {
                    Ok(inner)
                } else {
                    let opened = word.position;
                    Err(closing.refuse(format!("the bracket of character {opened} is not closed")))
                }
            }
            _ => self.test(word),
        }
    }

    fn test(&mut self, word: Word<'a>) -> Result<Node, FilterError> {
        self.tests += 1;
        if self.tests > MOST_TESTS {
            return Err(word.refuse(format!("more than {MOST_TESTS} tests")));
        }
        let end = match word.text {
            "src" => End::Source,
            "dst" => End::Destination,
            _ => return self.plain_test(word),
        };
        let kind = self.take();
        self.ended_test(end, kind)?
            .ok_or_else(|| kind.refuse(format!("`{}` goes with mac, ip, net or port", word.text)))
    }

    /// Tests that have two ends.
    fn ended_test(&mut self, end: End, kind: Word<'a>) -> Result<Option<Node>, FilterError> {
        Ok(Some(match kind.text {
            "mac" => Node::Mac(end, read_mac(self.take())?),
            "ip" | "net" => {
                let (address, length) = read_net(self.take())?;
                Node::Net(end, address, length)
            }
            "port" => {
                let (low, high) = read_ports(self.take())?;
                Node::Port(end, low, high)
            }
            _ => return Ok(None),
        }))
    }

    fn plain_test(&mut self, word: Word<'a>) -> Result<Node, FilterError> {
        if let Some(node) = self.ended_test(End::Any, word)? {
            return Ok(node);
        }
        match word.text {
            "ethertype" => Ok(Node::Ethertype(read_ethertype(self.take())?)),
            "vlan" if matches!(self.peek(), "" | "and" | "or" | ")") => Ok(Node::Tagged),
            "vlan" => Ok(Node::Vlan(read_vlan(self.take())?)),
            "proto" => read_protocol(self.take()),
            "broadcast" => Ok(Node::Broadcast),
            "multicast" => Ok(Node::Group),
            name => named_ethertype(name)
                .map(Node::Ethertype)
                .or_else(|| named_protocol(name))
                .ok_or_else(|| word.refuse(complain(name, TESTS))),
        }
    }
}

fn one_or(mut nodes: Vec<Node>, many: impl FnOnce(Vec<Node>) -> Node) -> Node {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => many(nodes),
    }
}

fn complain(found: &str, wanted: &str) -> String {
    if found.is_empty() {
        return format!("it ends where {wanted} was expected");
    }
    let shown: String = found.chars().take(32).collect();
    format!("{shown:?} stands where {wanted} was expected")
}

fn refused<E>(word: Word<'_>, wanted: &str) -> impl FnOnce(E) -> FilterError {
    let error = word.refuse(complain(word.text, wanted));
    move |_| error
}

fn read_mac(word: Word<'_>) -> Result<[u8; 6], FilterError> {
    let refuse = || {
        word.refuse(complain(
            word.text,
            "a MAC address such as 02:00:00:00:00:01",
        ))
    };
    let mut mac = [0; 6];
    let mut pieces = word.text.split([':', '-']);
    for octet in &mut mac {
        let piece = pieces.next().filter(|piece| matches!(piece.len(), 1 | 2));
        let value = piece.and_then(|piece| u8::from_str_radix(piece, 16).ok());
        *octet = value.ok_or_else(refuse)?;
    }
    pieces.next().map_or(Ok(mac), |_| Err(refuse()))
}

fn read_net(word: Word<'_>) -> Result<(IpAddr, u8), FilterError> {
    const WANTED: &str = "an address such as 10.0.0.1, or a net such as 10.0.0.0/8 or fd00::/8,";
    let (text, bits) = match word.text.split_once('/') {
        Some((text, bits)) => (text, Some(bits)),
        None => (word.text, None),
    };
    let address: IpAddr = text.parse().map_err(refused(word, WANTED))?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match bits {
        Some(bits) => bits.parse().map_err(refused(word, WANTED))?,
        None => most,
    };
    if length > most {
        return Err(word.refuse(format!("a prefix has at most {most} bits")));
    }
    Ok((address, length))
}

fn read_ports(word: Word<'_>) -> Result<(u16, u16), FilterError> {
    const WANTED: &str = "a port such as 53, or a range such as 6000-6100,";
    let (low, high) = word.text.split_once('-').unwrap_or((word.text, word.text));
    let low = low
        .parse()
        .map_err(refused::<ParseIntError>(word, WANTED))?;
    let high = high
        .parse()
        .map_err(refused::<ParseIntError>(word, WANTED))?;
    if low > high {
        return Err(word.refuse("the range ends before it begins"));
    }
    Ok((low, high))
}

fn read_ethertype(word: Word<'_>) -> Result<u16, FilterError> {
    if let Some(known) = named_ethertype(word.text) {
        return Ok(known);
    }
    let parsed = match word.text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => word.text.parse(),
    };
    parsed.map_err(refused(word, "arp, ip4, ip6 or a number such as 0x88cc"))
}

fn read_vlan(word: Word<'_>) -> Result<u16, FilterError> {
    const WANTED: &str = "a VLAN from 0 to 4095";
    let vlan = word
        .text
        .parse()
        .map_err(refused::<ParseIntError>(word, WANTED))?;
    if vlan > HIGHEST_VLAN {
        return Err(word.refuse(complain(word.text, WANTED)));
    }
    Ok(vlan)
}

fn read_protocol(word: Word<'_>) -> Result<Node, FilterError> {
    if let Some(known) = named_protocol(word.text) {
        return Ok(known);
    }
    let number = word.text.parse();
    number
        .map(Node::Protocol)
        .map_err(refused(word, "tcp, udp, icmp or a number from 0 to 255"))
}

fn named_ethertype(name: &str) -> Option<u16> {
    match name {
        "arp" => Some(ARP),
        "ip4" => Some(IPV4),
        "ip6" => Some(IPV6),
        _ => None,
    }
}

fn named_protocol(name: &str) -> Option<Node> {
    match name {
        "tcp" => Some(Node::Protocol(TCP)),
        "udp" => Some(Node::Protocol(UDP)),
        "icmp" => Some(Node::Or(vec![Node::Protocol(ICMP), Node::Protocol(ICMP6)])),
        _ => None,
    }
}
