/* Reads sequences from the standard input, as `trials` writes them, and writes decisions and
 * answers after each step; it also says how large a state is. */
#include "{{ file }}"
#include <stdint.h>
#include <stdio.h>

static int take(void *into, size_t size, size_t count) {
  return fread(into, size, count, stdin) == count;
}

static int give(const void *from, size_t size, size_t count) {
  return fwrite(from, size, count, stdout) == count;
}

int main(void) {
  machine_state s;
  double answer[MACHINE_N_CLASSES];
{% if rows %}
  double read[MACHINE_N_CHANNELS];
  const size_t count = MACHINE_N_CHANNELS;
{% else %}
  int32_t read[1];
  const size_t count = 1;
{% endif %}
  int32_t n_sequences, length, told[2];
  told[0] = (int32_t)sizeof s;
  if (!take(&n_sequences, sizeof n_sequences, 1) || !give(told, sizeof told[0], 1)) return 1;
  for (; n_sequences > 0; n_sequences--) {
    machine_init(&s);
    if (!take(&length, sizeof length, 1)) return 1;
    for (; length > 0; length--) {
      if (!take(read, sizeof read[0], count)) return 1;
      told[0] = (int32_t)machine_step(&s, {{ "read" if rows else "read[0]" }});
      told[1] = (int32_t){{ "machine_decision(&s)" if decides else "-1" }};
      machine_answer(&s, answer);
      if (!give(told, sizeof told[0], 2) || !give(answer, sizeof answer[0], MACHINE_N_CLASSES))
        return 1;
    }
  }
  return 0;
}
