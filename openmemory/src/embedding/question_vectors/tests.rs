use text::search_words;

use super::*;

fn asked(question: &str) -> QuestionVectors<'static> {
    QuestionVectors::new(Table::bundled().unwrap(), &search_words(question))
}

fn closeness(asked: &mut QuestionVectors<'_>, texts: &[&str]) -> Vec<Closeness> {
    let texts: Vec<Vec<Word>> = texts.iter().map(|text| search_words(text)).collect();
    asked.closeness(
        texts.iter().map(|text| text.iter().map(|word| (word, 1.0))),
        &vec![1.0; texts.len()],
    )
}

#[test]
fn synonyms_are_closer_than_unrelated_words() {
    for (question, answer, other) in [
        (
            "delivery address",
            "She lives at 14 Quay Street.",
            "She is allergic to nuts.",
        ),
        (
            "medication",
            "He takes pills for his blood pressure.",
            "He has two dogs.",
        ),
        (
            "Lieferadresse",
            "Sie wohnt in der Hafenstraße 3.",
            "Sie mag keine Oliven.",
        ),
        (
            "Bestellnummer",
            "Sie hat zwei Lampen bestellt.",
            "Sie ist gegen Nüsse allergisch.",
        ),
        (
            "animales",
            "Tiene un perro llamado Canelo.",
            "Pagó con tarjeta.",
        ),
        (
            "what pets does she have",
            "Sie hat eine Katze.",
            "Sie zahlt per Lastschrift.",
        ),
    ] {
        let close = closeness(&mut asked(question), &[answer, other]);
        let sum = |close: Closeness| close.mean + close.word_by_word;
        assert!(sum(close[0]) > sum(close[1]), "{question}: {close:?}");
    }
}

#[test]
fn accents_are_ignored_and_unknown_words_match_nothing() {
    let closeness_to = |question: &str| {
        closeness(
            &mut asked(question),
            &["envio", "She lives at 14 Quay Street."],
        )
    };
    assert_eq!(closeness_to("envío"), closeness_to("envio"));
    assert_eq!(closeness_to("qqzzx"), [Closeness::default(); 2]);
}

#[test]
fn cached_words_do_not_change_later_results() {
    let question = "Lieferadresse der well-being Kundin 4711";
    let mut kept = asked(question);
    let texts = [
        "Sie wohnt in der Hafenstraße 3.",
        "well-being at 4711",
        "wellbeing at work",
        "Lieferungen, die Lieferadressen",
    ];
    for end in 1..=texts.len() {
        for _ in 0..2 {
            assert_eq!(
                closeness(&mut kept, &texts[..end]),
                closeness(&mut asked(question), &texts[..end])
            );
        }
    }
}

#[test]
fn what_all_texts_have_in_common_does_not_make_them_closer() {
    let about = [
        "snowmen",
        "meteors",
        "volcanoes",
        "opera",
        "maps",
        "geese",
        "mushrooms",
        "films",
        "boats",
    ];
    let alike: Vec<String> = about
        .iter()
        .map(|about| format!("A guest talked about {about}."))
        .collect();
    let texts: Vec<&str> = alike
        .iter()
        .map(String::as_str)
        .chain(["They discussed the price."])
        .collect();
    let close = closeness(&mut asked("what was talked about"), &texts);
    let plain = |text| {
        f64::from(
            asked(text)
                .question
                .mean()
                .cosine(asked("what was talked about").question.mean()),
        )
    };
    assert!(
        close[9].mean - close[0].mean > plain(texts[9]) - plain(texts[0]),
        "{close:?}"
    );
    assert!(
        close[0].word_by_rare_word < close[0].word_by_word,
        "{close:?}"
    );
}

#[test]
fn removing_common_words_matches_removing_common_texts() {
    let texts = ["guest snowmen", "guest meteors", "guest volcanoes"];
    let (mut by_texts, mut by_words) =
        (asked("a guest of the house"), asked("a guest of the house"));
    closeness(&mut by_texts, &texts);
    let meanings: Vec<Meaning> = texts
        .iter()
        .flat_map(|text| text.split(' '))
        .map(|word| by_words.meaning(word))
        .collect();
    let weights = meanings
        .chunks(2)
        .map(|text| text[0].weight() + text[1].weight());
    let shares: Vec<f32> = weights.flat_map(|weight| [weight.recip(); 2]).collect();
    by_words.remove_common_words(meanings.iter().zip(shares));
    assert!(by_texts.direction.cosine(&by_words.direction) > 0.95);
}
