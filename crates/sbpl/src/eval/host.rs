//! What a language around this Scheme provides.

use std::collections::BTreeSet;

use lapbelt_policy::origin::Origin;

use super::call::Call;
use super::fault::Mistake;
use super::heap::Heap;
use super::value::{HostProcedure, Symbol, Value};
use crate::diag::Diagnostic;

/// What the language around this Scheme adds.
pub(crate) trait Host {
    /// Calls one of the host's procedures.
    fn call(
        &mut self,
        procedure: HostProcedure,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake>;

    /// What a name means that neither the profile nor Scheme has bound; asked once for each.
    fn word(&mut self, name: &str, heap: &mut Heap) -> Option<Value>;

    /// What an unbound name is taken for where it is used, with a remark to the reader.
    fn assumed(&mut self, name: Symbol, origin: Option<Origin>, heap: &mut Heap) -> Option<Value>;

    /// The forms of another text, named at a site. [`Host::imported`] follows when they have been
    /// tried.
    fn import(
        &mut self,
        name: &[u8],
        site: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake>;

    /// The forms of the last import have been tried.
    fn imported(&mut self);

    /// Notes a mistake; false if there have been too many to go on.
    fn report(&mut self, diagnostic: Diagnostic) -> bool;

    /// Parameters that were asked for and not given, for which the answer was `#f`.
    fn missing(&self) -> &BTreeSet<String>;

    /// Says what an unbound name was meant to be. `called` is the procedure it is an argument of with
    /// the arguments before, `head` tells that it stands in the place of a procedure.
    fn unbound(&self, name: &str, called: &[Value], head: bool, heap: &Heap) -> Mistake;
}
