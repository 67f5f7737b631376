//! Writes pcapng (draft-ietf-opsawg-pcapng): sections, interfaces, packets with direction and comment, statistics.
//!
//! Only appends bytes to a buffer; who writes them where is decided elsewhere.

const SECTION: u32 = 0x0a0d_0d0a;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const PACKET: u32 = 6;
const ETHERNET: u16 = 1;
const COMMENT: u16 = 1;
const USER_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_DESCRIPTION: u16 = 3;
const RESOLUTION: u16 = 9;
const NANOSECONDS: u8 = 9;
const PACKET_FLAGS: u16 = 2;
const OUR_DROPS: u16 = 7;
const OPTION_BYTES: usize = u16::MAX as usize;

/// From the hub's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the port into the hub.
    In,
    /// From the hub to the port.
    Out,
}

/// A remark beside a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Note<'a>(pub &'a str);

/// One packet.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Which interface, in the order in which they were added.
    pub interface: u32,
    /// Unix nanoseconds.
    pub unix_ns: u64,
    /// How long it was.
    pub length: usize,
    /// What is kept of it.
    pub bytes: &'a [u8],
    /// Where it was going.
    pub way: Way,
    /// Empty: none.
    pub note: Note<'a>,
}

/// A file as it grows. Native byte order, which readers find out.
#[derive(Debug, Default)]
pub struct PcapngWriter {
    out: Vec<u8>,
    interfaces: u32,
}

impl PcapngWriter {
    /// A file that names the program and says what it is about.
    pub fn new(program: &str, about: &str) -> Self {
        let mut writer = Self::default();
        let start = writer.begin(SECTION);
        writer.put(&BYTE_ORDER.to_ne_bytes());
        writer.put(&1_u16.to_ne_bytes());
        writer.put(&0_u16.to_ne_bytes());
        // The section's length is not known.
        writer.put(&u64::MAX.to_ne_bytes());
        writer.option(COMMENT, about.as_bytes());
        writer.option(USER_APPLICATION, program.as_bytes());
        writer.end(start);
        writer
    }

    /// Add an interface and return its number. `snap`: no packet of it has more bytes.
    pub fn interface(&mut self, name: &str, description: &str, snap: u32) -> u32 {
        let start = self.begin(INTERFACE);
        self.put(&ETHERNET.to_ne_bytes());
        self.put(&0_u16.to_ne_bytes());
        self.put(&snap.to_ne_bytes());
        self.option(INTERFACE_NAME, name.as_bytes());
        self.option(INTERFACE_DESCRIPTION, description.as_bytes());
        self.option(RESOLUTION, &[NANOSECONDS]);
        self.end(start);
        self.interfaces += 1;
        self.interfaces - 1
    }

    /// Add a packet.
    pub fn packet(&mut self, record: &Record<'_>) {
        let start = self.begin(PACKET);
        self.put(&record.interface.to_ne_bytes());
        self.put_time(record.unix_ns);
        self.put(&(record.bytes.len() as u32).to_ne_bytes());
        self.put(&(record.length as u32).to_ne_bytes());
        self.put(record.bytes);
        self.pad();
        let direction: u32 = match record.way {
            Way::In => 1,
            Way::Out => 2,
        };
        self.option(PACKET_FLAGS, &direction.to_ne_bytes());
        self.option(COMMENT, record.note.0.as_bytes());
        self.end(start);
    }

    /// Say at the end how many packets of an interface were lost to the capture.
    pub fn statistics(&mut self, interface: u32, unix_ns: u64, lost: u64) {
        let start = self.begin(STATISTICS);
        self.put(&interface.to_ne_bytes());
        self.put_time(unix_ns);
        self.option(OUR_DROPS, &lost.to_ne_bytes());
        self.end(start);
    }

    /// What was added since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Bytes that `take` would return.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Nothing was added since the last time.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn put_time(&mut self, unix_ns: u64) {
        self.put(&((unix_ns >> 32) as u32).to_ne_bytes());
        self.put(&(unix_ns as u32).to_ne_bytes());
    }

    fn pad(&mut self) {
        self.out.resize(self.out.len().next_multiple_of(4), 0);
    }

    /// An empty one is left out.
    fn option(&mut self, code: u16, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        let value = &value[..value.len().min(OPTION_BYTES)];
        self.put(&code.to_ne_bytes());
        self.put(&(value.len() as u16).to_ne_bytes());
        self.put(value);
        self.pad();
    }

    fn begin(&mut self, block: u32) -> usize {
        let start = self.out.len();
        self.put(&block.to_ne_bytes());
        self.put(&[0; 4]);
        start
    }

    /// End the options, and write the block's length at both of its ends.
    fn end(&mut self, start: usize) {
        self.put(&[0; 4]);
        let length = (self.out.len() - start + 4) as u32;
        self.put(&length.to_ne_bytes());
        self.out[start + 4..start + 8].copy_from_slice(&length.to_ne_bytes());
    }
}
