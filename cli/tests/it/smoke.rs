use elaaoms_tests::Deployment;

use crate::harness::elaaoms;

#[tokio::test(flavor = "multi_thread")]
async fn a_working_deployment_passes_and_keeps_no_data_of_the_invented_caller() {
    let deployment = Deployment::start().await;
    let ran = elaaoms(
        &deployment,
        &["smoke", &deployment.url(), "--output", "json"],
    )
    .await;
    ran.expect_code(0);
    let report = ran.json();
    assert_eq!(report["ok"], true);
    assert!(report["steps"].as_array().unwrap().len() >= 14);
    let left: Vec<String> = deployment
        .files()
        .into_iter()
        .filter(|file| file.contains("smoke"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_fails_a_step_and_the_command_exits_with_4() {
    let deployment = Deployment::with(&[("WEBHOOK_API_KEY", "another-key")]).await;
    let ran = elaaoms(&deployment, &["smoke", &deployment.url(), "--wait", "1"]).await;
    ran.expect_code(4);
    assert!(
        ran.out.contains("returned status 401 instead of 200"),
        "{}",
        ran.out
    );
}
