//! What the ports of TCP and UDP are called.

use std::collections::HashMap;

const LONGEST: usize = 64;

/// Names of ports, as `/etc/services` lists them.
#[derive(Debug, Default)]
pub struct Services {
    tcp: HashMap<u16, Box<str>>,
    udp: HashMap<u16, Box<str>>,
}

impl Services {
    /// Read such a file; lines that make no sense are passed over. The first name of a port counts.
    pub fn parse(text: &str) -> Self {
        let mut services = Self::default();
        for line in text.lines() {
            let said = line.split('#').next().unwrap_or("");
            let mut words = said.split_ascii_whitespace();
            if let (Some(name), Some(place)) = (words.next(), words.next()) {
                services.add(name, place);
            }
        }
        services
    }

    fn add(&mut self, name: &str, place: &str) {
        let Some((port, protocol)) = place.split_once('/') else {
            return;
        };
        let names = match protocol {
            "tcp" => &mut self.tcp,
            "udp" => &mut self.udp,
            _ => return,
        };
        let is_plain = name.len() <= LONGEST
            && name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b',');
        if let (Ok(port), true) = (port.parse(), is_plain) {
            names.entry(port).or_insert_with(|| name.into());
        }
    }

    /// The name of a port, if it has one.
    pub fn name(&self, port: u16, is_udp: bool) -> Option<&str> {
        let names = if is_udp { &self.udp } else { &self.tcp };
        names.get(&port).map(AsRef::as_ref)
    }
}
