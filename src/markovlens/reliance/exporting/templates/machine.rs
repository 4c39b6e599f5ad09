{% for line in head %}
// {{ line }}
{% endfor %}
//
// Nothing beside `core`, no memory asked for, nothing global that changes.
//
//     let mut machine = Machine::new();      before each sequence
//     machine.step({{ "&row" if rows else "symbol" }})?;
//     machine.answer()
//
// `rustc --test` makes a program that reads the test vectors and fails unless it answers to them as
// the machine did that this was written from.

/// What is read is none of what the machine knows; its state stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

{% if rows %}
pub static CHANNELS: [&str; {{ n_channels }}] = [
{{ strings(channel_names) }}
];
{% endif %}
pub static SYMBOLS: [&str; {{ n_symbols }}] = [
{{ strings(symbols) }}
];
pub static CLASSES: [&str; {{ n_classes }}] = [
{{ strings(classes) }}
];
pub static STATES: [&str; {{ n_states }}] = [
{{ strings(states) }}
];

// Where the first symbol leads, and every other one from each state{{ ", as numbers of rows" if belief }}.
static FIRST_MOVE: [{{ whole(moves.first) }}; {{ n_symbols }}] = [
{{ numbers(moves.first) }}
];
static NEXT_MOVE: [[{{ whole(moves.after) }}; {{ n_states }}]; {{ n_symbols }}] = [
{{ matrix(moves.after) }}
];
{% if belief %}
static MOVE_ROWS: [[f64; {{ n_states }}]; {{ moves.rows | length }}] = [
{{ matrix(moves.rows) }}
];
{% endif %}
static READOUT: [[f64; {{ n_classes }}]; {{ n_states }}] = [
{{ matrix(readout) }}
];
{% if levels %}
// How many levels each channel has; 0 of one that holds numbers.
static LEVELS: [i64; {{ n_channels }}] = [
{{ numbers(level_counts) }}
];
{% endif %}
{% if tree %}

// Values up to the threshold go left; of a leaf `feature` is -1. The features are:
{% for each in feature_comments %}
// {{ each }}
{% endfor %}
struct Node {
    feature: i32,
    threshold: f64,
    left: usize,
    right: usize,
    missing_left: bool,
    code: usize,
}

static NODES: [Node; {{ nodes | length }}] = [
{% for each in nodes %}
    Node { feature: {{ each.feature }}, threshold: {{ each.threshold }}, left: {{ each.left }}, right: {{ each.right }}, missing_left: {{ each.missing_left }}, code: {{ each.code }} },
{% endfor %}
];
{% if directions | length %}
// Weights of the sums of features that are cut as well.
static DIRECTIONS: [[f64; {{ n_features }}]; {{ directions | length }}] = [
{{ matrix(directions) }}
];
{% endif %}
{% endif %}
{% if centres is not none %}

static FEATURE_MEAN: [f64; {{ n_features }}] = [
{{ numbers(scale.mean) }}
];
static FEATURE_SD: [f64; {{ n_features }}] = [
{{ numbers(scale.sd) }}
];
static CENTRES: [[f64; {{ n_features }}]; {{ n_symbols }}] = [
{{ matrix(centres) }}
];
static CENTRE_SQUARES: [f64; {{ n_symbols }}] = [
{{ numbers(squares) }}
];
{% endif %}

/// One sequence being read.
#[derive(Debug, Clone)]
pub struct Machine {
    state: Option<usize>,
{% if belief %}
    belief: [f64; {{ n_states }}],
{% endif %}
{% if n_before %}
    before: [[f64; {{ n_channels }}]; {{ n_before }}],
{% endif %}
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    /// A machine before its first step.
    pub const fn new() -> Self {
        Machine {
            state: None,
{% if belief %}
            belief: [0.0; {{ n_states }}],
{% endif %}
{% if n_before %}
            before: [[0.0; {{ n_channels }}]; {{ n_before }}],
{% endif %}
        }
    }

    /// The state after the last step{{ ", the likeliest" if belief }}; none before the first.
    pub fn state(&self) -> Option<usize> {
        self.state
    }

{% if rows %}
    /// Reads a row, NaN where a value is missing; one is unknown that is infinite or no level.
    pub fn step(&mut self, row: &[f64; {{ n_channels }}]) -> Result<(), Unknown> {
{% if levels %}
        for (value, levels) in row.iter().zip(LEVELS) {
            let coded = *value >= 0.0 && *value < levels as f64 && *value == (*value as i64) as f64;
            if !value.is_nan() && (value.is_infinite() || (levels > 0 && !coded)) {
                return Err(Unknown);
            }
        }
{% else %}
        if row.iter().any(|value| value.is_infinite()) {
            return Err(Unknown);
        }
{% endif %}
{% if n_before %}
        if self.state.is_none() {
            self.before = [*row; {{ n_before }}];
        }
{% endif %}
        self.advance({{ "self.code(row)" if reads_codes else "0" }});
{% if n_before %}
{% if n_before > 1 %}
        self.before.copy_within(0..{{ n_before - 1 }}, 1);
{% endif %}
        self.before[0] = *row;
{% endif %}
        Ok(())
    }
{% else %}
    /// Reads a symbol by its code.
    pub fn step(&mut self, symbol: usize) -> Result<(), Unknown> {
{% if n_symbols == 1 %}
        let _ = symbol; // what it reads is ignored
        self.advance(0);
{% else %}
        if symbol >= {{ n_symbols }} {
            return Err(Unknown);
        }
        self.advance(symbol);
{% endif %}
        Ok(())
    }
{% endif %}
{% if reads_codes %}

