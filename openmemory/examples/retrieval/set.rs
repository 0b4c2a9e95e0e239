//! The labelled set.

/// A caller with memories and questions.
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) memories: Vec<String>,
    pub(crate) questions: Vec<Question>,
}

/// A question with its label.
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Index of the memory that answers.
    pub(crate) answer: Option<usize>,
}

/// How a question relates to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Shares words with its answer.
    Shared,
    /// Asks in different words than its answer.
    Paraphrase,
    /// Has no answer.
    Unanswerable,
}

/// Parses the set. The head of the file describes its format.
pub(crate) fn read(text: &str) -> Vec<Caller> {
    let mut callers: Vec<Caller> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (mark, rest) = line.split_once(' ').unwrap();
        if mark == "=" {
            let (name, language) = rest.split_once(' ').unwrap();
            callers.push(Caller {
                name: name.to_owned(),
                language: language.to_owned(),
                memories: Vec::new(),
                questions: Vec::new(),
            });
            continue;
        }
        let caller = callers.last_mut().unwrap();
        match mark {
            "-" => caller.memories.push(rest.to_owned()),
            "w" => caller.questions.push(answered(rest, Kind::Shared)),
            "p" => caller.questions.push(answered(rest, Kind::Paraphrase)),
            "n" => {
                caller.questions.push(Question {
                    text: rest.to_owned(),
                    kind: Kind::Unanswerable,
                    answer: None,
                });
            }
            _ => panic!("unknown mark: {mark}"),
        }
    }
    callers
}

fn answered(rest: &str, kind: Kind) -> Question {
    let (number, text) = rest.split_once(' ').unwrap();
    Question {
        text: text.to_owned(),
        kind,
        answer: Some(number.parse::<usize>().unwrap() - 1),
    }
}
