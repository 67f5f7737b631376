//! The question of a DNS query (RFC 1035).

use super::text::push_column;

const HEADER: usize = 12;
const ANSWER: u8 = 0x80;
const LONGEST_LABEL: usize = 63;
const LONGEST_NAME: usize = 255;
/// Address and pointer: questions of other types were never told, and readers of logs count on that.
const TYPES: [u8; 2] = [1, 12];

/// A query with one question, which has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    labels: &'a [u8],
}

impl<'a> Query<'a> {
    /// Nothing for answers, for several questions, for other types, and for what is cut.
    pub fn read(payload: &'a [u8]) -> Option<Self> {
        let (header, labels) = payload.split_at_checked(HEADER)?;
        if header[2] & ANSWER != 0 || header[4..6] != [0, 1] {
            return None;
        }
        let mut length = 0;
        while let Some(label) = labels.get(length).copied().map(usize::from) {
            if label == 0 {
                let [0, kind, 0, 1] = *labels.get(length + 1..)?.first_chunk()? else {
                    return None;
                };
                return (length > 0 && TYPES.contains(&kind)).then_some(Self {
                    labels: &labels[..length],
                });
            }
            length += 1 + label;
            if label > LONGEST_LABEL || length > LONGEST_NAME {
                return None;
            }
        }
        None
    }

    /// The name, with points.
    pub fn describe(&self, out: &mut String) {
        let mut rest = self.labels;
        while let [length, behind @ ..] = rest {
            let (label, more) = behind.split_at(behind.len().min(usize::from(*length)));
            push_column(out, label);
            if !more.is_empty() {
                out.push('.');
            }
            rest = more;
        }
    }
}
