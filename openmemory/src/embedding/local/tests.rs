use std::path::PathBuf;

use serde_json::Value;

use super::*;

/// Folder of the models that `tests/model/tiny/make.py` creates.
fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/tiny")
}

fn load(model: impl Into<LocalModel>) -> Local {
    Local::load(&model.into()).unwrap()
}

/// Copies a tiny model to a folder with another name.
fn copied(kind: &str, name: &str) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(name);
    std::fs::create_dir_all(folder.join("1_Pooling")).unwrap();
    for file in [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "1_Pooling/config.json",
    ] {
        std::fs::copy(tiny().join(kind).join(file), folder.join(file)).unwrap();
    }
    (parent, folder)
}

#[test]
fn vectors_of_both_families_match_the_transformers_library() {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(tiny().join("expected.json")).unwrap()).unwrap();
    let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
    for kind in ["bert", "xlm-roberta"] {
        let wanted: Vec<Vec<f32>> = serde_json::from_value(expected[kind].clone()).unwrap();
        let vectors = load(tiny().join(kind)).embed(texts.clone()).unwrap();
        for (text, (vector, wanted)) in texts.iter().zip(vectors.iter().zip(&wanted)) {
            let farthest = vector
                .iter()
                .zip(wanted)
                .map(|(one, other)| (one - other).abs())
                .fold(0.0, f32::max);
            assert!(
                vector.len() == wanted.len() && farthest < 1e-3,
                "{kind}: {text}: {vector:?} {wanted:?}"
            );
        }
    }
}

#[test]
fn batching_does_not_change_a_vector() {
    for kind in ["bert", "xlm-roberta"] {
        let model = load(tiny().join(kind));
        let texts = [
            "the green house has a dog and a cat".to_owned(),
            "dog".to_owned(),
        ];
        let together = model.embed(texts.to_vec()).unwrap();
        for (text, vector) in texts.into_iter().zip(together) {
            let alone = model.embed(vec![text]).unwrap().remove(0);
            assert!(
                alone
                    .iter()
                    .zip(&vector)
                    .all(|(one, other)| (one - other).abs() < 1e-4),
                "{kind}"
            );
        }
    }
}

#[test]
fn a_long_text_is_cut_to_the_positions_of_the_model() {
    for (kind, most) in [("bert", 20), ("xlm-roberta", 18)] {
        let model = load(tiny().join(kind));
        let of = |words: usize| model.embed(vec!["dog ".repeat(words)]).unwrap().remove(0);
        assert_eq!(of(500), of(most - 2), "{kind}");
        assert_ne!(of(500), of(most - 3), "{kind}");
    }
}

#[test]
fn prefixes_come_from_the_name_unless_set() {
    let (_parent, folder) = copied("bert", "tiny-e5");
    let own = load(folder.clone());
    assert_eq!(own.prefixes().with_query_prefix("dog"), "query: dog");
    assert_eq!(own.prefixes().with_passage_prefix("dog"), "passage: dog");
    let prefixes = Prefixes {
        query: Some("ask ".to_owned()),
        passage: None,
    };
    let set = load(LocalModel { folder, prefixes });
    assert_eq!(set.prefixes().with_query_prefix("dog"), "ask dog");
    assert_eq!(set.prefixes().with_passage_prefix("dog"), "passage: dog");
    assert_eq!(
        load(tiny().join("bert"))
            .prefixes()
            .with_query_prefix("dog"),
        "dog"
    );
}

#[test]
fn prefixes_pooling_and_length_change_the_fingerprint() {
    let (_parent, folder) = copied("bert", "tiny");
    let fingerprint = |query: &str| {
        let prefixes = Prefixes {
            query: Some(query.to_owned()),
            passage: None,
        };
        load(LocalModel {
            folder: folder.clone(),
            prefixes,
        })
        .fingerprint()
        .to_owned()
    };
    let plain = fingerprint("");
    assert_eq!(load(folder.clone()).fingerprint(), plain);
    assert_ne!(fingerprint("query: "), plain);
    let passage = Prefixes {
        query: None,
        passage: Some("query: ".to_owned()),
    };
    let passage = load(LocalModel {
        folder: folder.clone(),
        prefixes: passage,
    });
    assert_ne!(
        passage.fingerprint(),
        fingerprint("query: "),
        "a memory prefix and a question prefix differ"
    );
    std::fs::write(
        folder.join("sentence_bert_config.json"),
        r#"{"max_seq_length": 8}"#,
    )
    .unwrap();
    let short = fingerprint("");
    assert_ne!(short, plain);
    std::fs::write(
        folder.join("1_Pooling/config.json"),
        r#"{"pooling_mode_cls_token": true}"#,
    )
    .unwrap();
    assert_ne!(fingerprint(""), short);
}

#[test]
fn a_missing_file_is_reported_by_name() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let (_parent, folder) = copied("bert", "tiny");
        std::fs::remove_file(folder.join(file)).unwrap();
        let error = Local::load(&folder.into()).unwrap_err().to_string();
        assert!(error.contains(file), "{error}");
    }
}
