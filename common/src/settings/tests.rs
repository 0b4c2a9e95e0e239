use super::*;

fn read(values: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::read(|name| {
        values
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

const URL: (&str, &str) = ("OPENMEMORY_API_URL", "http://127.0.0.1:8080");

#[test]
fn one_setting_is_enough() {
    let settings = read(&[URL]).unwrap();
    assert_eq!(settings.llm.provider, Provider::None);
    assert_eq!(settings.openmemory.dialect, DialectSetting::V1);
    assert_eq!(settings.recall.high_importance.get(), 8);
    assert_eq!(settings.greeting.deadline, Duration::from_secs(1));
    assert!(settings.recall.cross_agent);
    assert!(!settings.caller.trust_user_id);
}

#[test]
fn one_error_names_every_invalid_setting() {
    let error = read(&[
        ("OPENMEMORY_DIALECT", "klingon"),
        ("LLM_PROVIDER", "OpenAI"),
        ("MEMORY_RELEVANCE_THRESHOLD", "1.5"),
        ("HIGH_IMPORTANCE_THRESHOLD", "eleven"),
        ("TRUST_USER_ID", "perhaps"),
        ("LLM_API_URL", "ftp://example.test"),
        ("ALLOWED_CIDRS", "the office"),
    ])
    .unwrap_err();
    let named: Vec<_> = error.0.iter().map(|problem| problem.name).collect();
    let all = [
        "LLM_MODEL",
        "LLM_API_URL",
        "OPENMEMORY_API_URL",
        "OPENMEMORY_DIALECT",
        "MEMORY_RELEVANCE_THRESHOLD",
        "HIGH_IMPORTANCE_THRESHOLD",
        "TRUST_USER_ID",
        "ALLOWED_CIDRS",
    ];
    assert_eq!(named, all);
    assert!(error.to_string().contains("OPENMEMORY_API_URL is required"));
}

#[test]
fn a_host_name_in_other_letters_is_refused_with_advice() {
    let with_url = |url: &str| read(&[("OPENMEMORY_API_URL", url)]);
    let refused = with_url("https://speicher.bäckerei.example").unwrap_err();
    assert!(refused.to_string().contains("xn--"), "{refused}");
    let settings = with_url("https://speicher.xn--bckerei-5wa.example").unwrap();
    let host = settings.openmemory.url.host_str();
    assert_eq!(host, Some("speicher.xn--bckerei-5wa.example"));
}

fn signer(values: &[&[(&str, &str)]]) -> Result<Option<Identity>, SettingsError> {
    read(&values.concat()).map(|settings| settings.openmemory.signer)
}

#[test]
fn requests_to_the_store_are_signed_only_if_configured_and_possible() {
    const FUNCTION_URL: (&str, &str) = (
        "OPENMEMORY_API_URL",
        "https://abc.lambda-url.eu-west-3.on.aws",
    );
    const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
    ];
    const REGION: (&str, &str) = ("AWS_REGION", "eu-central-1");
    let iam = ("OPENMEMORY_AUTH", "iam");
    assert!(
        signer(&[&[FUNCTION_URL, REGION], &KEYS]).unwrap().is_none(),
        "by default only the key is sent"
    );
    let region = |values: &[&[(&str, &str)]]| signer(values).unwrap().unwrap().region().to_owned();
    assert_eq!(
        region(&[&[FUNCTION_URL, iam, REGION], &KEYS]),
        "eu-west-3",
        "the store's own region takes precedence"
    );
    assert_eq!(region(&[&[URL, iam, REGION], &KEYS]), "eu-central-1");
    for impossible in [
        &[&[URL, iam, REGION][..]][..],
        &[&[URL, iam], &KEYS],
        &[&[URL, ("OPENMEMORY_AUTH", "magic")]],
    ] {
        let named: Vec<_> = signer(impossible)
            .unwrap_err()
            .0
            .iter()
            .map(|problem| problem.name)
            .collect();
        assert_eq!(named, ["OPENMEMORY_AUTH"]);
    }
}

#[test]
fn choices_and_flags_ignore_case() {
    let settings = read(&[
        URL,
        ("GREETING_DELIVERY", "BOTH"),
        ("CROSS_AGENT_MEMORY", "False"),
    ])
    .unwrap();
    assert_eq!(settings.greeting.delivery, GreetingDelivery::Both);
    assert!(!settings.recall.cross_agent);
}

#[test]
fn limits_and_effort_of_a_model_are_unset_by_default() {
    let default = read(&[URL]).unwrap().llm;
    assert_eq!(
        (
            default.context_tokens,
            default.max_output_tokens,
            default.effort
        ),
        (None, None, None)
    );
    assert!(!default.verify && read(&[URL, ("LLM_VERIFY", "true")]).unwrap().llm.verify);
    let given = [
        ("LLM_CONTEXT_TOKENS", "8192"),
        ("LLM_MAX_OUTPUT_TOKENS", "2000"),
        ("LLM_REASONING_EFFORT", "Low"),
    ];
    let llm = read(&[&[URL][..], &given].concat()).unwrap().llm;
    assert_eq!(
        (llm.context_tokens, llm.max_output_tokens, llm.effort),
        (Some(8192), Some(2000), Some(Effort::Low))
    );
    let wrong = [
        ("LLM_CONTEXT_TOKENS", "100"),
        ("LLM_MAX_OUTPUT_TOKENS", "many"),
        ("LLM_REASONING_EFFORT", "hard"),
    ];
    let error = read(&[&[URL][..], &wrong].concat()).unwrap_err();
    let named: Vec<_> = error.0.iter().map(|problem| problem.name).collect();
    assert_eq!(
        named,
        [
            "LLM_CONTEXT_TOKENS",
            "LLM_MAX_OUTPUT_TOKENS",
            "LLM_REASONING_EFFORT"
        ]
    );
}

#[test]
fn a_retired_setting_gets_one_line() {
    let lines =
        retired(|name| (name == "SENTRY_DSN").then(|| "https://key@sentry.example/1".to_owned()));
    assert_eq!(
        lines,
        ["SENTRY_DSN has no effect: failures are JSON log lines and metrics with alarms"]
    );
}
