//! Identifies who ran the command. AWS or the operating system says so, because anybody can set an
//! environment variable.

use common::audit::Actor;

use crate::aws::AwsSession;
use crate::context::Context;

/// Returns the AWS identity behind the credentials when AWS reports one, or else the user of this
/// process.
pub(super) async fn identify(context: &Context, session: Option<&AwsSession>) -> Actor {
    let process_user = from_process(context);
    let Some(session) = session else {
        return process_user;
    };
    match session.caller_identity().await {
        Ok(arn) => Actor {
            who: arn,
            identified_by: "sts",
            ..process_user
        },
        Err(_) => process_user,
    }
}

fn from_process(context: &Context) -> Actor {
    let unverified_sudo_user = context.variables.exported("SUDO_USER");
    let (uid, name) = effective_user();
    let identified_by = if uid.is_some() { "os" } else { "none" };
    let who = name
        .or_else(|| uid.map(|uid| format!("uid {uid}")))
        .unwrap_or_else(|| "unknown".to_owned());
    Actor {
        who,
        identified_by,
        uid,
        unverified_sudo_user,
    }
}

/// Returns the effective user id of this process and its name in the user database.
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
    use wiremock::matchers::{body_string_contains, header_exists};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    const ARN: &str = "arn:aws:sts::111122223333:assumed-role/Operators/mira@operator.example";

    async fn on_aws(status: u16, body: &str) -> Actor {
        let server = MockServer::start().await;
        Mock::given(body_string_contains("Action=GetCallerIdentity"))
            .and(header_exists("authorization"))
            .respond_with(ResponseTemplate::new(status).set_body_string(body))
            .mount(&server)
            .await;
        let uri = server.uri();
        let variables = [
            ("AWS_ENDPOINT_URL", uri.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "hidden"),
            ("USER", "forged"),
            ("LOGNAME", "forged"),
        ];
        let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
        let session = AwsSession::fixed(&context).await;
        identify(&context, Some(&session)).await
    }

    #[tokio::test]
    async fn on_aws_the_actor_is_the_aws_identity_or_else_the_process_user() {
        let answer = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>{ARN}</Arn><UserId>A:m</UserId>\
             <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let actor = on_aws(200, &answer).await;
        assert_eq!((actor.who.as_str(), actor.identified_by), (ARN, "sts"));
        for (status, answer) in [
            (
                403,
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code></Error></ErrorResponse>",
            ),
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
    async fn environment_variables_do_not_determine_the_actor() {
        let variables = [
            ("USER", "forged"),
            ("LOGNAME", "forged"),
            ("USERNAME", "forged"),
        ];
        let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
        let actor = identify(&context, None).await;
        assert!(actor.who != "forged" && actor.uid.is_some(), "{actor:?}");
        assert_eq!(
            actor,
            identify(&Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH), None).await
        );
    }
}
