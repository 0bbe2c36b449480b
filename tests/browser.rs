//! The browser shell in a real browser: listeners, measuring, work, signing. Run by `cargo xtask test browser`.
#![cfg(all(target_arch = "wasm32", feature = "web", feature = "seal"))]

use base64ct::Encoding;
use vouchsafe::seal::{Key, Work};
use vouchsafe::voucher::{ChallengeKey, Expectation, MemoryStore, Terms, Verifier};
use vouchsafe::web::Watcher;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, Event, EventTarget, HtmlIFrameElement, ShadowRoot, Window};

wasm_bindgen_test_configure!(run_in_browser);

fn window() -> Window {
    web_sys::window().unwrap()
}

fn document() -> Document {
    window().document().unwrap()
}

/// Runs script in the page.
fn eval(code: &str) -> JsValue {
    js_sys::Function::new_no_args(code).call0(&JsValue::NULL).unwrap()
}

fn event(kind: &str, code: &str) -> Event {
    eval(&format!("return new {kind}({code})")).unchecked_into()
}

fn pointer(name: &str, x: impl std::fmt::Display) -> Event {
    let init = format!("'{name}', {{bubbles: true, composed: true, clientX: {x}, clientY: 5, pointerType: 'mouse'}}");
    event("PointerEvent", &init)
}

fn fire(target: &EventTarget, event: &Event) {
    target.dispatch_event(event).unwrap();
}

fn append(tag: &str) -> Element {
    let element = document().create_element(tag).unwrap();
    document().body().unwrap().append_child(&element).unwrap();
    element
}

#[wasm_bindgen_test]
fn every_kind_of_event_is_recorded() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    let body = document().body().unwrap();
    let bubbling = "{bubbles: true}";
    for (kind, code) in [
        ("PointerEvent", format!("'pointerdown', {bubbling}")),
        ("PointerEvent", format!("'pointerup', {bubbling}")),
        ("PointerEvent", format!("'pointercancel', {bubbling}")),
        ("MouseEvent", format!("'click', {bubbling}")),
        ("WheelEvent", "'wheel', {bubbles: true, deltaY: 100}".to_owned()),
        ("KeyboardEvent", "'keydown', {bubbles: true, key: 'a'}".to_owned()),
        ("KeyboardEvent", "'keyup', {bubbles: true, key: 'a'}".to_owned()),
    ] {
        let before = watcher.events();
        fire(&body, &event(kind, &code));
        assert_eq!(watcher.events(), before + 1, "{code}");
    }
    let before = watcher.events();
    fire(&body, &pointer("pointermove", 3));
    fire(&document(), &event("Event", "'scroll'"));
    fire(&document(), &event("Event", "'visibilitychange'"));
    fire(&window(), &event("FocusEvent", "'focus'"));
    fire(&window(), &event("FocusEvent", "'blur'"));
    assert_eq!(watcher.events(), before + 5);
    let before = watcher.events();
    fire(&body, &event("KeyboardEvent", "'keydown', {bubbles: true, key: 'a', repeat: true}"));
    assert_eq!(watcher.events(), before, "a held key's repeats are not presses");
}

#[wasm_bindgen_test]
fn only_keys_of_a_keyboard_are_presses() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    let body = document().body().unwrap();
    for (sent, recorded) in
        [("key: 'Unidentified', keyCode: 229", 0), ("", 0), ("key: 'Process', code: 'KeyN', isComposing: true", 1)]
    {
        let before = watcher.events();
        fire(&body, &event("KeyboardEvent", &format!("'keydown', {{bubbles: true, {sent}}}")));
        assert_eq!(watcher.events(), before + recorded, "{sent}");
    }
}

#[wasm_bindgen_test]
fn moves_within_a_pixel_are_not_positions_sent_twice() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    let body = document().body().unwrap();
    let steps = [(8.25, 1), (8.75, 1), (8.5, 1), (9.0, 2), (9.0, 3), (9.5, 3), (10.25, 4)];
    for (keys, (x, moves)) in steps.into_iter().enumerate() {
        fire(&body, &pointer("pointermove", x));
        assert_eq!(watcher.events(), moves + keys, "after {x}");
        // Of moves within one frame only the last counts, unless something lies between.
        fire(&body, &event("KeyboardEvent", "'keydown', {bubbles: true, key: 'a'}"));
    }
}

#[wasm_bindgen_test]
fn attaching_twice_records_once_and_detaching_stops() {
    let watcher = Watcher::new().unwrap();
    let body = document().body().unwrap();
    watcher.attach();
    watcher.attach();
    fire(&body, &pointer("pointerdown", 1));
    assert_eq!((watcher.events(), watcher.targets() >= 1), (1, true));
    watcher.detach();
    watcher.detach();
    fire(&body, &pointer("pointerdown", 1));
    assert_eq!((watcher.events(), watcher.targets()), (1, 0));
    watcher.attach();
    fire(&body, &pointer("pointerdown", 1));
    assert_eq!(watcher.events(), 2);
    watcher.clear();
    assert_eq!(watcher.events(), 0);
}

