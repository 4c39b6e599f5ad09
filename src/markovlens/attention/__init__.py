"""What explanations are worth: attention, machines, occlusion, gradients; planted truth."""
