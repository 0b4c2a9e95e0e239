//! Who ran the command: as AWS or the operating system says it, because anybody can set a variable
//! of the environment.

use serde::Serialize;

use crate::context::Context;
use crate::deployment::AwsApi;

/// The actor of an audit entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Actor {
    /// The ARN of the AWS identity, or the name of the effective user.
    who: String,
    /// Who vouches for that: `sts`, `os`, or `none`.
    identified_by: &'static str,
    /// The effective user id, where the operating system has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    /// What `SUDO_USER` says. It is a variable like any other, and proves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified_sudo_user: Option<String>,
}

impl Actor {
    /// The identity that AWS knows the credentials by, where the deployment is there and says so;
    /// else the user of this process.
    pub(super) async fn of(context: &Context, api: Option<&AwsApi>) -> Self {
        let os = Self::from_process(context);
        let Some(api) = api else { return os };
        match api.caller_identity().await {
            Ok(arn) => Self {
                who: arn,
                identified_by: "sts",
                ..os
            },
            Err(_) => os,
        }
    }

    fn from_process(context: &Context) -> Self {
        let unverified_sudo_user = context.variables.exported("SUDO_USER");
        let (uid, name) = effective_user();
        let identified_by = if uid.is_some() { "os" } else { "none" };
        let who = name
            .or_else(|| uid.map(|uid| format!("uid {uid}")))
            .unwrap_or_else(|| "unknown".to_owned());
        Self {
            who,
            identified_by,
            uid,
            unverified_sudo_user,
        }
    }
}

/// The effective user id of this process, and its name in the user database.
#[cfg(unix)]
fn effective_user() -> (Option<u32>, Option<String>) {
    let uid = nix::unistd::Uid::effective();
    let user = nix::unistd::User::from_uid(uid).ok().flatten();
    (Some(uid.as_raw()), user.map(|user| user.name))
}

#[cfg(not(unix))]
fn effective_user() -> (Option<u32>, Option<String>) {
    (None, None)
}

#[cfg(test)]
mod tests {
    use common::signed::Identity;
    use wiremock::matchers::{body_string_contains, header_exists};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    const ARN: &str = "arn:aws:sts::111122223333:assumed-role/Operators/mira@operator.example";

    async fn on_aws(status: u16, body: &str) -> Actor {
        let server = MockServer::start().await;
        let asked = Mock::given(body_string_contains("Action=GetCallerIdentity"))
            .and(header_exists("authorization"));
        asked
            .respond_with(ResponseTemplate::new(status).set_body_string(body))
            .mount(&server)
            .await;
        let uri = server.uri();
        let variables = [
            ("AWS_ENDPOINT_URL", uri.as_str()),
            ("USER", "forged"),
            ("LOGNAME", "forged"),
        ];
        let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
        let api = AwsApi::new(&context, Identity::new("AKID", "hidden", None, "eu-west-1"));
        Actor::of(&context, Some(&api)).await
    }

    #[tokio::test]
    async fn on_aws_the_actor_is_whom_aws_knows_and_else_the_user_of_the_process() {
        let answer = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{ARN}</Arn><UserId>A:m</UserId>\
             <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let actor = on_aws(200, &answer).await;
        assert_eq!((actor.who.as_str(), actor.identified_by), (ARN, "sts"));
        for (status, answer) in [
            (403, "<Error><Code>AccessDenied</Code></Error>"),
            (200, "no XML"),
            (200, "<A/>"),
        ] {
            let actor = on_aws(status, answer).await;
            assert_eq!(
                actor.identified_by,
                if cfg!(unix) { "os" } else { "none" },
                "{answer}"
            );
            assert_ne!(actor.who, "forged");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn no_variable_of_the_environment_names_the_actor() {
        let variables = [
            ("USER", "forged"),
            ("LOGNAME", "forged"),
            ("USERNAME", "forged"),
        ];
        let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
        let actor = Actor::of(&context, None).await;
        assert!(actor.who != "forged" && actor.uid.is_some(), "{actor:?}");
        assert_eq!(
            actor,
            Actor::of(&Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH), None).await
        );
    }
}
