"""Hidden Markov models and recurrent networks in one model, beside machines read off afterwards."""
