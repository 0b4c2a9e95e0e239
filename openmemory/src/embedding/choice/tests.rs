use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Embeddings, InvalidEmbeddings> {
    let value = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Embeddings::from_variables(value)
}

#[test]
fn kinds_ignore_case_and_default_to_static() {
    assert!(matches!(read(&[]), Ok(Embeddings::Static)));
    assert!(matches!(
        read(&[("EMBEDDINGS", " ")]),
        Ok(Embeddings::Static)
    ));
    assert!(matches!(
        read(&[("EMBEDDINGS", "Lexical ")]),
        Ok(Embeddings::Lexical)
    ));
    let openai = [
        ("EMBEDDINGS", "openai"),
        ("EMBEDDING_DIMENSIONS", "64"),
        ("EMBEDDING_API_KEY", "a-key"),
    ];
    let Ok(Embeddings::OpenAi(model)) = read(&openai) else {
        panic!("not openai")
    };
    assert_eq!(
        (model.url.as_str(), model.name.as_str(), model.dimensions),
        (OPENAI_URL, OPENAI_MODEL, 64)
    );
    assert!(model.key.is_some() && !format!("{model:?}").contains("a-key"));
}

#[cfg(feature = "local-embeddings")]
#[test]
fn a_local_model_is_named_by_its_folder() {
    let local = [("EMBEDDINGS", "local"), ("EMBEDDING_MODEL", "models/small")];
    let Ok(Embeddings::Local(model)) = read(&local) else {
        panic!("not local")
    };
    assert!(model.folder.ends_with("models/small"));
    assert_eq!(model.prefixes, Prefixes::default());
}

#[cfg(feature = "local-embeddings")]
#[test]
fn prefixes_keep_trailing_spaces() {
    let prefixes = [
        ("EMBEDDING_QUERY_PREFIX", "ask: "),
        ("EMBEDDING_PASSAGE_PREFIX", "none"),
    ];
    for kind in ["local", "openai"] {
        let all: Vec<_> = prefixes
            .into_iter()
            .chain([("EMBEDDINGS", kind), ("EMBEDDING_MODEL", "models/small")])
            .collect();
        let prefixes = match read(&all) {
            Ok(Embeddings::Local(model)) => model.prefixes,
            Ok(Embeddings::OpenAi(model)) => model.prefixes,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (prefixes.query.as_deref(), prefixes.passage.as_deref()),
            (Some("ask: "), Some(""))
        );
    }
}

#[test]
fn an_invalid_setting_is_reported_by_name() {
    for (variables, name) in [
        (&[("EMBEDDINGS", "statik")] as &[(&str, &str)], "EMBEDDINGS"),
        (&[("EMBEDDINGS", "static,openai")], "EMBEDDINGS"),
        (
            &[("EMBEDDINGS", "local")],
            if cfg!(feature = "local-embeddings") {
                "EMBEDDING_MODEL"
            } else {
                "EMBEDDINGS"
            },
        ),
        (
            &[("EMBEDDINGS", "openai"), ("EMBEDDING_DIMENSIONS", "0")],
            "EMBEDDING_DIMENSIONS",
        ),
        (
            &[("EMBEDDINGS", "openai"), ("EMBEDDING_DIMENSIONS", "many")],
            "EMBEDDING_DIMENSIONS",
        ),
        (
            &[
                ("EMBEDDINGS", "openai"),
                ("EMBEDDING_API_URL", "models.example"),
            ],
            "EMBEDDING_API_URL",
        ),
    ] {
        let error = read(variables).unwrap_err();
        assert_eq!(error.name, name, "{variables:?}");
        assert!(
            !error.to_string().contains("statik") && error.to_string().contains("must"),
            "{error}"
        );
    }
}

#[test]
fn a_bedrock_model_takes_the_credentials_and_the_region_of_the_process() {
    let process = [
        ("EMBEDDINGS", "bedrock"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hidden-key"),
    ];
    let Ok(Embeddings::Bedrock(model)) = read(&process) else {
        panic!("not bedrock")
    };
    assert_eq!(
        (model.name.as_str(), model.dimensions),
        (BEDROCK_MODEL, BEDROCK_DIMENSIONS)
    );
    assert_eq!(model.identity.as_ref().unwrap().region(), "eu-west-1");
    assert!(!format!("{model:?}").contains("hidden-key"));
    let arn = "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0";
    let variables: Vec<_> = process
        .into_iter()
        .chain([("EMBEDDING_MODEL", arn)])
        .collect();
    let Ok(Embeddings::Bedrock(model)) = read(&variables) else {
        panic!("not bedrock")
    };
    assert_eq!(model.identity.unwrap().region(), "us-east-1");
}
