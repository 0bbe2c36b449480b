/// How one number of a family is written down.
///
/// A voucher carries features as one byte each ([`FeatureSpec::quantise`]), and every score is
/// computed from those bytes, so a server recomputes exactly what the browser saw.
#[derive(Clone, Copy, Debug)]
pub struct FeatureSpec {
    /// Values at or below this become byte 1.
    pub low: f64,
    /// Values at or above this become byte 255.
    pub high: f64,
}

impl FeatureSpec {
    pub(super) const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// 0 for "not known", else 1 to 255, linear between `low` and `high`.
    pub fn quantise(&self, value: Option<f64>) -> u8 {
        match value {
            Some(v) if v.is_finite() => {
                let share = ((v - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
                1 + (share * 254.0 + 0.5) as u8
            }
            _ => 0,
        }
    }

    /// The middle of the values that quantise to `byte`; `None` for 0.
    pub fn value(&self, byte: u8) -> Option<f64> {
        (byte > 0).then(|| self.low + (self.high - self.low) * f64::from(byte - 1) / 254.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_byte_survives_reading_and_writing_again(byte in 0u8..=255, low in -10f64..0.0, width in 0.1f64..100.0) {
            let spec = FeatureSpec::new(low, low + width);
            prop_assert_eq!(spec.quantise(spec.value(byte)), byte);
        }

        #[test]
        fn any_number_has_a_byte(v in proptest::num::f64::ANY) {
            let byte = FeatureSpec::new(-1.0, 1.0).quantise(Some(v));
            prop_assert_eq!(byte == 0, !v.is_finite());
        }
    }
}
