//! Reduced ordered binary decision diagrams over tests, to compare graphs exactly as
//! propositions. Only what comparing needs: no negation edges, no reordering.

use std::collections::HashMap;

/// A function: index of its top node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Ref(u32);

/// Constantly false.
pub(super) const FALSE: Ref = Ref(0);
/// Constantly true.
pub(super) const TRUE: Ref = Ref(1);

/// The diagram grew beyond its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooBig;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Branch {
    variable: u32,
    high: Ref,
    low: Ref,
}

/// All functions of one comparison, shared.
pub(super) struct Diagram {
    branches: Vec<Branch>,
    index: HashMap<Branch, Ref>,
    choices: HashMap<(Ref, Ref, Ref), Ref>,
    limit: usize,
}

impl Diagram {
    pub(super) fn new(limit: usize) -> Self {
        let leaf = Branch {
            variable: u32::MAX,
            high: FALSE,
            low: FALSE,
        };
        Self {
            branches: vec![leaf; 2],
            index: HashMap::new(),
            choices: HashMap::new(),
            limit,
        }
    }

    /// The function that is one variable.
    pub(super) fn variable(&mut self, variable: u32) -> Result<Ref, TooBig> {
        self.branch(variable, TRUE, FALSE)
    }

    fn branch(&mut self, variable: u32, high: Ref, low: Ref) -> Result<Ref, TooBig> {
        if high == low {
            return Ok(high);
        }
        let branch = Branch {
            variable,
            high,
            low,
        };
        if let Some(found) = self.index.get(&branch) {
            return Ok(*found);
        }
        if self.branches.len() >= self.limit {
            return Err(TooBig);
        }
        let made = Ref(self.branches.len() as u32);
        self.branches.push(branch);
        self.index.insert(branch, made);
        Ok(made)
    }

    fn split(&self, function: Ref, variable: u32) -> (Ref, Ref) {
        let branch = self.branches[function.0 as usize];
        if branch.variable == variable {
            (branch.high, branch.low)
        } else {
            (function, function)
        }
    }

    /// `if condition then high else low`. Depth of recursion is the number of variables, so the
    /// caller bounds that.
    pub(super) fn choose(&mut self, condition: Ref, high: Ref, low: Ref) -> Result<Ref, TooBig> {
        if condition == TRUE || high == low {
            return Ok(high);
        }
        if condition == FALSE {
            return Ok(low);
        }
        let key = (condition, high, low);
        if let Some(found) = self.choices.get(&key) {
            return Ok(*found);
        }
        let top = [condition, high, low].map(|f| self.branches[f.0 as usize].variable);
        let variable = top.into_iter().min().unwrap_or(u32::MAX);
        let (condition_high, condition_low) = self.split(condition, variable);
        let (high_high, high_low) = self.split(high, variable);
        let (low_high, low_low) = self.split(low, variable);
        let when = self.choose(condition_high, high_high, low_high)?;
        let otherwise = self.choose(condition_low, high_low, low_low)?;
        let made = self.branch(variable, when, otherwise)?;
        self.choices.insert(key, made);
        Ok(made)
    }

    /// `left and not right`.
    pub(super) fn without(&mut self, left: Ref, right: Ref) -> Result<Ref, TooBig> {
        self.choose(right, FALSE, left)
    }

    /// One assignment that makes a function true: variables with their values, in order.
    /// `None` if there is none.
    pub(super) fn witness(&self, mut function: Ref) -> Option<Vec<(u32, bool)>> {
        let mut assignment = Vec::new();
        while function != TRUE {
            if function == FALSE {
                return None;
            }
            let branch = self.branches[function.0 as usize];
            let value = branch.low == FALSE;
            assignment.push((branch.variable, value));
            function = if value { branch.high } else { branch.low };
        }
        Some(assignment)
    }
}