#[wasm_bindgen_test]
fn a_dropped_watcher_leaves_nothing_behind() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    drop(watcher);
    // A listener left attached would call into freed memory and throw.
    fire(&document().body().unwrap(), &pointer("pointermove", 1));
}

#[wasm_bindgen_test]
fn events_inside_a_shadow_tree_are_seen() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    let host = append("div");
    let root: ShadowRoot = js_sys::Reflect::get(&host, &"attachShadow".into())
        .unwrap()
        .unchecked_into::<js_sys::Function>()
        .call1(&host, &eval("return {mode: 'open'}"))
        .unwrap()
        .unchecked_into();
    let inner = document().create_element("button").unwrap();
    root.append_child(&inner).unwrap();
    fire(&inner, &pointer("pointerdown", 1));
    assert_eq!(watcher.events(), 1);
    // Scrolling does not leave the tree; the root can be watched by itself.
    fire(&inner, &event("Event", "'scroll'"));
    assert_eq!(watcher.events(), 1);
    watcher.observe(&root);
    fire(&inner, &event("Event", "'scroll'"));
    assert_eq!(watcher.events(), 2);
    // Seen at the window and at the root, recorded once.
    fire(&inner, &pointer("pointerdown", 1));
    assert_eq!(watcher.events(), 3);
}

#[wasm_bindgen_test]
fn a_frame_of_the_same_origin_is_watched_when_the_pointer_enters_it() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    let frame: HtmlIFrameElement = append("iframe").unchecked_into();
    fire(&frame, &pointer("pointerover", 1));
    let inside = frame.content_document().unwrap().body().unwrap();
    fire(&inside, &pointer("pointerdown", 1));
    assert_eq!(watcher.events(), 1);
    frame.remove();
    watcher.detach();
}

#[wasm_bindgen_test]
fn a_long_session_stays_within_its_bound() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    let body = document().body().unwrap();
    for _ in 0..9000 {
        fire(&body, &pointer("pointerdown", 1));
    }
    assert_eq!(watcher.events(), 8192);
}

#[wasm_bindgen_test]
fn made_up_events_are_judged_as_such() {
    let watcher = Watcher::new().unwrap();
    watcher.attach();
    let body = document().body().unwrap();
    for x in 0..40 {
        fire(&body, &pointer("pointermove", x * 10));
        fire(&body, &pointer("pointerdown", x * 10));
    }
    let assessment: serde_json::Value = serde_json::from_str(&watcher.measure(None)).unwrap();
    let score = assessment["score"].as_f64().unwrap();
    assert!(score < 0.4, "{score}");
}

#[wasm_bindgen_test]
fn what_was_measured_and_sealed_here_is_accepted_by_the_server_side_of_this_crate() {
    let now = 1_800_000_000;
    let server = ChallengeKey::new(b"a secret of the server's").unwrap();
    let terms = Terms {
        v: 1,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        sitekey: "shop".into(),
        hostname: "shop.example".into(),
        action: None,
        iat: now,
        exp: now + 1800,
        difficulty: 6,
        require: Vec::new(),
        step_up: None,
    };
    let challenge = server.issue(&terms);
    let (watcher, key) = (Watcher::new().unwrap(), Key::new().unwrap());
    let mut work = Work::new(&challenge, terms.difficulty, &key.thumbprint()).unwrap();
    assert!(work.answer().is_none());
    while work.step(100) < 1.0 {}
    // As the page's script puts it together (`www/src/seal.ts`).
    let mut claims: serde_json::Value = serde_json::from_str(&watcher.measure(Some(0.0))).unwrap();
    claims.as_object_mut().unwrap().remove("reasons");
    let more = serde_json::json!({
        "iss": base64url(&key.thumbprint()), "aud": "shop", "iat": now + 2, "exp": now + 302,
        "jti": "AAAAAAAAAAAAAAAAAAAAAA", "challenge": challenge, "work": base64url(&work.answer().unwrap()),
        "hostname": "shop.example", "cdata": "\u{fc} \"quoted\"",
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let voucher = key.seal(&claims.to_string());
    let expected = Expectation { sitekey: Some("shop"), ..Expectation::default() };
    let verified = Verifier::new(server).verify(&voucher, &expected, now + 3, &MemoryStore::default()).unwrap();
    assert_eq!(verified.claims().cdata.as_deref(), Some("\u{fc} \"quoted\""));
}

#[wasm_bindgen_test]
fn work_is_for_a_thumbprint_of_the_right_length_only() {
    for bad in [0, 31, 33] {
        assert!(Work::new("a.b", 6, &vec![0; bad]).is_err(), "{bad}");
    }
}

fn base64url(bytes: &[u8]) -> String {
    base64ct::Base64UrlUnpadded::encode_string(bytes)
}
