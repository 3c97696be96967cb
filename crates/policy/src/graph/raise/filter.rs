//! Filters that several operations have in common, by number.

use std::collections::HashMap;

use super::FilterKey;
use crate::filter::Filter;

/// Distinct filters.
#[derive(Default)]
pub(super) struct Filters {
    all: Vec<Filter>,
    index: HashMap<Filter, FilterKey>,
}

impl Filters {
    pub(super) fn add(&mut self, filter: Filter) -> FilterKey {
        if let Some(key) = self.index.get(&filter) {
            return *key;
        }
        let key = self.all.len() as FilterKey;
        self.all.push(filter.clone());
        self.index.insert(filter, key);
        key
    }

    /// A filter. Panics on a number of another set.
    pub(super) fn get(&self, key: FilterKey) -> &Filter {
        &self.all[key as usize]
    }
}
