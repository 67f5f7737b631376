//! The descriptor that a trace is written to: a file, or a pipe that somebody may not read.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long it waits for a reader before it looks whether it is to stop.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long a slow reader is written to after the end: a server that stops must not wait for it.
const GRACE: Duration = Duration::from_secs(1);

/// Where the bytes go.
pub struct Output {
    file: File,
    /// When its reader has had time enough.
    end: Option<Instant>,
}

/// Why bytes are not written.
#[derive(Debug)]
pub enum Refused {
    /// It was told to stop, and nobody reads, or not fast enough.
    Stopped,
    /// The system says why.
    Failed(String),
}

impl Output {
    /// A descriptor that does not block.
    pub fn new(descriptor: OwnedFd) -> Self {
        Self {
            file: File::from(descriptor),
            end: None,
        }
    }

    /// Write all of it, waiting for a reader unless told to stop.
    pub fn write(
        &mut self,
        mut bytes: &[u8],
        is_stopping: impl Fn() -> bool,
    ) -> Result<(), Refused> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(Refused::Failed("nothing more can be written".into())),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let reads = self.wait();
                    if is_stopping() && !(reads && self.has_time()) {
                        return Err(Refused::Stopped);
                    }
                }
                Err(error) => return Err(Refused::Failed(error.to_string())),
            }
        }
        Ok(())
    }

    fn has_time(&mut self) -> bool {
        let now = Instant::now();
        now < *self.end.get_or_insert(now + GRACE)
    }

    /// True if there is room again.
    fn wait(&self) -> bool {
        let mut descriptors = [PollFd::new(&self.file, PollFlags::OUT)];
        let patience = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(PATIENCE.subsec_nanos()),
        };
        poll(&mut descriptors, Some(&patience)).is_ok_and(|ready| ready > 0)
    }
}
