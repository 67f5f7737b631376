//! What becomes of a frame on its way to one target.

use crate::drops::DropReason;
use crate::facts::Facts;
use crate::{router, tag};

/// To this target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Egress {
    /// As it is.
    AsIs,
    /// Changed first, each segment.
    Changed(Change),
    /// Not at all.
    Drop(DropReason),
}

/// How a frame is changed for one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// It loses its tag: the target is in that VLAN.
    pub strip_tag: bool,
    /// It names no default router.
    pub no_default_router: bool,
}

impl Change {
    /// Append the changed frame to `out`.
    pub fn apply(self, frame: &[u8], facts: &Facts, out: &mut Vec<u8>) {
        match (self.strip_tag, self.no_default_router) {
            (true, false) => tag::strip(frame, out),
            (false, _) => self.rewrite(frame, facts, out),
            (true, true) => {
                let mut rewritten = Vec::with_capacity(frame.len());
                self.rewrite(frame, facts, &mut rewritten);
                tag::strip(&rewritten, out);
            }
        }
    }

    fn rewrite(self, frame: &[u8], facts: &Facts, out: &mut Vec<u8>) {
        if self.no_default_router {
            router::remove_default(frame, facts, out);
        } else {
            out.extend_from_slice(frame);
        }
    }
}
