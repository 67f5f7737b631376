//! One log file after the other: names, sizes, appending. What the disk refuses is lost and counted; it is asked again
//! after a while.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Counts;
use super::clock::{Moment, Switch};

const PREFIX: &str = "pkt";
const USUAL_BYTES: u64 = 1_073_741_823;
const BUFFER_BYTES: usize = 256 * 1024;
const RETRY_MS: u64 = 1_000;
/// How often an open file is looked for under its name: somebody may have moved it.
const LOOK_MS: u64 = 1_000;
const IDLE_MS: u64 = 30_000;
const MOST_FILES: u32 = 1_000_000;

/// Where one hub's lines of one kind go.
pub struct LogFile {
    folder: PathBuf,
    extension: &'static str,
    switch: Switch,
    most_bytes: u64,
    counts: Arc<Counts>,
    period: Option<(u64, String)>,
    number: u32,
    open: Option<Open>,
    buffer: Vec<u8>,
    lines: u64,
    retry_ms: u64,
    used_ms: u64,
    looked_ms: u64,
    /// What the disk said, until it takes lines again.
    pub failure: Option<String>,
}

struct Open {
    file: File,
    path: PathBuf,
    size: u64,
}

impl LogFile {
    /// Nothing is opened before there is something to write.
    pub fn new(folder: PathBuf, extension: &'static str, counts: Arc<Counts>) -> Self {
        Self {
            folder,
            extension,
            switch: Switch::default(),
            most_bytes: USUAL_BYTES,
            counts,
            period: None,
            number: 0,
            open: None,
            buffer: Vec::new(),
            lines: 0,
            retry_ms: 0,
            used_ms: 0,
            looked_ms: 0,
            failure: None,
        }
    }

    /// Follow settings, which may have changed.
    pub fn follow(&mut self, folder: &PathBuf, switch: Switch, most_bytes: u64) {
        let most_bytes = if most_bytes == 0 {
            USUAL_BYTES
        } else {
            most_bytes
        };
        if *folder != self.folder {
            self.leave();
            self.folder.clone_from(folder);
        }
        if switch != self.switch || *folder != self.folder {
            self.leave();
        }
        (self.switch, self.most_bytes) = (switch, most_bytes);
    }

    fn leave(&mut self) {
        self.flush();
        self.open = None;
        self.period = None;
    }

