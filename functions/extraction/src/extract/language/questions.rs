//! Finds the questions in an agent's turn.

use text::sentences;

/// Returns the last question and what follows it, or the last sentence if nothing is asked.
pub(crate) fn last_question(agent: &str) -> String {
    let sentences = sentences_of(agent);
    let from = sentences
        .iter()
        .rposition(|sentence| is_question(sentence))
        .unwrap_or(sentences.len().saturating_sub(1));
    sentences[from..].join(" ")
}

/// Returns the sentences of a turn, in any script, with "?" as the only question mark.
pub(crate) fn sentences_of(agent: &str) -> Vec<String> {
    let lines = agent
        .replace(['？', '؟'], "?\n")
        .replace(['。', '！', '।'], "\n");
    lines.lines().flat_map(sentences).collect()
}

pub(crate) fn is_question(sentence: &str) -> bool {
    sentence.trim_end().ends_with('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_question_includes_what_follows_it() {
        assert_eq!(
            last_question("Hello. Your name? Take your time."),
            "Your name? Take your time."
        );
        assert_eq!(
            last_question("Hello. I need your name."),
            "I need your name."
        );
        assert_eq!(last_question(""), "");
    }
}
