//! Tools of the workspace that agents can use.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{ElevenLabs, entry, read};
use super::error::ElevenLabsError;

/// A tool as ElevenLabs keeps it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Tool {
    pub(crate) id: String,
    /// Settings of the tool, some of which belong to the operator.
    pub(crate) tool_config: Value,
}

impl Tool {
    pub(crate) fn name(&self) -> &str {
        self.tool_config["name"].as_str().unwrap_or_default()
    }

    /// Returns the URL that the tool calls.
    pub(crate) fn url(&self) -> &str {
        self.tool_config["api_schema"]["url"]
            .as_str()
            .unwrap_or_default()
    }

    /// Returns the id of the secret in the tool's header.
    pub(crate) fn secret_id(&self) -> Option<&str> {
        self.tool_config["api_schema"]["request_headers"]["x-api-key"]["secret_id"].as_str()
    }
}

impl ElevenLabs {
    /// Lists the tools with this name.
    pub(crate) async fn tools(&self, name: &str) -> Result<Vec<Tool>, ElevenLabsError> {
        let entries = self
            .list(
                &["convai", "tools"],
                &[("search", name)],
                "tools",
                "the workspace's tools",
            )
            .await?;
        let mut tools: Vec<Tool> = entries.into_iter().map(entry).collect::<Result<_, _>>()?;
        tools.retain(|tool| tool.name() == name);
        Ok(tools)
    }

    /// Creates a tool and returns its id.
    pub(crate) async fn create_tool(&self, config: &Value) -> Result<String, ElevenLabsError> {
        let body = json!({"tool_config": config});
        let tool: Tool = read(
            &self
                .call(
                    Method::POST,
                    &["convai", "tools"],
                    Some(&body),
                    "a new tool",
                )
                .await?,
        )?;
        Ok(tool.id)
    }

    pub(crate) async fn update_tool(
        &self,
        id: &str,
        config: &Value,
    ) -> Result<(), ElevenLabsError> {
        let body = json!({"tool_config": config});
        self.call(
            Method::PATCH,
            &["convai", "tools", id],
            Some(&body),
            &format!("the tool {id}"),
        )
        .await?;
        Ok(())
    }

    pub(crate) async fn delete_tool(&self, id: &str) -> Result<(), ElevenLabsError> {
        self.call(
            Method::DELETE,
            &["convai", "tools", id],
            None,
            &format!("the tool {id}"),
        )
        .await?;
        Ok(())
    }
}
