//! The way of a frame from its port to a verdict, one small function a step, in this order:
//!
//! 1. read the header;
//! 2. refuse a source that is no station;
//! 3. (policies and access lists of the port stand here: before the frame leaves any trace);
//! 4. learn the source;
//! 5. look up the destination.
//!
//! The order is what peers can observe: a frame that is refused in 2 or 3 is not learned from, one that is refused
//! in 5 is.

use crate::PortId;
use crate::drops::DropReason;
use crate::facts::Facts;
use crate::header::Header;
use crate::mac_table::{Learned, MacView};
use crate::switch::Verdict;

/// What the steps are taken in.
pub(crate) struct Passage<'a, 'hub> {
    pub(crate) macs: &'a mut MacView<'hub>,
    pub(crate) ingress: PortId,
    pub(crate) now_ms: u64,
}

impl Passage<'_, '_> {
    pub(crate) fn judge(&mut self, facts: &Facts) -> Result<Verdict, DropReason> {
        let header = &facts.header;
        refuse_invalid_source(header)?;
        self.learn(header)?;
        self.look_up(header)
    }

    fn learn(&mut self, header: &Header) -> Result<(), DropReason> {
        match self
            .macs
            .learn(header.source_key(), self.ingress, self.now_ms)
        {
            Learned::Known | Learned::New | Learned::Moved { .. } => Ok(()),
            Learned::Full => Err(DropReason::MacTableFull),
        }
    }

    fn look_up(&self, header: &Header) -> Result<Verdict, DropReason> {
        if header.broadcast {
            return Ok(Verdict::Flood);
        }
        match self.macs.lookup(header.destination_key(), self.now_ms) {
            Some(port) if port == self.ingress => Err(DropReason::SamePort),
            Some(port) => Ok(Verdict::Unicast(port)),
            None => Ok(Verdict::Flood),
        }
    }
}

/// A group address as source is odd but passes and is learned, as on every stock hub.
fn refuse_invalid_source(header: &Header) -> Result<(), DropReason> {
    let invalid = header.src == [0xff; 6] || header.src == [0; 6] || header.src == header.dst;
    if invalid {
        Err(DropReason::InvalidSource)
    } else {
        Ok(())
    }
}
