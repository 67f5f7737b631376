//! The bytes of a log-in, written from the protocol's description alone: HTTP and PACK, a client's side.
//!
//! On purpose not the product's codec: a fault there must not be able to agree with itself.

const SIGNATURE_BODY: &[u8] = b"VPNCONNECT";
const MOST_HEADER_BYTES: usize = 4096;

enum Value<'a> {
    Number(u32),
    Text(&'a str),
}

/// The first request: who we are.
pub fn signature() -> Vec<u8> {
    request("/vpnsvc/connect.cgi", "image/jpeg", SIGNATURE_BODY)
}

/// The second: let this user in without a password, over one encrypted connection.
pub fn login(hub: &str, user: &str) -> Vec<u8> {
    use Value::{Number, Text};
    let body = pack(&[
        ("method", Text("login")),
        ("hubname", Text(hub)),
        ("username", Text(user)),
        ("authtype", Number(0)),
        ("client_str", Text("Crowd client")),
        ("client_ver", Number(501)),
        ("client_build", Number(9674)),
        ("protocol", Number(0)),
        ("max_connection", Number(1)),
        ("use_encrypt", Number(1)),
        ("use_compress", Number(0)),
        ("half_connection", Number(0)),
        ("qos", Number(0)),
    ]);
    request("/vpnsvc/vpn.cgi", "application/octet-stream", &body)
}

fn request(target: &str, content: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "POST {target} HTTP/1.1\r\nHost: crowd\r\nConnection: Keep-Alive\r\n\
         Content-Type: {content}\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn pack(elements: &[(&str, Value<'_>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let number = |out: &mut Vec<u8>, value: usize| {
        out.extend_from_slice(&(value as u32).to_be_bytes());
    };
    number(&mut out, elements.len());
    for (name, value) in elements {
        number(&mut out, name.len() + 1);
        out.extend_from_slice(name.as_bytes());
        match value {
            Value::Number(value) => [0, 1, *value as usize].map(|part| number(&mut out, part)),
            Value::Text(text) => [2, 1, text.len()].map(|part| number(&mut out, part)),
        };
        if let Value::Text(text) = value {
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

/// A whole answer at the start of `plain`: its body, and how many bytes it took. None while more must come.
pub fn answer(plain: &[u8]) -> Result<Option<(&[u8], usize)>, &'static str> {
    let Some(head) = plain.windows(4).position(|four| four == b"\r\n\r\n") else {
        return match plain.len() {
            0..=MOST_HEADER_BYTES => Ok(None),
            _ => Err("the server's answer has no end"),
        };
    };
    let text = std::str::from_utf8(&plain[..head]).map_err(|_| "the server's answer is no HTTP")?;
    if text.split(' ').nth(1) != Some("200") {
        return Err("the server refuses the request");
    }
    let length: usize = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .ok_or("the server's answer has no length")?;
    let start = head + 4;
    Ok(plain
        .get(start..start + length)
        .map(|body| (body, start + length)))
}

/// The code of a refusal; 0 in a Welcome.
pub fn refusal(body: &[u8]) -> u32 {
    // Name, type INT, one value: an element stands alone like this wherever it is.
    const ELEMENT: &[u8] = b"\0\0\0\x06error\0\0\0\0\0\0\0\x01";
    let place = body
        .windows(ELEMENT.len())
        .position(|window| window == ELEMENT);
    place
        .and_then(|place| body[place + ELEMENT.len()..].first_chunk::<4>())
        .map_or(0, |code| u32::from_be_bytes(*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(body: &[u8]) -> Vec<u8> {
        let mut bytes =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn an_answer_is_taken_once_it_is_whole() {
        let bytes = response(b"abc");
        for end in 0..bytes.len() {
            assert_eq!(answer(&bytes[..end]), Ok(None));
        }
        assert_eq!(answer(&bytes), Ok(Some((&b"abc"[..], bytes.len()))));
        let mut more = bytes.clone();
        more.push(9);
        assert_eq!(answer(&more), Ok(Some((&b"abc"[..], bytes.len()))));
    }

    #[test]
    fn what_is_no_good_answer_is_an_error() {
        assert!(answer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(answer(&[b'x'; MOST_HEADER_BYTES + 1]).is_err());
    }

    #[test]
    fn a_refusal_has_its_code() {
        let refused = pack(&[("x", Value::Text("y")), ("error", Value::Number(16))]);
        assert_eq!(refusal(&refused), 16);
        assert_eq!(refusal(&pack(&[("session_name", Value::Text("SID"))])), 0);
    }

    #[test]
    fn a_pack_is_as_described() {
        let found = pack(&[("error", Value::Number(9)), ("a", Value::Text("bc"))]);
        let wanted = b"\0\0\0\x02\0\0\0\x06error\0\0\0\0\0\0\0\x01\0\0\0\x09\
            \0\0\0\x02a\0\0\0\x02\0\0\0\x01\0\0\0\x02bc";
        assert_eq!(found, wanted);
    }
}
