"""Networks whose fixed points are known in closed form."""

import torch

from markovlens.tasks.attractors import MEMORIES

GAIN, PUSH = 2.0, 4.0
HIGH = 0.9575040240772687  # the root of a = tanh(2 a) above 0


class Bits:
    """Each of three numbers for itself: h' = tanh(2 h + 4 x), stable at +-HIGH, a saddle at 0.

    It holds three bits exactly; its answer is the memory that the signs are.
    """

    def initial(self, batch):
        return {"h": torch.zeros(batch, 3, dtype=torch.float64)}

    def step(self, state, inputs):
        h = torch.tanh(GAIN * state["h"] + PUSH * inputs)
        signs = torch.tensor([[1.0 if sign == "+" else -1.0 for sign in each] for each in MEMORIES])
        return {"h": h}, 5 * h @ signs.double().T


class Line:
    """Two numbers: one sums the evidence that the cue lets in, the other forgets at once.

    h1' = h1 + (cue . evidence), h2' = h2 / 2 + the other evidence; the answer is the sign of h1.
    """

    def initial(self, batch):
        return {"h": torch.zeros(batch, 2, dtype=torch.float64)}

    def step(self, state, inputs):
        evidence, cue = inputs[:, :2], inputs[:, 2:]
        counts, other = (evidence * cue).sum(dim=1), (evidence * (1 - cue)).sum(dim=1)
        h = torch.stack([state["h"][:, 0] + counts, state["h"][:, 1] / 2 + other], dim=1)
        return {"h": h}, torch.stack([-h[:, 0], h[:, 0]], dim=1)
