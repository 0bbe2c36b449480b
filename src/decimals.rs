/// The number with four decimals; printing the nearest `f64` of an `f32` would show nine.
pub fn four_decimals(value: f32) -> f64 {
    libm::round(f64::from(value) * 10_000.0) / 10_000.0
}
