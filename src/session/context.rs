//! What surrounds a session: where, in which time zone, in which language.

use super::{ALARM, Signal};
use crate::profile::{Home, Place};
use serde::Deserialize;

/// As the page and the server tell it now.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Context {
    /// IANA name of the time zone.
    pub time_zone: Option<String>,
    /// The browser's first language.
    pub language: Option<String>,
    /// Degrees north, as coarse as the server likes.
    pub latitude: Option<f32>,
    /// Degrees east.
    pub longitude: Option<f32>,
    /// The server has seen this person at another address before.
    pub address_changed: bool,
    /// The browser says that a program drives it.
    pub automated: bool,
}

/// Compares with where the person was, and remembers.
pub(super) fn compare(home: &mut Home, context: Context, now: f64) -> Vec<(Signal, f64)> {
    let mut found = Vec::new();
    for (known, told, signal) in [
        (&mut home.zone, context.time_zone, Signal::TimeZone),
        (&mut home.language, context.language, Signal::Language),
    ] {
        let Some(mut told) = told.filter(|text| !text.is_empty()) else { continue };
        told.truncate(told.floor_char_boundary(MOST_TEXT));
        if known.as_ref().is_some_and(|known| *known != told) {
            found.push((signal, CHANGED));
        }
        *known = Some(told);
    }
    if let (Some(latitude), Some(longitude)) = (context.latitude, context.longitude)
        && latitude.abs() <= 90.0
        && longitude.abs() <= 180.0
    {
        // A tenth of a degree: no profile should know a street.
        let coarse = |degrees: f32| libm::roundf(degrees * 10.0) / 10.0;
        let here = Place { latitude: coarse(latitude), longitude: coarse(longitude), at: now };
        if home.place.is_some_and(|before| speed(before, here) > FASTEST_KMH) {
            found.push((Signal::Travel, IMPOSSIBLE));
        }
        home.place = Some(here);
    }
    if context.address_changed {
        found.push((Signal::Address, CHANGED));
    }
    if context.automated {
        found.push((Signal::Environment, IMPOSSIBLE));
    }
    found
}

/// km/h on a great circle (haversine formula), as if the places told were [`UNSURE_KM`] nearer.
fn speed(from: Place, to: Place) -> f64 {
    let radians = |degrees: f32| f64::from(degrees).to_radians();
    let (a, b) = (radians(from.latitude), radians(to.latitude));
    let half = |x: f64| libm::sin(x / 2.0) * libm::sin(x / 2.0);
    let h = half(b - a) + libm::cos(a) * libm::cos(b) * half(radians(to.longitude) - radians(from.longitude));
    let km = 2.0 * EARTH_KM * libm::asin(libm::sqrt(h.clamp(0.0, 1.0)));
    let hours = ((to.at - from.at) / 3600.0).max(1.0 / 60.0);
    (km - UNSURE_KM).max(0.0) / hours
}

/// Mean radius (IUGG).
const EARTH_KM: f64 = 6371.0088;
/// Addresses are placed in the wrong city, seldom in the wrong country.
const UNSURE_KM: f64 = 300.0;
/// Airliners cruise at about this.
const FASTEST_KMH: f64 = 950.0;
/// People do travel and change settings: a quarter of what a challenge takes.
const CHANGED: f64 = -ALARM / 4.0;
/// From wherever trust stood, a challenge.
const IMPOSSIBLE: f64 = -ALARM * 1.1;
const MOST_TEXT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f32, longitude: f32) -> Context {
        Context { latitude: Some(latitude), longitude: Some(longitude), ..Context::default() }
    }

    #[test]
    fn nobody_is_in_two_cities_at_once() {
        let (berlin, tokyo, hamburg) = (at(52.52, 13.40), at(35.68, 139.69), at(53.55, 9.99));
        let mut home = Home::default();
        assert_eq!(compare(&mut home, berlin.clone(), 0.0), []);
        // 255 km in a minute: the address may be placed wrongly.
        assert_eq!(compare(&mut home, hamburg, 60.0), []);
        assert_eq!(compare(&mut home, berlin.clone(), 3600.0), []);
        assert_eq!(compare(&mut home, tokyo, 3600.0 * 3.0), [(Signal::Travel, IMPOSSIBLE)]);
        // Fourteen hours later it is a flight: 8,900 km.
        assert_eq!(compare(&mut home, berlin, 3600.0 * 17.0), []);
    }

    #[test]
    fn the_distance_is_the_one_on_the_globe() {
        let place = |latitude, longitude, at| Place { latitude, longitude, at };
        // London Heathrow to New York JFK, 5,540 km, in one hour.
        let kmh = speed(place(51.47, -0.454, 0.0), place(40.64, -73.78, 3600.0));
        assert!((kmh + UNSURE_KM - 5540.0).abs() < 15.0, "{kmh}");
    }

    #[test]
    fn a_change_counts_once_and_nothing_told_changes_nothing() {
        let zone = |name: &str| Context { time_zone: Some(name.into()), ..Context::default() };
        let mut home = Home::default();
        assert_eq!(compare(&mut home, zone("Europe/Berlin"), 0.0), []);
        assert_eq!(compare(&mut home, Context::default(), 1.0), []);
        assert_eq!(compare(&mut home, zone("Asia/Tokyo"), 2.0), [(Signal::TimeZone, CHANGED)]);
        assert_eq!(compare(&mut home, zone("Asia/Tokyo"), 3.0), []);
        let odd = Context { latitude: Some(f32::NAN), longitude: Some(1.0), ..zone(&"x".repeat(999)) };
        compare(&mut home, odd, 4.0);
        assert_eq!((home.zone.unwrap().len(), home.place), (MOST_TEXT, None));
    }
}
