//! Small statistics shared by the families. All of them give the same bits on every target: only
//! IEEE operations and `libm`, never the platform's own mathematics.

/// Shell sort (Ciura's gaps). The standard library's sorts are faster and would cost every visitor
/// 7 KB gzip; no list here is long enough to notice.
pub(crate) fn sort_by<T>(values: &mut [T], before: impl Fn(&T, &T) -> bool) {
    for gap in [1750, 701, 301, 132, 57, 23, 10, 4, 1] {
        for i in gap..values.len() {
            let mut at = i;
            while at >= gap && before(&values[at], &values[at - gap]) {
                values.swap(at, at - gap);
                at -= gap;
            }
        }
    }
}

/// Linear-interpolated quantile (type 7). `None` when empty. Sorts `values`.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    // Often asked for several quantiles of one list.
    if values.windows(2).any(|w| w[0] > w[1]) {
        sort_by(values, |a, b| a < b);
    }
    let at = q * (values.len() - 1) as f64;
    let (low, share) = (at as usize, at - (at as usize) as f64);
    let high = (low + 1).min(values.len() - 1);
    Some(values[low] + (values[high] - values[low]) * share)
}

/// Middle value.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Distance between the quartiles; `None` for fewer than three values.
pub(super) fn iqr(values: &mut [f64]) -> Option<f64> {
    (values.len() >= 3).then(|| Some(quantile(values, 0.75)? - quantile(values, 0.25)?))?
}

/// Arithmetic mean.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation (population); `None` for fewer than two values.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    (values.len() >= 2).then(|| {
        let sum: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        (sum / values.len() as f64).sqrt()
    })
}

/// Standard deviation over mean; `None` where the mean is not positive.
pub(super) fn variation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    (mean > 0.0).then(|| deviation(values).map(|d| d / mean))?
}

/// Third standardised moment; `None` where nothing varies.
pub(super) fn skewness(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let (mut second, mut third) = (0.0, 0.0);
    for value in values {
        let off = value - mean;
        second += off * off;
        third += off * off * off;
    }
    let n = values.len() as f64;
    let variance = second / n;
    (variance > 1e-6).then(|| third / n / (variance * variance.sqrt()))
}

/// Pearson's r; `None` for fewer than four pairs or a constant side.
pub(super) fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 4 {
        return None;
    }
    let n = pairs.len() as f64;
    let (mx, my) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        xx += (x - mx) * (x - mx);
        yy += (y - my) * (y - my);
        xy += (x - mx) * (y - my);
    }
    (xx > 1e-12 && yy > 1e-12).then(|| xy / (xx * yy).sqrt())
}

/// Natural logarithm of `value`, with everything below `floor` raised to it.
pub(super) fn ln_floor(value: f64, floor: f64) -> f64 {
    libm::log(value.max(floor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_as_numpy_does() {
        let mut values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&mut values), Some(2.5));
        assert_eq!(iqr(&mut values), Some(1.5));
        assert_eq!(quantile(&mut [], 0.5), None);
    }

    proptest::proptest! {
        #[test]
        fn sorting_sorts(mut values in proptest::collection::vec(-1e6f64..1e6, 0..3000)) {
            let mut expected = values.clone();
            expected.sort_by(f64::total_cmp);
            sort_by(&mut values, |a, b| a < b);
            proptest::prop_assert_eq!(values, expected);
        }
    }

    #[test]
    fn correlation_is_one_on_a_line_and_absent_on_a_constant() {
        let line: Vec<_> = (0..5).map(|i| (f64::from(i), f64::from(i) * 2.0)).collect();
        assert!((correlation(&line).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[(1.0, 1.0); 5]), None);
    }
}
