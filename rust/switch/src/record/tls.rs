//! The name of the server that a TLS hello asks for (RFC 6066).

const HANDSHAKE: u8 = 22;
const HELLO: u8 = 1;
const RANDOM: usize = 2 + 32;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;
const MOST_EXTENSIONS: usize = 64;

/// Walks over bytes; nothing where they end too early.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        let taken = self.take(bytes)?;
        Some(
            taken
                .iter()
                .fold(0, |all, byte| all << 8 | usize::from(*byte)),
        )
    }

    /// What follows its own length.
    fn block(&mut self, length_bytes: usize) -> Option<Self> {
        let length = self.number(length_bytes)?;
        self.take(length).map(Reader)
    }
}

/// The name in a hello that begins here. What is behind the name need not be there.
pub fn server_name(payload: &[u8]) -> Option<&[u8]> {
    let mut record = Reader(payload);
    if record.number(1)? != usize::from(HANDSHAKE) || record.number(1)? != 3 {
        return None;
    }
    record.take(1 + 2)?;
    if record.number(1)? != usize::from(HELLO) {
        return None;
    }
    record.take(3 + RANDOM)?;
    record.block(1)?;
    record.block(2)?;
    record.block(1)?;
    record.take(2)?;
    for _ in 0..MOST_EXTENSIONS {
        let kind = record.number(2)?;
        let mut body = record.block(2)?;
        if kind == usize::from(SERVER_NAME) {
            return host_name(&mut body);
        }
    }
    None
}

fn host_name<'a>(body: &mut Reader<'a>) -> Option<&'a [u8]> {
    let mut names = body.block(2)?;
    let kind = names.number(1)?;
    let name = names.block(2)?.0;
    (kind == usize::from(HOST_NAME) && (1..=255).contains(&name.len())).then_some(name)
}
