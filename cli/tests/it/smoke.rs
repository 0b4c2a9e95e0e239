use elaaoms_tests::Deployment;

use crate::harness::elaaoms;

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_in_order_passes_and_keeps_nothing_of_the_invented_caller() {
    let deployment = Deployment::start().await;
    let ran = elaaoms(
        &deployment,
        &["smoke", &deployment.url(), "--output", "json"],
    )
    .await;
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let answer = ran.json();
    assert_eq!(answer["ok"], true);
    assert!(answer["steps"].as_array().unwrap().len() >= 14);
    let left: Vec<String> = deployment
        .files()
        .into_iter()
        .filter(|file| file.contains("smoke"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_a_failed_step_and_an_exit_code() {
    let deployment = Deployment::with(&[("WEBHOOK_API_KEY", "another-key")]).await;
    let ran = elaaoms(&deployment, &["smoke", &deployment.url(), "--wait", "1"]).await;
    assert_eq!(ran.code, 4, "{} {}", ran.out, ran.err);
    assert!(
        ran.out.contains("answered 401 instead of 200"),
        "{}",
        ran.out
    );
}
