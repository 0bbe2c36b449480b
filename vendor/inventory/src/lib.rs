//! Stands in for the `inventory` crate, with the part of its interface that tract uses.
//!
//! A registration runs before anything else, so a linker must keep everything it mentions. tract registers
//! model transforms and a reader of its own format, which between them mention every operator there is: more
//! than half of the face engine a browser would download, for code that never runs. Here a registration
//! counts only where it comes from tract's arithmetic kernels or settings; see [`wanted`].

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

/// Whether registrations made in `module` count.
pub const fn wanted(module: &str) -> bool {
    // A browser has the kernels written for it; those for any machine, in every number format, are spare.
    if cfg!(target_family = "wasm") && starts_with(module, "tract_linalg::generic::mmm") {
        return false;
    }
    starts_with(module, "tract_linalg") || starts_with(module, "tract_data") || starts_with(module, "inventory")
}

const fn starts_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    let mut at = 0;
    while at < start.len() {
        if at == text.len() || text[at] != start[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A type whose values are registered. Implemented by [`collect!`].
pub trait Collect: Sync + Sized + 'static {
    /// Its values so far.
    fn registry() -> &'static Mutex<Vec<&'static Self>>;
}

/// Registers `value`.
pub fn register<T: Collect>(value: &'static T) {
    T::registry().lock().unwrap_or_else(PoisonError::into_inner).push(value);
}

fn values<T: Collect>() -> std::vec::IntoIter<&'static T> {
    T::registry().lock().unwrap_or_else(PoisonError::into_inner).clone().into_iter()
}

mod value {
    use super::{Collect, PhantomData};

    /// Written `iter::<T>`, and both called and iterated over.
    #[allow(non_camel_case_types, reason = "the interface being stood in for")]
    pub enum iter<T: Collect> {
        /// The one value.
        iter,
        /// Never made.
        Never(std::convert::Infallible, PhantomData<T>),
    }
}

pub use value::iter::iter;

impl<T: Collect> Deref for value::iter<T> {
    type Target = fn() -> std::vec::IntoIter<&'static T>;

    fn deref(&self) -> &Self::Target {
        &(values::<T> as fn() -> std::vec::IntoIter<&'static T>)
    }
}

impl<T: Collect> IntoIterator for value::iter<T> {
    type Item = &'static T;
    type IntoIter = std::vec::IntoIter<&'static T>;

    fn into_iter(self) -> Self::IntoIter {
        values()
    }
}

/// Lets values of a type be registered.
#[macro_export]
macro_rules! collect {
    ($type:ty) => {
        impl $crate::Collect for $type {
            fn registry() -> &'static ::std::sync::Mutex<::std::vec::Vec<&'static Self>> {
                static REGISTRY: ::std::sync::Mutex<::std::vec::Vec<&'static $type>> =
                    ::std::sync::Mutex::new(::std::vec::Vec::new());
                &REGISTRY
            }
        }
    };
}

/// Registers a value before `main` runs, where [`wanted`].
#[macro_export]
macro_rules! submit {
    ($($value:tt)*) => {
        const _: () = {
            extern "C" fn nothing() {}
            extern "C" fn something() {
                $crate::register(&const { $crate::Hold({ $($value)* }) }.0);
            }
            #[used]
            #[cfg_attr(not(any(target_vendor = "apple", windows)), unsafe(link_section = ".init_array"))]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
            #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
            static BEFORE_MAIN: extern "C" fn() =
                if $crate::wanted(::core::module_path!()) { something } else { nothing };
        };
    };
}

/// Makes a value's address live as long as the program.
pub struct Hold<T>(pub T);

#[cfg(test)]
mod tests {
    struct Name(&'static str);
    crate::collect!(Name);
    crate::submit! { Name("one") }
    crate::submit! { Name("two") }

    #[test]
    fn what_is_submitted_is_found_both_ways() {
        let mut called: Vec<_> = crate::iter::<Name>().map(|name| name.0).collect();
        called.sort_unstable();
        assert_eq!(called, ["one", "two"]);
        assert_eq!(crate::iter::<Name>.into_iter().count(), 2);
    }

    #[test]
    fn only_kernels_and_settings_register() {
        assert!(crate::wanted("tract_linalg::x86_64::mmm"));
        assert!(!crate::wanted("tract_nnef::transform"));
        assert!(!crate::wanted("tract_core::batchify"));
        assert!(!crate::wanted("tract"));
    }
}
