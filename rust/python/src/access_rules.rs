//! The entries of an access list, as Python packs them (see `etherloom/engine/access_records.py`): an administrator's
//! list has up to 32,768, and reading as many dictionaries would keep the interpreter for a tenth of a second.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use etherloom_switch::access_list::{Block, Rule, TcpState, Treatment, Who};
use pyo3::PyResult;
use pyo3::exceptions::PyValueError;

/// Bytes of one record.
const RECORD: usize = 120;
const DISCARD: u16 = 1;
const ACTIVE: u16 = 1 << 1;
const IPV6: u16 = 1 << 2;
const SOURCE: u16 = 1 << 3;
const TARGET: u16 = 1 << 4;
const SOURCE_PORTS: u16 = 1 << 5;
const TARGET_PORTS: u16 = 1 << 6;
const SOURCE_MAC: u16 = 1 << 7;
const TARGET_MAC: u16 = 1 << 8;
const TCP_STATE: u16 = 1 << 9;
const ESTABLISHED: u16 = 1 << 10;
/// What a number of users means stands in its upper bits.
const WHO: u32 = 30;
const PLACE: u32 = (1 << WHO) - 1;

/// What records name by number.
pub struct Texts {
    names: Vec<Arc<str>>,
    lists: Vec<Arc<HashSet<Box<str>>>>,
}

impl Texts {
    pub fn new(names: Vec<String>, lists: Vec<Vec<String>>) -> Self {
        let listed = |list: Vec<String>| Arc::new(list.into_iter().map(Box::from).collect());
        Self {
            names: names.into_iter().map(Arc::from).collect(),
            lists: lists.into_iter().map(listed).collect(),
        }
    }

    fn name(&self, place: u32) -> PyResult<Arc<str>> {
        let name = self.names.get(place as usize);
        name.cloned().ok_or_else(|| refuse("a text"))
    }

    fn who(&self, number: u32) -> PyResult<Who> {
        let list = |place: u32| {
            let list = self.lists.get(place as usize);
            list.cloned().ok_or_else(|| refuse("a list of users"))
        };
        let place = number & PLACE;
        match number >> WHO {
            0 => Ok(Who::Any),
            1 => self.name(place).map(Who::Name),
            2 => list(place).map(Who::Listed),
            _ => list(place).map(Who::NotListed),
        }
    }
}

fn refuse(what: &str) -> pyo3::PyErr {
    PyValueError::new_err(format!("an access rule names {what} that is not there"))
}

/// Takes fields off the front of a record.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (front, rest) = self.0.split_at(N);
        self.0 = rest;
        std::array::from_fn(|place| front[place])
    }

    fn word(&mut self) -> u16 {
        u16::from_be_bytes(self.take())
    }

    fn number(&mut self) -> u32 {
        u32::from_be_bytes(self.take())
    }

    fn ports(&mut self, is_given: bool) -> Option<(u16, u16)> {
        let ports = (self.word(), self.word());
        is_given.then_some(ports)
    }

    fn block(&mut self, is_given: bool, ipv6: bool) -> Option<Block> {
        let (address, mask) = (self.take::<16>(), self.take::<16>());
        let (address, mask) = (u128::from_be_bytes(address), u128::from_be_bytes(mask));
        let block = if ipv6 {
            Block::V6(Ipv6Addr::from_bits(address), Ipv6Addr::from_bits(mask))
        } else {
            Block::V4(
                Ipv4Addr::from_bits(address as u32),
                Ipv4Addr::from_bits(mask as u32),
            )
        };
        is_given.then_some(block)
    }

    fn mac(&mut self, is_given: bool) -> Option<([u8; 6], [u8; 6])> {
        let mac = (self.take(), self.take());
        is_given.then_some(mac)
    }
}

/// Entries, or why the bytes are none.
pub fn read(records: &[u8], texts: &Texts) -> PyResult<Vec<Rule>> {
    if records.len() % RECORD != 0 {
        return Err(PyValueError::new_err(format!(
            "an access rule has {RECORD} bytes"
        )));
    }
    let records = records.chunks_exact(RECORD);
    records
        .map(|record| read_record(&mut Reader(record), texts))
        .collect()
}

fn read_record(record: &mut Reader<'_>, texts: &Texts) -> PyResult<Rule> {
    let priority = record.number();
    let flags = record.word();
    let has = |flag| flags & flag != 0;
    let [protocol, jitter, loss, _] = record.take();
    let delay_ms = u32::from(record.word());
    // In this order they stand in the record.
    Ok(Rule {
        priority,
        discard: has(DISCARD),
        active: has(ACTIVE),
        ipv6: has(IPV6),
        protocol,
        source_ports: record.ports(has(SOURCE_PORTS)),
        target_ports: record.ports(has(TARGET_PORTS)),
        source_user: texts.who(record.number())?,
        target_user: texts.who(record.number())?,
        treatment: Treatment {
            delay_ms,
            jitter,
            loss,
            redirect: match record.number() {
                0 => None,
                number => Some(texts.name(number - 1)?),
            },
        },
        source: record.block(has(SOURCE), has(IPV6)),
        target: record.block(has(TARGET), has(IPV6)),
        source_mac: record.mac(has(SOURCE_MAC)),
        target_mac: record.mac(has(TARGET_MAC)),
        tcp_state: has(TCP_STATE).then_some(if has(ESTABLISHED) {
            TcpState::Established
        } else {
            TcpState::Beginning
        }),
    })
}
