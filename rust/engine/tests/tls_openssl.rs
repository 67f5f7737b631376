//! The TLS interface against the `openssl` program, in both roles. Needs that program (OpenSSL 3).

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use etherloom_engine::tls::{ClientSettings, Identity, Tls};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tls/vectors/");
const PATIENCE: Duration = Duration::from_secs(20);

/// An `openssl` process with the lines it prints; it ends with the test.
struct OpenSsl {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl OpenSsl {
    fn start(arguments: &[&str]) -> OpenSsl {
        let mut process = Command::new("openssl")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this test needs the program openssl (Debian: apt-get install openssl)");
        let input = process.stdin.take().unwrap();
        let (sender, lines) = channel();
        forward_lines(process.stdout.take().unwrap(), sender.clone());
        forward_lines(process.stderr.take().unwrap(), sender);
        OpenSsl {
            process,
            input,
            lines,
        }
    }

    fn write(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
    }

    /// Waits for the line that begins so.
    fn line(&mut self, start: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line from openssl begins {start:?}"));
            if line.starts_with(start) {
                return line;
            }
        }
    }
}

fn forward_lines(stream: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        // Fails only if it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One side of ours on a socket.
struct Link {
    socket: TcpStream,
    tls: Tls,
    inbox: Vec<u8>,
    plain: Vec<u8>,
    closed: bool,
}

impl Link {
    fn new(socket: TcpStream, tls: Tls) -> Link {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut link = Link {
            socket,
            tls,
            inbox: Vec::new(),
            plain: Vec::new(),
            closed: false,
        };
        link.open();
        link.read_until(|link| link.tls.is_established());
        link
    }

    fn open(&mut self) {
        let mut output = Vec::new();
        let opened = self
            .tls
            .open(&mut self.inbox, &mut self.plain, usize::MAX, &mut output)
            .unwrap();
        self.inbox.drain(..opened.consumed);
        self.closed |= opened.closed;
        self.socket.write_all(&output).unwrap();
    }

    fn read_until(&mut self, done: impl Fn(&Link) -> bool) {
        let mut chunk = [0; 4_096];
        while !done(self) {
            let count = self
                .socket
                .read(&mut chunk)
                .expect("the peer to say something in time");
            assert!(count > 0, "the peer has gone");
            self.inbox.extend_from_slice(&chunk[..count]);
            self.open();
        }
    }

    fn seal(&mut self, plain: &[u8]) {
        let mut output = Vec::new();
        self.tls.seal(plain, &mut output).unwrap();
        self.socket.write_all(&output).unwrap();
    }

    fn close(&mut self) {
        let mut output = Vec::new();
        self.tls.close_notify(&mut output);
        self.socket.write_all(&output).unwrap();
    }
}

/// Connects to an `openssl s_server` that sends each line back reversed.
fn connect_to_server(certificate: &str, options: &[&str]) -> (OpenSsl, Link) {
    let certificate_file = format!("{VECTORS}{certificate}.der");
    let key_file = format!("{VECTORS}{certificate}.key.der");
    let mut arguments = vec!["s_server", "-accept", "127.0.0.1:0", "-rev"];
    arguments.extend(["-certform", "DER", "-cert", &certificate_file]);
    arguments.extend(["-keyform", "DER", "-key", &key_file]);
    arguments.extend(options);
    let mut server = OpenSsl::start(&arguments);
    let address = server.line("ACCEPT ").replace("ACCEPT ", "");
    let socket = TcpStream::connect(address).unwrap();
    let client = Tls::client(&ClientSettings::new().unwrap(), "host.example").unwrap();
    let link = Link::new(socket, client);
    (server, link)
}

/// Accepts an `openssl s_client`.
fn accept_client(certificate: &str, options: &[&str]) -> (OpenSsl, Link) {
    let chain = vec![std::fs::read(format!("{VECTORS}{certificate}.der")).unwrap()];
    let key = std::fs::read(format!("{VECTORS}{certificate}.key.der")).unwrap();
    let identity = Identity::new(chain, &key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let client = OpenSsl::start(&[&["s_client", "-connect", &address], options].concat());
    let (socket, _) = listener.accept().unwrap();
    (client, Link::new(socket, Tls::server(&identity).unwrap()))
}

/// Options, version and cipher that must come of them.
const COMBINATIONS: [(&[&str], &str, &str); 6] = [
    (&[], "TLSv1.3", "TLS13_AES_256_GCM_SHA384"),
    (
        &["-ciphersuites", "TLS_AES_128_GCM_SHA256"],
        "TLSv1.3",
        "TLS13_AES_128_GCM_SHA256",
    ),
    (
        &["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        "TLSv1.3",
        "TLS13_CHACHA20_POLY1305_SHA256",
    ),
    (
        &["-tls1_2"],
        "TLSv1.2",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    ),
    (
        &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"],
        "TLSv1.2",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ),
    (
        &["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"],
        "TLSv1.2",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ),
];

#[test]
fn our_client_meets_openssl_s_server() {
    for (options, version, cipher) in COMBINATIONS {
        let (_server, mut link) = connect_to_server("stock-shape", options);
        let facts = link.tls.facts();
        assert_eq!(
            (facts.version.as_str(), facts.cipher.as_str()),
            (version, cipher)
        );
        let certificate = std::fs::read(format!("{VECTORS}stock-shape.der")).unwrap();
        assert_eq!(facts.peer_chain, [certificate]);
        link.seal(b"abcdef\n");
        link.read_until(|link| link.plain == b"fedcba\n");
        let long = [&[b'x'; 15_000][..], b"\n"].concat();
        link.seal(&long);
        link.read_until(|link| link.plain.len() == 7 + long.len());
        link.close();
        link.read_until(|link| link.closed);
    }
}

#[test]
fn our_client_meets_other_certificates_at_openssl_s_server() {
    for certificate in ["version-1", "p256"] {
        for version in ["-tls1_2", "-tls1_3"] {
            let (_server, mut link) = connect_to_server(certificate, &[version]);
            link.seal(b"ab\n");
            link.read_until(|link| link.plain == b"ba\n");
        }
    }
}

#[test]
fn openssl_s_client_meets_our_server() {
    for (options, version, cipher) in COMBINATIONS {
        let named = [options, &["-servername", "Host.Example"]].concat();
        let (mut client, mut link) = accept_client("stock-shape", &named);
        let facts = link.tls.facts();
        assert_eq!(
            (facts.version.as_str(), facts.cipher.as_str()),
            (version, cipher)
        );
        assert_eq!(facts.server_name.as_deref(), Some("host.example"));
        client.write("hello from openssl\n");
        link.read_until(|link| link.plain == b"hello from openssl\n");
        link.seal(b"hello from etherloom\n");
        client.line("hello from etherloom");
        client.write("Q\n");
        link.read_until(|link| link.closed);
    }
}

#[test]
fn openssl_s_client_updates_the_keys_of_our_server() {
    let (mut client, mut link) = accept_client("p256", &["-tls1_3"]);
    // `K`: new keys for both directions; `k`: for the client's only.
    for (round, command) in ["K", "k", "K"].into_iter().enumerate() {
        client.write(&format!("before {round}\n"));
        link.read_until(|link| link.plain.ends_with(format!("before {round}\n").as_bytes()));
        client.write(&format!("{command}\n"));
        client.line("KEYUPDATE");
        client.write(&format!("after {round}\n"));
        link.read_until(|link| link.plain.ends_with(format!("after {round}\n").as_bytes()));
        link.seal(format!("answer {round}\n").as_bytes());
        client.line(&format!("answer {round}"));
    }
}

/// Stock clients name the host as it was typed to them: an IPv6 literal with its brackets.
#[test]
fn a_server_name_that_is_no_host_name_counts_as_none() {
    for name in [
        "127.0.0.1",
        "[fd4d::2]",
        "fd4d::2",
        "two words",
        "-",
        "\u{1}",
    ] {
        for version in ["-tls1_2", "-tls1_3"] {
            let options = [version, "-servername", name];
            let (mut client, mut link) = accept_client("stock-shape", &options);
            assert_eq!(link.tls.facts().server_name, None, "{name:?}");
            client.write("hello\n");
            link.read_until(|link| link.plain == b"hello\n");
        }
    }
}
