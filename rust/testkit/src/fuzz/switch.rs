//! A hub under any stream of commands: rules of all kinds, ports that come and go, any frames.

use crate::play::Play;

/// Each command is a byte of length and so many bytes.
pub fn switch(mut data: &[u8]) {
    let mut play = Play::default();
    while let [length, rest @ ..] = data {
        let (command, behind) = rest.split_at(rest.len().min(usize::from(*length)));
        if !command.is_empty() {
            check(command, &play.obey(command));
        }
        data = behind;
    }
}

/// What a hub never does: send a frame back to where it came from.
fn check(command: &[u8], said: &str) {
    let is_frame = matches!(command[0] % 12, 4 | 5);
    if let (true, Some(port)) = (is_frame, command.get(1)) {
        assert!(!said.contains(&format!(" {port}:")), "an echo: {said}");
        assert!(
            !said.starts_with(&format!("unicast {port} ")),
            "an echo: {said}"
        );
    }
}
