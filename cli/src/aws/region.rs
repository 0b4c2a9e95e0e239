//! The region of a command.

use aws_config::Region;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;

use super::arguments::StackArguments;
use super::error::AwsError;
use crate::context::Context;

/// Returns the region: that of `--region`, `configured`, the environment or the profile.
pub(super) async fn find(
    arguments: &StackArguments,
    configured: Option<String>,
    context: &Context,
) -> Result<Region, AwsError> {
    let named = arguments
        .region
        .clone()
        .or(configured)
        .or_else(|| context.get("AWS_REGION"))
        .or_else(|| context.get("AWS_DEFAULT_REGION"));
    if let Some(name) = named {
        return Ok(Region::new(name));
    }
    of_profile(arguments.profile(context).as_deref())
        .await
        .ok_or(AwsError::NoRegion)
}

/// Reads the region of a profile from the AWS configuration files.
async fn of_profile(profile: Option<&str>) -> Option<Region> {
    let mut provider = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        provider = provider.profile_name(profile);
    }
    provider.build().region().await
}
