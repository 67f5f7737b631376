//! Commands about traces.

use std::os::fd::RawFd;
use std::sync::Arc;

use etherloom_wire::capture::Filter;

use super::{Engine, EngineError};
use crate::capture::{self, Line, Trace, TraceSettings, TraceSnapshot};
use crate::os;

impl Engine {
    /// Compile a filter; an empty one means all frames.
    pub fn compile_filter(text: &str) -> Result<Option<Filter>, EngineError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let compiled = Filter::parse(text);
        let compiled = compiled.map_err(|error| EngineError::Invalid(error.to_string()))?;
        Ok(Some(compiled))
    }

    /// Trace a hub, into a pcapng file or into lines. The descriptor must not block; it stays the caller's.
    pub fn open_trace(
        &self,
        settings: TraceSettings,
        descriptor: Option<RawFd>,
    ) -> Result<u64, EngineError> {
        self.hub(settings.hub)?;
        let descriptor = descriptor.map(os::duplicate).transpose()?;
        let started = capture::start(&self.shared, settings, descriptor)?;
        let identifier = self.shared.next_identifier();
        self.traces.lock().insert(identifier, started);
        Ok(identifier)
    }

    fn trace(&self, identifier: u64) -> Result<Arc<Trace>, EngineError> {
        let traces = self.traces.lock();
        let found = traces.get(&identifier).map(|(trace, _)| Arc::clone(trace));
        found.ok_or(EngineError::Unknown("trace", identifier))
    }

    /// Lines since the last time.
    pub fn take_trace_lines(
        &self,
        identifier: u64,
        maximum: usize,
    ) -> Result<Vec<Line>, EngineError> {
        Ok(self.trace(identifier)?.take_lines(maximum))
    }

    /// How it is.
    pub fn trace_snapshot(&self, identifier: u64) -> Result<TraceSnapshot, EngineError> {
        Ok(self.trace(identifier)?.snapshot())
    }

    /// End it, wait until all that was seen is brought out, and forget it; returns its last lines.
    pub fn close_trace(&self, identifier: u64) -> Result<(TraceSnapshot, Vec<Line>), EngineError> {
        let removed = self.traces.lock().remove(&identifier);
        let (trace, thread) = removed.ok_or(EngineError::Unknown("trace", identifier))?;
        trace.stop();
        thread.thread().unpark();
        // A thread that panicked has been logged.
        let _ = thread.join();
        Ok((trace.snapshot(), trace.take_lines(usize::MAX)))
    }

    /// What a file calls the port of this session.
    pub fn label_session(&self, identifier: u64, label: String) -> Result<(), EngineError> {
        let _ = self.session(identifier)?.label.set(label);
        Ok(())
    }

    pub(super) fn close_traces(&self) {
        let mut open = Vec::new();
        for (identifier, (trace, _)) in self.traces.lock().iter() {
            // All at once: together they take no longer than the slowest.
            trace.stop();
            open.push(*identifier);
        }
        for identifier in open {
            // Somebody else may have been faster.
            let _ = self.close_trace(identifier);
        }
    }
}
