use super::*;

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const XRAY_ID: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

fn headers(all: &[(HeaderName, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in all {
        headers.append(name.clone(), value.parse().unwrap());
    }
    headers
}

/// Returns the trace headers of a request that is sent while a request with these headers runs.
async fn sent(incoming: &[(HeaderName, &str)]) -> HeaderMap {
    let client = crate::http_client::build().unwrap();
    let request = client.get("http://127.0.0.1");
    let incoming = IncomingTrace::read(&headers(incoming));
    let request = in_request(incoming, async { propagate(request) }).await;
    request.build().unwrap().headers().clone()
}

#[tokio::test]
async fn a_request_has_one_id_and_another_request_has_another() {
    let none = || IncomingTrace::read(&HeaderMap::new());
    let (first, again) = in_request(none(), async { (request_id(), request_id()) }).await;
    assert_eq!(first, again);
    assert_ne!(in_request(none(), async { request_id() }).await, first);
    assert_ne!(request_id(), request_id(), "outside a request");
}

#[tokio::test]
async fn the_incoming_trace_goes_on_with_a_new_parent() {
    let incoming = format!("00-{ID}-00f067aa0ba902b7-01");
    let sent = sent(&[(TRACEPARENT, &incoming), (XRAY, XRAY_ID)]).await;
    let traceparent = sent[TRACEPARENT].to_str().unwrap();
    assert!(traceparent.starts_with(&format!("00-{ID}-")));
    assert!(traceparent.ends_with("-01") && traceparent != incoming);
    assert_eq!(sent[XRAY], XRAY_ID);
}

#[tokio::test]
async fn x_rays_trace_is_used_without_a_valid_traceparent() {
    let valid = format!("00-{ID}-00f067aa0ba902b7-01");
    for traceparents in [vec![], vec!["?"], vec![&valid, &valid]] {
        let mut incoming = vec![(XRAY, XRAY_ID)];
        incoming.extend(traceparents.into_iter().map(|value| (TRACEPARENT, value)));
        let sent = sent(&incoming).await;
        let trace = Trace::parse(sent[TRACEPARENT].to_str().unwrap()).unwrap();
        assert_eq!(trace.id(), "5759e988bd862e3fe1be46a994272793");
    }
}

#[tokio::test]
async fn a_new_trace_begins_without_valid_headers() {
    let first = sent(&[]).await;
    let second = sent(&[(XRAY, "Root=1-0-0")]).await;
    let id = |headers: &HeaderMap| {
        assert!(!headers.contains_key(XRAY));
        Trace::parse(headers[TRACEPARENT].to_str().unwrap())
            .unwrap()
            .id()
    };
    assert_ne!(id(&first), id(&second));
}

#[tokio::test]
async fn a_job_continues_the_trace_of_its_message_and_the_x_ray_header_of_its_invocation() {
    let conversation = ConversationId::parse("conv_1").unwrap();
    let message = format!("00-{ID}-00f067aa0ba902b7-00");
    let job = in_job(&conversation, Some(&message), async {
        (traceparent().unwrap(), current_xray())
    });
    let (traceparent, xray) = in_invocation(Some(XRAY_ID), job).await;
    assert_eq!(Trace::parse(&traceparent).unwrap().id(), ID);
    assert_eq!(xray.unwrap().as_str(), XRAY_ID);
}

#[test]
fn nothing_is_added_outside_a_request() {
    assert_eq!(traceparent(), None);
}
