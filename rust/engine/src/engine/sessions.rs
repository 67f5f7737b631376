//! Commands about hubs, sessions and devices.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use etherloom_switch::{AccessList, HubRules, PortId, PortRules};

use super::{Engine, EngineError};
use crate::device::Device;
use crate::hub::Hub;
use crate::link::LinkSettings;
use crate::message::Message;
use crate::os::{self, Tap};
use crate::session::SessionRules;
use crate::shared::{PortKind, SessionShared};
use crate::snapshot::{HubEvent, IpEntry, MacEntry, SessionSnapshot};
use crate::worker::place_of;

impl Engine {
    /// A hub without ports.
    pub fn open_hub(&self, wire: bool, rules: HubRules) -> u64 {
        let identifier = self.shared.next_identifier();
        self.shared
            .hubs
            .lock()
            .insert(identifier, Hub::new(identifier, wire, rules));
        identifier
    }

    pub(crate) fn hub(&self, identifier: u64) -> Result<Arc<Hub>, EngineError> {
        self.shared
            .hubs
            .lock()
            .get(&identifier)
            .cloned()
            .ok_or(EngineError::Unknown("hub", identifier))
    }

    /// New rules, at once.
    pub fn set_hub_rules(&self, identifier: u64, rules: HubRules) -> Result<(), EngineError> {
        self.hub(identifier)?.switch.set_rules(rules);
        Ok(())
    }

    /// Other rules for frames, at once.
    pub fn set_access_list(&self, identifier: u64, list: AccessList) -> Result<(), EngineError> {
        self.hub(identifier)?.switch.set_access_list(list);
        Ok(())
    }

    /// End all its sessions and forget it.
    pub fn close_hub(&self, identifier: u64) -> Result<(), EngineError> {
        let removed = self.shared.hubs.lock().remove(&identifier);
        let hub = removed.ok_or(EngineError::Unknown("hub", identifier))?;
        let ports = hub.close();
        for worker in 0..self.shared.handles().len() {
            let of_worker: Vec<_> = ports
                .iter()
                .copied()
                .filter(|port| place_of(*port).0 == worker)
                .collect();
            if !of_worker.is_empty() {
                self.shared.tell(
                    worker,
                    Message::ClosePorts {
                        hub: identifier,
                        ports: of_worker,
                    },
                );
            }
        }
        Ok(())
    }

    /// The session on each port of this moment.
    fn sessions_by_port(&self) -> HashMap<PortId, u64> {
        let sessions = self.shared.sessions.lock();
        let plugged = sessions
            .values()
            .filter_map(|session| Some((*session.port.get()?, session.identifier)));
        plugged.collect()
    }

    /// What a hub has to tell people, and how much of that was lost.
    pub fn hub_events(&self, identifier: u64) -> Result<(Vec<HubEvent>, u64), EngineError> {
        let (events, lost) = self.hub(identifier)?.switch.events().take();
        let sessions = if events.is_empty() {
            HashMap::new()
        } else {
            self.sessions_by_port()
        };
        let now_ms = self.shared.now_ms();
        let told = events
            .into_iter()
            .map(|(port, event)| HubEvent::of(port, event, &sessions, now_ms));
        Ok((told.collect(), lost))
    }

    /// Its MAC table.
    pub fn mac_table(&self, identifier: u64) -> Result<Vec<MacEntry>, EngineError> {
        let hub = self.hub(identifier)?;
        let sessions = self.sessions_by_port();
        let now_ms = self.shared.now_ms();
        let entries = hub.switch.macs().snapshot().into_iter();
        Ok(entries
            .filter_map(|entry| MacEntry::of(&entry, &sessions, now_ms))
            .collect())
    }

    /// How many addresses it knows.
    pub fn mac_count(&self, identifier: u64) -> Result<usize, EngineError> {
        Ok(self.hub(identifier)?.switch.macs().len())
    }

    /// Forget one address; false if it was not there.
    pub fn delete_mac(
        &self,
        identifier: u64,
        address: [u8; 6],
        vlan: u16,
    ) -> Result<bool, EngineError> {
        let key = etherloom_switch::MacKey::new(address, vlan);
        Ok(self.hub(identifier)?.switch.macs().remove(key))
    }

    /// Its table of addresses.
    pub fn ip_table(&self, identifier: u64) -> Result<Vec<IpEntry>, EngineError> {
        let hub = self.hub(identifier)?;
        let sessions = self.sessions_by_port();
        let now_ms = self.shared.now_ms();
        let entries = hub.switch.ips().snapshot().into_iter();
        Ok(entries
            .filter_map(|entry| IpEntry::of(&entry, &sessions, now_ms))
            .collect())
    }

    /// How many IP addresses it knows.
    pub fn ip_count(&self, identifier: u64) -> Result<usize, EngineError> {
        Ok(self.hub(identifier)?.switch.ips().len())
    }

    /// Forget one IP address; false if it was not there.
    pub fn delete_ip(
        &self,
        identifier: u64,
        address: IpAddr,
        vlan: u16,
    ) -> Result<bool, EngineError> {
        let key = etherloom_switch::IpKey { address, vlan };
        Ok(self.hub(identifier)?.switch.ips().remove(key))
    }

    fn new_session(
        &self,
        hub: &Hub,
        kind: PortKind,
        queue_frames: usize,
        rules: PortRules,
    ) -> Arc<SessionShared> {
        let worker = hub.place(&self.shared.loads());
        let session = SessionShared::new(self.shared.next_identifier(), worker, kind, queue_frames);
        session.rules.store(Arc::new(rules));
        session
            .last_received_ms
            .store(self.shared.now_ms(), Ordering::Relaxed);
        self.shared
            .sessions
            .lock()
            .insert(session.identifier, Arc::clone(&session));
        session
    }

