//! Reports settings that change where keys and callers' words are sent, or whose certificates are
//! trusted.

use url::Url;

use super::dotenv::Variables;

/// The settings, besides every `AWS_ENDPOINT_URL…`.
const NAMES: [&str; 6] = [
    "ELEVENLABS_API_URL",
    "EMBEDDING_API_URL",
    "EVENTS_URL",
    "EXTRA_CA_FILE",
    "LLM_API_URL",
    "OPENMEMORY_API_URL",
];

/// Returns a line for each such setting in a `.env` file, with its host or path. An operator then
/// notices a file that somebody else put there.
#[must_use]
pub fn redirections(file: &Variables) -> Vec<String> {
    let mut lines: Vec<String> = file
        .iter()
        .filter(|(name, value)| is_redirection(name) && !value.trim().is_empty())
        .map(|(name, value)| format!(".env sets {name}: {}", host_or_path(value)))
        .collect();
    lines.sort();
    lines
}

/// Returns the host of an address, which may hold a password, or a path unchanged.
fn host_or_path(value: &str) -> String {
    let host = Url::parse(value.trim())
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| value.trim().to_owned())
}

fn is_redirection(name: &str) -> bool {
    NAMES.contains(&name) || name.starts_with("AWS_ENDPOINT_URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_redirects_keys_is_reported_without_passwords() {
        let pairs = [
            ("AWS_ENDPOINT_URL_S3", "https://s3.evil.example/"),
            ("OPENMEMORY_API_URL", "https://user:hidden@memory.example/x"),
            ("EXTRA_CA_FILE", "/tmp/ca.pem"),
            ("LLM_API_URL", " "),
            ("LLM_API_KEY", "hidden"),
        ];
        let file = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(
            redirections(&file),
            [
                ".env sets AWS_ENDPOINT_URL_S3: s3.evil.example",
                ".env sets EXTRA_CA_FILE: /tmp/ca.pem",
                ".env sets OPENMEMORY_API_URL: memory.example",
            ]
        );
    }
}
