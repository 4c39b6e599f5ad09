"""A network that rings, and knows by which rows."""

import torch


class Alarm(torch.nn.Module):
    """Rings at an SpO2, the second channel, of 90 % or less until it is above 94 %.

    Missing values are no reason.
    """

    def initial(self, batch):
        return {"on": torch.zeros(batch, 1)}

    def step(self, state, rows):
        spo2 = rows[:, 1:]
        on = torch.where(spo2 <= 90, 1.0, torch.where(spo2 > 94, 0.0, state["on"]))
        return {"on": on}, self.said(on)

    def said(self, on):
        return torch.cat([1 - on, on], dim=1)
