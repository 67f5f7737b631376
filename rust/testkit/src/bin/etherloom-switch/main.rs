//! A hub on standard input and output, for the comparison with a slow one: each command, and each answer, is two
//! bytes of length and so many bytes. An empty command begins anew. Ends where the input ends.

use etherloom_testkit::play::Play;
use std::io::{self, BufReader, BufWriter, Read, Write};

fn main() -> io::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let mut play = Play::default();
    let mut length = [0; 2];
    let mut command = Vec::new();
    while let Ok(()) = input.read_exact(&mut length) {
        command.resize(usize::from(u16::from_be_bytes(length)), 0);
        input.read_exact(&mut command)?;
        if command.is_empty() {
            play = Play::default();
            answer(&mut output, "")?;
        } else {
            answer(&mut output, &play.obey(&command))?;
        }
    }
    Ok(())
}

fn answer(output: &mut impl Write, said: &str) -> io::Result<()> {
    let length = u16::try_from(said.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_be_bytes())?;
    output.write_all(said.as_bytes())?;
    output.flush()
}
