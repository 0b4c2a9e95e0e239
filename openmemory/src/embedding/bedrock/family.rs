//! The request formats of the model families.

use serde::{Deserialize, Serialize};

use crate::embedding::Purpose;

/// Most texts that Cohere accepts in one request.
const COHERE_TEXTS: usize = 96;
/// Longest text that Cohere accepts, in characters.
const COHERE_CHARACTERS: usize = 2_048;
/// Longest text that Titan accepts, in characters.
const TITAN_CHARACTERS: usize = 50_000;

/// A family of embedding models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Cohere Embed 3, whose vectors have 1,024 dimensions.
    Cohere3,
    /// Cohere Embed 4 and later, with 256 to 1,536 dimensions.
    Cohere,
    /// Amazon Titan Text Embeddings V2, with 256, 512 or 1,024 dimensions.
    Titan,
}

#[derive(Serialize)]
struct CohereRequest<'a> {
    texts: Vec<&'a str>,
    input_type: &'static str,
    truncate: &'static str,
    embedding_types: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimension: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TitanRequest<'a> {
    input_text: &'a str,
    dimensions: usize,
    normalize: bool,
}

#[derive(Deserialize)]
struct CohereResponse {
    embeddings: CohereVectors,
}

/// Cohere names the type of the vectors only if the request asked for types.
#[derive(Deserialize)]
#[serde(untagged)]
enum CohereVectors {
    ByType { float: Vec<Vec<f32>> },
    Plain(Vec<Vec<f32>>),
}

#[derive(Deserialize)]
struct TitanResponse {
    embedding: Vec<f32>,
}

impl Family {
    /// Returns the family of a model, given its id, its ARN, or the id of an inference profile.
    pub(super) fn of(model: &str) -> Option<Self> {
        let family = if model.contains("cohere.embed-") && model.contains("-v3") {
            Self::Cohere3
        } else if model.contains("cohere.embed-") {
            Self::Cohere
        } else if model.contains("amazon.titan-embed-text-") {
            Self::Titan
        } else {
            return None;
        };
        Some(family)
    }

    /// Most texts in one request.
    pub(super) fn texts_per_request(self) -> usize {
        match self {
            Self::Cohere3 | Self::Cohere => COHERE_TEXTS,
            Self::Titan => 1,
        }
    }

    /// Returns the body of a request.
    pub(super) fn request(self, purpose: Purpose, texts: &[String], dimensions: usize) -> String {
        let body = match self {
            Self::Cohere3 => serde_json::to_string(&cohere(purpose, texts, None)),
            Self::Cohere => serde_json::to_string(&cohere(purpose, texts, Some(dimensions))),
            Self::Titan => serde_json::to_string(&TitanRequest {
                input_text: texts
                    .first()
                    .map_or("", |text| start(text, TITAN_CHARACTERS)),
                dimensions,
                normalize: true,
            }),
        };
        // Strings and numbers always have a JSON form.
        body.unwrap_or_default()
    }

    /// Reads the vectors from a response. Returns `None` if it has another form.
    pub(super) fn vectors(self, response: &[u8]) -> Option<Vec<Vec<f32>>> {
        match self {
            Self::Cohere3 | Self::Cohere => {
                let response: CohereResponse = serde_json::from_slice(response).ok()?;
                Some(match response.embeddings {
                    CohereVectors::ByType { float } => float,
                    CohereVectors::Plain(vectors) => vectors,
                })
            }
            Self::Titan => {
                let response: TitanResponse = serde_json::from_slice(response).ok()?;
                Some(vec![response.embedding])
            }
        }
    }
}

fn cohere(
    purpose: Purpose,
    texts: &[String],
    output_dimension: Option<usize>,
) -> CohereRequest<'_> {
    let texts = texts.iter().map(|text| start(text, COHERE_CHARACTERS));
    CohereRequest {
        texts: texts.collect(),
        input_type: match purpose {
            Purpose::Question => "search_query",
            Purpose::Passage => "search_document",
        },
        truncate: "END",
        embedding_types: ["float"],
        output_dimension,
    }
}

/// Returns the first characters of a text.
fn start(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters);
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(family: Family, purpose: Purpose, texts: &[&str]) -> Value {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        serde_json::from_str(&family.request(purpose, &texts, 256)).unwrap()
    }

    #[test]
    fn a_family_is_recognised_in_ids_arns_and_profiles() {
        for (model, family) in [
            ("cohere.embed-multilingual-v3", Some(Family::Cohere3)),
            ("cohere.embed-english-v3:0:512", Some(Family::Cohere3)),
            ("global.cohere.embed-v4:0", Some(Family::Cohere)),
            ("amazon.titan-embed-text-v2:0", Some(Family::Titan)),
            (
                "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0",
                Some(Family::Titan),
            ),
            ("anthropic.claude-haiku-4-5-20251001-v1:0", None),
        ] {
            assert_eq!(Family::of(model), family, "{model}");
        }
    }

    #[test]
    fn requests_have_the_documented_form() {
        assert_eq!(
            request(Family::Cohere3, Purpose::Question, &["Where?"]),
            json!({"texts": ["Where?"], "input_type": "search_query", "truncate": "END",
                "embedding_types": ["float"]})
        );
        assert_eq!(
            request(Family::Cohere, Purpose::Passage, &["Here.", "There."]),
            json!({"texts": ["Here.", "There."], "input_type": "search_document",
                "truncate": "END", "embedding_types": ["float"], "output_dimension": 256})
        );
        assert_eq!(
            request(Family::Titan, Purpose::Passage, &["Here."]),
            json!({"inputText": "Here.", "dimensions": 256, "normalize": true})
        );
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let text = "é".repeat(3000);
        let body = request(Family::Cohere3, Purpose::Passage, &[&text]);
        let sent = body["texts"][0].as_str().unwrap();
        assert_eq!(sent.chars().count(), COHERE_CHARACTERS);
    }

    #[test]
    fn both_forms_of_a_response_are_read() {
        let by_type = br#"{"embeddings": {"float": [[0.5, 0.25]]}, "response_type": "x"}"#;
        let plain = br#"{"embeddings": [[0.5, 0.25]]}"#;
        let titan = br#"{"embedding": [0.5, 0.25], "inputTextTokenCount": 3}"#;
        for (family, response) in [
            (Family::Cohere, &by_type[..]),
            (Family::Cohere3, plain),
            (Family::Titan, titan),
        ] {
            assert_eq!(family.vectors(response), Some(vec![vec![0.5, 0.25]]));
        }
        assert_eq!(Family::Titan.vectors(plain), None);
    }
}