    /// A native session without links.
    pub fn open_session(
        &self,
        hub: u64,
        rules: SessionRules,
        port: PortRules,
    ) -> Result<u64, EngineError> {
        let hub = self.hub(hub)?;
        let session = self.new_session(&hub, PortKind::Native, 0, port);
        let identifier = session.identifier;
        self.shared.tell(
            session.worker,
            Message::OpenSession {
                session,
                hub,
                rules,
            },
        );
        Ok(identifier)
    }

    /// Other rights for the port of a session, from the next frame on.
    pub fn set_port_rules(
        &self,
        hub: u64,
        session: u64,
        rules: PortRules,
    ) -> Result<(), EngineError> {
        let hub = self.hub(hub)?;
        let session = self.session(session)?;
        session.rules.store(Arc::new(rules));
        hub.renew_rules(&session);
        Ok(())
    }

    /// Make a connection a link of a session.
    pub fn promote(
        &self,
        connection: u64,
        session: u64,
        farewell: Vec<u8>,
        leftover: Vec<u8>,
        link: LinkSettings,
    ) -> Result<(), EngineError> {
        let session = self.session(session)?;
        let worker = self.give_up_connection(connection)?.worker;
        self.shared.tell(
            worker,
            Message::Promote {
                connection,
                session,
                farewell,
                leftover,
                link,
            },
        );
        Ok(())
    }

    /// Create a TAP adapter and plug it in.
    pub fn open_tap(&self, hub: u64, name: &str, port: PortRules) -> Result<u64, EngineError> {
        let hub = self.hub(hub)?;
        let Tap {
            descriptor,
            name,
            offload,
        } = os::open_tap(name)?;
        let session = self.new_session(&hub, PortKind::Tap(name), 0, port);
        let device = Device::new(descriptor, offload);
        let identifier = session.identifier;
        self.shared.tell(
            session.worker,
            Message::OpenDevice {
                session,
                hub,
                device: Box::new(device),
            },
        );
        Ok(identifier)
    }

    /// A port of the caller's.
    pub fn open_memory(
        &self,
        hub: u64,
        queue_frames: usize,
        port: PortRules,
    ) -> Result<u64, EngineError> {
        let hub = self.hub(hub)?;
        let session = self.new_session(&hub, PortKind::Memory, queue_frames.max(1), port);
        let identifier = session.identifier;
        self.shared
            .tell(session.worker, Message::OpenMemory { session, hub });
        Ok(identifier)
    }

    pub(crate) fn session(&self, identifier: u64) -> Result<Arc<SessionShared>, EngineError> {
        self.shared
            .sessions
            .lock()
            .get(&identifier)
            .cloned()
            .ok_or(EngineError::Unknown("session", identifier))
    }

    /// Frames into the hub through a memory port; what does not fit is dropped and counted.
    pub fn send_frames(
        &self,
        identifier: u64,
        mut frames: Vec<Vec<u8>>,
    ) -> Result<(), EngineError> {
        let session = self.session(identifier)?;
        let under_way = session.injected.fetch_add(frames.len(), Ordering::AcqRel);
        let room = session
            .queue_frames
            .saturating_sub(under_way)
            .min(frames.len());
        let surplus = frames.len() - room;
        if surplus > 0 {
            session.injected.fetch_sub(surplus, Ordering::AcqRel);
            session
                .counters
                .dropped_many(etherloom_switch::DropReason::QueueFull, surplus as u64);
            frames.truncate(room);
        }
        self.shared.tell(
            session.worker,
            Message::Inject {
                session: identifier,
                frames,
            },
        );
        Ok(())
    }

    /// Frames out of the hub through a memory port.
    pub fn take_frames(
        &self,
        identifier: u64,
        maximum: usize,
    ) -> Result<Vec<Vec<u8>>, EngineError> {
        let session = self.session(identifier)?;
        let mut frames = session.frames.lock();
        let count = maximum.min(frames.len());
        Ok(frames.drain(..count).collect())
    }

    /// Counters, links and the end of a session.
    pub fn session_snapshot(&self, identifier: u64) -> Result<SessionSnapshot, EngineError> {
        Ok(SessionSnapshot::of(
            &*self.session(identifier)?,
            self.shared.now_ms(),
        ))
    }

    /// Close one link politely.
    pub fn close_link(&self, session: u64, connection: u64) -> Result<(), EngineError> {
        let worker = self.session(session)?.worker;
        self.shared.tell(
            worker,
            Message::CloseLink {
                session,
                connection,
            },
        );
        Ok(())
    }

    /// End a session.
    pub fn close_session(&self, identifier: u64) -> Result<(), EngineError> {
        let worker = self.session(identifier)?.worker;
        self.shared.tell(
            worker,
            Message::CloseSession {
                session: identifier,
            },
        );
        Ok(())
    }

    /// Drop the counters of an ended session; one that runs is ended.
    pub fn forget_session(&self, identifier: u64) -> Result<(), EngineError> {
        let removed = self.shared.sessions.lock().remove(&identifier);
        let session = removed.ok_or(EngineError::Unknown("session", identifier))?;
        self.shared.tell(
            session.worker,
            Message::CloseSession {
                session: identifier,
            },
        );
        Ok(())
    }
}
