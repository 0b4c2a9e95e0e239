use elaaoms_tests::Deployment;

use crate::harness::elaaoms;

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_can_be_load_tested_and_keeps_no_data() {
    let deployment = Deployment::start().await;
    let before = deployment.files();
    for endpoint in ["health", "client-data", "search-memory", "post-call"] {
        let words = [
            "load",
            &deployment.url(),
            "--endpoint",
            endpoint,
            "--requests",
            "60",
            "--concurrency",
            "6",
        ];
        let plot = deployment.data_dir().join("../load.svg");
        let rest = ["--output", "json", "--plot", plot.to_str().unwrap()];
        let ran = elaaoms(&deployment, &[&words[..], &rest[..]].concat()).await;
        assert_eq!(ran.code, 0, "{endpoint}: {} {}", ran.out, ran.err);
        assert_eq!(ran.json()["answers"], 60);
        assert!(std::fs::read_to_string(&plot).unwrap().starts_with("<svg"));
        std::fs::remove_file(&plot).unwrap();
    }
    assert_eq!(deployment.files(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_is_refused_and_failed_requests_are_counted_by_status() {
    let deployment = Deployment::with(&[("WEBHOOK_API_KEY", "another-key")]).await;
    let ran = elaaoms(&deployment, &["load", "https://example.com"]).await;
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("--i-own-this-host"), "{}", ran.err);
    let ran = elaaoms(
        &deployment,
        &[
            "load",
            &deployment.url(),
            "--requests",
            "10",
            "--output",
            "json",
        ],
    )
    .await;
    assert_eq!(ran.code, 4);
    assert_eq!(ran.json()["errors"]["status 401"], 10);
}