    /// Take a line; its record's time says into which file it belongs.
    pub fn append(&mut self, line: &[u8], at: &Moment, now_ms: u64) {
        self.used_ms = now_ms;
        if now_ms < self.retry_ms {
            self.counts.lost.fetch_add(1, Relaxed);
            return;
        }
        self.turn(at);
        if now_ms < self.retry_ms {
            self.counts.lost.fetch_add(1, Relaxed);
            return;
        }
        let size = self.open.as_ref().map_or(0, |open| open.size) + self.buffer.len() as u64;
        if size > 0 && size + line.len() as u64 > self.most_bytes {
            self.flush();
            self.open = None;
            self.number += 1;
        }
        self.buffer.extend_from_slice(line);
        self.lines += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush();
        }
    }

    /// Begin another file where the record's time wants one.
    fn turn(&mut self, at: &Moment) {
        let second = at.unix_ms / 1_000;
        if self.period.as_ref().is_some_and(|(of, _)| *of == second) {
            return;
        }
        let period = self.switch.period(&at.local);
        let stays = self
            .period
            .as_ref()
            .is_some_and(|(_, name)| *name == period);
        if !stays {
            self.flush();
            self.open = None;
        }
        self.period = Some((second, period));
        if !stays {
            self.number = self.last_number();
            self.open_or_fail();
        }
    }

    /// The highest number that is there already.
    fn last_number(&self) -> u32 {
        let exists = |number: &u32| self.path(*number).exists();
        (1..MOST_FILES).take_while(exists).last().unwrap_or(0)
    }

    fn path(&self, number: u32) -> PathBuf {
        let period = self.period.as_ref().map_or("", |(_, name)| name);
        let extension = self.extension;
        let name = match (number, digits(self.most_bytes)) {
            (0, _) => format!("{PREFIX}{period}.{extension}"),
            (_, width) => format!("{PREFIX}{period}~{number:0width$}.{extension}"),
        };
        self.folder.join(name)
    }

    /// Bring all lines to the disk.
    pub fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let written = self.open_file().and_then(|()| self.write());
        let lines = std::mem::take(&mut self.lines);
        self.buffer.clear();
        match written {
            Ok(()) => {
                self.failure = None;
                self.counts.written.fetch_add(lines, Relaxed);
            }
            Err(error) => {
                self.counts.lost.fetch_add(lines, Relaxed);
                self.fail(&error);
            }
        }
    }

    fn open_or_fail(&mut self) {
        if let Err(error) = self.open_file() {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &io::Error) {
        let path = self.path(self.number);
        self.failure = Some(format!("{}: {error}", path.display()));
        self.open = None;
        self.retry_ms = self.used_ms + RETRY_MS;
    }

    fn open_file(&mut self) -> io::Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let path = self.path(self.number);
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&path)?;
        let size = file.metadata()?.len();
        self.open = Some(Open { file, path, size });
        Ok(())
    }

    /// All of it or nothing: half a line would spoil the next one.
    fn write(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if let Err(error) = open.file.write_all(&self.buffer) {
            let _ = open.file.set_len(open.size);
            return Err(error);
        }
        open.size += self.buffer.len() as u64;
        Ok(())
    }

    /// There is nothing to do at the moment: let go of what is not used, or not there any more.
    pub fn rest(&mut self, now_ms: u64) {
        self.flush();
        let Some(open) = &self.open else { return };
        if now_ms > self.used_ms + IDLE_MS {
            self.leave();
        } else if now_ms > self.looked_ms + LOOK_MS {
            self.looked_ms = now_ms;
            if !open.is_there() {
                self.open = None;
            }
        }
    }

    /// Nothing is open, and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.open.is_none() && self.buffer.is_empty()
    }
}

impl Open {
    /// The name still stands for the file.
    fn is_there(&self) -> bool {
        let (Ok(named), Ok(own)) = (self.path.metadata(), self.file.metadata()) else {
            return false;
        };
        (named.dev(), named.ino()) == (own.dev(), own.ino())
    }
}

