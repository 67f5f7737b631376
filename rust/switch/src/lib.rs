//! The pure layer-2 hub: where a frame goes, and who was seen where.
//!
//! No clock (`now_ms` is an argument), no I/O, no queue: a [`Switch`] gives verdicts, its caller moves the frames.
//! Every method takes `&self` and may be called from many threads at once.

#![forbid(unsafe_code)]

pub mod access_list;
mod addresses;
mod bucket;
mod counters;
mod drops;
mod egress;
mod event;
pub mod facts;
mod frame;
mod header;
mod ingress;
mod ip_table;
pub mod lock;
mod loops;
mod mac_key;
mod mac_table;
mod policy;
mod port;
pub mod record;
pub mod redirect;
pub mod router;
mod rules;
mod storm;
mod switch;
pub mod tag;

pub use access_list::{AccessList, Fate, Identity, Stored, Treatment};
pub use counters::{Counters, CountersSnapshot, Traffic, TrafficSnapshot};
pub use drops::DropReason;
pub use egress::{Change, Egress};
pub use event::{Event, Events};
pub use facts::{Facts, Network, Transport};
pub use frame::{Frame, Offload};
pub use header::{Header, classify};
pub use ip_table::{IpEntry, IpKey, IpTable};
pub use mac_key::MacKey;
pub use mac_table::{Learned, MacEntry, MacTable, MacTerms, MacView};
pub use rules::{HubFilters, HubRules, PortKind, PortPolicy, PortRules};
pub use switch::{Batch, Judged, Switch, Verdict};

/// Where a session plugs into a hub. The engine hands them out and never uses one twice.
pub type PortId = u32;
