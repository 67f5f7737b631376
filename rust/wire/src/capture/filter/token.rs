//! The words of a filter: whatever stands between blanks; brackets stand alone.

use super::FilterError;

/// A word with the character it starts at, from 1.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    pub text: &'a str,
    pub position: usize,
}

impl Word<'_> {
    /// A complaint about this word.
    pub fn refuse(&self, problem: impl Into<String>) -> FilterError {
        FilterError {
            position: self.position,
            problem: problem.into(),
        }
    }
}

/// Cut a text into words.
pub fn split(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start: Option<(usize, usize)> = None;
    for (count, (place, character)) in text.char_indices().enumerate() {
        let is_bracket = matches!(character, '(' | ')');
        if !is_bracket && !character.is_whitespace() {
            start.get_or_insert((place, count + 1));
            continue;
        }
        end_word(text, &mut start, place, &mut words);
        if is_bracket {
            words.push(Word {
                text: &text[place..=place],
                position: count + 1,
            });
        }
    }
    end_word(text, &mut start, text.len(), &mut words);
    words
}

fn end_word<'a>(
    text: &'a str,
    start: &mut Option<(usize, usize)>,
    end: usize,
    words: &mut Vec<Word<'a>>,
) {
    if let Some((begin, position)) = start.take() {
        words.push(Word {
            text: &text[begin..end],
            position,
        });
    }
}
