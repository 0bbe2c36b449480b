use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde_json::{Value, json};
use vouchsafe::voucher::ReceiptKey;

/// `GET /.well-known/jwks.json`: the public keys of receipts, the one that signs first.
pub(crate) async fn jwks(State(app): State<App>) -> ([(HeaderName, &'static str); 2], Json<Value>) {
    let settings = app.settings();
    let keys: Vec<_> = settings.receipts.iter().map(ReceiptKey::public).collect();
    // Public by nature; an hour is how long a removed key may still be believed.
    let headers = [(header::CACHE_CONTROL, "public, max-age=3600"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, Json(json!({ "keys": keys })))
}