/// How many digits the number of a file has: more where files are so small that there may be many.
fn digits(most_bytes: u64) -> usize {
    match most_bytes {
        USUAL_BYTES => 2,
        1_000_000_000.. => 3,
        100_000_000.. => 4,
        10_000_000.. => 5,
        1_000_000.. => 6,
        100_000.. => 7,
        10_000.. => 8,
        1_000.. => 9,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::LocalTime;
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::AtomicU32;

    static FOLDERS: AtomicU32 = AtomicU32::new(0);

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let number = FOLDERS.fetch_add(1, Relaxed);
            let name = format!("etherloom-packet-log-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).expect("a folder for a test");
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("the folder");
            let names = entries.map(|entry| entry.expect("an entry").file_name());
            let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into()).collect();
            names.sort();
            names
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).expect("the file")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn at(second: u64) -> Moment {
        Moment {
            unix_ms: second * 1_000,
            local: LocalTime {
                year: 2026,
                month: 11,
                day: 22,
                hour: (second / 3_600) as i32,
                minute: (second / 60 % 60) as i32,
                second: (second % 60) as i32,
            },
        }
    }

    fn log(folder: &Path, switch: Switch, most_bytes: u64) -> LogFile {
        let mut log = LogFile::new(folder.into(), "log", Arc::default());
        log.follow(&folder.into(), switch, most_bytes);
        log
    }

    fn counts(log: &LogFile) -> (u64, u64) {
        let snapshot = log.counts.snapshot();
        (snapshot.written, snapshot.lost)
    }

    #[test]
    fn a_record_is_in_the_file_of_its_time() {
        let folder = Folder::new();
        let mut log = log(&folder.0, Switch::Minute, 0);
        for second in [0, 59, 60, 3_600] {
            log.append(format!("{second}\r\n").as_bytes(), &at(second), 0);
        }
        log.flush();
        let names = [
            "pkt_20261122_0000.log",
            "pkt_20261122_0001.log",
            "pkt_20261122_0100.log",
        ];
        assert_eq!(folder.names(), names);
        assert_eq!(folder.text(names[0]), "0\r\n59\r\n");
        assert_eq!(folder.text(names[1]), "60\r\n");
        assert_eq!(counts(&log), (4, 0));
    }

    #[test]
    fn a_file_that_would_get_too_long_is_followed_by_the_next() {
        let folder = Folder::new();
        let mut first = log(&folder.0, Switch::Day, 999);
        for _ in 0..5 {
            first.append(&[b'x'; 400], &at(0), 0);
        }
        first.flush();
        let names = [
            "pkt_20261122.log",
            "pkt_20261122~01.log",
            "pkt_20261122~02.log",
        ];
        assert_eq!(folder.names(), names);
        assert_eq!(folder.text(names[2]).len(), 400);
        // A new run goes on with the last one.
        let mut second = log(&folder.0, Switch::Day, 999);
        second.append(b"y", &at(1), 0);
        second.flush();
        assert_eq!(folder.text(names[2]).len(), 401);
    }

    #[test]
    fn small_files_have_long_numbers() {
        let widths = [
            (999, 2),
            (1_000, 9),
            (1_000_000, 6),
            (USUAL_BYTES, 2),
            (USUAL_BYTES + 1, 3),
        ];
        for (bytes, width) in widths {
            assert_eq!(digits(bytes), width);
        }
    }

    #[test]
    fn what_the_disk_refuses_is_lost_and_tried_again() {
        let folder = Folder::new();
        let inside = folder.0.join("hub");
        fs::write(&inside, "in the way").expect("a file");
        let mut log = log(&inside, Switch::Never, 0);
        log.append(b"a\r\n", &at(0), 5_000);
        log.append(b"b\r\n", &at(0), 5_500);
        log.flush();
        assert_eq!(counts(&log), (0, 2));
        assert!(
            log.failure
                .as_ref()
                .is_some_and(|why| why.contains("hub/pkt.log"))
        );
        fs::remove_file(&inside).expect("out of the way");
        log.append(b"c\r\n", &at(0), 5_999);
        log.append(b"d\r\n", &at(0), 6_000);
        log.flush();
        assert_eq!(counts(&log), (1, 3));
        assert_eq!(log.failure, None);
        assert_eq!(
            fs::read_to_string(inside.join("pkt.log")).expect("the file"),
            "d\r\n"
        );
    }

    #[test]
    fn a_file_that_was_moved_is_begun_again() {
        let folder = Folder::new();
        let mut log = log(&folder.0, Switch::Never, 0);
        log.append(b"a", &at(0), 0);
        log.rest(0);
        fs::rename(folder.0.join("pkt.log"), folder.0.join("old")).expect("moved");
        log.rest(LOOK_MS + 1);
        log.append(b"b", &at(0), 2_000);
        log.flush();
        assert_eq!(
            (folder.text("old"), folder.text("pkt.log")),
            ("a".into(), "b".into())
        );
    }

    #[test]
    fn other_settings_count_at_once() {
        let folder = Folder::new();
        let mut log = log(&folder.0, Switch::Never, 0);
        log.append(b"a", &at(0), 0);
        log.follow(&folder.0, Switch::Hour, 0);
        log.append(b"b", &at(0), 0);
        log.follow(&folder.0.join("other"), Switch::Hour, 0);
        log.append(b"c", &at(0), 0);
        log.rest(0);
        assert_eq!(folder.names(), ["other", "pkt.log", "pkt_20261122_00.log"]);
        log.rest(IDLE_MS + 1);
        assert!(log.is_idle());
        assert_eq!(folder.text("other/pkt_20261122_00.log"), "c");
    }

    #[test]
    fn no_link_is_followed() {
        let folder = Folder::new();
        std::os::unix::fs::symlink("/tmp/elsewhere", folder.0.join("pkt.log")).expect("a link");
        let mut log = log(&folder.0, Switch::Never, 0);
        log.append(b"a", &at(0), 0);
        log.flush();
        assert_eq!(counts(&log), (0, 1));
    }
}
