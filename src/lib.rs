//! Vouchsafe.
pub mod behavior;
pub mod decision;
pub mod trace;
pub mod voucher;
