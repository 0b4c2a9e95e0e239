use super::*;

/// Describes a model in a folder called `name` with these files besides `config.json`.
fn described(
    name: &str,
    config: Value,
    others: &[(&str, Value)],
) -> Result<Description, EmbedError> {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(name);
    std::fs::create_dir_all(folder.join("1_Pooling")).unwrap();
    for (name, content) in others {
        std::fs::write(folder.join(name), content.to_string()).unwrap();
    }
    Description::read(&folder, config.to_string().as_bytes())
}

fn reason(result: Result<Description, EmbedError>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn a_plain_bert_needs_only_its_configuration() {
    let plain = described(
        "plain",
        json!({ "max_position_embeddings": 512, "pad_token_id": null }),
        &[],
    )
    .unwrap();
    assert_eq!(
        (plain.family, plain.pooling, plain.max_tokens),
        (Family::Bert, Pooling::Mean, 512)
    );
    assert_eq!(plain.prefixes, Prefixes::default());
}

#[test]
fn the_smallest_token_limit_applies() {
    for (kind, positions, own, most) in [
        ("bert", 512, Some(256), 256),
        ("bert", 2_048, None, 512),
        ("bert", 64, Some(128), 64),
        ("xlm-roberta", 514, None, 512),
        ("xlm-roberta", 8_194, Some(8_192), 512),
        ("xlm-roberta", 130, None, 128),
        ("roberta", 514, Some(128), 128),
    ] {
        let config =
            json!({ "model_type": kind, "max_position_embeddings": positions, "pad_token_id": 1 });
        let limits = json!({ "max_seq_length": own });
        let read = described("model", config, &[("sentence_bert_config.json", limits)]).unwrap();
        assert_eq!(read.max_tokens, most, "{kind} {positions} {own:?}");
    }
}

#[test]
fn pooling_is_read_in_the_old_and_the_new_format() {
    for (pooling, wanted) in [
        (
            json!({ "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false }),
            Pooling::Mean,
        ),
        (
            json!({ "pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true }),
            Pooling::First,
        ),
        (json!({ "pooling_mode": "cls" }), Pooling::First),
        (json!({ "pooling_mode": "mean" }), Pooling::Mean),
    ] {
        let read = described("model", json!({}), &[("1_Pooling/config.json", pooling)]).unwrap();
        assert_eq!(read.pooling, wanted);
    }
}

#[test]
fn an_unsupported_model_is_refused_and_its_file_named() {
    let refused = |config, others: &[(&str, Value)]| reason(described("model", config, others));
    assert!(refused(json!({ "model_type": "mpnet" }), &[]).contains("config.json"));
    assert!(
        refused(json!({ "position_embedding_type": "relative_key" }), &[])
            .contains("absolute positions")
    );
    for pooling in [
        json!({ "pooling_mode_max_tokens": true }),
        json!({ "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true }),
        json!({ "pooling_mode": "lasttoken" }),
        json!({}),
    ] {
        assert!(refused(json!({}), &[("1_Pooling/config.json", pooling)]).contains("1_Pooling"));
    }
    let modules = json!([
        { "path": "", "type": "sentence_transformers.models.Transformer" },
        { "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
        { "path": "2_Dense", "type": "sentence_transformers.models.Dense" },
    ]);
    let reason = refused(json!({}), &[("modules.json", modules)]);
    assert!(
        reason.contains("modules.json") && reason.contains("Dense"),
        "{reason}"
    );
}

#[test]
fn prompts_take_precedence_over_the_name_for_prefixes() {
    let prompts = |query: &str| json!({ "prompts": { "query": query, "document": "" }, "default_prompt_name": null });
    let read = |name: &str, config, query: &str| {
        described(
            name,
            config,
            &[("config_sentence_transformers.json", prompts(query))],
        )
        .unwrap()
        .prefixes
    };
    assert_eq!(
        read("plain", json!({}), "Ask: ").query.as_deref(),
        Some("Ask: ")
    );
    assert_eq!(
        read("multilingual-e5-small", json!({}), "")
            .query
            .as_deref(),
        Some("query: ")
    );
    assert_eq!(
        read("multilingual-e5-small", json!({}), "Ask: ")
            .query
            .as_deref(),
        Some("Ask: ")
    );
    let renamed = read(
        "model",
        json!({ "_name_or_path": "intfloat/multilingual-e5-base" }),
        "",
    );
    assert_eq!(renamed.passage.as_deref(), Some("passage: "));
    let other = read("model", json!({ "_name_or_path": "/home/e5/MiniLM" }), "");
    assert_eq!(
        other,
        Prefixes::default(),
        "only the last part of a path is the model's name"
    );
}
