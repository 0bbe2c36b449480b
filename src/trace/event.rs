/// Something the visitor did, or something that happened to the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Milliseconds since an origin shared by all events of one trace.
    pub t: f64,
    /// What happened.
    pub kind: Kind,
    /// `isTrusted`: false for events a script on the page made up.
    pub trusted: bool,
}

/// What happened. Coordinates are viewport CSS px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// The pointer moved.
    Move(Pointer),
    /// A button or contact went down.
    Down(Pointer),
    /// A button or contact went up.
    Up(Pointer),
    /// Something was activated; `detail` 0 means by keyboard or assistive technology.
    Click {
        /// Viewport position in CSS px.
        x: f32,
        /// Viewport position in CSS px.
        y: f32,
        /// `UIEvent.detail`: how many clicks in a row, 0 without a pointer.
        detail: u8,
    },
    /// The wheel turned by `delta_y` px, positive is down.
    Wheel {
        /// Distance in px.
        delta_y: f32,
    },
    /// The page stands at `top` of `height` px.
    Scroll {
        /// `scrollTop` in px.
        top: f32,
        /// `scrollHeight` in px.
        height: f32,
    },
    /// A key went down. Which one is never recorded, only its class.
    KeyDown(KeyClass),
    /// A key went up.
    KeyUp(KeyClass),
    /// The window gained focus.
    Focus,
    /// The window lost focus.
    Blur,
    /// The tab came to the front.
    Visible,
    /// The tab went to the background.
    Hidden,
}

/// Where a pointer is and what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    /// Viewport position in CSS px.
    pub x: f32,
    /// Viewport position in CSS px.
    pub y: f32,
    /// Mouse where nothing else is said.
    pub device: PointerDevice,
    /// 0 to 1, where the device reports it.
    pub pressure: Option<f32>,
    /// `MouseEvent.button`.
    pub button: u8,
}

impl Pointer {
    /// A mouse at (`x`, `y`).
    pub fn mouse(x: f32, y: f32) -> Self {
        Self { x, y, device: PointerDevice::Mouse, pressure: None, button: 0 }
    }
}

/// `PointerEvent.pointerType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PointerDevice {
    /// A mouse, trackpad or trackball.
    #[default]
    Mouse,
    /// A finger.
    Touch,
    /// A stylus.
    Pen,
}

/// What sort of key, never which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyClass {
    /// Any letter, of any script.
    Letter,
    /// A digit.
    Digit,
    /// The space bar.
    Space,
    /// A sign that is neither letter nor digit.
    Punctuation,
    /// Backspace or delete.
    Backspace,
    /// Enter.
    Enter,
    /// Shift, control, alt, meta, caps lock.
    Modifier,
    /// Arrows, tab, home, end, page up and down, escape.
    Navigation,
    /// Everything else.
    Other,
}

impl KeyClass {
    /// All classes with their names in the trace format.
    pub const NAMES: [(Self, &'static str); 9] = [
        (Self::Letter, "letter"),
        (Self::Digit, "digit"),
        (Self::Space, "space"),
        (Self::Punctuation, "punctuation"),
        (Self::Backspace, "backspace"),
        (Self::Enter, "enter"),
        (Self::Modifier, "modifier"),
        (Self::Navigation, "navigation"),
        (Self::Other, "other"),
    ];

    /// The class of a DOM `KeyboardEvent.key` value. The value itself is not kept.
    pub fn of_key(key: &str) -> Self {
        let mut chars = key.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return match c {
                ' ' => Self::Space,
                c if c.is_ascii_digit() => Self::Digit,
                c if c.is_ascii_punctuation() => Self::Punctuation,
                c if c.is_ascii_alphabetic() || !c.is_ascii() => Self::Letter,
                _ => Self::Other,
            };
        }
        match key {
            "Backspace" | "Delete" => Self::Backspace,
            "Enter" => Self::Enter,
            "Shift" | "Control" | "Alt" | "AltGraph" | "Meta" | "CapsLock" | "Fn" => Self::Modifier,
            "Tab" | "Escape" | "Home" | "End" | "PageUp" | "PageDown" | "ArrowLeft" | "ArrowRight" | "ArrowUp"
            | "ArrowDown" => Self::Navigation,
            _ => Self::Other,
        }
    }

    /// The name in the trace format.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(class, _)| *class == self).map_or("other", |(_, name)| name)
    }

    /// The class a trace-format name stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, n)| *n == name).map(|(class, _)| *class)
    }
}
