//! Settings that decide where keys and callers' words go, and whose certificates are believed.

use url::Url;

use super::dotenv::Variables;

/// Exact names, besides every `AWS_ENDPOINT_URL…`.
const NAMES: [&str; 5] = [
    "ELEVENLABS_API_URL",
    "EMBEDDING_API_URL",
    "EXTRA_CA_FILE",
    "LLM_API_URL",
    "OPENMEMORY_API_URL",
];

/// One line for each of them that a file sets, with the host or path, so that an operator sees a
/// file that somebody else put there before it is used.
#[must_use]
pub fn redirections(file: &Variables) -> Vec<String> {
    let is_redirection = |name: &str| NAMES.contains(&name) || name.starts_with("AWS_ENDPOINT_URL");
    let filled = file
        .iter()
        .filter(|(name, value)| is_redirection(name) && !value.trim().is_empty());
    let mut lines: Vec<String> = filled
        .map(|(name, value)| format!(".env sets {name}: {}", place(value)))
        .collect();
    lines.sort();
    lines
}

/// The host of an address, which may hold a password; a path as it is.
fn place(value: &str) -> String {
    let host = Url::parse(value.trim())
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_redirects_keys_is_reported_without_passwords() {
        let file = [
            ("AWS_ENDPOINT_URL_S3", "https://s3.evil.example/"),
            ("OPENMEMORY_API_URL", "https://user:hidden@memory.example/x"),
            ("EXTRA_CA_FILE", "/tmp/ca.pem"),
            ("LLM_API_URL", " "),
            ("LLM_API_KEY", "hidden"),
        ];
        let file = file
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