    fn code(&self, row: &[f64; {{ n_channels }}]) -> usize {
        let mut value = [0.0; {{ n_values }}];
        value[..{{ n_channels }}].copy_from_slice(row);
{% if changes %}
        for channel in 0..{{ n_channels }} {
            value[{{ n_channels }} + channel] = row[channel] - self.before[0][channel];
        }
{% elif n_before %}
        for (back, before) in self.before.iter().enumerate() {
            let begin = (back + 1) * {{ n_channels }};
            value[begin..begin + {{ n_channels }}].copy_from_slice(before);
        }
{% endif %}
{% if tree %}
{% if directions | length %}
        for (place, weights) in DIRECTIONS.iter().enumerate() {
            let mut sum = 0.0;
            for (number, weight) in value.iter().zip(weights) {
                sum += number * weight;
            }
            value[{{ n_features }} + place] = sum;
        }
{% endif %}
        let mut node = &NODES[0];
        while node.feature >= 0 {
            let cut = value[node.feature as usize];
            let left = if cut.is_nan() { node.missing_left } else { cut <= node.threshold };
            node = &NODES[if left { node.left } else { node.right }];
        }
        node.code
{% else %}
        for place in 0..{{ n_features }} {
            let z = (value[place] - FEATURE_MEAN[place]) / FEATURE_SD[place];
            value[place] = if z.is_nan() { 0.0 } else { z.clamp(-{{ largest }}, {{ largest }}) };
        }
        let (mut least, mut code) = (0.0, 0);
        for (place, (centre, square)) in CENTRES.iter().zip(CENTRE_SQUARES).enumerate() {
            let mut product = 0.0;
            for (number, at) in value.iter().zip(centre) {
                product += 2.0 * number * at;
            }
            if place == 0 || square - product < least {
                least = square - product;
                code = place;
            }
        }
        code
{% endif %}
    }
{% endif %}

    fn advance(&mut self, symbol: usize) {
{% if belief %}
        let mut belief = [0.0; {{ n_states }}];
        if self.state.is_none() {
            belief = MOVE_ROWS[FIRST_MOVE[symbol] as usize];
        } else {
            for (chance, row) in self.belief.iter().zip(NEXT_MOVE[symbol]) {
                for (sum, to) in belief.iter_mut().zip(MOVE_ROWS[row as usize]) {
                    *sum += chance * to;
                }
            }
        }
        self.belief = belief;
        self.state = Some(first_of_largest(&belief));
{% else %}
        self.state = Some(match self.state {
            None => FIRST_MOVE[symbol] as usize,
            Some(state) => NEXT_MOVE[symbol][state] as usize,
        });
{% endif %}
    }

    /// The answer after the last step; all 0 before the first.
    pub fn answer(&self) -> [f64; {{ n_classes }}] {
{% if belief %}
        let mut answer = [0.0; {{ n_classes }}];
        if self.state.is_some() {
            for (chance, said) in self.belief.iter().zip(&READOUT) {
                for (sum, each) in answer.iter_mut().zip(said) {
                    *sum += chance * each;
                }
            }
        }
        answer
{% else %}
        self.state.map_or([0.0; {{ n_classes }}], |state| READOUT[state])
{% endif %}
    }
{% if decides %}

    /// The first of the likeliest classes; none before the first step.
    pub fn decision(&self) -> Option<usize> {
        self.state.map(|_| first_of_largest(&self.answer()))
    }
{% endif %}
}
{% if decides or belief %}

fn first_of_largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = place;
        }
    }
    best
}
{% endif %}

#[cfg(test)]
mod tests {
    use super::Machine;

    static LENGTHS: [usize; {{ vectors.inputs | length }}] = [
{{ numbers(vectors.inputs.lengths) }}
    ];
{% if rows %}
    static INPUTS: [[f64; {{ n_channels }}]; {{ vectors.inputs.n_steps }}] = [
{{ matrix(vectors.inputs.rows) }}
    ];
{% else %}
    static INPUTS: [usize; {{ vectors.inputs.n_steps }}] = [
{{ numbers(vectors.inputs.values) }}
    ];
{% endif %}
{% if decides %}
    // -1 where two answers are as good as equal
    static DECISIONS: [i64; {{ vectors.inputs.n_steps }}] = [
{{ numbers(vectors.decisions) }}
    ];
{% endif %}
{% if not belief %}
    static STATES: [{{ whole(states_after) }}; {{ vectors.inputs.n_steps }}] = [
{{ numbers(states_after) }}
    ];
{% endif %}
    // after the last step of each sequence
    static ANSWERS: [[f64; {{ n_classes }}]; {{ vectors.inputs | length }}] = [
{{ matrix(vectors.answers) }}
    ];

    #[test]
    fn answers_are_those_of_the_machine_that_was_written() {
        let mut step = 0;
        for (length, expected) in LENGTHS.iter().zip(&ANSWERS) {
            let mut machine = Machine::new();
            for _ in 0..*length {
                machine.step({{ "&" if rows }}INPUTS[step]).expect("a test vector is read");
{% if decides %}
                if DECISIONS[step] >= 0 {
                    assert_eq!(machine.decision(), Some(DECISIONS[step] as usize), "step {}", step);
                }
{% endif %}
{% if not belief %}
                assert_eq!(machine.state(), Some(STATES[step] as usize), "step {}", step);
{% endif %}
                step += 1;
            }
            for (found, wanted) in machine.answer().iter().zip(expected) {
                assert!((found - wanted).abs() <= {{ "1e-9 * (1.0 + wanted.abs())" if belief else "0.0" }});
            }
        }
    }
}
