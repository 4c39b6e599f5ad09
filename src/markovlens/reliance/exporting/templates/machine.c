{% for line in head %}
{{ "/* " if loop.first else " * " }}{{ line }}
{% endfor %}
 *
 * C99, nothing beside the standard library, no memory asked for, nothing global that changes.
 *
 *   {{ name }}_state s;
 *   {{ name }}_init(&s);            before each sequence
 *   {{ name }}_step(&s, {{ "row);   " if rows else "symbol);" }}     0, or why the step was refused
 *   {{ name }}_answer(&s, answer);  {{ n_classes }} numbers
 *
 * Compile it, and include it with {{ macro }}_DECLARATIONS defined where it is called.
 * With {{ macro }}_SELF_TEST it has a main that reads its test vectors and exits with 0 if it
 * answers to them as the machine did that it was written from.
 */
#ifndef {{ macro }}_H
#define {{ macro }}_H

#define {{ macro }}_N_STATES {{ n_states }}
#define {{ macro }}_N_SYMBOLS {{ n_symbols }}
#define {{ macro }}_N_CLASSES {{ n_classes }}
{% if rows %}
#define {{ macro }}_N_CHANNELS {{ n_channels }}
{% endif %}

#define {{ macro }}_OK 0
#define {{ macro }}_UNKNOWN (-1) /* {{ "a value is infinite or no level of its channel" if rows else "no symbol of the machine" }}; the state stays as it was */

typedef struct {
  int state; /* after the last step{{ ", the likeliest" if belief }}; -1 before the first */
{% if belief %}
  double belief[{{ n_states }}];
{% endif %}
{% if n_before %}
  double before[{{ n_before }}][{{ n_channels }}]; /* rows, the last one first */
{% endif %}
} {{ name }}_state;

{% if rows %}
extern const char *const {{ name }}_channels[{{ n_channels }}];
{% endif %}
extern const char *const {{ name }}_symbols[{{ n_symbols }}];
extern const char *const {{ name }}_classes[{{ n_classes }}];
extern const char *const {{ name }}_states[{{ n_states }}];

void {{ name }}_init({{ name }}_state *s);
{% if rows %}
/* A row has {{ n_channels }} values; one that is missing is NaN. */
int {{ name }}_step({{ name }}_state *s, const double *row);
{% else %}
int {{ name }}_step({{ name }}_state *s, int symbol);
/* The code of a symbol by its name in UTF-8, {{ macro }}_UNKNOWN if there is none. */
int {{ name }}_symbol(const char *symbol);
{% endif %}
/* The answer after the last step, {{ n_classes }} numbers; all 0 before the first. */
void {{ name }}_answer(const {{ name }}_state *s, double *answer);
{% if decides %}
/* The first of the likeliest classes; -1 before the first step. */
int {{ name }}_decision(const {{ name }}_state *s);
{% endif %}

#endif

#ifndef {{ macro }}_DECLARATIONS

#include <float.h>
{% if infinite %}
#include <math.h>
{% endif %}
{% if not rows %}
#include <string.h>
{% endif %}

#ifdef __FAST_MATH__
#error "compile without -ffast-math: missing values are NaN, and sums have an order"
#endif
#if DBL_MANT_DIG != 53
#error "a double of 64 bits is needed, in which thresholds are what they were"
#endif
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

{% if rows %}
const char *const {{ name }}_channels[{{ n_channels }}] = {
{{ strings(channel_names) }}
};
{% endif %}
const char *const {{ name }}_symbols[{{ n_symbols }}] = {
{{ strings(symbols) }}
};
const char *const {{ name }}_classes[{{ n_classes }}] = {
{{ strings(classes) }}
};
const char *const {{ name }}_states[{{ n_states }}] = {
{{ strings(states) }}
};

/* Where the first symbol leads, and every other one from each state{{ ", as numbers of rows" if belief }}. */
static const {{ whole(moves.first) }} first_move[{{ n_symbols }}] = {
{{ numbers(moves.first) }}
};
static const {{ whole(moves.after) }} next_move[{{ n_symbols }}][{{ n_states }}] = {
{{ matrix(moves.after) }}
};
{% if belief %}
static const double move_rows[{{ moves.rows | length }}][{{ n_states }}] = {
{{ matrix(moves.rows) }}
};
{% endif %}
static const double readout[{{ n_states }}][{{ n_classes }}] = {
{{ matrix(readout) }}
};
{% if levels %}
/* How many levels each channel has; 0 of one that holds numbers. */
static const int levels[{{ n_channels }}] = {
{{ numbers(level_counts) }}
};
{% endif %}
{% if tree %}

/* Values up to the threshold go left; of a leaf `feature` is -1. The features are:
{% for each in feature_comments %}
 * {{ each }}
{% endfor %}
 */
static const struct {
  int feature;
  double threshold;
  int left, right, missing_left, code;
} nodes[{{ nodes | length }}] = {
{% for each in nodes %}
  {{ "{" }}{{ each.feature }}, {{ each.threshold }}, {{ each.left }}, {{ each.right }}, {{ each.missing_left }}, {{ each.code }}{{ "}" }},
{% endfor %}
};
{% if directions | length %}
/* Weights of the sums of features that are cut as well. */
static const double directions[{{ directions | length }}][{{ n_features }}] = {
{{ matrix(directions) }}
};
{% endif %}
{% endif %}
{% if centres is not none %}

static const double feature_mean[{{ n_features }}] = {
{{ numbers(scale.mean) }}
};
static const double feature_sd[{{ n_features }}] = {
{{ numbers(scale.sd) }}
};
static const double centres[{{ n_symbols }}][{{ n_features }}] = {
{{ matrix(centres) }}
};
static const double centre_squares[{{ n_symbols }}] = {
{{ numbers(squares) }}
};
{% endif %}

void {{ name }}_init({{ name }}_state *s) {
{% if belief or n_before %}
  static const {{ name }}_state fresh;
  *s = fresh;
{% endif %}
  s->state = -1;
}

{% if rows %}
static int is_known(const double *row) {
  int c;
  for (c = 0; c < {{ n_channels }}; c++) {
    const double value = row[c];
    if (value > DBL_MAX || value < -DBL_MAX) return 0;
{% if levels %}
    if (value != value || !levels[c]) continue;
    if (!(value >= 0 && value < levels[c] && value == (double)(int)value)) return 0;
{% endif %}
  }
  return 1;
}
{% else %}
int {{ name }}_symbol(const char *symbol) {
  int v;
  for (v = 0; v < {{ n_symbols }}; v++) {
    if (strcmp({{ name }}_symbols[v], symbol) == 0) return v;
  }
  return {{ macro }}_UNKNOWN;
}
{% endif %}
{% if reads_codes %}

static double feature_of(const {{ name }}_state *s, const double *row, int f) {
{% if changes %}
  return f < {{ n_channels }} ? row[f] : row[f - {{ n_channels }}] - s->before[0][f - {{ n_channels }}];
{% elif n_before %}
  return f < {{ n_channels }} ? row[f] : s->before[f / {{ n_channels }} - 1][f % {{ n_channels }}];
{% else %}
  (void)s;
  return row[f];
{% endif %}
}
{% if directions | length %}

static double sum_along(const double *weights, const {{ name }}_state *s, const double *row) {
  double sum = 0;
  int f;
  for (f = 0; f < {{ n_features }}; f++) sum += feature_of(s, row, f) * weights[f];
  return sum;
}
{% endif %}

static int code_of(const {{ name }}_state *s, const double *row) {
{% if tree %}
  int node = 0, f;
  while ((f = nodes[node].feature) >= 0) {
{% if directions | length %}
    const double cut = f < {{ n_features }} ? feature_of(s, row, f) : sum_along(directions[f - {{ n_features }}], s, row);
{% else %}
    const double cut = feature_of(s, row, f);
{% endif %}
    if (cut <= nodes[node].threshold || (cut != cut && nodes[node].missing_left)) {
      node = nodes[node].left;
    } else {
      node = nodes[node].right;
    }
  }
  return nodes[node].code;
{% else %}
  double twice[{{ n_features }}], least = 0;
  int code = 0, f, v;
  for (f = 0; f < {{ n_features }}; f++) {
    const double z = (feature_of(s, row, f) - feature_mean[f]) / feature_sd[f];
    twice[f] = 2 * (z != z ? 0 : z > {{ largest }} ? {{ largest }} : z < -{{ largest }} ? -{{ largest }} : z);
  }
  for (v = 0; v < {{ n_symbols }}; v++) {
    double product = 0;
    for (f = 0; f < {{ n_features }}; f++) product += twice[f] * centres[v][f];
    if (v == 0 || centre_squares[v] - product < least) {
      least = centre_squares[v] - product;
      code = v;
    }
  }
  return code;
{% endif %}
}
{% endif %}

int {{ name }}_step({{ name }}_state *s, {{ "const double *row" if rows else "int symbol" }}) {
  const int begun = s->state >= 0;
{% if belief %}
  double belief[{{ n_states }}];
  int i, j;
{% endif %}
{% if n_before %}
  int b, c;
{% endif %}
{% if rows %}
  int symbol = 0;
  if (!is_known(row)) return {{ macro }}_UNKNOWN;
{% if n_before %}
  for (c = 0; !begun && c < {{ n_channels }}; c++) {
    for (b = 0; b < {{ n_before }}; b++) s->before[b][c] = row[c];
  }
{% endif %}
{% if reads_codes %}
  symbol = code_of(s, row);
{% endif %}
{% if n_before %}
  for (c = 0; c < {{ n_channels }}; c++) {
    for (b = {{ n_before - 1 }}; b > 0; b--) s->before[b][c] = s->before[b - 1][c];
    s->before[0][c] = row[c];
  }
{% endif %}
{% elif n_symbols == 1 %}
  if (symbol < 0) return {{ macro }}_UNKNOWN;
  symbol = 0; /* what it reads is ignored */
{% else %}
  if (symbol < 0 || symbol >= {{ n_symbols }}) return {{ macro }}_UNKNOWN;
{% endif %}
{% if belief %}
  for (j = 0; j < {{ n_states }}; j++) belief[j] = begun ? 0 : move_rows[first_move[symbol]][j];
  for (i = 0; begun && i < {{ n_states }}; i++) {
    const double *const to = move_rows[next_move[symbol][i]];
    const double chance = s->belief[i];
    for (j = 0; j < {{ n_states }}; j++) belief[j] += chance * to[j];
  }
  s->state = 0;
  for (j = 0; j < {{ n_states }}; j++) {
    s->belief[j] = belief[j];
    if (belief[j] > belief[s->state]) s->state = j;
  }
{% else %}
  s->state = begun ? next_move[symbol][s->state] : first_move[symbol];
{% endif %}
  return {{ macro }}_OK;
}

void {{ name }}_answer(const {{ name }}_state *s, double *answer) {
  int c;
{% if belief %}
  int i;
  for (c = 0; c < {{ n_classes }}; c++) answer[c] = 0;
  for (i = 0; s->state >= 0 && i < {{ n_states }}; i++) {
    for (c = 0; c < {{ n_classes }}; c++) answer[c] += s->belief[i] * readout[i][c];
  }
{% else %}
  for (c = 0; c < {{ n_classes }}; c++) answer[c] = s->state < 0 ? 0 : readout[s->state][c];
{% endif %}
}
{% if decides %}

int {{ name }}_decision(const {{ name }}_state *s) {
{% if belief %}
  double answer[{{ n_classes }}];
  int c, best = 0;
  {{ name }}_answer(s, answer);
  for (c = 1; c < {{ n_classes }}; c++) {
    if (answer[c] > answer[best]) best = c;
  }
  return s->state < 0 ? -1 : best;
{% else %}
  static const {{ whole(decisions) }} decisions[{{ n_states }}] = {
{{ numbers(decisions) }}
  };
  return s->state < 0 ? -1 : (int)decisions[s->state];
{% endif %}
}
{% endif %}

#ifdef {{ macro }}_SELF_TEST
{% if not infinite and needs_nan %}
#include <math.h>
{% endif %}
#include <stdio.h>

static const int test_lengths[{{ vectors.inputs | length }}] = {
{{ numbers(vectors.inputs.lengths) }}
};
{% if rows %}
static const double test_inputs[{{ vectors.inputs.n_steps }}][{{ n_channels }}] = {
{{ matrix(vectors.inputs.rows) }}
};
{% else %}
static const int test_inputs[{{ vectors.inputs.n_steps }}] = {
{{ numbers(vectors.inputs.values) }}
};
{% endif %}
{% if decides %}
/* -1 where two answers are as good as equal */
static const int test_decisions[{{ vectors.inputs.n_steps }}] = {
{{ numbers(vectors.decisions) }}
};
{% endif %}
{% if not belief %}
static const {{ whole(states_after) }} test_states[{{ vectors.inputs.n_steps }}] = {
{{ numbers(states_after) }}
};
{% endif %}
/* after the last step of each sequence */
static const double test_answers[{{ vectors.inputs | length }}][{{ n_classes }}] = {
{{ matrix(vectors.answers) }}
};

int main(void) {
  {{ name }}_state s;
  double answer[{{ n_classes }}];
  int i, t, c, step = 0, wrong = 0;
  for (i = 0; i < {{ vectors.inputs | length }}; i++) {
    {{ name }}_init(&s);
    for (t = 0; t < test_lengths[i]; t++, step++) {
      wrong += {{ name }}_step(&s, test_inputs[step]) != {{ macro }}_OK;
{% if decides %}
      wrong += test_decisions[step] >= 0 && {{ name }}_decision(&s) != test_decisions[step];
{% endif %}
{% if not belief %}
      wrong += s.state != (int)test_states[step];
{% endif %}
    }
    {{ name }}_answer(&s, answer);
    for (c = 0; c < {{ n_classes }}; c++) {
      const double off = answer[c] - test_answers[i][c];
      const double most = {{ "1e-9 * (1 + (answer[c] < 0 ? -answer[c] : answer[c]))" if belief else "0" }};
      wrong += !(off <= most && -off <= most);
    }
  }
  printf("%d steps of %d sequences, %d wrong; state %d bytes\n", step, i, wrong, (int)sizeof s);
  return wrong != 0;
}
#endif
#endif
