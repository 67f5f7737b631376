//! Commands about packet logs.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Engine, EngineError};
use crate::packet_log::{self, HubLog, PacketLogSettings, PacketLogSnapshot, Recorder, SysLine};

impl Engine {
    /// Write down what passes a hub, from the next batch of frames on; nothing without settings.
    pub fn set_packet_log(
        &self,
        hub: u64,
        settings: Option<PacketLogSettings>,
    ) -> Result<(), EngineError> {
        let identifier = hub;
        let hub = self.hub(identifier)?;
        let log = match settings {
            None => None,
            Some(settings) => {
                let counts = Arc::clone(&hub.packet_log_counts);
                Some(HubLog::new(identifier, settings, counts, self.recorder()?))
            }
        };
        hub.set_packet_log(log);
        Ok(())
    }

    /// The queue, and the thread behind it: started for the first hub that needs it.
    fn recorder(&self) -> Result<Arc<Recorder>, EngineError> {
        let mut thread = self.packet_log.lock();
        if let Some(recorder) = self.shared.recorder.get() {
            return Ok(Arc::clone(recorder));
        }
        let recorder = Recorder::new(Arc::clone(&self.shared.events));
        *thread = Some(packet_log::start(&self.shared, &recorder)?);
        let _ = self.shared.recorder.set(Arc::clone(&recorder));
        Ok(recorder)
    }

    /// What became of the records of a hub.
    pub fn packet_log_snapshot(&self, hub: u64) -> Result<PacketLogSnapshot, EngineError> {
        Ok(self.hub(hub)?.packet_log_counts.snapshot())
    }

    /// Lines that were kept, and how many were lost since the last time.
    pub fn take_packet_lines(&self, maximum: usize) -> (Vec<SysLine>, u64) {
        let recorder = self.shared.recorder.get();
        recorder.map_or_else(Default::default, |recorder| recorder.take_lines(maximum))
    }

    /// Where a session's client is, for packet logs; the first address stays.
    pub fn locate_session(&self, identifier: u64, address: IpAddr) -> Result<(), EngineError> {
        let session = self.session(identifier)?;
        let _ = session.client_address.set(address.to_canonical());
        Ok(())
    }

    /// Nothing feeds it any more: write what waits. False if its thread has failed.
    pub(super) fn stop_packet_log(&self) -> bool {
        if let Some(recorder) = self.shared.recorder.get() {
            recorder.stop();
        }
        let thread = self.packet_log.lock().take();
        thread.is_none_or(|thread| thread.join().is_ok())
    }
}
