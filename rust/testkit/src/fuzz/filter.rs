//! A filter as an administrator may type it, and frames as anybody may send them.

use etherloom_wire::capture::{Fields, Filter};

/// Text up to the first zero byte; behind it frames, each a length and its bytes.
pub fn filter(data: &[u8]) {
    let split = data.iter().position(|byte| *byte == 0);
    let (text, mut rest) = data.split_at(split.unwrap_or(data.len()));
    let text = String::from_utf8_lossy(text);
    let compiled = Filter::parse(&text);
    if let Err(error) = &compiled {
        let end = text.chars().count() + 1;
        assert!((1..=end).contains(&error.position), "{error}");
    }
    let negated = Filter::parse(&format!("not ({text})"));
    rest = rest.get(1..).unwrap_or(&[]);
    while let Some((length, tail)) = rest.split_first() {
        let (frame, behind) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = behind;
        let fields = Fields::of(frame);
        assert!(!fields.to_string().contains('\n'));
        if let (Ok(filter), Ok(negated)) = (&compiled, &negated) {
            assert_ne!(filter.matches(&fields), negated.matches(&fields));
        }
    }
}
