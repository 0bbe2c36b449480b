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

impl Kind {
    /// Whether somebody's hand does this. Pages themselves say that they scrolled or have the focus, to wake their own
    /// listeners.
    pub fn is_input(&self) -> bool {
        !matches!(self, Self::Scroll { .. } | Self::Focus | Self::Blur | Self::Visible | Self::Hidden)
    }
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

    /// The class of a DOM `KeyboardEvent` with this `key` and `code`, neither of which is kept; `None` where no key
    /// of a keyboard is behind it.
    ///
    /// Input methods hide the key but not its place. Keyboards on Android's screens and password managers tell
    /// neither; what they send has no rhythm of a hand.
    pub fn of_key(key: &str, code: &str) -> Option<Self> {
        let name = if matches!(key, "" | "Process" | "Unidentified") { code } else { key };
        let mut chars = name.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return Some(match c {
                ' ' => Self::Space,
                c if c.is_ascii_digit() => Self::Digit,
                c if c.is_ascii_punctuation() => Self::Punctuation,
                c if c.is_ascii_alphabetic() || !c.is_ascii() => Self::Letter,
                _ => Self::Other,
            });
        }
        Some(match name {
            "" => return None,
            "Space" => Self::Space,
            "Backspace" | "Delete" => Self::Backspace,
            "Enter" => Self::Enter,
            "Shift" | "Control" | "Alt" | "AltGraph" | "Meta" | "CapsLock" | "Fn" => Self::Modifier,
            "Tab" | "Escape" | "Home" | "End" | "PageUp" | "PageDown" | "ArrowLeft" | "ArrowRight" | "ArrowUp"
            | "ArrowDown" => Self::Navigation,
            _ if name.starts_with("Key") => Self::Letter,
            _ if name.starts_with("Digit") => Self::Digit,
            _ => Self::Other,
        })
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

#[cfg(test)]
mod tests {
    use super::KeyClass::{self, *};

    #[test]
    fn keys_are_told_by_their_sort() {
        for (key, code, class) in [
            ("a", "KeyA", Letter),
            ("ü", "BracketLeft", Letter),
            ("я", "KeyZ", Letter),
            ("7", "Digit7", Digit),
            (" ", "Space", Space),
            (",", "Comma", Punctuation),
            ("Backspace", "Backspace", Backspace),
            ("Shift", "ShiftLeft", Modifier),
            ("Tab", "Tab", Navigation),
            ("F5", "F5", Other),
        ] {
            assert_eq!(KeyClass::of_key(key, code), Some(class), "{key}");
        }
    }

    #[test]
    fn an_input_method_hides_the_key_but_not_its_sort() {
        for (code, released, class) in [("KeyN", "n", Letter), ("Digit2", "2", Digit), ("Space", " ", Space)] {
            assert_eq!(KeyClass::of_key("Process", code), Some(class));
            assert_eq!(KeyClass::of_key(released, code), Some(class), "press and release must meet");
        }
    }

    #[test]
    fn what_no_keyboard_sent_has_no_sort() {
        assert_eq!(KeyClass::of_key("Unidentified", ""), None, "Android's keyboards");
        assert_eq!(KeyClass::of_key("", ""), None, "password managers");
    }
}
