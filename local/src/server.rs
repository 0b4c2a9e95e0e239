//! The one HTTP server over all routers.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use common::elevenlabs::authentic::SourceIp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves until `stop` becomes true, then finishes what is under way.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let routes = routes
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path.") })
        .method_not_allowed_fallback(|| async {
            refuse(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This path takes another method.")
        })
        .layer(middleware::from_fn(with_source_ip));
    axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
}

async fn with_source_ip(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(SourceIp(peer.ip()));
    next.run(request).await
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"status": "error", "error": {"code": code, "message": message}}))).into_response()
}
