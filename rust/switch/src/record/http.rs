//! The head of an HTTP request, as far as a log tells it. Reads what one segment holds and waits for no more.

use super::text::{push_item, starts_with};

const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];
const SHORTEST: usize = 6;
const USUAL_PORT: u16 = 80;
const LONGEST: usize = 511;

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http<'a> {
    method: &'static str,
    path: &'a [u8],
    protocol: &'a [u8],
    host: &'a [u8],
    referer: &'a [u8],
    agent: &'a [u8],
    port: u16,
}

impl<'a> Http<'a> {
    /// Three words and a host make a request.
    pub fn read(payload: &'a [u8], port: u16) -> Option<Self> {
        if payload.len() < SHORTEST {
            return None;
        }
        let method = METHODS
            .into_iter()
            .find(|method| starts_with(payload, method.as_bytes()))?;
        if payload.get(method.len()) != Some(&b' ') {
            return None;
        }
        let mut lines = payload.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let mut words = lines
            .next()?
            .split(|byte| *byte == b' ')
            .filter(|word| !word.is_empty());
        let (_, path, protocol) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() {
            return None;
        }
        let mut request = Self {
            method,
            path,
            protocol: cut(protocol),
            host: &[],
            referer: &[],
            agent: &[],
            port,
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            request.take(line);
        }
        (!request.host.is_empty()).then_some(request)
    }

    fn take(&mut self, line: &'a [u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return;
        };
        let (name, value) = (
            line[..colon].trim_ascii(),
            cut(line[colon + 1..].trim_ascii()),
        );
        if name.eq_ignore_ascii_case(b"host") {
            self.host = value;
        } else if name.eq_ignore_ascii_case(b"referer") {
            self.referer = value;
        } else if name.eq_ignore_ascii_case(b"user-agent") {
            self.agent = value;
        }
    }

    fn url(&self) -> Vec<u8> {
        if starts_with(self.path, b"http://") || starts_with(self.path, b"https://") {
            return self.path.into();
        }
        let port = match self.port {
            USUAL_PORT => String::new(),
            port => format!(":{port}"),
        };
        [b"http://", self.host, port.as_bytes(), self.path].concat()
    }

    /// For a note: each item ends with a space.
    pub fn describe(&self, out: &mut String) {
        push_item(out, "HttpMethod", &[self.method.as_bytes()]);
        push_item(out, "HttpUrl", &[cut(&self.url())]);
        push_item(out, "HttpProtocol", &[self.protocol]);
        push_item(out, "HttpReferer", &[self.referer]);
        push_item(out, "HttpUserAgent", &[self.agent]);
    }
}

fn cut(value: &[u8]) -> &[u8] {
    &value[..value.len().min(LONGEST)]
}
